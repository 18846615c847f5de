"""answers: whether what a plugin returned holds what its types say, and is of a size to handle."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain, islice
from typing import Any, Literal, Union, get_args, get_origin

import attrs

MAX_MEMBERS = 1_000_000
"""More members than any list or map of a plugin's has."""
MAX_WEIGHT = 64 * 1024 * 1024
"""More characters and values than any real answer holds: as many as a file of a pack may have."""


def misfit(value: Any, expected: Any, place: str = "") -> str | None:
    """Return what does not fit the type, with its place in the answer; None when all of it fits.

    A list is taken for a tuple. Values of type Any are for others to judge.
    """
    if expected is Any:
        return None
    if get_origin(expected) in (Union, types.UnionType):
        return _misfit_of_all(value, get_args(expected), place)
    if not _has_shape(value, expected):
        return f"{place or 'the item'} is {kind(value)}, expected {_name(expected)}"
    if not all(map(_is_text, _texts(value))):
        return f"{place or 'the item'} holds half of a character (a lone surrogate), expected text"
    parts = _below(value, expected)
    problems = (misfit(item, wanted, f"{place}{step}") for step, item, wanted in parts)
    return next((problem for problem in problems if problem), None)


def is_too_heavy(items: list[Any]) -> bool:
    """Return whether an answer is larger than any real one; one that holds itself is."""
    weight, waiting = 0, list(items)
    while waiting:
        item = waiting.pop()
        weight += 1
        if isinstance(item, str | bytes):
            weight += len(item)
            continue
        members = [*islice(_held_by(item), MAX_MEMBERS + 1)]  # a list of a plugin's may never end
        waiting.extend(members)
        if len(members) > MAX_MEMBERS or weight + len(waiting) > MAX_WEIGHT:
            return True
    return weight > MAX_WEIGHT


def kind(value: Any) -> str:
    """Return what a value is: None, or a thing of its type."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _held_by(item: Any) -> Iterable[Any]:
    if isinstance(item, Mapping):
        return chain(item, item.values())
    if isinstance(item, list | tuple | set | frozenset):
        return item
    if attrs.has(type(item)):
        return (getattr(item, each.name) for each in attrs.fields(type(item)))
    return ()


def _misfit_of_all(value: Any, members: tuple[Any, ...], place: str) -> str | None:
    """Return why a value is none of the types: by the one that it looks like, if there is one."""
    like = [member for member in members if _has_shape(value, member)]
    if like:
        return misfit(value, like[0], place)
    names = " or ".join(_name(member) for member in members)
    return f"{place or 'the item'} is {kind(value)}, expected {names}"


def _has_shape(value: Any, expected: Any) -> bool:
    """Return whether a value is of a type, whatever it holds: an int is a float, a bool neither."""
    origin: Any = get_origin(expected)
    if origin is Literal:
        return isinstance(value, str) and value in get_args(expected)
    if origin is tuple:
        return isinstance(value, list | tuple)
    if origin is Callable:
        return callable(value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
    if isinstance(value, bool):
        return expected is bool
    return isinstance(value, (int, float) if expected is float else expected)


def _texts(value: Any) -> Iterable[str]:
    """Return the texts of a value itself: it, or the keys of a map."""
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, Mapping) else ()


def _is_text(text: str) -> bool:
    """Return whether a text can be written into a file at all."""
    if str.isascii(text):
        return True
    try:
        str.encode(text)
    except UnicodeEncodeError:
        return False
    return True


def _below(value: Any, expected: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what the value holds: the step to it, the value there, and the type it should have."""
    origin: Any = get_origin(expected)
    inside = get_args(expected)
    if origin is tuple:
        yield from ((f"[{index}]", item, inside[0]) for index, item in enumerate(value))
    elif origin is Mapping:
        yield from ((f"['{name}']", item, inside[1]) for name, item in value.items())
    elif origin is None and attrs.has(expected):
        for name, wanted in _fields(expected):
            yield f".{name}", getattr(value, name), wanted


@cache
def _fields(expected: type) -> tuple[tuple[str, Any], ...]:
    """Return the names and types of a class's fields."""
    return tuple((field.name, field.type) for field in attrs.fields(attrs.resolve_types(expected)))


def _name(expected: Any) -> str:
    origin: Any = get_origin(expected)
    if origin is Literal:
        return "one of " + ", ".join(get_args(expected))
    if origin is tuple:
        return "a tuple"
    if origin is Mapping:
        return "a map with text as keys"
    return "None" if expected is type(None) else f"{expected.__name__}"
