"""once: ask a function about each thing once, however often the answer is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class Once(Generic[K, T]):
    """A function that remembers its answers by the thing itself, not by what it holds.

    For things that are handed on and never changed, as the objects are that variants share.
    """

    def __init__(self, function: Callable[[K], T]) -> None:
        self._function = function
        self._answers: dict[int, tuple[K, T]] = {}

    def __call__(self, thing: K, /) -> T:
        known = self._answers.get(id(thing))
        if known is None or known[0] is not thing:  # as after this was copied
            # The thing is kept, so that no other one takes its place in memory.
            known = self._answers[id(thing)] = thing, self._function(thing)
        return known[1]
