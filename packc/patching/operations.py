"""operations: RFC 6902 on data that stays as it is; only containers on the path are copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple, TypeAlias

from packc.model import MISSING, Operation
from packc.patching.jsondata import changed, describe, equal, is_list, is_map, plain
from packc.patching.keyed import (
    ORDERED_LISTS,
    Refusal,
    Trail,
    Walk,
    follow,
    key_of,
    list_key,
    matching,
    own_key,
    shown_path,
)
from packc.patching.pointer import Key, Path, Pointer, Step, parse
from packc.patching.slots import is_slot

Added: TypeAlias = Mapping[Path, AbstractSet[str]]
"""The keys that patches have added to each keyed list so far."""


class Edit(NamedTuple):
    """One change of one place. An item that comes or goes `positional`ly moves the others."""

    pointer: Pointer
    path: Path
    before: Any
    after: Any
    positional: bool = False


class Outcome(NamedTuple):
    """The data after an operation, and the edits that led there: a move has two, a test none."""

    data: Any
    edits: tuple[Edit, ...] = ()


def apply(data: Any, operation: Operation, trail: Trail, added: Added | None = None) -> Outcome:
    """Return the outcome of one operation; raise Refusal when RFC 6902 or a keyed step forbids it.

    `trail` collects what was relied on, also when the operation is refused. An item that joins a
    keyed list is placed behind the items that are not in `added`, in the order of the keys.
    """
    run = _OPERATIONS.get(str(operation.op))
    if run is None:
        known = ", ".join(_OPERATIONS)
        raise Refusal(
            "PK312", f"unknown operation '{str(operation.op)[:40]}'", hint=f"one of {known}"
        )
    return run(_Call(data, operation, trail, added or {}))


# --- the six operations -----------------------------------------------------------------------


class _Call(NamedTuple):
    data: Any
    operation: Operation
    trail: Trail
    added: Added

    @property
    def path(self) -> tuple[str | Key, ...]:
        return parse(self.operation.path, self.operation.span)

    @property
    def source(self) -> tuple[str | Key, ...]:
        if self.operation.source is None:
            raise Refusal(
                "PK312", f"'{self.operation.op}' needs a source", hint="add `from: <path>`"
            )
        return parse(self.operation.source, self.operation.span)

    @property
    def value(self) -> Any:
        if self.operation.value is MISSING:
            raise Refusal("PK312", f"'{self.operation.op}' needs a value", hint="add `value: ...`")
        if is_slot(self.operation.value):
            return self.operation.value
        try:
            return plain(self.operation.value)
        except (TypeError, RecursionError) as error:
            message = str(error) if isinstance(error, TypeError) else "the value nests too deeply"
            raise Refusal("PK312", message) from None

    def follow(self, steps: Sequence[Step]) -> Walk:
        return follow(self.data, steps, self.trail)


def _test(call: _Call) -> Outcome:
    value, walk = call.value, call.follow(call.path)
    call.trail.reads.append(walk.path)
    if not equal(walk.node, value):
        raise Refusal("PK311", f"test failed at {shown_path(walk.path)}", actual=walk.node)
    return Outcome(call.data)


def _replace(call: _Call) -> Outcome:
    value, walk = call.value, call.follow(call.path)
    return _set(call.data, walk.pointer, walk.path, walk.node, value)


def _remove(call: _Call) -> Outcome:
    return _removed(call, call.path)


def _add(call: _Call) -> Outcome:
    return _put(call, call.data, call.path, call.value)


def _copy(call: _Call) -> Outcome:
    walk = call.follow(call.source)
    call.trail.reads.append(walk.path)
    return _put(call, call.data, call.path, walk.node)


def _move(call: _Call) -> Outcome:
    origin = call.follow(call.source)
    call.trail.reads.append(origin.path)
    if call.path == call.source:
        return _set(call.data, origin.pointer, origin.path, origin.node, origin.node)
    _refuse_move_into_itself(call, origin)
    taken = _removed(call, call.source)
    put = _put(_without_settled(call, taken.edits[0]), taken.data, call.path, origin.node)
    return Outcome(put.data, taken.edits + put.edits)


def _without_settled(call: _Call, edit: Edit) -> _Call:
    """Return the call for what follows an edit: a list touched by position is settled."""
    if not edit.positional:
        return call
    above = edit.path[:-1]
    added = {path: keys for path, keys in call.added.items() if path[: len(above)] != above}
    return call._replace(added=added)


_OPERATIONS: Final[Mapping[str, Callable[[_Call], Outcome]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _refuse_move_into_itself(call: _Call, origin: Walk) -> None:
    depth = len(origin.pointer)
    if len(call.path) <= depth:
        return
    try:
        above = follow(call.data, call.path[:depth], Trail())
    except Refusal:
        return
    if above.pointer == origin.pointer:
        raise Refusal("PK312", f"{shown_path(origin.path)} cannot move into itself")


def _removed(call: _Call, steps: Sequence[Step]) -> Outcome:
    if not steps:
        raise Refusal("PK312", "the whole object cannot be removed")
    walk = call.follow(steps)
    is_by_index = walk.path[:-1] in call.trail.positions
    edit = Edit(walk.pointer, walk.path, walk.node, MISSING, positional=is_by_index)
    return Outcome(changed(call.data, walk.pointer, _take), (edit,))


def _put(call: _Call, data: Any, steps: Sequence[Step], value: Any) -> Outcome:
    """Add a value: set a member, insert an item, or replace the whole object."""
    if not steps:
        return _set(data, (), (), data, value)
    parent, last = follow(data, steps[:-1], call.trail), steps[-1]
    if is_list(parent.node):
        return _insert(call, data, parent, last, value)
    if is_map(parent.node) and isinstance(last, str):
        before = parent.node.get(last, MISSING)
        return _set(data, (*parent.pointer, last), (*parent.path, last), before, value)
    raise _no_room(parent, last)


def _no_room(parent: Walk, last: Step) -> Refusal:
    parent.trail.refuse_at((*parent.path, last))
    place = shown_path(parent.path)
    if isinstance(last, Key):
        message = f"keyed step {last} in {place}, which is no list"
        return Refusal("PK305", message, found=describe(parent.node))
    return Refusal("PK312", f"nothing can be added to {place}", found=describe(parent.node))


# --- joining a list ---------------------------------------------------------------------------


def _insert(call: _Call, data: Any, parent: Walk, last: Step, value: Any) -> Outcome:
    key = _key_to_join(parent, last, value)
    if key is None:
        return _insert_at(data, parent, _insertion_index(parent, last), value)
    _refuse_twin_item(parent, key)
    if key.field != list_key(parent.path) or parent.path[-1] in ORDERED_LISTS:
        return _insert_at(data, parent, len(parent.node), value)
    index = _place(parent.node, key, call.added.get(parent.path, frozenset()))
    return _insert_at(data, parent, index, value, positional=False)


def _key_to_join(parent: Walk, last: Step, value: Any) -> Key | None:
    """Return the key under which a value joins the list; None when it goes by position."""
    if isinstance(last, Key):
        if key_of(value, last.field) != last.value:
            hint = f"give the value {last.field}: {last.value}"
            raise Refusal("PK312", f"the value of a new item {last} carries another key", hint=hint)
        return last
    return own_key(parent.path, value) if last == "-" else None


def _refuse_twin_item(parent: Walk, key: Key) -> None:
    if parent.matching(key):
        parent.trail.refuse_at((*parent.path, key))
        message = f"an item {key} is already in {shown_path(parent.path)}"
        raise Refusal("PK305", message, hint="use `replace` to change it")


def _insertion_index(parent: Walk, last: Step) -> int:
    size = len(parent.node)
    if last == "-":
        return size
    parent.rely_on_positions()
    parent.trail.bare_index = parent.path
    try:
        return parent.index(last, size + 1)
    except Refusal:
        parent.trail.refuse_at((*parent.path, last))
        raise


def _place(items: Sequence[Any], key: Key, added: AbstractSet[str]) -> int:
    """Return where an item goes: behind what was there, among the added items by key."""
    index = len(items)
    while index and _stands_behind(items[index - 1], key, added):
        index -= 1
    return index


def _stands_behind(item: Any, key: Key, added: AbstractSet[str]) -> bool:
    other = key_of(item, key.field)
    return other is not None and other in added and other > key.value


def _insert_at(
    data: Any, parent: Walk, index: int, value: Any, *, positional: bool = True
) -> Outcome:
    key = own_key(parent.path, value)
    identity = key if key and not matching(parent.node, key) else index
    pointer = (*parent.pointer, index)
    edit = Edit(pointer, (*parent.path, identity), MISSING, value, positional)
    joined = changed(data, pointer, lambda items, place: items.insert(place, value))
    return Outcome(joined, (edit,))


# --- setting a value ---------------------------------------------------------------------


def _set(data: Any, pointer: Pointer, path: Path, before: Any, after: Any) -> Outcome:
    def put(container: Any, place: str | int) -> None:
        container[place] = after

    result = changed(data, pointer, put) if pointer else after
    return Outcome(result, (Edit(pointer, path, before, after),))


def _take(container: Any, place: str | int) -> None:
    del container[place]
