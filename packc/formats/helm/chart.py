"""chart: Chart.yaml."""

from __future__ import annotations

import re

from packc.build import Build
from packc.diagnostics import Diagnostic, PackcError
from packc.emit import emit_object

SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)


def chart_yaml(build: Build) -> str:
    """Return Chart.yaml; the chart has the version of the pack."""
    spec = build.spec
    data = {
        "apiVersion": "v2",
        "name": spec.name,
        "version": chart_version(spec.version),
        "appVersion": spec.version,
        "description": " ".join(spec.description.split()),
        "type": "application",
    }
    if spec.homepage:
        data["home"] = spec.homepage
    return emit_object(data)


def chart_version(version: str) -> str:
    """Return the version as Helm wants it; 1.5 is 1.5.0."""
    whole = f"{version}.0" if re.fullmatch(r"\d+\.\d+", version) else version
    if SEMVER.fullmatch(whole) is None:
        text = f"'{version}' cannot be the version of a chart"
        hint = "write the pack's version as three numbers, such as 1.5.0 or 1.5.0-rc.1"
        raise PackcError(Diagnostic("PK905", text, hint=hint))
    return whole
