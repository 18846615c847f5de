"""surroundings: what a hook has to leave as it found it: changes are noticed and put back."""

from __future__ import annotations

import io
import locale
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO

from attrs import frozen

STREAMS = {1: "stdout", 2: "stderr"}
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGCHLD", "SIGALRM")
    if hasattr(signal, name)
)


@frozen
class Aspect:
    """One thing that all code of a process shares: how to read it, and how to put it back."""

    name: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object]


@contextmanager
def kept(*more: Aspect) -> Iterator[list[str]]:
    """Yield a list that holds, after the block, what the block has changed; all is put back."""
    changed: list[str] = []
    with _own_streams(changed):
        before = [(aspect, aspect.read()) for aspect in (*ASPECTS, *more)]
        try:
            yield changed
        finally:
            for aspect, value in before:
                if aspect.read() != value:
                    changed.append(aspect.name)
                    with suppress(OSError, ValueError):
                        aspect.put_back(value)


@contextmanager
def quiet() -> Iterator[None]:
    """Send what a plugin prints to standard error: standard output is for packc's results."""
    printed = _Printed(sys.stderr)
    with redirect_stdout(printed), redirect_stderr(printed):
        yield


class _Printed(io.TextIOBase):
    """Passes text on to a stream. A plugin that closes it closes nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def buffer(self) -> Any:
        return self._stream.buffer

    def write(self, text: str, /) -> int:
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def close(self) -> None:
        """Close nothing."""


@contextmanager
def _own_streams(changed: list[str]) -> Iterator[None]:
    """Open the files of standard output and error again where the block closes or replaces them."""
    with ExitStack() as stack:
        for number in STREAMS:
            with suppress(OSError):  # closed by whoever started the process
                copy = os.dup(number)
                stack.callback(os.close, copy)
                stack.callback(_reopen, number, copy, changed)
        yield


def _reopen(number: int, copy: int, changed: list[str]) -> None:
    stream: TextIO = getattr(sys, STREAMS[number])
    if _file_of(number) == _file_of(copy) and not stream.closed:
        return
    os.dup2(copy, number)
    changed.append(f"the file of sys.{STREAMS[number]}")
    if stream.closed:
        fresh = open(  # noqa: SIM115  # it lives as long as the process
            number, "w", encoding=stream.encoding, errors=stream.errors, closefd=False
        )
        setattr(sys, STREAMS[number], fresh)


def _file_of(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # every hook pays for it
    except OSError:  # somebody has removed it
        return ""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _set_environment(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def _handlers() -> list[Any]:
    return [signal.getsignal(number) for number in SIGNALS]


def _set_handlers(handlers: list[Any]) -> None:
    for number, handler in zip(SIGNALS, handlers, strict=True):
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(number, handler)


@frozen(eq=False)
class _Names:
    """What the names of packc's modules stand for; equal where each is the same thing."""

    modules: Mapping[str, Mapping[str, Any]]

    def __eq__(self, other: object) -> bool:
        """Return whether all names of the other one still stand for what they stood for there."""
        return isinstance(other, _Names) and not any(self.moved_since(other))

    __hash__ = None  # type: ignore[assignment]

    def moved_since(self, before: _Names) -> Iterator[tuple[str, str]]:
        for module, names in before.modules.items():
            now = self.modules.get(module, {})
            for name, value in names.items():
                if now.get(name, self) is not value:
                    yield module, name


def _names() -> _Names:
    return _Names(
        {
            name: dict(vars(module))
            for name, module in list(sys.modules.items())
            if name == "packc" or name.startswith("packc.")
        }
    )


def _set_names(before: _Names) -> None:
    for module, name in list(_names().moved_since(before)):
        setattr(sys.modules[module], name, before.modules[module][name])


def _threads() -> frozenset[threading.Thread]:
    return frozenset(threading.enumerate())


def _leave(value: object) -> None:
    """Do nothing: a thread cannot be stopped."""


ASPECTS = (
    Aspect("the working directory", _folder, os.chdir),
    Aspect("the environment", lambda: dict(os.environ), _set_environment),
    Aspect("the umask", _umask, os.umask),
    Aspect(
        "the locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda name: locale.setlocale(locale.LC_ALL, name),
    ),
    Aspect("signal handlers", _handlers, _set_handlers),
    Aspect("the trace function", sys.gettrace, sys.settrace),
    Aspect("the profile function", sys.getprofile, sys.setprofile),
    Aspect("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    Aspect("the threads that run", _threads, _leave),
)

MODULES = Aspect("packc's own modules", _names, _set_names)
"""Too slow to look at in each hook; what changes packc mostly does so when it is imported."""
