"""same: whether what two rows wrote are the same Kubernetes objects, in any order.

Read with PyYAML, which no contender uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.cases import Case, Row
from bench.measure import BenchError

Identity = tuple[str, str, str, str]


def check(case: Case) -> None:
    """Refuse a case whose rows did not all write the same objects, or not as many as it says."""
    rows = [row for row in case.rows if row.outputs and not row.missing]
    for label in rows[0].outputs if rows else ():
        _check_label(case, label, rows)


def _check_label(case: Case, label: str, rows: Sequence[Row]) -> None:
    first, *others = rows
    expected = objects(first.outputs[label])
    if case.objects is not None and len(expected) != case.objects:
        raise BenchError(
            f"{case.name}: {first.name} wrote {len(expected)} objects, expected {case.objects}"
        )
    for row in others:
        found = objects(row.outputs[label])
        if found != expected:
            place = " ".join(part for part in difference(found, expected) if part)
            raise BenchError(f"{case.name} {label}: {row.name} and {first.name} differ in {place}")


def objects(files: Sequence[Path]) -> dict[Identity, Any]:
    """Return the objects of files by identity; two of one identity are refused."""
    found: dict[Identity, Any] = {}
    for document in _documents(files):
        key = _identity(document)
        if key in found:
            raise BenchError(f"two objects are {' '.join(key)}")
        found[key] = document
    return found


def difference(found: dict[Identity, Any], expected: dict[Identity, Any]) -> Identity:
    """Return the first object that only one of the two has, or that both have otherwise."""
    return min(key for key in {*found, *expected} if found.get(key, ...) != expected.get(key, ...))


def _documents(files: Sequence[Path]) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in files:
        with file.open("rb") as stream:
            yield from (document for document in yaml.load_all(stream, loader) if document)


def _identity(document: Any) -> Identity:
    metadata = document["metadata"]
    return document["apiVersion"], document["kind"], metadata.get("namespace", ""), metadata["name"]
