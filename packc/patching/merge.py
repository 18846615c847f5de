"""merge: applies the operations on one object, strictly, and records every write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from packc.diagnostics import Diagnostic, Findings, PackcError
from packc.model import MISSING, BaseObject, PatchedObject, Write
from packc.patching import complaints
from packc.patching.complaints import ABSENCES, Attempt
from packc.patching.footprint import (
    Footprint,
    Ledger,
    footprint,
    is_alone,
    is_prefix,
    moves_items,
    refused_footprint,
    written,
)
from packc.patching.jsondata import equal, is_map
from packc.patching.keyed import Refusal, Trail
from packc.patching.operations import Edit, Outcome, apply
from packc.patching.pointer import Key, Path, format_pointer, parse
from packc.patching.slots import is_slot

_IDENTITY_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata"})
_TWINNED: Final = frozenset({"add", "remove", "replace"})


class Record:
    """An operation that was taken.

    `target` is the place that it wrote, None if it wrote none; `is_precise` says that the
    write is about that place alone. `overridden` are the writers whose writes it replaced
    on purpose. `is_used` is True once another operation looked at what it wrote.
    """

    def __init__(
        self,
        number: int,
        attempt: Attempt,
        target: Path | None,
        is_precise: bool,
        overridden: frozenset[str],
    ) -> None:
        self.number = number
        self.attempt = attempt
        self.target = target
        self.is_precise = is_precise
        self.overridden = overridden
        self.is_used = False

    @property
    def writer(self) -> str:
        return self.attempt.writer


class Merge:
    """One object on its way from base to patched."""

    def __init__(self, base: BaseObject, findings: Findings, data: Any) -> None:
        self.base = base
        self.findings = findings
        self._data = data
        self._writes: list[Write] = []
        self._records: list[Record] = []
        self._ledger = Ledger()
        self._refusals: dict[int, Diagnostic] = {}
        self._added: dict[Path, set[str]] = {}
        self._last_shift = 0

    def finish(self) -> PatchedObject:
        """Return the object, after reporting what was refused and is no part of a conflict."""
        self.findings.extend(self._refusals.values())
        return PatchedObject(self.base, self._data, tuple(self._writes))

    def take(self, attempt: Attempt) -> None:
        """Apply one operation, or report why not; the data is sound either way."""
        if not self._has_good_paths(attempt):
            return
        trail = Trail()
        try:
            outcome = apply(self._data, attempt.operation, trail, self._added)
        except Refusal as refusal:
            self._judge_refusal(attempt, trail, refusal)
        else:
            self._judge(attempt, trail, outcome)

    def _has_good_paths(self, attempt: Attempt) -> bool:
        try:
            for path in (attempt.operation.path, attempt.operation.source):
                if path is not None:
                    parse(path, attempt.span)
        except PackcError as malformed:
            self.findings.extend(malformed.diagnostics)
            return False
        return True

    def _judge(self, attempt: Attempt, trail: Trail, outcome: Outcome) -> None:
        touched = footprint(outcome.edits, trail)
        related = self._related(touched)
        place = outcome.edits[-1].path if outcome.edits else trail.reads[-1]
        _mark_used(trail, related)
        is_precise = bool(outcome.edits) and is_alone(outcome.edits[-1], trail)
        twins = _twins(attempt, related, place) if is_precise else []
        has_rivals = self._report_rivals(attempt, place, related, twins)
        self._check_index(attempt, trail)
        self._check_overrides(attempt, place, related)
        if outcome.edits and not twins and (has_rivals or self._has_effect(attempt, outcome)):
            self._check_hidden(attempt, outcome.edits[-1], related)
            self._commit(attempt, outcome)
        self._record(attempt, touched, related, place if outcome.edits else None, is_precise)

    def _judge_refusal(self, attempt: Attempt, trail: Trail, refusal: Refusal) -> None:
        place = trail.refused_at or ()
        is_whole = len(place) == len(parse(attempt.operation.path))
        readers = self._related(refused_footprint(place, trail, False))
        twins = _twins(attempt, readers, place) if is_whole else []
        touched = refused_footprint(place, trail, bool(twins))
        related = self._related(touched)
        has_rivals = self._report_rivals(attempt, place, related, twins)
        is_excused = refusal.code in ABSENCES and attempt.operation.optional is not None
        if not (has_rivals or twins or is_excused):
            self._refusals[len(self._records)] = complaints.refused(attempt, refusal)
        self._record(attempt, touched, related, place if twins else None, bool(twins))

    def _related(self, touched: Footprint) -> list[Record]:
        return [self._records[number] for number in self._ledger.clashes(touched)]

    def _record(
        self,
        attempt: Attempt,
        touched: Footprint,
        related: Sequence[Record],
        target: Path | None,
        is_precise: bool,
    ) -> None:
        number = len(self._records)
        self._ledger.enter(number, touched)
        overridden = _overridden(attempt, related)
        self._records.append(Record(number, attempt, target, is_precise, overridden))

    # --- two writers --------------------------------------------------------------------------

    def _report_rivals(
        self,
        attempt: Attempt,
        place: Path,
        related: Sequence[Record],
        twins: Sequence[Record],
    ) -> bool:
        """Report the conflict with other writers, if there is one, and what was written twice."""
        settled = {attempt.writer, *_overridden(attempt, related)}
        rivals = [
            record for record in related if record.writer not in settled and record not in twins
        ]
        if rivals:
            self._report_conflict(attempt, place, rivals)
        if twins:
            self.findings.add(complaints.same_write(attempt, place, twins[0].attempt))
        return bool(rivals)

    def _report_conflict(self, attempt: Attempt, place: Path, rivals: Sequence[Record]) -> None:
        refused = [record for record in rivals if self._refusals.pop(record.number, None)]
        first, last = (attempt, refused[0].attempt) if refused else (rivals[0].attempt, attempt)
        one_each = {record.writer: record.attempt for record in reversed(rivals)}
        others = [one_each[writer] for writer in sorted(one_each)]
        self.findings.add(complaints.conflict(attempt, place, others, first=first, last=last))

    def _check_overrides(self, attempt: Attempt, place: Path, related: Sequence[Record]) -> None:
        writers = sorted({record.writer for record in related if record.target is not None})
        name = attempt.operation.overrides
        if name is not None and name not in writers:
            self.findings.add(complaints.overrides_nobody(attempt, place, writers))

    # --- one writer ---------------------------------------------------------------------------

    def _check_index(self, attempt: Attempt, trail: Trail) -> None:
        if attempt.origin.distribution is not None and trail.bare_index is not None:
            self.findings.add(complaints.bare_index(attempt, trail.bare_index))

    def _has_effect(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Tell whether an operation changes the object, and that without making it another one."""
        first, last = outcome.edits[0], outcome.edits[-1]
        # A slot is of a parameter, whose operation is taken even where it changes nothing.
        if first is last and not is_slot(last.after) and equal(last.before, last.after, exact=True):
            if attempt.operation.parameter is None:
                self.findings.add(complaints.changes_nothing(attempt, last.path, last.before))
            return attempt.operation.parameter is not None
        if _changes_identity(self._data, outcome):
            self.findings.add(complaints.changes_identity(attempt, first.path))
            return False
        return True

    def _check_hidden(self, attempt: Attempt, edit: Edit, related: Sequence[Record]) -> None:
        """Report earlier writes of the same writer that this one makes pointless."""
        is_new_item = edit.before is MISSING and isinstance(edit.path[-1], int)
        if is_new_item or attempt.operation.overrides == attempt.writer:
            return
        for record in related:
            if record.writer == attempt.writer and self._hides(edit, record):
                self.findings.add(complaints.hidden(record.attempt, edit.path, attempt))

    def _hides(self, edit: Edit, record: Record) -> bool:
        earlier = record.target
        if earlier is None or record.is_used:
            return False
        is_stable = record.number >= self._last_shift or int not in map(type, earlier)
        return is_stable and earlier[: len(edit.path)] == edit.path

    # --- the new state ------------------------------------------------------------------------

    def _commit(self, attempt: Attempt, outcome: Outcome) -> None:
        self._data = outcome.data
        for edit in outcome.edits:
            self._follow_items(edit)
            self._writes.append(
                Write(
                    attempt.origin,
                    attempt.operation,
                    edit.path,
                    format_pointer(edit.pointer),
                    edit.before,
                    edit.after,
                    attempt.patch.description,
                )
            )

    def _follow_items(self, edit: Edit) -> None:
        """Keep up to date which items were added, and when items last changed their index."""
        place = written(edit)
        for path in [path for path in self._added if path[: len(place)] == place]:
            del self._added[path]
        if not moves_items(edit):
            return
        if edit.positional or edit.after is MISSING:
            self._last_shift = len(self._records)
        key = edit.path[-1]
        if isinstance(key, Key):
            self._follow_key(edit, key)

    def _follow_key(self, edit: Edit, key: Key) -> None:
        if edit.after is MISSING:
            self._added.get(edit.path[:-1], set()).discard(key.value)
        elif not edit.positional:
            self._added.setdefault(edit.path[:-1], set()).add(key.value)


