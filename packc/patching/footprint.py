"""footprint: what an operation reads and writes, and which operations therefore clash.

Two footprints clash when a path that one writes is a prefix of, or prefixed by, a path that the
other reads or writes. Operations that do not clash give the same result in either order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packc.model import MISSING
from packc.patching.keyed import Trail, key_of, list_key
from packc.patching.operations import Edit
from packc.patching.pointer import Path, Step


class Footprint(NamedTuple):
    """What one operation touches, as paths with keyed items named by key.

    `shifts` are lists in which items joined or left by key. That moves the others, which matters to
    nobody but those who found an item there by its position: `positions`.
    """

    writes: frozenset[Path]
    reads: frozenset[Path]
    shifts: frozenset[Path] = frozenset()
    positions: frozenset[Path] = frozenset()


def footprint(edits: Iterable[Edit], trail: Trail) -> Footprint:
    """Return the footprint of an operation from what it did and what it relied on."""
    edits = tuple(edits)
    return Footprint(
        writes=frozenset(written(edit) for edit in edits),
        reads=frozenset(trail.reads),
        shifts=frozenset(edit.path[:-1] for edit in edits if moves_items(edit)),
        positions=frozenset(trail.positions),
    )


def refused_footprint(place: Path, trail: Trail, is_done_already: bool) -> Footprint:
    """Return the footprint of an operation that was refused at a place.

    It counts as a write when another writer did just the same before.
    """
    reads, positions = frozenset(trail.reads), frozenset(trail.positions)
    if not is_done_already:
        return Footprint(frozenset(), reads, frozenset(), positions)
    shifts = frozenset({place[:-1]}) if is_item(place) else frozenset()
    return Footprint(frozenset({place}), reads, shifts, positions)


def written(edit: Edit) -> Path:
    """Return the path that an edit writes: the whole list when it is about order or about a key."""
    if moves_items(edit):
        return edit.path[:-1] if edit.positional else edit.path
    if _renames_item(edit):
        return edit.path[:-1]
    if _writes_key_field(edit.path):
        return edit.path[:-2]
    return edit.path


def is_alone(edit: Edit, trail: Trail) -> bool:
    """Tell whether an edit writes one place, which was not needed to find the way there."""
    return written(edit) == edit.path and not any(
        is_prefix(read, edit.path) for read in trail.reads
    )


def is_prefix(one: Path, other: Path) -> bool:
    """Tell whether one of two paths begins with the other."""
    return one[: len(other)] == other[: len(one)]


def is_item(path: Path) -> bool:
    """Tell whether the path names an item of a list; members of maps are text."""
    return bool(path) and not isinstance(path[-1], str)


def moves_items(edit: Edit) -> bool:
    """Tell whether an item joins or leaves a list."""
    return is_item(edit.path) and (edit.before is MISSING or edit.after is MISSING)


def _renames_item(edit: Edit) -> bool:
    field = list_key(edit.path[:-1]) if is_item(edit.path) else None
    return field is not None and key_of(edit.before, field) != key_of(edit.after, field)


def _writes_key_field(path: Path) -> bool:
    return is_item(path[:-1]) and path[-1] == list_key(path[:-2])


# --- clashes ----------------------------------------------------------------------------------


class _Node:
    __slots__ = ("below", "readers", "writers")

    def __init__(self) -> None:
        self.below: dict[Step, _Node] = {}
        self.writers: list[int] = []
        self.readers: list[int] = []


class Ledger:
    """The footprints of the operations so far, by number, as a tree of steps."""

    def __init__(self) -> None:
        self._root = _Node()
        self._shifting: dict[Path, list[int]] = {}
        self._positioned: dict[Path, list[int]] = {}

    def enter(self, number: int, footprint: Footprint) -> None:
        """Record an operation's footprint."""
        for path in footprint.writes:
            self._node(path).writers.append(number)
        for path in footprint.reads:
            self._node(path).readers.append(number)
        for path in footprint.shifts:
            self._shifting.setdefault(path, []).append(number)
        for path in footprint.positions:
            self._positioned.setdefault(path, []).append(number)

    def clashes(self, footprint: Footprint) -> list[int]:
        """Return the numbers of the operations that clash with this one, in order."""
        numbers: set[int] = set()
        for path in footprint.writes:
            for node in self._related(path):
                numbers.update(node.writers, node.readers)
        for path in footprint.reads:
            for node in self._related(path):
                numbers.update(node.writers)
        for path in footprint.shifts:
            numbers.update(self._positioned.get(path, ()))
        for path in footprint.positions:
            numbers.update(self._shifting.get(path, ()))
        return sorted(numbers)

    def _node(self, path: Path) -> _Node:
        node = self._root
        for step in path:
            node = node.below.setdefault(step, _Node())
        return node

    def _related(self, path: Path) -> Iterator[_Node]:
        """Return the nodes above the path, at it and below it."""
        node = self._root
        for step in path:
            yield node
            if step not in node.below:
                return
            node = node.below[step]
        yield from _subtree(node)


def _subtree(root: _Node) -> Iterator[_Node]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        yield node
        nodes.extend(node.below.values())
