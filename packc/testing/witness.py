"""witness: a host that writes down what one plugin is asked, what it answers, and what it does."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any, TextIO

from attrs import define, evolve, field

from packc.build import Build, Format, Output
from packc.diagnostics import Diagnostic, Span
from packc.doctor.moved import as_data
from packc.doctor.watch import Watch, home_of
from packc.plugins import PATIENCE, Found, Host, Plugin
from packc.supervision import GRACE_SECONDS
from packc.testing.evidence import EMIT, IMPORT, Place
from packc.testing.imports import Imports
from packc.testing.surroundings import OFTEN, put_back, standard_modules, state

_SPARE_SECONDS = 2.0
"""A hook that neither the limit of the host nor its grace stops has so much longer."""


@define
class Journalist:
    """Writes an event a line; each is on its way before the next thing happens.

    What it writes with is its own, taken before any plugin can replace it.
    """

    stream: TextIO
    _encode: Callable[[Any], str] = field(factory=lambda: json.JSONEncoder().encode, init=False)
    _clock: Callable[[], float] = field(factory=lambda: time.monotonic, init=False)

    def write(self, what: str, **data: Any) -> None:
        self.stream.write(self._encode({"what": what, **data}) + "\n")
        self.stream.flush()

    def begin(self, hook: str, place: Place) -> None:
        self.write("begin", hook=hook, place=as_data(place), at=self._clock())

    def complain(self, place: Place, diagnostics: Iterable[Diagnostic]) -> None:
        for each in diagnostics:
            told = [each.message, each.found or "", *(r.message for r in each.related)]
            spans = [each.span, *(related.span for related in each.related)]
            self.write(
                "complaint",
                code=each.code,
                message=each.message,
                told="\n".join(told),
                spans=[as_data(span) for span in spans if span],
                place=as_data(place),
            )


@define
class _Notes:
    """What is seen while a plugin does something."""

    printed: str = ""
    warnings: list[str] = field(factory=list)
    threads: int = 0
    moved: list[str] = field(factory=list)


@define
class Witness(Host):
    """A host that asks one plugin everything twice, and watches the first time."""

    subject: str = ""
    journal: Journalist = field(kw_only=True)
    watching: Watch | None = None
    place: Place = field(factory=Place)
    _threads: int = 0

    def listen(self) -> None:
        """Begin to see imports, and to count threads: Python 3.11 has no audit event for them."""
        Imports(self.installed[self.subject][0].module, self._imported).install()
        start = threading.Thread.start

        def counting(thread: threading.Thread) -> None:
            self._threads += 1
            start(thread)

        setattr(threading.Thread, "start", counting)  # noqa: B010  # an assignment that mypy forbids

    def _imported(self, module: str, file: str, line: int) -> None:
        self.journal.write("imported", module=module, file=file, line=line)

    def load(self, name: str, span: Span | None = None) -> Plugin:
        if name != self.subject or name in self._loaded:
            return Host.load(self, name, span)
        found = self.installed[name][0]
        self._begin(IMPORT)
        with self._noted(standard_modules()) as notes, self._watched(found, IMPORT):
            plugin = Host.load(self, name, span)
        self._tell(IMPORT, [], 0.0, None, notes)
        return plugin

    def ask(
        self, plugin: Plugin, hook: str, item_type: type, /, **arguments: Any
    ) -> tuple[Any, ...]:
        if plugin.name != self.subject or hook not in self.hooks(plugin):
            return Host.ask(self, plugin, hook, item_type, **arguments)
        self._begin(hook)
        before = _plain(arguments)
        with self._noted() as notes:
            with self._watched(self.installed[plugin.name][0], hook):
                items = Host.ask(self, plugin, hook, item_type, **arguments)
            started = time.perf_counter()
            again = Host.ask(self, plugin, hook, item_type, **arguments)
            seconds = time.perf_counter() - started
        after = _plain(arguments)
        changed = [name for name in before if before[name] != after[name]]
        self._tell(hook, as_data(items), seconds, as_data(again), notes, changed)
        if hook == "packc_formats":
            return tuple(evolve(each, emit=self._emitting(plugin, each)) for each in items)
        return items

    # --- formats ------------------------------------------------------------------------------

    def _emitting(self, plugin: Plugin, form: Format) -> Callable[[Build], Output]:
        """Return the format's `emit`, written down like a hook."""

        def emit(build: Build) -> Output:
            self._begin(EMIT)
            with self._noted() as notes:
                started = time.perf_counter()
                again = form.emit(build)
                seconds = time.perf_counter() - started
                output = self._emit_watched(plugin, form, build)
            self._tell(EMIT, _files(output), seconds, _files(again), notes)
            return output

        return emit

    def _emit_watched(self, plugin: Plugin, form: Format, build: Build) -> Output:
        """Have the format emit; what packc does for it meanwhile is not the format's doing."""
        found = self.installed[plugin.name][0]
        with ExitStack() as stack:
            stack.enter_context(self._watched(found, EMIT))

            def pausing(work: Callable[..., Any]) -> Callable[..., Any]:
                def pause(*arguments: Any) -> Any:
                    stack.close()
                    try:
                        return work(*arguments)
                    finally:
                        stack.enter_context(self._watched(found, EMIT))

                return pause

            paused = evolve(build, compile=pausing(build.compile), read=pausing(build.read))
            return form.emit(paused)

    # --- taking notes -------------------------------------------------------------------------

    def _begin(self, hook: str) -> None:
        limit = self.seconds * (PATIENCE if hook == EMIT else 2) + GRACE_SECONDS + _SPARE_SECONDS
        faulthandler.dump_traceback_later(limit, exit=True)
        self.journal.begin(hook, self.place)

    def _tell(
        self,
        hook: str,
        items: Any,
        seconds: float,
        again: Any,
        notes: _Notes,
        changed: Iterable[str] = (),
    ) -> None:
        self.journal.write(
            "answer",
            hook=hook,
            place=as_data(self.place),
            items=items,
            seconds=seconds,
            again=None if again == items else again,
            changed=list(changed),
            printed=notes.printed,
            warnings=notes.warnings,
            threads=notes.threads,
            moved=notes.moved,
        )

    @contextmanager
    def _noted(self, modules: Collection[str] = OFTEN) -> Iterator[_Notes]:
        notes, before, threads = _Notes(), state(modules), self._threads
        start = _printed_to()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield notes
        finally:
            faulthandler.cancel_dump_traceback_later()
            notes.moved = put_back(before)
        notes.warnings = [f"{each.category.__name__}: {each.message}" for each in caught]
        notes.printed = os.pread(2, 200, start).decode(errors="replace") if _printed_to() else ""
        notes.threads = self._threads - threads

    def _watched(self, found: Found, hook: str) -> AbstractContextManager[None]:
        if self.watching is None:
            return nullcontext()
        module = found.entry_point.module
        home = home_of(find_spec(module.partition(".")[0]))
        return self.watching.over(str(found), hook, module, home)


def _printed_to() -> int:
    """Return how much was printed so far: both streams lead to one file."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return os.fstat(2).st_size


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a hook as data; of many objects, a few stand for all."""
    return {
        name: as_data(value[:20] if isinstance(value, tuple) else value)
        for name, value in arguments.items()
    }


def _files(output: Any) -> Any:
    return as_data([(file.name, file.content.decode(errors="replace")) for file in output.files])
