"""supervision: run a plugin's code in time, quietly, and so that the process lives on unchanged.

Whatever goes wrong in a hook becomes a diagnostic that names the plugin and the hook.
"""

from __future__ import annotations

import faulthandler
import inspect
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NamedTuple, NoReturn, Protocol

from packc.answers import MAX_WEIGHT, is_too_heavy, kind
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.frozen import FrozenError
from packc.surroundings import (
    THREADS,
    Aspect,
    EndsProcessError,
    alive,
    interruptions,
    kept,
    quiet,
)

GRACE_SECONDS = 5.0
"""After the limit and so much more the process ends, where a hook cannot be interrupted."""
LAST_CALL = 0.8
"""After this share of the grace it ends with a message, if any code of Python still runs."""
LEAVE_ALONE = "it is put back; tell the plugin's author that a hook only computes"
STILL_RUNNING = (
    "packc ends without waiting for it; tell the plugin's author that a hook only computes"
)
ENDING = "tried to end the process with"
MAX_ITEMS = 100_000
"""More items than any real plugin returns; a generator without end is stopped here."""
_end = os._exit
"""What ends the process also while plugins may not."""


class Culprit(Protocol):
    """Whose code runs, as a diagnostic names it."""

    def holds(self, module: str, /) -> bool:
        """Return whether a module, by its name, is the plugin's or inside of it."""


class Deeds(NamedTuple):
    """What a plugin did while it was at work: what it changed, and how it tried to end packc.

    `interruptions` are those by the user. They count even where the plugin swallowed the exception.
    """

    changed: list[str]
    endings: list[str]
    interruptions: list[int]

    @property
    def is_interrupted(self) -> bool:
        return bool(self.interruptions)

    @property
    def change(self) -> str:
        """Return what it changed, in words."""
        return f"changed {' and '.join(self.changed)}"

    @property
    def mend(self) -> str:
        """Return what to do about what it changed, as a hint."""
        return STILL_RUNNING if THREADS in self.changed else LEAVE_ALONE


class TooSlowError(BaseException):
    """Raised inside a hook that takes too long; no `except Exception` of a plugin stops it."""


@contextmanager
def supervised(seconds: float, whose: str, *more: Aspect) -> Iterator[Deeds]:
    """Run a block of a plugin's: in time, quietly, and so that the process lives on unchanged."""
    with (
        interruptions() as interrupted,
        kept(*more) as changed,
        alive() as endings,
        time_limit(seconds, whose),
        quiet(),
    ):
        yield Deeds(changed, endings, interrupted)


class Guard(NamedTuple):
    """Turns whatever goes wrong in one call of a hook into a diagnostic that names it."""

    plugin: Culprit
    hook: str
    function: Callable[..., Any]
    code: str = "PK205"
    item_type: type = object

    def __str__(self) -> str:
        return f"{self.hook} of {self.plugin}"

    @property
    def wanted(self) -> str:
        """Return what the hook's author should do, as a hint."""
        return f"tell the plugin's author: return a list of {self.item_type.__name__}"

    @contextmanager
    def watch(self, seconds: float, *more: Aspect) -> Iterator[None]:
        try:
            with supervised(seconds, str(self), *more) as deeds:
                yield
        except PackcError:
            raise
        except TooSlowError:
            self.fail(
                "PK207",
                f"took longer than {seconds:g} s",
                "look for an endless loop, or raise the limit with --hook-timeout",
            )
        except FrozenError as error:
            self.fail("PK208", "tried to change its arguments", str(error), error)
        except EndsProcessError as error:
            self.fail(self.code, f"{ENDING} {error}", cause=error)
        except BaseException as error:
            if deeds.is_interrupted:
                raise
            if type(error).__name__ == "FrozenInstanceError":
                self.fail("PK208", "tried to change its arguments", "return a patch instead", error)
            self.fail(self.code, f"raised {reason(error)}", cause=error)
        if deeds.is_interrupted:
            raise KeyboardInterrupt
        if deeds.endings:
            self.fail(self.code, f"{ENDING} {deeds.endings[0]}")
        if deeds.changed:
            self.fail("PK238", deeds.change, deeds.mend)

    def items(self, answer: Any) -> Iterator[Any]:
        """Yield the items of an answer, which is any iterable but text or a map."""
        if isinstance(answer, str | bytes | Mapping) or not hasattr(answer, "__iter__"):
            self.fail("PK206", f"returned {kind(answer)}, expected a list", self.wanted)
        for count, item in enumerate(answer):
            if count == MAX_ITEMS:
                self.fail("PK206", f"returned more than {MAX_ITEMS} items")
            yield item

    def weigh(self, items: list[Any]) -> None:
        """Refuse an answer that is too large, or that holds itself."""
        if is_too_heavy(items):
            self.fail("PK206", f"returned more than {MAX_WEIGHT:,} characters and values")

    def fail(
        self,
        code: str,
        message: str,
        hint: str = "tell the plugin's author",
        cause: BaseException | None = None,
    ) -> NoReturn:
        span = _raised_at(cause, self.plugin) or span_of(self.function)
        text = f"{self} {message}"
        raise PackcError(Diagnostic(code, text, span, hint)) from cause


