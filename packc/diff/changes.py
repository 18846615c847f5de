"""changes: what turns one object into another, list items by key, exactly when applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from packc.model import MISSING
from packc.patching.jsondata import changed, equal, is_list, is_map
from packc.patching.keyed import list_key, matching, own_key
from packc.patching.pointer import Key, Path, Pointer, Step

Edit: TypeAlias = Callable[[Any, str | int], None]

# Pairing items of lists without keys takes time that grows with the product of their lengths.
_LARGEST_PRODUCT: Final = 250_000


class Op(StrEnum):
    """The operations: those of RFC 6902, and one that puts the items of a list into an order."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    REORDER = "reorder"


@frozen
class Change:
    """One step from the left object to the right one.

    `before` and `after` are MISSING where nothing is. A reorder has tuples of keys there. `right`
    is the path on the right side, which differs where items of a list without keys have moved.
    `index` is the place that an item added by key takes in its list.
    """

    op: Op
    path: Path
    before: Any = field(default=MISSING, repr=False)
    after: Any = field(default=MISSING, repr=False)
    right: Path = ()
    index: int | None = None


def changes(left: Any, right: Any) -> tuple[Change, ...]:
    """Return what turns `left` into `right`; nothing where they are written alike.

    Changes follow one another as RFC 6902 operations do. So in a list without keys, the index of an
    item that changes or goes is that on the left, and of one that comes that on the right.
    """
    return tuple(_compared(left, right, _Paths()))


def apply(data: Any, steps: Iterable[Change]) -> Any:
    """Return the data after the changes, in their order; the data itself stays as it is.

    Raises LookupError where a change does not belong to this data.
    """
    for step in steps:
        data = _applied(data, step)
    return data


# --- comparing --------------------------------------------------------------------------------


@frozen
class _Paths:
    """Where a pair of values stands: on the left while changes apply, and on the right."""

    left: Path = ()
    right: Path = ()

    def to(self, step: Step, other: Step | None = None) -> _Paths:
        """Return the paths of a pair one step below; `other` is the step on the right."""
        return _Paths((*self.left, step), (*self.right, step if other is None else other))

    def change(
        self, op: Op, before: Any = MISSING, after: Any = MISSING, index: int | None = None
    ) -> Change:
        return Change(op, self.left, before, after, self.right, index)


def _compared(left: Any, right: Any, at: _Paths) -> Iterator[Change]:
    if equal(left, right, exact=True):
        return
    if is_map(left) and is_map(right):
        for name in sorted({*left, *right}):
            yield from _member(left.get(name, MISSING), right.get(name, MISSING), at.to(name))
    elif is_list(left) and is_list(right) and _is_worth_following(left, right):
        yield from _compared_lists(left, right, at)
    else:
        yield at.change(Op.REPLACE, left, right)


def _member(left: Any, right: Any, at: _Paths) -> Iterator[Change]:
    if left is MISSING:
        yield at.change(Op.ADD, after=right)
    elif right is MISSING:
        yield at.change(Op.REMOVE, left)
    else:
        yield from _compared(left, right, at)


