"""jsondata: JSON values in Python: what they are, whether they are equal, and changed copies."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeGuard

from packc.patching.pointer import Pointer

_SHOWN_NAMES: Final = 12
_SCALARS: Final[Mapping[type, str]] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def is_map(value: Any) -> TypeGuard[Mapping[str, Any]]:
    # The exact type first: asking the abstract class takes ten times as long.
    return type(value) is dict or isinstance(value, Mapping)


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def plain(value: Any) -> Any:
    """Return a copy made of dicts, lists and scalars alone; raise TypeError for what JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"no JSON value: {value}")
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {_member(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON value: {type(value).__name__}")


def _member(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"no JSON value: a map with a member that is no text: {name!r}")
    return name


def equal(left: Any, right: Any, *, exact: bool = False) -> bool:
    """Tell whether two values are equal in JSON: 1 equals 1.0, and true equals nothing else.

    `exact` also tells 1 from 1.0 and 0.0 from -0.0, since they are written differently.
    """
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if one is other:
            continue
        if is_map(one) and is_map(other) and one.keys() == other.keys():
            pairs.extend((one[name], other[name]) for name in one)
        elif is_list(one) and is_list(other) and len(one) == len(other):
            pairs.extend(zip(one, other, strict=True))
        elif not _equal_scalars(one, other, exact):
            return False
    return True


def changed(data: Any, pointer: Pointer, change: Callable[[Any, str | int], None]) -> Any:
    """Return the data with fresh containers down to the one that `change` is let loose on."""
    root = container = _copied(data)
    for step in pointer[:-1]:
        below = _copied(container[step])
        container[step] = below
        container = below
    change(container, pointer[-1])
    return root


def _copied(container: Any) -> Any:
    return dict(container) if is_map(container) else list(container)


def describe(value: Any) -> str:
    """Return what a value is, without showing any scalar: that may be a secret."""
    if is_map(value):
        return f"a map with {listed([str(name) for name in value])}" if value else "an empty map"
    if is_list(value):
        return f"a list of {len(value)} item{'' if len(value) == 1 else 's'}"
    return _SCALARS.get(type(value), "a value")


def listed(names: Sequence[str]) -> str:
    """Return the names as text, the first dozen of them."""
    more = len(names) - _SHOWN_NAMES
    text = ", ".join(names[:_SHOWN_NAMES])
    return f"{text} and {more} more" if more > 0 else text


def _equal_scalars(one: Any, other: Any, exact: bool) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if exact and isinstance(one, float | int):
        return type(one) is type(other) and repr(one) == repr(other)
    return bool(one == other)
