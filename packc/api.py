"""api: everything that a plugin may use, and nothing else.

What may change when is written in docs/plugins/api.md. A name that is to go stays for one release,
in `_RENAMED`, and warns.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from packc.diagnostics import PackcError, Severity, Span
from packc.frozen import FrozenError
from packc.hookspecs import API_LEVEL, hookimpl
from packc.model import (
    Cloud,
    Fact,
    Feature,
    FileContent,
    Finding,
    Level,
    NewObject,
    Note,
    Object,
    Operation,
    OutputFile,
    Patch,
    PatchedObject,
    Source,
    SourceKind,
    Value,
    Variant,
)
from packc.spec import (
    Constraint,
    Deprecated,
    EnumValue,
    FromCloud,
    Items,
    PackSpec,
    Parameter,
    When,
)

if TYPE_CHECKING:
    from packc.build import Build, Built, Format, Output

__all__ = [
    "API_LEVEL",
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
    "NewObject",
    "Note",
    "Object",
    "Operation",
    "Output",
    "OutputFile",
    "PackSpec",
    "PackcError",
    "Parameter",
    "Patch",
    "PatchedObject",
    "Severity",
    "Source",
    "SourceKind",
    "Value",
    "Variant",
    "When",
    "add",
    "hookimpl",
    "new_object",
    "remove",
    "replace",
]

_RENAMED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
"""Names that work for one more release: each with its successor, and the release that warned."""

_OF_FORMATS = ("Build", "Built", "Format", "Output")
"""Names of `packc.build`, which no cloud and no feature needs: it is imported where they are."""

if not TYPE_CHECKING:  # mypy would take every name for one of the API's

    def __getattr__(name: str) -> Any:
        """Return a name of formats, or what a deprecated name stands for, with a warning."""
        if name in _OF_FORMATS:
            from packc import build

            return getattr(build, name)
        if name not in _RENAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        successor, since = _RENAMED[name]
        text = f"packc.api.{name} is deprecated since packc {since}: use packc.api.{successor}"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return globals()[successor]


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


def new_object(data: Mapping[str, Any], description: str = "") -> NewObject:
    """Return an object for `packc_objects`; explanations of it name the line that calls this."""
    return NewObject(data, description, span=_caller())


def _caller() -> Span:
    """Return the line of the plugin that called, named by module: the same on every machine."""
    frame = sys._getframe(2)
    module = str(frame.f_globals.get("__name__", "?")).replace(".", "/")
    suffix = "/__init__.py" if "__path__" in frame.f_globals else ".py"
    return Span(module + suffix, frame.f_lineno, 1)
