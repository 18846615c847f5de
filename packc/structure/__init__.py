"""structure: YAML data into the classes of the spec; a closed world, every error in its place.

What is right is read here, directly. What is wrong is read again by cattrs, which knows every
reason (`reasons`); it is slow to import and to set up, and a pack that is right has no use for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

import attrs

from packc.diagnostics import Diagnostic, Span
from packc.structure.kinds import (
    describe,
    is_a,
    is_enum,
    is_literal,
    is_mapping,
    is_tuple,
    is_union,
    key_names,
    members_of,
)
from packc.yamlio import MarkedDict

__all__ = ["describe", "key_names", "structure"]

T = TypeVar("T")
Fit = Callable[[Any], Any]
"""Returns the data as a type; raises _MisfitError where it does not fit."""


class _MisfitError(Exception):
    """The data does not fit; `reasons` says why."""


def structure(data: Any, target: type[T], span: Span) -> tuple[T | None, list[Diagnostic]]:
    """Return the data as `target`, or None and every reason why not.

    `data` comes from `yamlio` with marks; `span` is the place of `data` itself.
    """
    try:
        return _fit(target)(data), []
    except _MisfitError:
        from packc.structure.reasons import structure_with_reasons

        return structure_with_reasons(data, target, span)


def _fit(target: Any) -> Fit:
    """Return what fits data into a type."""
    if target is Any:
        return lambda value: value
    if is_mapping(target):
        return _mapping(_fit(get_args(target)[1]))
    if is_tuple(target):
        return _tuple(_fit(get_args(target)[0]))
    if is_union(target):
        return _union(target)
    if is_literal(target) or is_enum(target):
        return _word(target)
    if attrs.has(target):
        return _class(target)
    return _scalar(target)


def _scalar(target: type) -> Fit:
    def fit(value: Any) -> Any:
        if not is_a(value, target):
            raise _MisfitError
        return value

    return fit


def _word(target: Any) -> Fit:
    words = {str(word): word for word in (target if is_enum(target) else get_args(target))}

    def fit(value: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise _MisfitError
        return words[value]

    return fit


def _mapping(fit_item: Fit) -> Fit:
    def fit(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _MisfitError
        return {key: fit_item(item) for key, item in value.items()}

    return fit


def _tuple(fit_item: Fit) -> Fit:
    def fit(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _MisfitError
        return tuple([fit_item(item) for item in value])

    return fit


def _union(target: Any) -> Fit:
    """Return what fits data into the first member that has its shape; None is never written."""
    members = [(member, _fit(member)) for member in members_of(target)]
    if len(members) == 1:
        return members[0][1]

    def fit(value: Any) -> Any:
        for member, fit_member in members:
            if is_a(value, member):
                return fit_member(value)
        raise _MisfitError

    return fit


def _class(target: type) -> Fit:
    def fit(value: Any) -> Any:
        fits, required = _keys(target)  # only now: a class may hold itself
        if not isinstance(value, dict) or not required <= value.keys() <= fits.keys():
            raise _MisfitError
        given = {}
        for key, item in value.items():
            attribute, fit_item = fits[key]
            given[attribute] = fit_item(item)
        return target(**given, span=value.span if isinstance(value, MarkedDict) else None)

    return fit


@cache
def _keys(target: type) -> tuple[Mapping[str, tuple[str, Fit]], frozenset[str]]:
    """Return for each key of a class its attribute and what fits it, and the keys it must have."""
    attributes = attrs.fields_dict(attrs.resolve_types(target))
    names = key_names(target)
    fits = {key: (name, _fit(attributes[name].type)) for key, name in names.items()}
    required = (key for key, name in names.items() if attributes[name].default is attrs.NOTHING)
    return fits, frozenset(required)
