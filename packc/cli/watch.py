"""watch: `packc build --watch`: build again what is saved, and say what that changes."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, Protocol

from attrs import define, evolve, field

from packc.cache.documents import Documents
from packc.cache.keys import digest
from packc.cli.built import print_told, print_told_notes, show
from packc.cli.colour import wants_colour
from packc.cli.named import files_named
from packc.cli.report import print_diagnostics
from packc.cli.saves import Saves
from packc.diagnostics import Diagnostic, Findings, PackcError
from packc.diff.asjson import is_same
from packc.diff.compare import compare
from packc.diff.packs import side_of
from packc.diff.side import Pairing, Side
from packc.diff.sides import side_of_output
from packc.diff.text import comparison_text
from packc.diff.trees import read_outputs
from packc.pipeline import Prepared, Written
from packc.plugins import FORMATS, GROUP, discover
from packc.yamlio import Parsed

BEFORE = "PACKC_WATCH_BEFORE"
"""The outputs that a watch left behind when it began anew, for the next to compare with."""

Name = tuple[str, str]
"""A pack and a cloud."""


class Outcome(Protocol):
    """What the build of one pack has come to."""

    prepared: Prepared | None
    written: list[Written]


Build = Callable[[str, Documents], tuple[Outcome, Mapping[str, Any]]]
"""Builds a pack with what is remembered of its files, and returns its outcome and its report."""


class Remembered(Documents):
    """Parses what it has not parsed before; what the last build had no use for is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[bytes, str, bool], Parsed] = {}
        self._used: dict[tuple[bytes, str, bool], Parsed] = {}

    def parse(self, content: bytes, file: str, *, marks: bool) -> Parsed:
        key = (digest(content), file, marks)
        parsed = self._kept.get(key) or super().parse(content, file, marks=marks)
        self._used[key] = parsed
        return parsed

    def turn(self) -> None:
        """Forget what was not used since the last turn."""
        self._kept, self._used = self._used, {}


def watch(packs: Sequence[str], options: Namespace, build: Build) -> NoReturn:
    """Build the packs, then again what is saved, until somebody presses Ctrl-C."""
    _refuse_other_options(options)
    watcher = _Watcher(packs, options, build)
    plugins = tuple(_plugin_folders())
    out = os.path.abspath(options.out)  # noqa: PTH100
    saves = Saves(lambda: (*packs, *watcher.named, *plugins), frozenset((out,)))
    watcher.begin()
    while True:
        changed = saves.wait()
        if any(_is_below(path, plugins) for path in changed):
            watcher.say(f"{_listed(changed)}: a plugin has changed, so packc begins anew")
            _begin_anew(watcher.folders)
        for pack in packs:
            if any(_is_below(path, [pack]) or path in watcher.values_files for path in changed):
                watcher.again(pack, changed)


