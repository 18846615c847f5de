"""calls: what plugins do with open values where no watched value is asked: inside C code.

`PATTERN.match(name)` reads a text without calling any of its methods, and `f"{name}-x".lower()` is
asked of a text that is not watched any more. Both are calls, and calls can be seen. `StringIO(s)`
and `str.__str__(s)` cannot, but what reads the first can, and the name of the second.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FrameType, ModuleType
from typing import Any

from attrs import define, field

from packc.formats.watch import Watch, asking, is_foreign, is_output, is_watched, parameter_of
from packc.plugins import Host

Profile = Callable[[FrameType, str, Any], None]

_READERS = ("re", "json", "_sre", "json.encoder", "fnmatch", "shlex")
"""Modules whose functions hand texts to C code as they are."""

_SAFE = {
    *("builtins", "_abc", "_asyncio", "_collections", "_functools", "_operator", "_thread"),
    *("collections", "functools", "gc", "itertools", "operator", "sys", "time"),
}
"""Modules of C code that asks values as any code does, or has nothing to do with them."""

_COPIES = frozenset(("__str__", "__repr__", "__format__", "__getitem__", "__iter__"))
"""Methods that make plain copies of a text when they are called as those of its type."""

_LEAST = 3
"""Shorter texts stand in others by chance."""

_LONGEST_WORD = 64
_MOST = 200
"""How much of a table is read for words."""


@define
class Calls:
    """Sees the calls of plugins that compute output; `values` are those of the sample.

    `words` are the constant texts of the code that ran: plugins compare with those.
    """

    watch: Watch
    values: Mapping[str, Any] = field(factory=dict)
    words: dict[str, None] = field(factory=dict)
    _asked: FrameType | None = None
    _outermost: FrameType | None = None
    _seen: set[CodeType] = field(factory=set)
    _waiting: Profile = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._waiting = self._wait()

    @contextmanager
    def seen(self, values: Mapping[str, Any]) -> Iterator[None]:
        """See all calls in the block; whoever saw them before does so again after it."""
        self.values = values
        before = sys.getprofile()
        sys.setprofile(self._waiting)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _wait(self) -> Profile:
        """Return what sees all calls until a plugin is asked: that is most, so it is short."""
        see, asks = self._event, Host.ask.__code__

        def waiting(frame: FrameType, event: str, called: Any) -> None:
            if frame.f_code is asks and event == "call" and is_output(frame):
                self._asked, self._outermost = frame, None
                sys.setprofile(see)

        return waiting

    def _event(self, frame: FrameType, event: str, called: Any) -> None:
        if self._outermost is None:
            self._begin(frame, event)
        elif event == "return":
            if _COPIES.intersection(frame.f_code.co_names):
                self._left(frame)
            if frame is self._outermost:
                self._outermost = None
        elif event == "call":
            self._entered(frame)
        elif event == "c_call":
            self._called(frame, called)

    def _begin(self, frame: FrameType, event: str) -> None:
        """While packc itself is at work, only wait for others to begin, or for the hook to end."""
        if event == "return" and frame is self._asked:
            self._asked = None
            sys.setprofile(self._waiting)
        elif event == "call" and is_foreign(frame):
            self._outermost = frame
            self._entered(frame)

    def _entered(self, frame: FrameType) -> None:
        """A function of Python begins: one that reads texts, or one of the plugin."""
        if frame.f_code in self._seen:
            return
        if frame.f_globals.get("__name__") in _READERS:
            self._look(frame, frame.f_code.co_name, self._held(frame))
            return
        self._seen.add(frame.f_code)
        found = asking(frame)
        if found is not None and found.frame is frame:
            self.words |= dict.fromkeys((*_words(frame.f_code.co_consts), *_global_words(frame)))

    def _left(self, frame: FrameType) -> None:
        """A function ends that may have made plain copies of the texts that it holds."""
        found = asking(frame)
        if found is not None and found.frame is frame:
            texts = {n for n in self._held(frame) if isinstance(self.values.get(n), str)}
            copies = sorted(_COPIES.intersection(frame.f_code.co_names))
            self._look(frame, copies[0].strip("_"), texts | self._named(frame))

    def _called(self, frame: FrameType, called: Any) -> None:
        """A function of C is called: a text's method, or one that reads what it is given."""
        owner = getattr(called, "__self__", None)
        if type(owner) is str:
            self._look(frame, called.__name__, self._inside(owner))
        elif is_watched(owner):
            self._look_by(frame, called.__name__, {parameter_of(owner)})
        elif isinstance(owner, re.Pattern):
            self._look(frame, called.__name__, {*self._held(frame), *self._named(frame)})
        elif not _is_safe(owner, called.__name__):
            self._look_by(frame, called.__name__, {*self._held(frame), *self._named(frame)})

    def _look_by(self, frame: FrameType, what: str, parameters: set[str]) -> None:
        """Write down looks if a frame is a plugin's own."""
        found = asking(frame)
        if found is not None and found.frame is frame:
            self._look(frame, what, parameters)

    def _look(self, frame: FrameType, what: str, parameters: set[str]) -> None:
        if parameters and asking(frame) is not None:
            for name in sorted(parameters):
                self.watch.look(name, what, frame)

    def _inside(self, text: str) -> set[str]:
        return {
            name
            for name, value in self.values.items()
            if any(len(each) >= _LEAST and each in text for each in _texts(value))
        }

    def _held(self, frame: FrameType) -> set[str]:
        """Return the parameters whose values a frame has in its variables."""
        return {parameter_of(each) for each in frame.f_locals.values() if is_watched(each)}

    def _named(self, frame: FrameType) -> set[str]:
        """Return the parameters that the code of a frame names."""
        return self.values.keys() & set(_words(frame.f_code.co_consts))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield str.__str__(value)
        case int() if not isinstance(value, bool):
            yield int.__repr__(value)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case dict():
            for name, item in value.items():
                yield from (name, *_texts(item))


def _words(constants: Any) -> Iterator[str]:
    """Yield the texts among constants: of the code itself, and of the functions in it."""
    for each in constants:
        if isinstance(each, str) and 0 < len(each) <= _LONGEST_WORD:
            yield each
        elif isinstance(each, tuple | frozenset):
            yield from _words(sorted(each, key=repr))
        elif isinstance(each, CodeType):
            yield from _words(each.co_consts)


def _global_words(frame: FrameType) -> Iterator[str]:
    """Yield the texts in the tables of its module that the code of a frame names."""
    for name in frame.f_code.co_names:
        yield from _table_words(frame.f_globals.get(name))


def _table_words(table: Any) -> Iterator[str]:
    match table:
        case str():
            yield from _words((table,))
        case dict():
            yield from _words(each for pair in islice(table.items(), _MOST) for each in pair)
        case list() | tuple() | set() | frozenset():
            yield from _words(sorted(islice(table, _MOST), key=repr))


def _is_safe(owner: Any, name: str) -> bool:
    """Return whether a function of C, whose owner is given, reads no values in a way of its own."""
    if isinstance(owner, ModuleType):
        module = owner.__name__
    else:
        kinds = type(owner).__mro__
        module = next((kind.__module__ for kind in kinds if name in vars(kind)), "builtins")
    return module.partition(".")[0] in _SAFE
