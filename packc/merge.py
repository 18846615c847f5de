"""merge: applies the operations on one object, strictly, and records every write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import Factory, define

from packc import complaints
from packc.complaints import ABSENCES, Attempt
from packc.diagnostics import Findings, PackcError
from packc.footprint import Footprint, Ledger, footprint, moves_items, refused_footprint, written
from packc.jsondata import equal, is_map
from packc.keyed import Refusal, Trail
from packc.model import MISSING, BaseObject, PatchedObject, Write
from packc.operations import Edit, Outcome, apply
from packc.pointer import Key, Path, format_pointer, parse

_IDENTITY_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata"})
_TWINNED: Final = frozenset({"add", "remove", "replace"})


@define
class Record:
    """An operation that was taken: what it wrote, and whose writes it replaced on purpose.

    `is_pending` is False once another operation made use of what it wrote.
    """

    number: int
    attempt: Attempt
    edit: Edit | None
    overridden: frozenset[str]
    is_pending: bool = True

    @property
    def writer(self) -> str:
        return self.attempt.writer


@define
class Merge:
    """One object on its way from base to patched."""

    base: BaseObject
    findings: Findings
    _data: Any
    _writes: list[Write] = Factory(list)
    _records: list[Record] = Factory(list)
    _ledger: Ledger = Factory(Ledger)
    _added: dict[Path, set[str]] = Factory(dict)
    _last_shift: int = 0

    @property
    def result(self) -> PatchedObject:
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
        twins = _twins(attempt, related, place)
        has_rivals = self._report_rivals(attempt, place, related, twins)
        self._check_index(attempt, trail)
        self._check_overrides(attempt, place, related)
        edit = None if twins or not outcome.edits else outcome.edits[-1]
        if edit and (has_rivals or self._has_effect(attempt, outcome)):
            self._check_hidden(attempt, edit, related)
            self._commit(attempt, outcome)
        self._record(attempt, edit, touched, related)

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
            self.findings.add(complaints.refused(attempt, refusal))
        self._record(attempt, None, touched, related)

    def _related(self, touched: Footprint) -> list[Record]:
        return [self._records[number] for number in self._ledger.clashes(touched)]

    def _record(
        self, attempt: Attempt, edit: Edit | None, touched: Footprint, related: Sequence[Record]
    ) -> None:
        number = len(self._records)
        self._ledger.enter(number, touched)
        self._records.append(Record(number, attempt, edit, _overridden(attempt, related)))

    # --- two writers --------------------------------------------------------------------------

    def _report_rivals(
        self,
        attempt: Attempt,
        place: Path,
        related: Sequence[Record],
        twins: Sequence[Record],
    ) -> bool:
        """Report the conflict with other writers, if there is one, and what was written twice."""
        overridden = _overridden(attempt, related)
        rivals = [
            record.attempt
            for record in related
            if record.writer not in (attempt.writer, *overridden) and record not in twins
        ]
        if rivals:
            self.findings.add(complaints.conflict(attempt, place, rivals))
        for twin in twins[:1]:
            self.findings.add(complaints.same_write(attempt, place, twin.attempt))
        return bool(rivals)

    def _check_overrides(self, attempt: Attempt, place: Path, related: Sequence[Record]) -> None:
        writers = sorted({record.writer for record in related if record.edit})
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
        if first is last and equal(last.before, last.after, exact=True):
            if attempt.operation.parameter is None:
                self.findings.add(complaints.changes_nothing(attempt, last.path, last.before))
            return attempt.operation.parameter is not None
        if _changes_identity(self._data, outcome):
            self.findings.add(complaints.changes_identity(attempt, first.path))
            return False
        return True

    def _check_hidden(self, attempt: Attempt, edit: Edit, related: Sequence[Record]) -> None:
        """Report earlier writes of the same writer that this one makes pointless."""
        for record in related:
            if record.writer != attempt.writer or record.edit is None:
                continue
            is_hidden = self._hides(edit, record)
            if is_hidden and record.is_pending and attempt.operation.overrides != attempt.writer:
                path = record.edit.path
                self.findings.add(complaints.hidden(record.attempt, path, attempt))
            record.is_pending &= is_hidden or attempt.operation.source is None

    def _hides(self, edit: Edit, record: Record) -> bool:
        earlier = record.edit.path if record.edit else ()
        is_new_item = edit.before is MISSING and isinstance(edit.path[-1], int)
        is_stable = record.number >= self._last_shift or int not in map(type, earlier)
        return is_stable and not is_new_item and earlier[: len(edit.path)] == edit.path

    # --- the new state ------------------------------------------------------------------------

    def _commit(self, attempt: Attempt, outcome: Outcome) -> None:
        self._data = outcome.data
        for edit in outcome.edits:
            self._follow_items(edit)
            pointer = format_pointer(edit.pointer)
            self._writes.append(
                Write(
                    attempt.origin, attempt.operation, edit.path, pointer, edit.before, edit.after
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
    """Return the records of other writers that already did exactly the same."""
    if attempt.operation.op not in _TWINNED or attempt.operation.overrides is not None:
        return []
    return [record for record in related if _is_twin(record, attempt, place)]


def _is_twin(record: Record, attempt: Attempt, place: Path) -> bool:
    earlier, later = record.attempt.operation, attempt.operation
    return (
        record.edit is not None
        and record.writer != attempt.writer
        and earlier.op == later.op
        and record.edit.path == place == written(record.edit)
        and (later.op == "remove" or equal(earlier.value, later.value, exact=True))
    )


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
