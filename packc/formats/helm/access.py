"""access: how the templates of a chart reach its values."""

from __future__ import annotations

import json
import re

from attrs import define, field

from packc.build import Build
from packc.spec import Parameter


@define
class HelmAccess:
    """Values under their dotted names, `features.<name>` and `cloud`."""

    build: Build
    _parameters: dict[str, Parameter] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parameters = {p.name: p for p in self.build.parameters}

    def value(self, parameter: str) -> str:
        """Return the expression of a value; a helper decides where the cloud has a say."""
        if decided_by_cloud(self.build, self._parameters[parameter]):
            return f'(include "{self.helper(parameter)}" .)'
        return self.given(parameter)

    def given(self, parameter: str) -> str:
        """Return the expression of what the user gave."""
        return _path(parameter.split("."))

    def is_on(self, feature: str) -> str:
        return _path(["features", feature])

    def cloud(self) -> str:
        return ".Values.cloud"

    def data(self, expression: str) -> str:
        # JSON is YAML but for control characters, which the schema refuses here; and toYaml gives
        # nothing at all for what it cannot write.
        return f"toJson {expression}"

    def helper(self, parameter: str) -> str:
        """Return the name of the helper template of a parameter."""
        return f"{self.build.spec.name}.{parameter}"


def decided_by_cloud(build: Build, parameter: Parameter) -> bool:
    """Return whether the cloud gives a parameter its value where nobody else does."""
    return parameter.fromCloud is not None and parameter.name not in build.settings


def _path(steps: list[str]) -> str:
    if all(re.fullmatch(r"[A-Za-z_]\w*", step) for step in steps):
        return ".Values." + ".".join(steps)
    return f"(index .Values {' '.join(map(json.dumps, steps))})"
