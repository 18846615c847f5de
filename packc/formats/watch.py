"""watch: values that remember what plugins ask of them while they compute patches.

A plugin that asks `mtu == 1500` would show its answer to nobody who tries other numbers. With a
watched value in the place of the number, 1500 is noticed, and then tried. A plugin that looks into
a value, as with `name.lower()` or `port % 8`, may decide anything by what it sees there; samples
cannot tell, so the look itself is what is remembered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from types import FrameType
from typing import Any, TypeVar

from attrs import define, field, frozen

from packc.diagnostics import Span
from packc.frozen import FrozenList
from packc.model import Origin
from packc.plugins import Host, Plugin

W = TypeVar("W")

OUTPUT = ("packc_objects", "packc_patches")
"""The hooks whose answers become templates."""

NOTES = "packc_notes"
"""The hook whose answers become notes of a template."""


@frozen
class Look:
    """A plugin's look into the value of an open parameter, and where its code does that."""

    parameter: str
    what: str
    origin: Origin
    span: Span


@frozen
class Asker:
    """The innermost frame of a plugin, and the hook that it answers."""

    frame: FrameType = field(repr=False)
    plugin: Plugin
    hook: str

    @property
    def origin(self) -> Origin:
        return Origin(self.plugin.name, self.hook, self.plugin.distribution)


@define
class Watch:
    """What was asked of watched values.

    `noticed` are the values that any code compared with, by parameter. `compared` are those that
    a plugin compared with while it computed objects or patches, `looks` are the other things it did
    there, and `touched` are the parameters that it made texts of. `note_looks` are what it did
    while it computed notes.
    """

    noticed: dict[str, list[Any]] = field(factory=dict)
    compared: dict[str, list[Any]] = field(factory=dict)
    looks: dict[Look, None] = field(factory=dict)
    note_looks: dict[Look, None] = field(factory=dict)
    touched: set[str] = field(factory=set)
    _counted: dict[str, tuple[tuple[int, int], Look]] = field(factory=dict)
    _compared_at: dict[str, Look] = field(factory=dict)

    def notice(self, parameter: str, value: Any) -> None:
        self.noticed.setdefault(parameter, []).append(value)
        found = asking(sys._getframe(1))
        if found is not None and found.hook in OUTPUT:
            self.compared.setdefault(parameter, []).append(value)
            self._compared_at[parameter] = _look(parameter, "comparisons without end", found)

    def look(self, parameter: str, what: str, frame: FrameType | None = None) -> None:
        """Write down a look, if plugin code that computes output is what takes it."""
        found = asking(frame or sys._getframe(1))
        if found is not None:
            self._write(_look(parameter, what, found))

    def touch(self, parameter: str) -> None:
        if asking(sys._getframe(1)) is not None:
            self.touched.add(parameter)

    def count(self, parameter: str) -> None:
        """Write down that the size of a collection was asked for, unless it is then iterated.

        Python asks for the size before it copies what is no list.
        """
        self.finish(parameter)
        found = asking(sys._getframe(1))
        if found is not None:
            self._counted[parameter] = (_instruction(found.frame), _look(parameter, "len", found))

    def iterate(self, parameter: str) -> None:
        """Take back that the size was asked for, if that was by the same instruction."""
        found = asking(sys._getframe(1))
        if found is not None and parameter in self._counted:
            instruction, look = self._counted.pop(parameter)
            if instruction != _instruction(found.frame):
                self._write(look)

    def give_up(self) -> None:
        """Write down that there is no end to what parameters are compared with."""
        self.looks |= dict.fromkeys(self._compared_at.values())

    def finish(self, *parameters: str) -> None:
        """Write down the sizes that were asked for and not taken back."""
        for name in parameters or tuple(self._counted):
            if name in self._counted:
                self._write(self._counted.pop(name)[1])

    def _write(self, look: Look) -> None:
        (self.note_looks if look.origin.hook == NOTES else self.looks)[look] = None


