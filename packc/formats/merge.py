"""merge: the trees of all combinations into one tree with conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from attrs import Factory, define, frozen

from packc.formats.decide import Condition, Decider
from packc.formats.holes import Hole, Text
from packc.formats.intern import Interner
from packc.formats.space import Combination, Mark
from packc.model import MISSING
from packc.patching.jsondata import is_list, is_map
from packc.patching.keyed import key_of, list_key
from packc.patching.pointer import Path


@frozen
class Entry:
    """A member of a map, and when it is there: always where there is no condition."""

    key: str
    node: Any
    condition: Condition | None = None


@frozen
class Map:
    """A map whose members depend on conditions."""

    entries: tuple[Entry, ...]


@frozen
class Item:
    """An item of a list, and when it is there."""

    node: Any
    condition: Condition | None = None


@frozen
class Items:
    """A list whose items depend on conditions."""

    items: tuple[Item, ...]


@frozen
class Fork:
    """One of several nodes: that of the first condition that holds; the last has none."""

    branches: tuple[tuple[Condition | None, Any], ...]


@define
class Merger:
    """Merges trees; a tree is JSON data in which `Hole` and `Text` may stand.

    Members are indices of the decider's combinations, each with a node of its own.
    """

    decider: Decider
    _interner: Interner = Factory(Interner)

    def merge(self, members: Sequence[int], nodes: Sequence[Any]) -> tuple[Any, Condition | None]:
        """Return the tree of the nodes that are not MISSING, and when there is one."""
        intern = self._interner.intern
        return self._present(members, [n if n is MISSING else intern(n) for n in nodes], ())

    def _present(
        self, members: Sequence[int], nodes: Sequence[Any], path: Path
    ) -> tuple[Any, Condition | None]:
        pairs = [(m, n) for m, n in zip(members, nodes, strict=True) if n is not MISSING]
        some, there = [m for m, _ in pairs], [n for _, n in pairs]
        condition = self.decider.condition(members, [node is not MISSING for node in nodes])
        return self._tree(some, there, path), condition

    def _tree(self, members: Sequence[int], nodes: Sequence[Any], path: Path) -> Any:
        first = nodes[0]
        if all(node is first for node in nodes):
            return first
        if all(is_map(node) and node for node in nodes):
            return self._map(members, nodes, path)
        if all(is_list(node) and node for node in nodes):
            return self._list(members, nodes, path)
        return self._fork(members, nodes, path)

    def _map(self, members: Sequence[int], nodes: Sequence[Any], path: Path) -> Map:
        keys = dict.fromkeys(key for node in nodes for key in node)
        return Map(tuple(self._entry(members, nodes, path, key) for key in keys))

    def _entry(self, members: Sequence[int], nodes: Sequence[Any], path: Path, key: str) -> Entry:
        below = [node.get(key, MISSING) for node in nodes]
        node, condition = self._present(members, below, (*path, key))
        return Entry(key, node, condition)

    def _list(self, members: Sequence[int], nodes: Sequence[Any], path: Path) -> Any:
        field = list_key(path)
        keyed = [_by_key(node, field) for node in nodes] if field else []
        order = _order([[*items] for items in keyed if items is not None])
        if order is None or None in keyed or not keyed:
            return self._fork(members, nodes, path)
        columns = ([(items or {}).get(key, MISSING) for items in keyed] for key in order)
        found = (self._present(members, column, (*path, 0)) for column in columns)
        return Items(tuple(Item(node, condition) for node, condition in found))

    def _fork(self, members: Sequence[int], nodes: Sequence[Any], path: Path) -> Any:
        """Return a choice between whole nodes; maps and lists that are not empty stay together."""
        kinds = [_kind(node) for node in nodes]
        if len(set(kinds)) > 1 and {"map", "list"} & set(kinds):
            branches = self.decider.branches(members, [(kind,) for kind in kinds])
            return Fork(
                tuple((b.condition, self._of_kind(b.label, members, nodes, path)) for b in branches)
            )
        known: dict[int, Any] = {}
        options: list[list[int]] = []
        for member, node in zip(members, nodes, strict=True):
            fitting = [self._interner.intern(each) for each in self._options(member, node)]
            known |= {id(each): each for each in fitting}
            options.append([id(each) for each in fitting])
        found = self.decider.branches(members, options)
        if len(found) == 1:
            return known[found[0].label]
        return Fork(tuple((branch.condition, known[branch.label]) for branch in found))

    def _of_kind(self, kind: str, members: Sequence[int], nodes: Sequence[Any], path: Path) -> Any:
        pairs = [(m, n) for m, n in zip(members, nodes, strict=True) if _kind(n) == kind]
        return self._tree([m for m, _ in pairs], [n for _, n in pairs], path)

    def _options(self, member: int, node: Any) -> Iterator[Any]:
        """Yield the node, and the parameters of the combination that have just this value."""
        yield node
        if not isinstance(node, str | bool | int):
            return
        combination: Combination = self.decider.combinations[member]
        for dimension, value in zip(self.decider.dimensions, combination, strict=True):
            if dimension.kind != "choice" or value is Mark.UNSET:
                continue
            if isinstance(node, str) and node == _text(value):
                yield Text((Hole(dimension.name, "string"),))
            elif type(node) is type(value) and node == value:
                yield Hole(dimension.name)


def _kind(node: Any) -> str:
    if is_map(node) or is_list(node):
        return ("map" if is_map(node) else "list") if node else f"empty {type(node).__name__}"
    return "scalar"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_key(items: Sequence[Any], field: str) -> dict[str, Any] | None:
    """Return the items by their keys; None where an item has none or shares it."""
    keys = [key_of(item, field) for item in items]
    if None in keys or len(set(keys)) < len(keys):
        return None
    return {str(key): item for key, item in zip(keys, items, strict=True)}


def _order(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return one order of all keys that each row keeps to; None where rows contradict."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    keys = dict.fromkeys(key for row in rows for key in row)
    rank = {key: number for number, key in enumerate(keys)}
    for row in dict.fromkeys(map(tuple, rows)):
        for before, after in pairwise(row):
            sorter.add(after, before)
        sorter.add(row[0])
    try:
        sorter.prepare()
    except CycleError:
        return None
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda key: rank[key])
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order
