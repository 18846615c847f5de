"""api: everything that a plugin may use, and nothing else."""

from __future__ import annotations

import sys
from typing import Any

from packc.build import Build, Built, Format, Output
from packc.diagnostics import Severity, Span
from packc.frozen import FrozenError
from packc.hookspecs import hookimpl
from packc.model import (
    Cloud,
    Fact,
    Feature,
    FileContent,
    Finding,
    Level,
    Note,
    Object,
    Operation,
    OutputFile,
    Patch,
    Variant,
)
from packc.spec import Constraint, Deprecated, EnumValue, FromCloud, Items, Parameter

__all__ = [
    "Build",
    "Built",
    "Cloud",
    "Constraint",
    "Deprecated",
    "EnumValue",
    "Fact",
    "Feature",
    "FileContent",
    "Finding",
    "Format",
    "FromCloud",
    "FrozenError",
    "Items",
    "Level",
    "Note",
    "Object",
    "Operation",
    "Output",
    "OutputFile",
    "Parameter",
    "Patch",
    "Severity",
    "Variant",
    "add",
    "hookimpl",
    "remove",
    "replace",
]


def add(
    path: str,
    value: Any,
    *,
    parameter: str | None = None,
    optional: str | None = None,
    overrides: str | None = None,
) -> Operation:
    """Return an RFC 6902 `add`. A path that ends in `-` appends; one that ends in a key inserts.

    `parameter` names the parameter that the value comes from. `optional` is the reason why the
    parent may be absent. `overrides` names the pack file or plugin whose write this one replaces.
    """
    return Operation("add", path, value, None, parameter, optional, overrides, span=_caller())


def replace(
    path: str,
    value: Any,
    *,
    parameter: str | None = None,
    optional: str | None = None,
    overrides: str | None = None,
) -> Operation:
    """Return an RFC 6902 `replace`: the place must exist. The options are those of `add`."""
    return Operation("replace", path, value, None, parameter, optional, overrides, span=_caller())


def remove(path: str, *, optional: str | None = None, overrides: str | None = None) -> Operation:
    """Return an RFC 6902 `remove`: the place must exist, unless `optional` says why it may not."""
    return Operation("remove", path, optional=optional, overrides=overrides, span=_caller())


def _caller() -> Span:
    """Return the line of the plugin that called, named by module: the same on every machine."""
    frame = sys._getframe(2)
    module = str(frame.f_globals.get("__name__", "?")).replace(".", "/")
    suffix = "/__init__.py" if "__path__" in frame.f_globals else ".py"
    return Span(module + suffix, frame.f_lineno, 1)
