"""objects: what changes between two sets of objects, by identity; applied, it does so exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from packc.diff.changes import Change, Op, apply, changes
from packc.emit import identity, install_order
from packc.model import MISSING, Identity, Object


@frozen
class ObjectChange:
    """The changes of one object, in the order in which they apply.

    An object that comes or goes has one change, of the path (), which adds or removes it whole.
    """

    identity: Identity
    changes: tuple[Change, ...]

    @property
    def comes(self) -> bool:
        return self.changes[0].before is MISSING and not self.changes[0].path

    @property
    def goes(self) -> bool:
        return self.changes[0].after is MISSING and not self.changes[0].path


@frozen
class Snapshot:
    """The objects of one side by identity. No two of them have the same one."""

    objects: Mapping[Identity, Object] = field(repr=False)

    @classmethod
    def of(cls, objects: Iterable[Object]) -> Snapshot:
        return cls({identity(data): data for data in objects})


def object_changes(left: Snapshot, right: Snapshot) -> tuple[ObjectChange, ...]:
    """Return what turns the left objects into the right ones, in install order."""
    merged = {**left.objects, **right.objects}
    found = []
    for data in install_order(merged.values()):
        name = identity(data)
        steps = _steps(left.objects.get(name), right.objects.get(name))
        if steps:
            found.append(ObjectChange(name, steps))
    return tuple(found)


def apply_all(diff: Iterable[ObjectChange], left: Iterable[Object]) -> tuple[Object, ...]:
    """Return the left objects with the changes applied: the right objects, in install order."""
    objects = dict(Snapshot.of(left).objects)
    for change in diff:
        data = apply(objects.pop(change.identity, MISSING), change.changes)
        if data is not MISSING:
            objects[change.identity] = data
    return tuple(install_order(objects.values()))


def _steps(left: Object | None, right: Object | None) -> tuple[Change, ...]:
    if left is None:
        return (Change(Op.ADD, (), after=right),)
    if right is None:
        return (Change(Op.REMOVE, (), before=left),)
    return changes(left, right)