# --- in time ----------------------------------------------------------------------------------


@contextmanager
def time_limit(seconds: float, whose: str) -> Iterator[None]:
    """Interrupt the block after that many seconds, where there is SIGALRM: in a main thread.

    Where no interruption gets through, the process ends after some more: a loop that swallows every
    exception with a message, a loop of native code with the lines that Python was at, for nothing
    else of Python runs meanwhile.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or seconds <= 0:
        yield
        return
    end = time.monotonic() + seconds + GRACE_SECONDS * LAST_CALL

    def interrupt(number: int, frame: FrameType | None) -> None:
        if time.monotonic() > end:
            _give_up(f"{whose} takes longer than {seconds:g} s, and cannot be interrupted")
        raise TooSlowError

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        # It repeats, so that a hook that swallows the first interruption meets the next.
        with (
            _timer(signal.ITIMER_REAL, seconds, 0.1),
            _last_resort(seconds + GRACE_SECONDS),
        ):
            yield
    finally:
        signal.signal(signal.SIGALRM, handler)


@contextmanager
def _timer(which: int, seconds: float, interval: float = 0) -> Iterator[None]:
    """Run a timer during the block; one that ran before, as a format's does, runs on after it."""
    begun = time.monotonic()
    left, its_interval = signal.setitimer(which, seconds, interval)
    try:
        yield
    finally:
        if left:
            left = max(left - (time.monotonic() - begun), 0.001)
        signal.setitimer(which, left, its_interval)


_ends: list[float] = []
"""When each watchdog would end the process; the one that runs is the last."""


@contextmanager
def _last_resort(seconds: float) -> Iterator[None]:
    """Let a watchdog that needs no Python to run end the process, with 1, after the block's time.

    There is one in a process. An outer block, as of a format, has it back after an inner one.
    """
    _ends.append(time.monotonic() + seconds)
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        yield
    finally:
        _ends.pop()
        faulthandler.cancel_dump_traceback_later()
        if _ends:
            left = max(_ends[-1] - time.monotonic(), 0.001)
            faulthandler.dump_traceback_later(left, exit=True, file=2)


def _give_up(text: str) -> NoReturn:
    hint = "look for a loop that catches BaseException; tell the plugin's author"
    message = f"error[PK207]: {text}\n  hint: {hint}\n"
    with suppress(OSError):
        os.write(2, message.encode(errors="backslashreplace"))
    _end(1)


# --- where, and why ---------------------------------------------------------------------------


def span_of(function: Callable[..., Any]) -> Span:
    """Return where a function begins, named by module: the same on every machine."""
    code = inspect.unwrap(function).__code__
    return Span(_module_file(function.__module__, code.co_filename), code.co_firstlineno, 1)


def _raised_at(error: BaseException | None, plugin: Culprit) -> Span | None:
    """Return the innermost line of the plugin's own code that an error came through."""
    span, trace = None, error.__traceback__ if error else None
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if plugin.holds(module):
            span = Span(_module_file(module, trace.tb_frame.f_code.co_filename), trace.tb_lineno, 1)
        trace = trace.tb_next
    return span


def _module_file(module: str, filename: str) -> str:
    name = module.replace(".", "/")
    return f"{name}/__init__.py" if filename.endswith("__init__.py") else f"{name}.py"


def reason(error: BaseException) -> str:
    """Return what an error is and says, in one short line."""
    try:
        with time_limit(1, "the text of an error"):
            text = " ".join(str(error).split())
    except BaseException as second:  # an error's own text is the plugin's code too
        text = f"its text cannot be had: {type(second).__name__}"
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