def _overridden(attempt: Attempt, related: Sequence[Record]) -> frozenset[str]:
    """Return the writers that an operation overrides, also through those that it names."""
    named = attempt.operation.overrides
    if named is None:
        return frozenset()
    return frozenset({named}).union(
        *(record.overridden for record in related if record.writer == named)
    )


def _twins(attempt: Attempt, related: Sequence[Record], place: Path) -> list[Record]:
    """Return the records of other writers that already did exactly the same.

    There are none where the writer itself was before: what it did may decide what comes of this.
    """
    is_first = all(
        record.writer != attempt.writer for record in related if record.target is not None
    )
    can_repeat = attempt.operation.op in _TWINNED and attempt.operation.overrides is None
    if not (is_first and can_repeat):
        return []
    return [record for record in related if _is_twin(record, attempt, place)]


def _is_twin(record: Record, attempt: Attempt, place: Path) -> bool:
    earlier, later = record.attempt.operation, attempt.operation
    return (
        record.writer != attempt.writer
        and earlier.op == later.op
        and record.is_precise
        and record.target == place
        and (later.op == "remove" or equal(earlier.value, later.value, exact=True))
    )


def _mark_used(trail: Trail, related: Sequence[Record]) -> None:
    for record in related if trail.reads else ():
        target = record.target
        if target is not None and any(is_prefix(read, target) for read in trail.reads):
            record.is_used = True


def _changes_identity(before: Any, outcome: Outcome) -> bool:
    is_near = any(not edit.path or edit.path[0] in _IDENTITY_FIELDS for edit in outcome.edits)
    return is_near and _identity(before) != _identity(outcome.data)


def _identity(data: Any) -> tuple[Any, ...]:
    if not is_map(data):
        return ()
    version, metadata = data.get("apiVersion"), data.get("metadata")
    group = version.rpartition("/")[0] if isinstance(version, str) else version
    names = (metadata.get("namespace"), metadata.get("name")) if is_map(metadata) else ()
    return (group, data.get("kind"), *names)
