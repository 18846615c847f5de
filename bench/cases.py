"""cases: what a case and its rows are, and the rows that every build has."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import attrs

from bench.tools import Tools

COLD = "packc cold"
EDITED = "packc after an edit"
WARM = "packc warm"
UNCHANGED = "packc unchanged"
KUSTOMIZE = "kustomize"
HELM = "helm"
PYTHON = "bare python"
PARSE = "read and parse"

NO_CACHE = "this packc has no cache"
PARSE_FLOOR = Path(__file__).parent / "parse_floor.py"

Outputs = Mapping[str, tuple[Path, ...]]


def _nothing(number: int) -> None:
    """Prepare nothing before a run."""


@attrs.frozen
class Command:
    """One process: its arguments, and the file for its standard output."""

    arguments: tuple[str, ...]
    output: Path


@attrs.frozen
class Row:
    """One contender: processes that are measured as one piece of work."""

    name: str
    commands: tuple[Command, ...] = ()
    outputs: Outputs = attrs.field(factory=dict)
    """The files to compare, by what they are output of."""
    before: Callable[[int], None] = _nothing
    """Called with the number of the round before each run, outside of what is measured."""
    environment: Mapping[str, str] = attrs.field(factory=dict)
    lanes: int = 1
    """How many processes run at once."""
    most_runs: int | None = None
    """How often it runs at all, the first round included."""
    missing: str = ""
    """Why it cannot be measured here."""


@attrs.frozen
class Case:
    """The same work for several contenders."""

    name: str
    title: str
    rows: tuple[Row, ...]
    baseline: str | None = KUSTOMIZE
    objects: int | None = None
    """How many objects each output has, where the case is about size."""
    most_runs: int | None = None


@attrs.frozen
class Build:
    """One process of packc: what follows `packc build`, and a folder name for its output."""

    arguments: tuple[str, ...]
    out: str = "out"


@attrs.frozen
class Work:
    """What packc is to do: as it is, and with the smallest change that a build must see."""

    builds: tuple[Build, ...]
    changed_builds: tuple[Build, ...]
    change: Callable[[int], None]
    outputs: Callable[[Path], Outputs]
    bases: tuple[Path, ...]


def packc_rows(tools: Tools, place: Path, work: Work) -> tuple[Row, ...]:
    """Return packc without a cache; and with one after an edit, without its output, and unchanged.

    Each row has a cache and an output folder of its own.
    """
    without = ("--no-cache",) if tools.has_cache else ()
    cold = _packc_row(COLD, tools, place / "cold", work, work.builds, without)
    kept = (
        attrs.evolve(
            _packc_row(EDITED, tools, place / "edited", work, work.changed_builds),
            before=work.change,
        ),
        attrs.evolve(
            _packc_row(WARM, tools, place / "warm", work, work.builds),
            before=partial(_remove_outputs, [place / "warm" / build.out for build in work.builds]),
        ),
        _packc_row(UNCHANGED, tools, place / "unchanged", work, work.builds),
    )
    missing = "" if tools.has_cache else NO_CACHE
    return (cold, *(attrs.evolve(row, missing=missing) for row in kept))


def _remove_outputs(folders: Sequence[Path], number: int) -> None:
    """Remove what was written in the round before, so that it has to be written again."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _packc_row(
    name: str,
    tools: Tools,
    place: Path,
    work: Work,
    builds: Sequence[Build],
    options: tuple[str, ...] = (),
) -> Row:
    place.mkdir(parents=True)
    commands = tuple(
        Command(
            (*tools.packc, "build", *build.arguments, *options, "--out", str(place / build.out)),
            place / f"{build.out}.txt",
        )
        for build in builds
    )
    cache = {"XDG_CACHE_HOME": str(place / "cache")}
    return Row(name, commands, work.outputs(place), environment=cache)


def kustomize_row(
    tools: Tools, place: Path, folders: Mapping[str, Sequence[Path]], lanes: int = 1
) -> Row:
    """Return a row that runs kustomize on each folder; those of one label are one output."""
    if tools.kustomize is None:
        return Row(KUSTOMIZE, missing="kustomize is not installed")
    command = tools.kustomize
    return _printing_row(
        KUSTOMIZE,
        place / "kustomize",
        {label: [(*command, str(folder)) for folder in found] for label, found in folders.items()},
        lanes,
    )


def helm_row(tools: Tools, place: Path, chart: Path, settings: Mapping[str, Sequence[str]]) -> Row:
    """Return a row that renders the chart once for each label, with the settings given there."""
    if tools.helm is None:
        return Row(HELM, missing="helm is not installed")
    command = (*tools.helm, "bench", str(chart))
    options = {
        label: tuple(part for setting in given for part in ("--set", setting))
        for label, given in settings.items()
    }
    runs = {label: [(*command, *given)] for label, given in options.items()}
    return _printing_row(HELM, place / "helm", runs, lanes=1)


def _printing_row(
    name: str, place: Path, runs: Mapping[str, Sequence[tuple[str, ...]]], lanes: int
) -> Row:
    """Return a row of commands that print their objects."""
    place.mkdir(parents=True)
    commands, outputs = [], {}
    for label, found in runs.items():
        files = tuple(place / f"{label or name}-{number}.yaml" for number in range(len(found)))
        commands += [Command(run, file) for run, file in zip(found, files, strict=True)]
        outputs[label] = files
    return Row(name, tuple(commands), outputs, lanes=lanes)


def floor_rows(place: Path, bases: Sequence[Path] = ()) -> tuple[Row, ...]:
    """Return what no Python program beats: its own start, and reading the bases."""
    python = (sys.executable, "-I")
    output = place / "floor.txt"
    rows = (Row(PYTHON, (Command((*python, "-c", "pass"), output),)),)
    if not bases:
        return rows
    parse = (*python, str(PARSE_FLOOR), *map(str, bases))
    return (*rows, Row(PARSE, (Command(parse, output),)))