def watched(parameter: str, value: Any, watch: Watch) -> Any:
    """Return a value that is equal to this one and tells what it is asked."""
    if isinstance(value, list | tuple):
        return _watched(
            _List, [watched(parameter, each, watch) for each in value], parameter, watch
        )
    if isinstance(value, dict):
        members = {
            watched(parameter, name, watch): watched(parameter, each, watch)
            for name, each in value.items()
        }
        return _watched(_Map, members, parameter, watch)
    kind = _KINDS.get(type(value))
    return value if kind is None else _watched(kind, value, parameter, watch)


def unique(values: Iterable[Any]) -> list[Any]:
    """Return the values, each once, in an order of their own: 1 and "1" are two."""
    return [value for _, value in sorted({repr(value): value for value in values}.items())]


# --- who asks ---------------------------------------------------------------------------------


def asking(frame: FrameType | None) -> Asker | None:
    """Return the innermost frame of a plugin that computes output; None if packc itself asks.

    What the standard library asks, it asks for its caller.
    """
    while frame is not None and _is_between(frame):
        frame = frame.f_back
    if frame is None or not is_foreign(frame):
        return None
    asked: FrameType | None = frame
    while asked is not None and asked.f_code is not Host.ask.__code__:
        asked = asked.f_back
    if asked is None or not is_output(asked):
        return None
    return Asker(frame, asked.f_locals["plugin"], asked.f_locals["hook"])


def is_output(asked: FrameType) -> bool:
    """Return whether a plugin is asked there for what a template or its notes are made of."""
    return asked.f_locals["hook"] in (*OUTPUT, NOTES)


def is_foreign(frame: FrameType) -> bool:
    """Return whether code runs there that is neither packc's nor the standard library's."""
    return not _is_between(frame) and _package(frame) != "packc"


