"""limits: what kustomize would change or drop on its own, so that it is refused instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from packc.diagnostics import Diagnostic
from packc.model import Identity, PatchedObject
from packc.patching.jsondata import is_list, is_map
from packc.patching.pointer import Pointer, format_pointer

EXACT = 2**53
"""JSON patches pass through floating point numbers, which hold whole numbers up to this one."""

ANNOTATIONS = (
    "config.k8s.io/",
    "config.kubernetes.io/",
    "internal.config.kubernetes.io/",
    "kustomize.config.k8s.io/",
)
"""Annotations that kustomize reads, and takes away or drops the object for."""


def lost(entries: Sequence[PatchedObject], patched: Set[Identity]) -> Iterator[Diagnostic]:
    """Yield an error (PK920) for everything in a variant's objects that kustomize would not keep.

    `patched` are those that some JSON patch changes; numbers of the others stay as they are.
    """
    namesakes = _namesakes(entry.identity for entry in entries)
    for entry in entries:
        who, span = entry.identity, entry.base.locate(())
        for pointer, number in _large_numbers(entry.data if who in patched else None, ()):
            text = f"{who}: {format_pointer(pointer)} is {number}, which kustomize rounds"
            yield Diagnostic("PK920", text, span, "make it text, or build without this format")
        for name in _annotations(entry.data):
            text = f"{who}: kustomize takes the annotation '{name}' for its own"
            yield Diagnostic("PK920", text, span, "take the annotation out of the object")
        if who in namesakes:
            text = f"{who}: kustomize cannot tell it from the one of that name in a namespace"
            yield Diagnostic("PK920", text, span, "give it a namespace, or another name")


def _large_numbers(data: Any, pointer: Pointer) -> Iterator[tuple[Pointer, int]]:
    if is_map(data):
        for key, value in data.items():
            yield from _large_numbers(value, (*pointer, key))
    elif is_list(data):
        for index, value in enumerate(data):
            yield from _large_numbers(value, (*pointer, index))
    elif isinstance(data, int) and abs(data) > EXACT:
        yield pointer, data


def _annotations(data: Any) -> Iterator[str]:
    annotations = data["metadata"].get("annotations")
    if is_map(annotations):
        yield from (name for name in annotations if name.startswith(ANNOTATIONS))


def _namesakes(identities: Iterable[Identity]) -> set[Identity]:
    """Return those without a namespace that share kind and name with one that has one."""
    known = list(identities)
    count = Counter((who.group, who.kind, who.name) for who in known)
    return {w for w in known if not w.namespace and count[w.group, w.kind, w.name] > 1}
