"""measure: runs the rows of a case in turns, and keeps what each run took."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from bench.cases import Case, Command, Row

LAUNCHER = Path(__file__).parent / "launcher.py"
LINES_SHOWN = 20


class BenchError(Exception):
    """What stops a run, in words for the person who started it."""


@attrs.frozen
class Sample:
    """One run of a row: wall time, and the memory of its largest process in bytes."""

    seconds: float
    memory: int


class Launcher:
    """A small process that starts the measured ones."""

    def __init__(self, environment: Mapping[str, str], scratch: Path) -> None:
        self._environment = dict(environment)
        self._errors = scratch / "errors.txt"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, row: Row) -> Sample:
        """Run the commands of a row; one that fails stops the benchmark with its last words."""
        request = {
            "commands": [self._request(command) for command in row.commands],
            "lanes": row.lanes,
            "environment": {**self._environment, **row.environment},
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the launcher ended: was it stopped from outside?")
        reply = json.loads(line)
        if reply["failed"]:
            raise BenchError(f"{row.name} failed with exit code {reply['failed']}\n{self._words()}")
        return Sample(reply["seconds"], reply["memory"])

    def _request(self, command: Command) -> dict[str, object]:
        program, *others = command.arguments
        found = shutil.which(program)
        if found is None:
            raise BenchError(f"found no program {program!r} on the PATH")
        return {
            "arguments": [found, *others],
            "output": str(command.output),
            "errors": str(self._errors),
        }

    def _words(self) -> str:
        lines = self._errors.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LINES_SHOWN:])


def measured(
    case: Case, launcher: Launcher, runs: int, warmed: Callable[[], None]
) -> dict[str, tuple[Sample, ...]]:
    """Return the samples of each row. Rows take turns, and each round another one begins.

    One round before the first is not counted: it fills the caches of packc and of the system.
    `warmed` is called after it, when every row has written what it makes.
    """
    rows = tuple(row for row in case.rows if not row.missing)
    first = {row.name: _sample(row, launcher, 0) for row in rows}
    warmed()
    samples: dict[str, list[Sample]] = {row.name: [] for row in rows}
    for number in range(1, runs + 1):
        for row in _turn(rows, number):
            if row.most_runs is None or number < row.most_runs:
                samples[row.name].append(_sample(row, launcher, number))
    # A row that may run only once has its first run counted.
    return {name: tuple(found) or (first[name],) for name, found in samples.items()}


def _turn(rows: Sequence[Row], number: int) -> Sequence[Row]:
    turned = deque(rows)
    turned.rotate(-number)
    return tuple(turned)


def _sample(row: Row, launcher: Launcher, number: int) -> Sample:
    row.before(number)
    return launcher.run(row)