def _is_worth_following(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Tell whether the items of two lists say more than the lists as a whole.

    Lists of scalars, such as a command, read better in one piece.
    """
    return any(is_map(item) or is_list(item) for item in (*left, *right))


def _compared_lists(left: Sequence[Any], right: Sequence[Any], at: _Paths) -> Iterator[Change]:
    before, after = _keys(left, at.left), _keys(right, at.left)
    if before is None or after is None:
        yield from _compared_by_content(left, right, at)
    else:
        ones, others = zip(before, left, strict=True), zip(after, right, strict=True)
        yield from _compared_by_key(dict(ones), dict(others), at)


def _keys(items: Sequence[Any], path: Path) -> list[Key] | None:
    """Return the key of each item; None where not every item has one of its own."""
    keys = [key for item in items if (key := own_key(path, item)) is not None]
    return keys if len(set(keys)) == len(items) else None


def _compared_by_key(left: dict[Key, Any], right: dict[Key, Any], at: _Paths) -> Iterator[Change]:
    for key, item in left.items():
        if key in right:
            yield from _compared(item, right[key], at.to(key))
    for key, item in left.items():
        if key not in right:
            yield at.to(key).change(Op.REMOVE, item)
    before = tuple(key.value for key in left if key in right)
    after = tuple(key.value for key in right if key in left)
    if before != after:
        yield at.change(Op.REORDER, before, after)
    for index, (key, item) in enumerate(right.items()):
        if key not in left:
            yield at.to(key).change(Op.ADD, after=item, index=index)


def _compared_by_content(left: Sequence[Any], right: Sequence[Any], at: _Paths) -> Iterator[Change]:
    pairs, removed, added = _paired(left, right)
    for one, other in pairs:
        yield from _compared(left[one], right[other], at.to(one, other))
    for index in reversed(removed):
        yield at.to(index).change(Op.REMOVE, left[index])
    for index in added:
        yield at.to(index).change(Op.ADD, after=right[index])


def _paired(
    left: Sequence[Any], right: Sequence[Any]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Return the items that belong together, the left ones that go and the right ones that come."""
    pairs: list[tuple[int, int]] = []
    removed: list[int] = []
    added: list[int] = []
    for one, other in _unequal_blocks(left, right):
        found = dict(_alike(left, right, one, other))
        pairs.extend(found.items())
        removed.extend(index for index in one if index not in found)
        added.extend(index for index in other if index not in found.values())
    return pairs, removed, added


def _alike(
    left: Sequence[Any], right: Sequence[Any], one: range, other: range
) -> Iterator[tuple[int, int]]:
    """Yield the items of two blocks that are versions of each other, in the order of both."""
    start = other.start
    for index in one:
        candidates = range(start, other.stop)
        place = next((p for p in candidates if _are_alike(left[index], right[p])), None)
        if place is not None:
            yield index, place
            start = place + 1


def _are_alike(one: Any, other: Any) -> bool:
    """Tell whether two items have at least half of their members in common."""
    if is_map(one) and is_map(other):
        same = sum(equal(value, other.get(name, MISSING)) for name, value in one.items())
        return same * 2 >= max(len(one), len(other))
    return is_list(one) and is_list(other)


def _unequal_blocks(left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[range, range]]:
    if len(left) * len(right) > _LARGEST_PRODUCT:
        # Too long to be compared each with each: item by item, as far as both go.
        for index in range(max(len(left), len(right))):
            stop = index + 1
            yield range(index, min(stop, len(left))), range(index, min(stop, len(right)))
        return
    matcher = SequenceMatcher(None, _marks(left), _marks(right), autojunk=False)
    for tag, start, stop, other_start, other_stop in matcher.get_opcodes():
        if tag != "equal":
            yield range(start, stop), range(other_start, other_stop)


def _marks(items: Sequence[Any]) -> list[str]:
    """Return a text for each item; items of one text are equal exactly."""
    return [_mark(item) for item in items]


def _mark(value: Any) -> str:
    if is_map(value):
        return f"{{{','.join(f'{name!r}:{_mark(value[name])}' for name in sorted(value))}}}"
    if is_list(value):
        return f"[{','.join(map(_mark, value))}]"
    return repr(value)


# --- applying ---------------------------------------------------------------------------------


def _applied(data: Any, step: Change) -> Any:
    if not step.path:
        return step.after
    if step.op is Op.REORDER:
        keys = [Key(list_key(step.path) or "", value) for value in step.after]
        return changed(data, _pointer(data, step.path), partial(_reorder, keys))
    if step.op is Op.ADD:
        return changed(data, *_adding(data, step))
    pointer = _pointer(data, step.path)
    if step.op is Op.REMOVE:
        return changed(data, pointer, _take)
    return changed(data, pointer, partial(_put, step.after))


def _adding(data: Any, step: Change) -> tuple[Pointer, Edit]:
    parent = _pointer(data, step.path[:-1])
    container, last = _value(data, parent), step.path[-1]
    if is_map(container):
        return (*parent, str(last)), partial(_put, step.after)
    index = step.index if step.index is not None else _index(last)
    return (*parent, index), partial(_insert, step.after)


def _put(value: Any, container: Any, place: str | int) -> None:
    container[place] = value


def _insert(value: Any, items: Any, place: str | int) -> None:
    items.insert(place, value)


def _take(container: Any, place: str | int) -> None:
    del container[place]


def _reorder(keys: Sequence[Key], container: Any, place: str | int) -> None:
    items = container[place]
    container[place] = [items[_item(items, key)] for key in keys]


def _pointer(data: Any, path: Path) -> Pointer:
    """Return the plain pointer of a path in the data as it is now."""
    steps: list[str | int] = []
    for step in path:
        place = _place(data, step)
        data = data[place]
        steps.append(place)
    return tuple(steps)


def _place(container: Any, step: Step) -> str | int:
    if is_list(container):
        return _item(container, step) if isinstance(step, Key) else _index(step)
    if is_map(container) and isinstance(step, str):
        return step
    raise LookupError(f"no step {step} here")


def _item(items: Sequence[Any], key: Key) -> int:
    found = matching(items, key)
    if len(found) != 1:
        raise LookupError(f"{len(found)} items match {key}")
    return found[0]


def _index(step: Step) -> int:
    if isinstance(step, Key):
        raise LookupError(f"{step} is no index")
    return int(step)


def _value(data: Any, pointer: Pointer) -> Any:
    for step in pointer:
        data = data[step]
    return data
