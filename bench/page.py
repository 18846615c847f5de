"""page: docs/performance.md and its plots, made from the figures of a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from bench.cases import COLD, EDITED, KUSTOMIZE, PARSE, PYTHON, UNCHANGED, WARM
from bench.plot import drawing
from bench.results import Figures
from bench.tools import ROOT

DOCS = ROOT / "docs"
PAGE = DOCS / "performance.md"
FLOORS = {COLD: PARSE, EDITED: PYTHON, WARM: PYTHON, UNCHANGED: PYTHON}
"""What each row of packc cannot be faster than, by what it must do."""
QUARTILES = ("lower", "median", "upper")
PACKC = (COLD, EDITED, WARM, UNCHANGED)
PLOTTED = (KUSTOMIZE, *PACKC)
MEGABYTE = 1_000_000

TEMPLATE = Path(__file__).parent / "page.md"
"""The page, with $names where figures go."""


def written(figures: Figures) -> dict[Path, str]:
    """Return the page and its plots, by path."""
    plots = _plots(figures)
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    text = template.substitute(
        machine=_machine(figures["machine"]),
        targets=_targets(figures["cases"]),
        growth=_growth(figures),
        pictures=_pictures(plots),
        passes=_passes(figures["passes"]),
        cases="\n".join(_section(case) for case in figures["cases"]).rstrip(),
    )
    return {PAGE: text, **{DOCS / name: plot for name, plot in plots.items()}}


def _machine(machine: Mapping[str, Any]) -> str:
    return (
        f"Measured on {machine['processor']} with {machine['cores']} cores and "
        f"{machine['python']} on {machine['system']}:\npackc {machine['packc']}, "
        f"{machine['kustomize']}, Helm {machine['helm']}."
    )


def _targets(cases: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| case | row | target | reached | floor |", "|---|---|---|---|---|"]
    for case in cases:
        rows = {row["name"]: row for row in case["rows"]}
        lines += [
            f"| {case['title']} | {row['name']} | {_number(row['target'], 2)} "
            f"| {_reached(row)} | {_floor(row, rows)} |"
            for row in case["rows"]
            if row["target"] is not None
        ]
    return "\n".join(lines)


def _reached(row: Mapping[str, Any]) -> str:
    return "not there yet" if "missing" in row else _ratio(row.get("ratio"))


def _floor(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> str:
    floor = rows.get(FLOORS.get(row["name"], ""), {}).get("ratio")
    return _number(floor["median"], 2) if floor else ""


def _section(case: Mapping[str, Any]) -> str:
    header = (
        "| row | target | ratio | time | memory | floor | runs |\n|---|---|---|---|---|---|---|\n"
    )
    rows = {row["name"]: row for row in case["rows"]}
    body = "".join(_table_row(row, rows) for row in case["rows"])
    note = "" if case["baseline"] in (KUSTOMIZE, None) else f"Ratios are to {case['baseline']}.\n\n"
    title = case["title"][0].upper() + case["title"][1:]
    return f"## {title}\n\n`python -m bench --only {case['name']}`\n\n{note}{header}{body}"


def _table_row(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> str:
    target = "" if row["target"] is None else _number(row["target"], 2)
    if "missing" in row:
        return f"| {row['name']} | {target} | not there yet: {row['missing']} | | | | |\n"
    cells = (
        row["name"] + _processes(row),
        target,
        _ratio(row.get("ratio")),
        _time(row["seconds"]),
        f"{row['memory'] / MEGABYTE:.0f} MB",
        _floor(row, rows),
        str(row["runs"]),
    )
    return f"| {' | '.join(cells)} |\n"


def _processes(row: Mapping[str, Any]) -> str:
    if row["processes"] == 1:
        return ""
    at_once = f", {row['at_once']} at once" if row["at_once"] > 1 else ""
    return f", {row['processes']} processes{at_once}"


def _ratio(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    lower, median, upper = (_number(found[name], 2) for name in QUARTILES)
    return f"**{median}** ({lower} to {upper})"


def _time(found: Mapping[str, float]) -> str:
    lower, median, upper = (_duration(found[name]) for name in QUARTILES)
    return f"{median} ({lower} to {upper})"


def _duration(seconds: float) -> str:
    return f"{_number(seconds * 1000, 3)} ms" if seconds < 1 else f"{_number(seconds, 3)} s"


def _number(value: float, digits: int) -> str:
    """Return a number with so many digits that count, and never with an exponent."""
    places = max(digits - 1 - math.floor(math.log10(value)), 0)
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


# --- growth -----------------------------------------------------------------------------------


def _growth(figures: Figures) -> str:
    """Return how time and memory of packc grow from the least to the most of a thousand and up."""
    sizes = [case for case in figures["cases"] if (case["objects"] or 0) >= 1000]
    times, memories = _series(sizes, _seconds), _series(sizes, _memory)
    lines = []
    for name in PACKC:
        points = sorted(times.get(name, ()))
        if len(points) > 1:
            (least, time), (most, longest) = points[0], points[-1]
            memory = dict(memories[name])
            lines.append(
                f"- {name}: from {least:,} to {most:,} objects, {_number(most / least, 3)} "
                f"times as many, it takes {_number(longest / time, 3)} times as long "
                f"and {_number(memory[most] / memory[least], 3)} times the memory."
            )
    return "\n".join(lines) or "Fewer than two sizes were measured."


def _pictures(plots: Mapping[str, str]) -> str:
    pictures = (f"![{name.removesuffix('.svg')}]({name})" for name in plots)
    return "\n\n".join(pictures) or "Not measured."


def _plots(figures: Figures) -> dict[str, str]:
    """Return the plots by file name; none from fewer than two sizes."""
    sizes = [case for case in figures["cases"] if case["objects"]]
    if len({case["objects"] for case in sizes}) < 2:
        return {}
    across = "objects"
    return {
        "performance-time.svg": drawing(
            "Time of a build", across, "time", _series(sizes, _seconds), _duration
        ),
        "performance-memory.svg": drawing(
            "Memory of the largest process",
            across,
            "resident memory",
            _series(sizes, _memory),
            lambda value: f"{_number(value / MEGABYTE, 1)} MB",
        ),
    }


def _series(
    sizes: list[dict[str, Any]], value: Callable[[Mapping[str, Any]], float]
) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, dict[int, float]] = {name: {} for name in PLOTTED}
    for case in sizes:
        for row in case["rows"]:
            if row["name"] in found and row.get("processes") == 1:
                found[row["name"]][case["objects"]] = value(row)
    return {name: [*points.items()] for name, points in found.items() if points}


def _seconds(row: Mapping[str, Any]) -> float:
    return float(row["seconds"]["median"])


def _memory(row: Mapping[str, Any]) -> float:
    return float(row["memory"])


def _passes(lines: Sequence[str]) -> str:
    if not lines:
        return "This packc cannot say yet how long each pass takes."
    return "\n".join(("How long each pass of a cold build takes:", "", "```text", *lines, "```"))
