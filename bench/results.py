"""results: the figures of a run as JSON, which the page is made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from bench.cases import Case, Row
from bench.measure import Sample
from bench.statistics import ratios, spread

RESULTS = Path(__file__).parent / "results"
PROFILES = RESULTS / "profiles"

Figures = dict[str, Any]


def case_figures(
    case: Case, samples: Mapping[str, Sequence[Sample]], targets: Mapping[str, float]
) -> Figures:
    """Return what is kept of a case."""
    baseline = samples.get(case.baseline or "")
    rows = [_row_figures(row, samples.get(row.name), baseline, targets) for row in case.rows]
    return {
        "name": case.name,
        "title": case.title,
        "objects": case.objects,
        "baseline": case.baseline if baseline else None,
        "rows": rows,
    }


def _row_figures(
    row: Row,
    samples: Sequence[Sample] | None,
    baseline: Sequence[Sample] | None,
    targets: Mapping[str, float],
) -> Figures:
    figures: Figures = {"name": row.name, "target": targets.get(row.name)}
    if not samples:
        return {**figures, "missing": row.missing}
    seconds = [sample.seconds for sample in samples]
    figures |= {
        "processes": len(row.commands),
        "at_once": row.lanes,
        "runs": len(samples),
        "seconds": attrs.asdict(spread(seconds)),
        "memory": max(sample.memory for sample in samples),
    }
    if baseline:
        found = ratios(seconds, [sample.seconds for sample in baseline])
        figures["ratio"] = attrs.asdict(spread(found))
    return figures


def read(path: Path) -> Figures | None:
    """Return the figures of a file, or None where there is none."""
    if not path.is_file():
        return None
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found


def merged(known: Figures | None, new: Figures, order: Iterable[str]) -> Figures:
    """Return new figures with the cases that older ones of the same machine and tools have more.

    Figures of other machines are dropped: nothing here may be compared with them.
    """
    same = known is not None and known["machine"] == new["machine"]
    kept = known["cases"] if known is not None and same else []
    by_name = {case["name"]: case for case in (*kept, *new["cases"])}
    return {**new, "cases": [by_name[name] for name in order if name in by_name]}


def write(path: Path, figures: Figures) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
