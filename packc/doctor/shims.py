"""shims: what a build's process changes in itself before it imports packc or a plugin.

What is changed here cannot be changed from outside without being root, or at all. Nothing but the
standard library's own modules may be imported before: they hold on to what they have imported.
"""

from __future__ import annotations

import datetime
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

NOBODY: Final = 65534
SECONDS_AHEAD: Final = ((400 * 24 + 7) * 60 + 11) * 60 + 13
"""So far is the clock set forward: another year, month, weekday, hour, minute and second."""

_HEAP: list[bytes] = []


def apply(names: list[str]) -> None:
    """Change what the names stand for, in that order."""
    for name in names:
        SHIMS[name]()


# --- the clock --------------------------------------------------------------------------------


def _set_clock_forward() -> None:
    _shift("time", SECONDS_AHEAD)
    _shift("time_ns", SECONDS_AHEAD * 1_000_000_000)
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _with_time(getattr(time, name)))
    time.strftime = _with_tuple(time.strftime, 1)
    time.asctime = _with_tuple(time.asctime, 0)
    setattr(datetime, "datetime", _shifted_datetime())  # noqa: B010  # a type, for mypy


def _shift(name: str, by: int) -> None:
    real = getattr(time, name)
    setattr(time, name, lambda: real() + by)


def _with_time(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda seconds=None: real(time.time() if seconds is None else seconds)


def _with_tuple(real: Callable[..., Any], before: int) -> Callable[..., Any]:
    """Return the function with the time of the shifted clock where it is given none."""

    def shifted(*arguments: Any) -> Any:
        given = arguments if len(arguments) > before else (*arguments, time.localtime())
        return real(*given)

    return shifted


def _shifted_datetime() -> type[datetime.datetime]:
    """Return a datetime that reads the shifted clock; `date.today` reads time.time by itself."""
    real = datetime.datetime

    class Lookalike(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    class ShiftedDatetime(real, metaclass=Lookalike):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)

    ShiftedDatetime.__name__ = ShiftedDatetime.__qualname__ = "datetime"
    return ShiftedDatetime


# --- files ------------------------------------------------------------------------------------


class _Listing:
    """What os.scandir returns, in an order of our own."""

    def __init__(self, entries: list[os.DirEntry[Any]]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[os.DirEntry[Any]]:
        return self

    def __next__(self) -> os.DirEntry[Any]:
        return next(self._entries)

    def __enter__(self) -> _Listing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _list_folders(*, backwards: bool) -> None:
    listdir: Any = os.listdir
    scandir: Any = os.scandir

    def ordered_listdir(path: Any = ".") -> list[Any]:
        return sorted(listdir(path), reverse=backwards)

    def ordered_scandir(path: Any = ".") -> _Listing:
        with scandir(path) as entries:
            return _Listing(sorted(entries, key=lambda entry: entry.name, reverse=backwards))

    for name, function in (("listdir", ordered_listdir), ("scandir", ordered_scandir)):
        setattr(os, name, function)


# --- the machine and the user -----------------------------------------------------------------


def _move_to_another_host() -> None:
    uname = getattr(os, "uname", None)
    if uname is not None:
        real = uname()
        other = type(real)((real.sysname, "doctor-host", real.release, real.version, "doctor"))
        setattr(os, "uname", lambda: other)  # noqa: B010  # an assignment that mypy forbids
    setattr(socket, "gethostname", lambda: "doctor-host")  # noqa: B010


def _have_another_cpu_count() -> None:
    count = 1 if (os.cpu_count() or 1) > 1 else 2
    for name in ("cpu_count", "process_cpu_count"):
        if hasattr(os, name):
            setattr(os, name, lambda: count)
    if hasattr(os, "sched_getaffinity"):
        os.sched_getaffinity = lambda pid: set(range(count))


def _have_another_real_user() -> None:
    """Be another user by name, with the rights of root: so all files can still be read."""
    os.setresuid(NOBODY, 0, 0)


def _be_nobody() -> None:
    """Give up being root for good; the group stays, which may read more."""
    os.setuid(NOBODY)


def _use_other_addresses() -> None:
    """Fill the heap, so that what comes later has another address on every system."""
    _HEAP.extend(bytes(size) for size in range(16, 4096, 16))


SHIMS: Final[Mapping[str, Callable[[], object]]] = MappingProxyType(
    {
        "addresses": _use_other_addresses,
        "clock": _set_clock_forward,
        "cpus": _have_another_cpu_count,
        "host": _move_to_another_host,
        "listing": lambda: _list_folders(backwards=False),
        "listing-backwards": lambda: _list_folders(backwards=True),
        "nobody": _be_nobody,
        "real-user": _have_another_real_user,
        "umask": lambda: os.umask(0o077),
        "usual-umask": lambda: os.umask(0o022),
    }
)