def _is_between(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__")
    return name in _BETWEEN or _package(frame) in sys.stdlib_module_names


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


_BETWEEN = (None, __name__, FrozenList.__module__)
"""Modules that do what their caller wants: this one, and the views that plugins are given."""


def _instruction(frame: FrameType) -> tuple[int, int]:
    return id(frame), frame.f_lasti


def _look(parameter: str, what: str, asker: Asker) -> Look:
    return Look(parameter, what, asker.origin, _span(asker.frame))


def _span(frame: FrameType) -> Span:
    """Return the line that a frame is at, named by module: the same on every machine."""
    name = str(frame.f_globals.get("__name__", "")).replace(".", "/")
    is_package = PurePath(frame.f_code.co_filename).name == "__init__.py"
    return Span(f"{name}/__init__.py" if is_package else f"{name}.py", frame.f_lineno, 1)


# --- scalars ----------------------------------------------------------------------------------


def _watched(kind: Callable[[Any], Any], value: Any, parameter: str, watch: Watch) -> Any:
    found = kind(value)
    found.parameter, found.watch = parameter, watch
    return found


class _Watched:
    """What all watched values share. `is_part` marks a text that holds the value and more."""

    parameter: str
    watch: Watch
    is_part = False

    def text(self, value: str) -> _Text:
        """Return a text that holds the value, and is watched as well."""
        self.watch.touch(self.parameter)
        found: _Text = _watched(_Text, value, self.parameter, self.watch)
        found.is_part = True
        return found

    def __deepcopy__(self, memory: object) -> _Watched:
        return self

    def __copy__(self) -> _Watched:
        return self


def _comparison(kind: type, name: str) -> Callable[[Any, Any], Any]:
    plain = getattr(kind, name)
    is_order = kind is str and name not in ("__eq__", "__ne__")

    def method(self: Any, other: Any) -> Any:
        if self.is_part or is_order or isinstance(other, _Watched):
            for each in (self, other):
                if isinstance(each, _Watched):
                    self.watch.look(each.parameter, _SIGNS[name])
        elif type(other) in _KINDS:
            self.watch.notice(self.parameter, other)
        return plain(self, other)

    return method


def _glance(kind: type, name: str) -> Callable[..., Any]:
    """Return the method of that name that writes down that it was called."""
    plain = getattr(kind, name)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        self.watch.look(self.parameter, name.strip("_"))
        return plain(self, *arguments, **named)

    return method


_SIGNS = {f"__{name}__": name for name in ("eq", "ne", "lt", "le", "gt", "ge")}
_PASSING_ON = {
    "__new__",
    "__init__",
    "__getattribute__",
    "__getnewargs__",
    "__sizeof__",
    "maketrans",
}
"""What a value is asked for without a look into it."""


def _looking(kind: type) -> Callable[[type[W]], type[W]]:
    """Give a class all methods of a kind of value: what it does not define itself is a look."""

    def decorate(cls: type[W]) -> type[W]:
        for name in _SIGNS:
            setattr(cls, name, _comparison(kind, name))
        for name in vars(kind).keys() - _PASSING_ON - _SIGNS.keys():
            if name not in vars(cls) and callable(getattr(kind, name)):
                setattr(cls, name, _glance(kind, name))
        return cls

    return decorate


@_looking(str)
class _Text(_Watched, str):
    def __str__(self) -> str:
        self.watch.touch(self.parameter)
        return self

    def __format__(self, form: str) -> str:
        self.watch.touch(self.parameter)
        if form not in ("", "s"):
            self.watch.look(self.parameter, f"format '{form}'")
            return str.__format__(str.__str__(self), form)
        return self

    def __bool__(self) -> bool:
        if not self.is_part:
            self.watch.notice(self.parameter, "")
        return str.__len__(self) > 0

    def __add__(self, other: Any) -> Any:
        return self.text(str.__add__(self, other)) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return self.text(str.__add__(other, self)) if isinstance(other, str) else NotImplemented


class _Counted(_Watched):
    """What watched numbers share."""

    plain: Callable[[Any], Any]

    def __str__(self) -> str:
        return self.text(str(self.plain(self)))

    def __format__(self, form: str) -> str:
        text = format(self.plain(self), form)
        if form not in ("", "d"):
            self.watch.look(self.parameter, f"format '{form}'")
        return self.text(text)

    def __bool__(self) -> bool:
        self.watch.notice(self.parameter, 0)
        return bool(self.plain(self))


@_looking(int)
class _Integer(_Counted, int):
    plain = staticmethod(int.__pos__)
    __repr__, __format__, __bool__ = int.__repr__, _Counted.__format__, _Counted.__bool__


@_looking(float)
class _Number(_Counted, float):
    plain = staticmethod(float.__pos__)
    __repr__, __format__, __bool__ = float.__repr__, _Counted.__format__, _Counted.__bool__


_KINDS: dict[type, Callable[[Any], Any]] = {int: _Integer, float: _Number, str: _Text}


# --- collections, which plugins see through a view --------------------------------------------


class _List(_Watched, list[Any]):
    def __len__(self) -> int:
        self.watch.count(self.parameter)
        return list.__len__(self)

    def __getitem__(self, index: Any) -> Any:
        reader = sys._getframe(1).f_back
        if reader is not None and reader.f_code is Sequence.__iter__.__code__:
            comparing = reader.f_back is not None and reader.f_back.f_code in _COMPARING
            if not comparing:
                self.watch.iterate(self.parameter)
        else:
            self.watch.look(self.parameter, "item")
        return list.__getitem__(self, index)


_COMPARING = (FrozenList.__eq__.__code__,)
"""Lists compare their sizes first: that is a look, and stays one."""


class _Map(_Watched, dict[Any, Any]):
    def __len__(self) -> int:
        self.watch.look(self.parameter, "len")
        return dict.__len__(self)

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, _Watched):
            self.watch.look(self.parameter, "item")
        return dict.__getitem__(self, name)


def is_watched(value: Any) -> bool:
    """Return whether a value is watched, or a view of one that is."""
    return isinstance(getattr(value, "_data", value), _Watched)


def parameter_of(value: Any) -> str:
    """Return the parameter of a watched value."""
    found: _Watched = getattr(value, "_data", value)
    return found.parameter
