"""compare: two sides into rows: which field changed, who caused it on each side, what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from packc.bring import may_bring
from packc.diff.causes import Cause
from packc.diff.changes import Change
from packc.diff.impacts import Impact, ImpactClass, Rule, Scene, impacts
from packc.diff.objects import ObjectChange, object_changes
from packc.diff.rules import pack_rules
from packc.diff.side import Setting, Side
from packc.model import MISSING, Identity
from packc.patching.pointer import Path
from packc.tracing.masking import Mask, covered


@frozen
class Row:
    """One field that differs. `before` and `after` may be shown: secrets are masked in them."""

    change: Change = field(repr=False)
    before: Any
    after: Any
    impacts: tuple[Impact, ...]
    left: tuple[Cause, ...] = ()
    right: tuple[Cause, ...] = ()

    @property
    def worst(self) -> ImpactClass:
        return self.impacts[0].kind


@frozen
class ObjectRows:
    """The rows of one object."""

    change: ObjectChange = field(repr=False)
    rows: tuple[Row, ...]

    @property
    def identity(self) -> Identity:
        return self.change.identity


@frozen
class Comparison:
    """Two sides, and what differs: parameters, and fields by object, in install order."""

    left: Side
    right: Side
    settings: tuple[tuple[str, Setting | None, Setting | None], ...]
    objects: tuple[ObjectRows, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for entry in self.objects for row in entry.rows)


def compare(left: Side, right: Side) -> Comparison:
    """Return how the right side differs from the left one.

    Raises PackcError (PK301 to PK303) where a pack states an impact on what it does not have.
    """
    judge = _Judge(left, right, _mask(left, right), _rules(left, right))
    changed = object_changes(left.snapshot, right.snapshot)
    return Comparison(
        left, right, tuple(_settings(left, right)), tuple(judge.rows(entry) for entry in changed)
    )


def _rules(left: Side, right: Side) -> tuple[Rule, ...]:
    """Return what the pack says of its fields; where both sides have one, the right pack's word."""
    traces = [side.trace for side in (right, left) if side.trace is not None]
    if not traces:
        return ()
    pack, host = traces[0].account.pack, traces[0].host
    entries = [entry for each in traces for entry in each.patched.values()]
    asked = {name for each in traces for name in each.account.plugins}
    brought = [entry.base for entry in entries if entry.base.origin is not None]
    return pack_rules(pack, brought, lambda: may_bring(pack, host, asked))


def _mask(left: Side, right: Side) -> Mask:
    accounts = [side.trace.account for side in (left, right) if side.trace is not None]
    return Mask.of(value for account in accounts for value in account.resolved.values.values())


def _settings(left: Side, right: Side) -> Iterator[tuple[str, Setting | None, Setting | None]]:
    for name in sorted({*left.settings, *right.settings}):
        one, other = left.settings.get(name), right.settings.get(name)
        if one is None or other is None or not one.equals(other):
            yield name, one, other


@frozen
class _Judge:
    """Makes rows of the changes between two sides."""

    left: Side
    right: Side
    mask: Mask
    rules: tuple[Rule, ...]

    def rows(self, entry: ObjectChange) -> ObjectRows:
        scene = Scene(entry.identity, self.left.snapshot, self.right.snapshot, self.rules)
        return ObjectRows(entry, tuple(self._row(change, scene) for change in entry.changes))

    def _row(self, change: Change, scene: Scene) -> Row:
        is_before, is_after = change.before is not MISSING, change.after is not MISSING
        left = _causes(self.left, self.right, scene.identity, change.path, is_before)
        right = _causes(self.right, self.left, scene.identity, change.right, is_after)
        is_secret = bool(change.path) and any(cause.is_secret for cause in (*left, *right))
        before, after = (
            covered(value) if is_secret else self.mask.shown(value, scene.identity, change.path)
            for value in (change.before, change.after)
        )
        return Row(change, before, after, impacts(change, scene), left, right)


def _causes(
    own: Side, other: Side, identity: Identity, path: Path, is_there: bool
) -> tuple[Cause, ...]:
    if own.trace is None:
        return ()
    return own.trace.causes(identity, path, is_there, other.trace)
