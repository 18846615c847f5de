"""watch: values that remember what they are compared with, to find those that a plugin singles out.

A plugin that asks `mtu == 1500` would show its answer to nobody who tries other numbers. With a
watched value in the place of the number, 1500 is noticed, and then tried.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

Noticed = dict[str, list[Any]]
"""For each parameter the values that its own was compared with."""


def watched(parameter: str, value: Any, noticed: Noticed) -> Any:
    """Return a value that is equal to this one and writes down what it is compared with."""
    if isinstance(value, list | tuple):
        return [watched(parameter, item, noticed) for item in value]
    kind = _KINDS.get(type(value))
    if kind is None:
        return value
    found = kind(value)
    found.notice = noticed.setdefault(parameter, []).append
    return found


def unique(values: Iterable[Any]) -> list[Any]:
    """Return the values, each once, in an order of their own: 1 and "1" are two."""
    return [value for _, value in sorted({(repr(value), value) for value in values})]


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def method(self: Any, other: Any) -> bool:
        plain = self.plain(self)
        if type(other) in _KINDS:
            self.notice(other)
        elif isinstance(other, _Watched):
            other = other.plain(other)
        return compare(plain, other)

    return method


class _Watched:
    """What all watched values share: every comparison is written down."""

    plain: Callable[[Any], Any]
    notice: Callable[[Any], None]
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)


class _Integer(_Watched, int):
    plain = staticmethod(int.__int__)
    __hash__ = int.__hash__


class _Number(_Watched, float):
    plain = staticmethod(float.__float__)
    __hash__ = float.__hash__


class _Text(_Watched, str):
    plain = staticmethod(str.__str__)
    __hash__ = str.__hash__


_KINDS: dict[type, Callable[[Any], Any]] = {int: _Integer, float: _Number, str: _Text}
