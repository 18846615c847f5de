"""profiles: where the time of a process goes, as text: imports, functions, passes."""

from __future__ import annotations

import io
import os
import pstats
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.catalogue import CALICO
from bench.measure import BenchError
from bench.tools import Tools, environment

LINES = 40
IMPORT_TIME = re.compile(r"import time: +(?P<own>\d+) \| +(?P<total>\d+) \| *(?P<name>\S+)")


def write_profiles(tools: Tools, place: Path, folder: Path) -> None:
    """Write the profiles of a few commands to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    build = _cold_build(tools, place)
    commands = {"help": ("--help",), "show": ("show", str(CALICO)), "build": build}
    for name, arguments in commands.items():
        text = import_list(_run(("-X", "importtime", "-m", "packc", *arguments), place).stderr)
        (folder / f"importtime-{name}.txt").write_text(text, encoding="utf-8")
    (folder / "functions-build.txt").write_text(_functions(build, place), encoding="utf-8")


def timings(tools: Tools, place: Path) -> list[str]:
    """Return what `packc build --timings` says of the passes of a cold build, where it can."""
    if not tools.has_timings:
        return []
    done = _run(("-m", "packc", *_cold_build(tools, place), "--timings", "--quiet"), place)
    return (done.stdout + done.stderr).splitlines()


def _cold_build(tools: Tools, place: Path) -> tuple[str, ...]:
    cold = ("--no-cache",) if tools.has_cache else ()
    return ("build", str(CALICO), "--cloud", "aws", "--out", str(place / "out"), *cold)


def import_list(report: str) -> str:
    """Return the modules of a report of -X importtime, the slowest first."""
    found = [
        (int(line["own"]), int(line["total"]), line["name"])
        for line in IMPORT_TIME.finditer(report)
    ]
    lines = [f"{own:>8} {total:>9}  {name}" for own, total, name in sorted(found, reverse=True)]
    head = f"{len(found)} modules, {sum(own for own, _, _ in found)} us in all"
    return "\n".join((head, f"{'own us':>8} {'with its':>9}  module", *lines[:LINES])) + "\n"


def _functions(arguments: Sequence[str], place: Path) -> str:
    """Return the functions of a run, those with the most time of their own first."""
    kept = place / "functions.prof"
    _run(("-m", "cProfile", "-o", str(kept), "-m", "packc", *arguments), place)
    stream = io.StringIO()
    stats = pstats.Stats(str(kept), stream=stream)
    # The list begins with the names of its files, which are only true here.
    vars(stats)["files"] = []
    stats.strip_dirs().sort_stats("tottime").print_stats(LINES)
    return "\n".join(line.rstrip() for line in stream.getvalue().strip().splitlines()) + "\n"


def _run(arguments: Sequence[str], place: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        (sys.executable, *arguments),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment(place)},
    )
    if done.returncode != 0:
        raise BenchError(f"the profile of packc failed\n{done.stderr[-2000:]}")
    return done
