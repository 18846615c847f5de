"""readme: README.md of a chart, made of the spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packc.build import Build
from packc.formats.derive import Derived
from packc.formats.helm.values import by_cloud, decided_by_cloud, default, emit_scalar
from packc.formats.space import baked, live
from packc.model import MISSING
from packc.parameters import describe_type
from packc.record import SECRET
from packc.spec import Parameter

CRDS = """\
The CustomResourceDefinitions are templates of the chart, not files in `crds/`: `helm upgrade` then
brings them up to date with everything else, which Helm never does for `crds/`, and a feature that
needs none of them installs none. The price: `helm uninstall` removes them, and with them every
object of their kinds. Save those first: `kubectl get <kind> --all-namespaces -o yaml`."""

NAMESPACES = """\
Objects keep the namespaces that the pack gives them, whatever `--namespace` says: that names only
where Helm keeps its record of the release."""


def readme(derived: Derived) -> str:
    """Return the README of a chart."""
    build = derived.space.build
    spec = build.spec
    sections = [
        f"# {spec.title} {spec.version}\n\n{' '.join(spec.description.split())}",
        f"## Install\n\n```sh\n{_install(build)}\n```\n\n{NAMESPACES}",
        f"## Values\n\n{_table(build)}",
        *_features(build),
        *_fixed(build),
        *([f"## CustomResourceDefinitions\n\n{CRDS}"] if _has_crds(derived) else []),
        f"## How this chart was made\n\n{_made(derived)}",
    ]
    return "\n\n".join(sections) + "\n"


def _install(build: Build) -> str:
    cloud = "" if len(build.clouds) == 1 else f" --set cloud={next(iter(build.clouds))}"
    return f"helm install {build.spec.name} ./{build.spec.name} --namespace kube-system{cloud}"


def _table(build: Build) -> str:
    clouds = ", ".join(f"`{name}`" for name in build.clouds)
    only = f"`{next(iter(build.clouds))}`" if len(build.clouds) == 1 else "to be set"
    rows = [
        "| value | what it does | type | default |",
        "|---|---|---|---|",
        f"| `cloud` | The cloud that the cluster runs on: {clouds}. | enum | {only} |",
        *(_row(build, parameter) for parameter in live(build)),
    ]
    return "\n".join(rows)


def _row(build: Build, parameter: Parameter) -> str:
    cells = (
        f"`{parameter.name}`",
        _cell(parameter.description),
        _cell(describe_type(parameter)),
        _default(build, parameter),
    )
    return f"| {' | '.join(cells)} |"


def _default(build: Build, parameter: Parameter) -> str:
    value: Any = default(build, parameter)
    if decided_by_cloud(build, parameter):
        return _cell(by_cloud(build, parameter))
    if value is MISSING:
        return "to be set" if parameter.required else "not set"
    if isinstance(value, list | tuple):
        return ", ".join(f"`{_cell(str(item))}`" for item in value) or "empty"
    if isinstance(value, dict):
        pairs = (f"`{_cell(f'{key}: {_shown(each)}')}`" for key, each in value.items())
        return ", ".join(pairs) or "empty"
    return f"`{_cell(emit_scalar(value))}`"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _features(build: Build) -> Iterator[str]:
    if not build.features:
        return
    rows = ["| feature | what it does | default |", "|---|---|---|"]
    for name, feature in build.features.items():
        state = "on" if name in build.chosen else "off"
        text = _cell(f"{feature.title}. {feature.description}")
        rows.append(f"| `features.{name}` | {text} | {state} |")
    yield "## Features\n\n" + "\n".join(rows)


def _fixed(build: Build) -> Iterator[str]:
    """Yield the section on parameters that are no values of the chart."""
    fixed = baked(build)
    if not fixed:
        return
    rows = ["| parameter | what it does | in this chart |", "|---|---|---|"]
    for parameter in fixed:
        value = build.settings.get(parameter.name)
        state = "not set" if value is None else SECRET if parameter.secret else "as built"
        rows.append(f"| `{parameter.name}` | {_cell(parameter.description)} | {state} |")
    text = (
        "The content of files is checked when the chart is built, which a chart cannot do, so these"
        " parameters are fixed here. To set them, build the chart with `packc build --format helm"
        " --set NAME=FILE`."
    )
    yield f"## Fixed when the chart was built\n\n{text}\n\n" + "\n".join(rows)


def _has_crds(derived: Derived) -> bool:
    return any(each.identity.kind == "CustomResourceDefinition" for each in derived.objects)


def _made(derived: Derived) -> str:
    return (
        f"packc compiled all {len(derived.combinations)} combinations of clouds, features and"
        " values, and derived these templates from what differs between them. What the pack refuses"
        " fails here with the pack's reason. Do not edit the templates: change the pack and build"
        " the chart again."
    )
