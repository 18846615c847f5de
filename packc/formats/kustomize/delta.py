"""delta: plain RFC 6902 from one set of objects to another, guarded by tests where it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from attrs import field, frozen

from packc.emit import identity
from packc.model import MISSING, Identity, Object
from packc.patching.jsondata import changed, equal, is_list, is_map, plain
from packc.patching.keyed import key_of, list_key
from packc.patching.pointer import Pointer, format_pointer

Objects = Mapping[Identity, Object]


class DoesNotFitError(Exception):
    """Raised when operations meet objects that they were not made for."""


@frozen
class Edit:
    """One operation, with list items by index."""

    op: Literal["add", "remove", "replace", "test"]
    pointer: Pointer
    value: Any = field(default=MISSING, repr=False)

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"op": self.op, "path": format_pointer(self.pointer)}
        return data if self.value is MISSING else {**data, "value": plain(self.value)}


@frozen
class Delta:
    """What turns one set of objects into another."""

    added: tuple[Object, ...] = field(repr=False)
    removed: tuple[Object, ...] = field(repr=False)
    edited: Mapping[Identity, tuple[Edit, ...]]

    @classmethod
    def between(cls, before: Objects, after: Objects) -> Delta:
        edited = {
            who: tuple(edits(before[who], data)) for who, data in after.items() if who in before
        }
        return cls(
            added=tuple(data for who, data in after.items() if who not in before),
            removed=tuple(data for who, data in before.items() if who not in after),
            edited={who: found for who, found in edited.items() if found},
        )

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.edited)

    @property
    def edited_places(self) -> Iterator[tuple[Identity, Pointer]]:
        """Yield each place that it writes, with its object."""
        for who, operations in self.edited.items():
            yield from ((who, edit.pointer) for edit in operations if edit.op != "test")

    def gives(self, before: Objects, after: Objects) -> bool:
        """Return whether it turns the one set into the other exactly."""
        try:
            found = self.applied(before)
        except DoesNotFitError:
            return False
        return found.keys() == after.keys() and all(
            equal(data, after[who], exact=True) for who, data in found.items()
        )

    def applied(self, before: Objects) -> dict[Identity, Object]:
        """Return the objects after it; raise DoesNotFitError where kustomize would fail.

        What is removed or patched must be there: kustomize takes its absence without a word.
        """
        gone = {identity(data) for data in self.removed}
        fresh = {identity(data): data for data in self.added}
        if not (gone | self.edited.keys()) <= before.keys() or fresh.keys() & before.keys():
            raise DoesNotFitError
        kept = {
            who: applied(data, self.edited.get(who, ()))
            for who, data in before.items()
            if who not in gone
        }
        return {**kept, **fresh}


def applied(data: Any, operations: Sequence[Edit]) -> Any:
    """Return the data after the operations; raise DoesNotFitError where one cannot be applied."""
    for edit in operations:
        if edit.op == "test":
            if not equal(_at(data, edit.pointer), edit.value):
                raise DoesNotFitError
        else:
            _refuse_nowhere(data, edit)
            data = changed(data, edit.pointer, partial(_change, edit))
    return data


def _refuse_nowhere(data: Any, edit: Edit) -> None:
    container, step = _at(data, edit.pointer[:-1]), edit.pointer[-1]
    if is_map(container):
        fits = edit.op == "add" or step in container
    else:
        room = edit.op == "add"
        fits = is_list(container) and isinstance(step, int) and step < len(container) + room
    if not fits:
        raise DoesNotFitError


def _change(edit: Edit, container: Any, step: Any) -> None:
    match edit.op:
        case "remove":
            del container[step]
        case "add" if isinstance(container, list):
            container.insert(step, edit.value)
        case _:
            container[step] = edit.value


def _at(data: Any, pointer: Pointer) -> Any:
    for step in pointer:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            raise DoesNotFitError from None
    return data


# --- the difference of two objects ------------------------------------------------------------


def edits(before: Object, after: Object) -> Iterator[Edit]:
    """Yield the operations between two objects, each test once until a list has moved."""
    known: set[tuple[Pointer, Any]] = set()
    for edit in _edits(before, after, ()):
        if edit.op == "test":
            if (edit.pointer, edit.value) in known:
                continue
            known.add((edit.pointer, edit.value))
        elif isinstance(edit.pointer[-1], int) and edit.op != "replace":
            known = {each for each in known if not _is_below(each[0], edit.pointer[:-1])}
        yield edit


def _is_below(pointer: Pointer, above: Pointer) -> bool:
    return pointer[: len(above)] == above


def _edits(before: Any, after: Any, pointer: Pointer) -> Iterator[Edit]:
    if equal(before, after, exact=True):
        return
    if is_map(before) and is_map(after):
        yield from _edits_of_map(before, after, pointer)
        return
    name = list_key(pointer)
    if name is not None and _may_be_matched(before, after, name):
        yield from _edits_of_list(before, after, pointer, name)
    else:
        yield Edit("replace", pointer, after)


def _edits_of_map(
    before: Mapping[str, Any], after: Mapping[str, Any], pointer: Pointer
) -> Iterator[Edit]:
    for key in sorted({*before, *after}):
        place = (*pointer, key)
        if key not in after:
            yield Edit("remove", place)
        elif key not in before:
            yield Edit("add", place, after[key])
        else:
            yield from _edits(before[key], after[key], place)


def _may_be_matched(before: Any, after: Any, name: str) -> bool:
    """Return whether the items have keys, and those in both lists the same order."""
    if not (is_list(before) and is_list(after)):
        return False
    old, new = _keys(before, name), _keys(after, name)
    if None in (*old, *new) or len({*old}) < len(old) or len({*new}) < len(new):
        return False
    return [key for key in old if key in new] == [key for key in new if key in old]


def _edits_of_list(
    before: Sequence[Any], after: Sequence[Any], pointer: Pointer, name: str
) -> Iterator[Edit]:
    """Yield removals from the end, then additions from the start, then what is below.

    An index says nothing to who reads it, and is wrong where something else was applied before;
    so the item that it means, or the one in front of a new one, is tested first.
    """
    old, new = _keys(before, name), _keys(after, name)

    def guard(items: Sequence[Any], index: int) -> Edit:
        return Edit("test", (*pointer, index, name), items[index][name])

    for index in reversed(range(len(old))):
        if old[index] not in new:
            yield guard(before, index)
            yield Edit("remove", (*pointer, index))
    for index, key in enumerate(new):
        if key not in old:
            if index and new[index - 1] in old:
                yield guard(after, index - 1)
            yield Edit("add", (*pointer, index), after[index])
    for index, key in enumerate(new):
        below = (
            ()
            if key not in old
            else _edits(before[old.index(key)], after[index], (*pointer, index))
        )
        for number, edit in enumerate(below):
            if not number:
                yield guard(after, index)
            yield edit


def _keys(items: Sequence[Any], name: str) -> list[str | None]:
    return [key_of(item, name) for item in items]
