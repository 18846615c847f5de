"""intern: equal trees become one and the same, so that comparing them is a look at the address."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from attrs import Factory, define

from packc.patching.jsondata import is_list, is_map


@define
class Interner:
    """Keeps one of all nodes that are written alike: 1, 1.0 and true are three."""

    _known: dict[Hashable, Any] = Factory(dict)
    _seen: dict[int, tuple[Any, Any]] = Factory(dict)

    def intern(self, node: Any) -> Any:
        """Return the node that stands for all that are equal to this one."""
        seen = self._seen.get(id(node))
        if seen is not None:
            return seen[1]
        found = self._interned(node)
        self._seen[id(node)] = (node, found)  # the node is kept, so that its address is not reused
        return found

    def _interned(self, node: Any) -> Any:
        if is_map(node):
            members = {key: self.intern(value) for key, value in node.items()}
            key: Hashable = ("map", frozenset((name, id(each)) for name, each in members.items()))
            return self._known.setdefault(key, members)
        if is_list(node):
            items = [self.intern(item) for item in node]
            return self._known.setdefault(("list", *map(id, items)), items)
        return self._known.setdefault((type(node), repr(node)), node)
