"""values: what the user asks for, what that sets, and what a variant's parameters come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from attrs import frozen

from packc.diagnostics import Diagnostic
from packc.model import Value, Variant
from packc.pack import InputFile
from packc.spec import Parameter


@frozen
class Request:
    """What the user gave: values files (later wins), `name=value` texts, Kubernetes values."""

    values_files: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    kubernetes_values: tuple[str, ...] = ()


@frozen
class Settings:
    """The values that the user set, by parameter. `inputs` are the files that they came from."""

    values: Mapping[str, Value]
    inputs: tuple[InputFile, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class Resolved(NamedTuple):
    """A variant, and for each of its parameters the value with its source."""

    variant: Variant
    values: Mapping[str, Value]
    parameters: tuple[Parameter, ...]

    def plain(self) -> dict[str, Any]:
        """Return the values alone, by parameter; one that is not set is not in it."""
        return {name: value.value for name, value in self.values.items()}
