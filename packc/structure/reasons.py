"""reasons: every reason why data does not fit the classes of the spec, as cattrs finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

import attrs
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override

from packc.diagnostics import Diagnostic, Span, did_you_mean
from packc.structure.kinds import (
    SCALAR_NAMES,
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
from packc.yamlio import MarkedDict, MarkedList

T = TypeVar("T")


def structure_with_reasons(
    data: Any, target: type[T], span: Span
) -> tuple[T | None, list[Diagnostic]]:
    """Return the data as `target`, or None and every reason why not.

    `data` comes from `yamlio` with marks; `span` is the place of `data` itself.
    """
    try:
        return _converter().structure(data, target), []
    except Exception as error:
        found = list(_diagnostics(error, data, target, span))
        if not found:
            raise
        return None, found


class WrongTypeError(Exception):
    """A value of another type than the key takes."""

    def __init__(self, value: Any, expected: str, hint: str | None = None) -> None:
        super().__init__(expected)
        self.value, self.expected, self.hint = value, expected, hint


class NotAllowedError(Exception):
    """A word that is none of those that the key takes."""

    def __init__(self, value: str, allowed: tuple[str, ...]) -> None:
        super().__init__(value)
        self.value, self.allowed = value, allowed


# --- the converter ----------------------------------------------------------------------------


@cache
def _converter() -> Converter:
    """Return a converter without cattrs' silent coercions: 3.10 never becomes "3.1"."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for scalar in (str, int, float, bool):
        converter.register_structure_hook(scalar, _scalar)
    converter.register_structure_hook_func(lambda target: target is Any, lambda value, _: value)
    converter.register_structure_hook_func(is_mapping, _mapping)
    converter.register_structure_hook_func(is_tuple, _tuple)
    converter.register_structure_hook_func(is_union, _union)
    converter.register_structure_hook_func(is_literal, _word)
    converter.register_structure_hook_func(attrs.has, _class)
    return converter


def _scalar(value: Any, target: type) -> Any:
    if is_enum(target):  # cattrs takes the hook of `str` for a StrEnum too
        return _word(value, target)
    if is_a(value, target):
        return value
    hint = None
    if value is None:
        hint = "write a value, or remove the key"
    elif target is str and isinstance(value, int | float):
        hint = "quote it, so that it is read as text"
    raise WrongTypeError(value, SCALAR_NAMES[target], hint)


def _mapping(value: Any, target: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongTypeError(value, "a map")
    _, item_type = get_args(target)
    return _each(value.items(), item_type)


def _tuple(value: Any, target: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WrongTypeError(value, "a list", "put '- ' before it to make it a list of one")
    return tuple(_each(enumerate(value), get_args(target)[0]).values())


def _each(items: Iterable[tuple[Any, Any]], item_type: Any) -> dict[Any, Any]:
    """Structure every item, and raise one group with the errors of all."""
    done, errors = {}, []
    for step, item in items:
        try:
            done[step] = _converter().structure(item, item_type)
        except Exception as error:
            errors.append(_Step(step, item_type, error))
    if errors:
        raise ExceptionGroup("items", errors)
    return done


class _Step(Exception):
    """An error below a list index or a map key."""

    def __init__(self, step: str | int, target: Any, error: Exception) -> None:
        super().__init__(str(step))
        self.step, self.target, self.error = step, target, error


def _union(value: Any, target: Any) -> Any:
    members = members_of(target)
    fitting = [member for member in members if is_a(value, member)]
    if len(members) == 1 or fitting:
        return _converter().structure(value, (fitting or members)[0])
    raise WrongTypeError(value, " or ".join(dict.fromkeys(_name(member) for member in members)))


def _name(target: Any) -> str:
    if is_tuple(target):
        return "a list"
    return SCALAR_NAMES.get(target, "a map")


def _word(value: Any, target: Any) -> Any:
    allowed = tuple(target) if is_enum(target) else get_args(target)
    if not isinstance(value, str):
        raise WrongTypeError(value, "one of " + ", ".join(allowed))
    if value not in allowed:
        raise NotAllowedError(value, tuple(allowed))
    return target(value) if is_enum(target) else value


def _class(value: Any, target: type) -> Any:
    if not isinstance(value, dict):
        raise WrongTypeError(value, "a map")
    built = _class_hook(target)(value, target)
    span = value.span if isinstance(value, MarkedDict) else None
    return attrs.evolve(built, span=span)


@cache
def _class_hook(target: type) -> Any:
    attrs.resolve_types(target)
    renamed: dict[str, Any] = {
        attribute: override(rename=key) for key, attribute in key_names(target).items()
    }
    return make_dict_structure_fn(
        target, _converter(), _cattrs_forbid_extra_keys=True, span=override(omit=True), **renamed
    )


# --- errors to diagnostics --------------------------------------------------------------------


def _diagnostics(error: BaseException, data: Any, target: Any, span: Span) -> Iterator[Diagnostic]:
    """Walk what cattrs raised beside the data that it came from."""
    match error:
        case ClassValidationError():
            yield from _class_diagnostics(error, data, span)
        case IterableValidationError() | ExceptionGroup():
            for inner in error.exceptions:
                yield from _diagnostics(inner, data, target, span)
        case _Step():
            below, place = _below(data, error.step, span)
            yield from _diagnostics(error.error, below, error.target, place)
        case WrongTypeError():
            yield Diagnostic(
                "PK111",
                f"found {describe(error.value)}, expected {error.expected}",
                span,
                error.hint,
            )
        case NotAllowedError():
            yield Diagnostic(
                "PK113",
                f"found '{error.value}', expected one of {', '.join(error.allowed)}",
                span,
                did_you_mean(error.value, error.allowed),
            )


def _class_diagnostics(error: ClassValidationError, data: Any, span: Span) -> Iterator[Diagnostic]:
    keys = key_names(error.cl)
    by_attribute = {attribute: name for name, attribute in keys.items()}
    noted, plain = error.group_exceptions()
    for inner, note in noted:
        name = by_attribute[note.name]
        if isinstance(inner, KeyError):
            yield Diagnostic("PK112", f"the key '{name}' is missing", span, f"add '{name}:'")
        else:
            below, place = _below(data, name, span)
            yield from _diagnostics(inner, below, note.type, place)
    for inner in plain:
        if isinstance(inner, ForbiddenExtraKeysError):
            for name in sorted(inner.extra_fields):
                yield _unknown_key(name, keys, data, span)


def _unknown_key(name: str, keys: Mapping[str, str], data: Any, span: Span) -> Diagnostic:
    place = data.key_spans.get(name, span) if isinstance(data, MarkedDict) else span
    hint = did_you_mean(name, keys) or f"the keys here are {', '.join(sorted(keys))}"
    return Diagnostic("PK110", f"unknown key '{name}'", place, hint)


def _below(data: Any, step: str | int, span: Span) -> tuple[Any, Span]:
    """Return the value one step down, and its place as far as it is known."""
    match data, step:
        case MarkedDict(), str():
            return data.get(step), data.value_spans.get(step, span)
        case MarkedList(), int():
            return data[step], data.item_spans[step]
        case _:
            return data, span
