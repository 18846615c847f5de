"""surroundings: what a hook has to leave as it found it: changes are noticed and put back.

The process itself is one of these things: what would end it is refused.
"""

from __future__ import annotations

import builtins
import io
import locale
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from types import FrameType, ModuleType
from typing import Any, NamedTuple, TextIO

STREAMS = {1: "stdout", 2: "stderr"}
THREADS = "the threads that run"
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGCHLD", "SIGALRM")
    if hasattr(signal, name)
)


class Aspect(NamedTuple):
    """One thing that all code of a process shares: how to read it, and how to put it back.

    `moved` says whether it is no longer what was read, where that takes less than to read again.
    """

    name: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object]
    moved: Callable[[Any], bool] | None = None

    def has_changed(self, before: Any) -> bool:
        return self.moved(before) if self.moved else bool(self.read() != before)


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
                if aspect.has_changed(value):
                    changed.append(aspect.name)
                    with suppress(OSError, ValueError):
                        aspect.put_back(value)


class EndsProcessError(BaseException):
    """Raised where a plugin would end the process; no `except Exception` of a plugin stops it."""


@contextmanager
def alive() -> Iterator[list[str]]:
    """Refuse what ends the process, and yield a list of what was called to that end.

    A child that a plugin forks may end itself.
    """
    tried: list[str] = []
    process = os.getpid()
    real = [(owner, name, getattr(owner, name)) for owner, name in ENDINGS]
    for owner, name, function in real:
        said = f"{owner.__name__}.{name}"
        setattr(owner, name, partial(_refuse_to_end, tried, said, function, process))
    try:
        yield tried
    finally:
        for owner, name, function in real:
            owner.__dict__[name] = function


def _refuse_to_end(
    tried: list[str], said: str, real: Callable[..., Any], process: int, *arguments: Any
) -> Any:
    if os.getpid() != process or (said in TO_OTHERS and not _hits_itself(*arguments)):
        return real(*arguments)
    tried.append(said)
    raise EndsProcessError(said)


def _hits_itself(target: Any = None, number: Any = None, *_: Any) -> bool:
    """Return whether a signal to this target reaches the process; signal 0 only asks."""
    return number != 0 and target in (0, -1, os.getpid(), os.getpgrp(), -os.getpgrp())


@contextmanager
def interruptions() -> Iterator[list[int]]:
    """Yield a list with each SIGINT of the block: a KeyboardInterrupt may be a plugin's own."""
    seen: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, handler)


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
    """Open the files of standard output and error again where the block closes or replaces them.

    During the block the file of standard output is that of standard error: a plugin that writes to
    the descriptor itself, or a program that it starts, adds nothing to packc's results.
    """
    sys.stdout.flush()
    with ExitStack() as stack:
        for number in STREAMS:
            with suppress(OSError):  # closed by whoever started the process
                copy = os.dup(number)
                stack.callback(os.close, copy)
                if number == 1:
                    os.dup2(2, number)
                stack.callback(_reopen, number, copy, _file_of(number), changed)
        yield


def _reopen(number: int, copy: int, expected: tuple[int, int] | None, changed: list[str]) -> None:
    stream: TextIO = getattr(sys, STREAMS[number])
    is_kept = _file_of(number) == expected and not stream.closed
    os.dup2(copy, number)
    if is_kept:
        return
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


Parts = Mapping[str, Mapping[str, Any]]
"""What the names of packc's modules stand for."""


def parts() -> Parts:
    """Return what the names of packc's modules stand for now."""
    return {
        name: dict(vars(module))
        for name, module in list(sys.modules.items())
        if name == "packc" or name.startswith("packc.")
    }


def replaced(before: Parts) -> dict[str, Any]:
    """Return what names of packc's modules stand for now, where that is something else; undo it."""
    moved = list(_moved_parts(before))
    found = {f"{module}.{name}": _names_of(module).get(name) for module, name in moved}
    if moved:
        _set_parts(before)
    return found


def _moved_parts(before: Parts) -> Iterator[tuple[str, str]]:
    nothing = object()
    for module, names in before.items():
        now = _names_of(module)
        for name, value in names.items():
            if now.get(name, nothing) is not value:
                yield module, name


def _names_of(module: str) -> dict[str, Any]:
    return vars(sys.modules[module]) if module in sys.modules else {}


def _set_parts(before: Parts) -> None:
    for module, name in list(_moved_parts(before)):
        setattr(sys.modules[module], name, before[module][name])


def _threads() -> frozenset[threading.Thread]:
    return frozenset(threading.enumerate())


def _has_more_threads(before: frozenset[threading.Thread]) -> bool:
    """Return whether one was started; that one of the program's own has ended is nobody's doing."""
    return not before.issuperset(threading.enumerate())


def _let_run(before: frozenset[threading.Thread]) -> None:
    """Remember the threads: they cannot be ended, so the process ends without them."""
    _left_behind.extend(set(threading.enumerate()) - before)


_left_behind: list[threading.Thread] = []


def is_anyone_left() -> bool:
    """Return whether a thread that a plugin started still runs."""
    return any(thread.is_alive() for thread in _left_behind)


def _set_builtins(before: Mapping[str, Any]) -> None:
    names = builtins.__dict__
    names.update(before)
    for name in names.keys() - before.keys():
        del names[name]


ENDINGS: tuple[tuple[ModuleType, str], ...] = tuple(
    (owner, name)
    for owner, names in (
        (os, ("_exit", "abort", "execv", "execve", "kill", "killpg")),
        (signal, ("raise_signal",)),
    )
    for name in names
    if hasattr(owner, name)
)
"""What ends or replaces the process. `sys.exit` is not one of them: that is an exception."""
TO_OTHERS = frozenset(("os.kill", "os.killpg"))
"""What may also mean other processes."""

ASPECTS = (
    Aspect("the built-in names", builtins.__dict__.copy, _set_builtins),
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
    Aspect(THREADS, _threads, _let_run, _has_more_threads),
)

MODULES = Aspect("packc's own modules", parts, _set_parts, lambda before: any(_moved_parts(before)))
"""Too slow to look at in each hook: looked at around an import, and around a variant's hooks."""
