"""timings: how long each pass took, summed over packs and variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_spent: dict[str, float] = {}


def timed(name: str, function: Callable[P, T]) -> Callable[P, T]:
    """Return the function, with the time of its calls added to that of a name."""

    def call(*arguments: P.args, **named: P.kwargs) -> T:
        began = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            _spent[name] = _spent.get(name, 0.0) + perf_counter() - began

    return call


def milliseconds() -> dict[str, float]:
    """Return the milliseconds of each name so far, in the order in which they were first run."""
    return {name: round(seconds * 1000, 3) for name, seconds in _spent.items()}


def add(milliseconds: Mapping[str, float]) -> None:
    """Add what another process has measured."""
    for name, spent in milliseconds.items():
        _spent[name] = _spent.get(name, 0.0) + spent / 1000


def reset() -> None:
    """Begin anew."""
    _spent.clear()
