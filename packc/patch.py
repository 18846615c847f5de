"""patch: applies patches to base objects; the order in which writers are given cannot matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

from packc.diagnostics import Diagnostic, Findings, in_order
from packc.model import MISSING, BaseObject, Patch, PatchedObject, Write
from packc.patching import complaints
from packc.patching.complaints import Attempt
from packc.patching.jsondata import plain
from packc.patching.merge import Merge
from packc.patching.selection import select

if TYPE_CHECKING:  # templates alone keep what merging gave
    from packc.patching.kept import Kept, Merged


class Patched(NamedTuple):
    """The objects after patches, in the order of the base, with the warnings and notes."""

    objects: tuple[PatchedObject, ...]
    diagnostics: tuple[Diagnostic, ...]


def patch(
    objects: Sequence[BaseObject], patches: Iterable[Patch], kept: Kept | None = None
) -> Patched:
    """Return the objects with all patches applied; raise PackcError with everything that is wrong.

    The patches of one writer apply in the order given. Writers apply by name, those that override
    after those that they override, so that nothing depends on the order between writers. What
    other variants have in common with this one is taken from `kept`.
    """
    findings = Findings()
    selected = select(objects, patches, findings)
    merge = _merged if kept is None else partial(kept.merged, merge=_merged)
    patched: list[PatchedObject] = []
    for index, base in enumerate(objects):
        if index in selected:
            entry, diagnostics = merge(base, selected[index])
            findings.extend(diagnostics)
        else:
            entry = PatchedObject(base, base.data)
        patched.append(entry)
    findings.raise_if_failed()
    return Patched(tuple(patched), in_order(findings.items))


def plain_operations(patched: PatchedObject) -> list[dict[str, Any]]:
    """Return the plain RFC 6902 operations that turn the base's data into the patched data.

    Where a plugin brings the object there is no base file: they turn anything into it.
    """
    base = patched.base
    whole = [] if base.origin is None else [{"op": "add", "path": "", "value": plain(base.data)}]
    return [*whole, *(_plain(write) for write in patched.writes)]


def _plain(write: Write) -> dict[str, Any]:
    if write.after is MISSING:
        return {"op": "remove", "path": write.pointer}
    op = "add" if write.before is MISSING else "replace"
    return {"op": op, "path": write.pointer, "value": plain(write.after)}


def _merged(base: BaseObject, patches: Sequence[Patch]) -> Merged:
    findings = Findings()
    merge = Merge(base, findings, base.data)
    for attempt in _ordered(_attempts(base, patches), findings):
        merge.take(attempt)
    return merge.finish(), tuple(findings.items)


def _attempts(base: BaseObject, patches: Iterable[Patch]) -> list[Attempt]:
    attempts: list[Attempt] = []
    for each in patches:
        if each.origin is None:
            raise ValueError(f"a patch of {each.object} reached the patch pass without an origin")
        attempts.extend(
            Attempt(base, each, operation, each.origin) for operation in each.operations
        )
    return attempts


def _ordered(attempts: Sequence[Attempt], findings: Findings) -> list[Attempt]:
    """Return the attempts by writer: in the order of names, overriders after the overridden."""
    by_writer: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_writer.setdefault(attempt.writer, []).append(attempt)
    return [attempt for writer in _writers(by_writer, findings) for attempt in by_writer[writer]]


def _writers(by_writer: dict[str, list[Attempt]], findings: Findings) -> list[str]:
    names = sorted(by_writer)
    graph = {name: _overridden_by(name, by_writer) for name in names}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        culprit = by_writer[min(circle)][0]
        findings.add(complaints.overrides_in_a_circle(culprit, circle))
        return names


def _overridden_by(name: str, by_writer: dict[str, list[Attempt]]) -> list[str]:
    named = {attempt.operation.overrides for attempt in by_writer[name]}
    return sorted(other for other in named if other in by_writer and other != name)
