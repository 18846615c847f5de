"""access: how the templates of a chart reach its values."""

from __future__ import annotations

import re
from itertools import takewhile

from attrs import define, field

from packc.build import Build
from packc.formats.gotests import quoted
from packc.formats.helm.values import decided_by_cloud, default_map
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
        return self.or_default(parameter, self.given(parameter))

    def or_default(self, parameter: str, given: str) -> str:
        """Return the expression of a map that replaces its default, as it does in packc.

        Helm merges a user's map into that of values.yaml, so the default stands here instead.
        """
        default = default_map(self.build, self._parameters[parameter])
        if not default:
            return given
        pairs = " ".join(f"{quoted(key)} {quoted(value)}" for key, value in default.items())
        return f'(ternary {given} (dict {pairs}) (kindIs "map" {given}))'

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


def _path(steps: list[str]) -> str:
    plain = [*takewhile(lambda step: re.fullmatch(r"[A-Za-z_]\w*", step), steps)]
    dotted = ".".join([".Values", *plain])
    others = steps[len(plain) :]
    return f"(index {dotted} {' '.join(map(quoted, others))})" if others else dotted