@define
class _Watcher:
    """Builds packs and remembers the sides that came of it, to compare the next ones with."""

    packs: Sequence[str]
    options: Namespace
    build: Build
    values_files: frozenset[str] = field(init=False)
    folders: dict[str, None] = field(factory=dict)
    _sides: dict[str, dict[Name, Side]] = field(factory=dict)
    _documents: dict[str, Remembered] = field(factory=dict)
    _inputs: dict[str, tuple[str, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._find_values_files()

    @property
    def named(self) -> Iterator[str]:
        """Yield the files that options and packs name, wherever they are and whatever the names."""
        yield from self.values_files
        yield from chain.from_iterable(self._inputs.values())

    def begin(self) -> None:
        """Build all packs, and compare them with what a watch before this one has left."""
        before = _left_behind()
        for pack in self.packs:
            outcome, report = self._build(pack)
            show([report], self.options)
            sides = self._noted(pack, outcome)
            known = {name: before[name] for name in sides if name in before}
            if known:
                self._compare(pack, known, sides)
        sys.stdout.flush()  # the next save may be hours away
        self.say(f"watching {', '.join(self.packs)}; Ctrl-C ends it")

    def again(self, pack: str, changed: Iterable[str]) -> None:
        """Build a pack, and print what has changed in its output; errors are printed, too."""
        before = self._sides.get(pack, {})
        outcome, report = self._build(pack)
        self.say(f"{_listed(changed)}: {'failed' if report['failed'] else 'built'} {pack}")
        sides = self._noted(pack, outcome)
        if before and sides:
            self._compare(pack, before, sides)
        print_told_notes(_notes(report), self.options)
        print_told(report["diagnostics"], self.options)
        sys.stdout.flush()

    def _build(self, pack: str) -> tuple[Outcome, Mapping[str, Any]]:
        documents = self._documents.setdefault(pack, Remembered())
        outcome, report = self.build(pack, documents)
        if not report["failed"]:
            documents.turn()
        if outcome.prepared is not None:
            inputs = outcome.prepared.pack.inputs
            self._inputs[pack] = tuple(f"{pack}/{each.name}" for each in inputs)
        self._find_values_files()
        return outcome, report

    def _find_values_files(self) -> None:
        self.values_files = frozenset(files_named(self.options, absolute=True))

    def _noted(self, pack: str, outcome: Outcome) -> dict[Name, Side]:
        """Return the sides of an outcome, and remember them; none where it has failed."""
        sides = {}
        for written in outcome.written:
            assert outcome.prepared is not None
            side = side_of(outcome.prepared, written.compiled)
            sides[side.pack, side.cloud] = side
            self.folders[written.folder.as_posix()] = None
        if sides:
            self._sides[pack] = sides
        return sides

    def _compare(self, pack: str, before: Mapping[Name, Side], after: Mapping[Name, Side]) -> None:
        pairing = Pairing(
            tuple((_past(before[n], pack), side) for n, side in after.items() if n in before),
            tuple(_past(side, pack) for name, side in before.items() if name not in after),
            tuple(side for name, side in after.items() if name not in before),
        )
        try:
            comparisons = tuple(compare(left, right) for left, right in pairing.pairs)
        except PackcError as error:
            print_diagnostics(error.diagnostics, self.options)
            return
        changed = tuple(each for each in comparisons if each.objects or each.settings)
        if is_same(pairing, comparisons) and not changed:
            self.say("the output is as it was")
        elif not self.options.quiet:
            colour = wants_colour(self.options, sys.stdout)
            print(comparison_text(pairing, changed, colour=colour), flush=True)

    def say(self, text: str) -> None:
        if not self.options.quiet:
            print(f"packc: {text}", file=sys.stderr, flush=True)


def _past(side: Side, pack: str) -> Side:
    return evolve(side, place=f"{pack} (before)")


def _notes(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for variant in report["variants"]:
        for level, text in variant["notes"]:
            yield variant["summary"]["variant"], level, text


def _listed(paths: Iterable[str]) -> str:
    first, *more = paths
    return f"{first} and {len(more)} more" if more else first


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _refuse_other_options(options: Namespace) -> None:
    others = {
        "--output json": options.output == "json",
        "--executor": options.executor != "processes",
        "--timings": options.timings,
    }
    for name, is_given in others.items():
        if is_given:
            text = f"--watch and {name} do not go together"
            raise PackcError(Diagnostic("PK514", text, hint="leave one of them out"))


# --- plugins ----------------------------------------------------------------------------------


def _plugin_folders() -> Iterator[str]:
    """Yield where the installed plugins are; packc's own formats are no plugins in this sense."""
    groups = (discover(GROUP), discover(FORMATS))
    found = (found for group in groups for plugins in group.values() for found in plugins)
    for name in sorted({each.module.partition(".")[0] for each in found} - {"packc"}):
        try:
            spec = find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.submodule_search_locations:
            yield from spec.submodule_search_locations
        elif spec is not None and spec.origin:
            yield spec.origin


def _begin_anew(folders: Iterable[str]) -> NoReturn:
    """Run this command in a fresh process: Python does not forget the modules that it has."""
    os.environ[BEFORE] = os.pathsep.join(folders)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _left_behind() -> dict[Name, Side]:
    """Return what the process before this one had built, as it is on disk."""
    folders = filter(None, os.environ.pop(BEFORE, "").split(os.pathsep))
    sides = {}
    for folder in folders:
        try:
            for output in read_outputs(Path(folder), folder, Findings()):
                side = side_of_output(output)
                sides[side.pack, side.cloud] = side
        except PackcError:  # whatever has become of it: there is nothing to compare with
            continue
    return sides
