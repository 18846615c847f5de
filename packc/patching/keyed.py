"""keyed: follows a path through data, list items by key, and notes what the way relied on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from packc.diagnostics import did_you_mean
from packc.model import MISSING
from packc.patching.jsondata import describe, is_list, is_map, listed
from packc.patching.pointer import Key, Path, Pointer, Step, format_path

# Lists that the API server merges by key (Kubernetes API reference, patchMergeKey), by field name.
# Tolerations, envFrom and the ports without a name have none: their order is all there is.
KEYED_LISTS: Final[Mapping[str, str]] = {
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ports": "name",
    "secrets": "name",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
    "webhooks": "name",
}
# Init containers run one after the other, so where a new one goes is a decision, not a detail.
ORDERED_LISTS: Final = frozenset({"initContainers"})

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_LARGEST_KEY: Final = 10**18
_LONGEST_PATH: Final = 400


class Refusal(Exception):
    """Why an operation cannot be applied: a diagnostic that still lacks its place.

    `actual` is the value that failed a test.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        found: str | None = None,
        hint: str | None = None,
        actual: Any = MISSING,
    ) -> None:
        super().__init__(message)
        self.actual = actual
        self.code = code
        self.found = found
        self.hint = hint


class Trail:
    """What an operation relied on, whether or not it was applied in the end.

    `reads` are paths whose value or absence was looked at, `positions` are lists in which an item
    was found by its position. `bare_index` is the list of an index that the operation spelled
    out, `refused_at` the place where the way ended.
    """

    __slots__ = ("bare_index", "positions", "reads", "refused_at")

    def __init__(self) -> None:
        self.reads: list[Path] = []
        self.positions: list[Path] = []
        self.bare_index: Path | None = None
        self.refused_at: Path | None = None

    def refuse_at(self, path: Path) -> None:
        self.reads.append(path)
        self.refused_at = path


class Walk:
    """A place in one state of the data.

    `path` names the place by keys where the list has one and by index elsewhere, however the way
    there was given; `pointer` has indices only.
    """

    __slots__ = ("node", "path", "pointer", "trail")

    def __init__(self, node: Any, trail: Trail) -> None:
        self.node = node
        self.trail = trail
        self.pointer: Pointer = ()
        self.path: Path = ()

    def enter(self, step: Step) -> None:
        """Go one step down; raise Refusal, and note the absence as read, when that is nowhere."""
        try:
            self._enter(step)
        except Refusal:
            self.trail.refuse_at((*self.path, step))
            raise

    def item(self, key: Key) -> int:
        """Return the index of the one item with that key."""
        found = self.matching(key)
        if len(found) == 1:
            return found[0]
        raise self._no_single_item(key, len(found))

    def matching(self, key: Key) -> list[int]:
        """Return the indices of the items with that key, and note what the answer rests on."""
        if key.field != list_key(self.path):
            self._rely_on_field(key.field)
        return matching(self.node, key)

    def index(self, token: Step, stop: int) -> int:
        """Return the index that a token stands for, from 0 up to but not including `stop`."""
        index = parse_index(token)
        if index is None:
            raise Refusal(
                "PK304",
                f"'{token}' is no index of the list {shown_path(self.path)}",
                found=describe(self.node),
                hint="name the item by key, [name=value], or by its index without leading zeros",
            )
        if index >= stop:
            message = f"no item {token} in the list {shown_path(self.path)}"
            raise Refusal("PK304", message, found=describe(self.node))
        return index

    def rely_on_positions(self) -> None:
        self.trail.positions.append(self.path)

    def identity(self, index: int) -> Step:
        """Return the step that names an item for ever: a unique key, or else its index."""
        key = own_key(self.path, self.node[index])
        return key if key and len(matching(self.node, key)) == 1 else index

    def _enter(self, step: Step) -> None:
        if is_map(self.node):
            self._enter_member(step)
        elif is_list(self.node):
            self._enter_item(step)
        else:
            raise Refusal(
                "PK304",
                f"nothing can be below {shown_path(self.path)}",
                found=describe(self.node),
            )

    def _enter_member(self, step: Step) -> None:
        if isinstance(step, Key):
            raise Refusal(
                "PK305",
                f"keyed step {step} in {shown_path(self.path)}, which is no list",
                found=describe(self.node),
                hint="name the member: /name",
            )
        if step not in self.node:
            raise self._no_member(step)
        self._go(step, step, self.node[step])

    def _enter_item(self, step: Step) -> None:
        if isinstance(step, Key):
            index = self.item(step)
            is_own = step.field == list_key(self.path)
            self._go(index, step if is_own else self.identity(index), self.node[index])
        else:
            self.rely_on_positions()
            self.trail.bare_index = self.path
            index = self.index(step, len(self.node))
            self._go(index, self.identity(index), self.node[index])

    def _rely_on_field(self, field: str) -> None:
        """Note that a keyed step looked at a field which is not what the list is keyed by."""
        self.rely_on_positions()
        for index in range(len(self.node)):
            self.trail.reads.append((*self.path, self.identity(index), field))

    def _go(self, step: str | int, identity: Step, node: Any) -> None:
        self.pointer = (*self.pointer, step)
        self.path = (*self.path, identity)
        self.node = node

    def _no_member(self, step: Step) -> Refusal:
        known = [str(name) for name in self.node]
        return Refusal(
            "PK304",
            f"path does not exist: {shown_path((*self.path, step))}",
            found=f"{shown_path(self.path)} is {describe(self.node)}",
            hint=did_you_mean(str(step), known),
        )

    def _no_single_item(self, key: Key, count: int) -> Refusal:
        place = shown_path(self.path)
        keys = [value for item in self.node if (value := key_of(item, key.field)) is not None]
        found = f"{key.field}: {listed(keys)}" if keys else describe(self.node)
        if count:
            return Refusal(
                "PK305", f"{count} items match {key} in {place}, expected one", found=found
            )
        hint = did_you_mean(key.value, keys)
        return Refusal("PK305", f"no item matches {key} in {place}", found=found, hint=hint)


def follow(data: Any, steps: Sequence[Step], trail: Trail) -> Walk:
    """Return the place to which the steps lead; raise Refusal where the way ends early."""
    walk = Walk(data, trail)
    for step in steps:
        walk.enter(step)
    return walk


def list_key(path: Path) -> str | None:
    """Return the field that tells the items of the list at this path apart, if it has one."""
    name = path[-1] if path else None
    return KEYED_LISTS.get(name) if isinstance(name, str) else None


def own_key(path: Path, item: Any) -> Key | None:
    """Return the key that an item would have in the list at this path."""
    field = list_key(path)
    value = key_of(item, field) if field else None
    return None if field is None or value is None else Key(field, value)


def key_of(item: Any, field: str) -> str | None:
    """Return the field of an item as a key; numbers count as their digits."""
    value = item.get(field) if is_map(item) else None
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_KEY:
        return str(value)
    return None


def matching(items: Sequence[Any], key: Key) -> list[int]:
    """Return the indices of the items with that key."""
    return [index for index, item in enumerate(items) if key_of(item, key.field) == key.value]


def parse_index(token: Step) -> int | None:
    """Return the index that an RFC 6901 token stands for: digits without leading zeros."""
    return int(token) if isinstance(token, str) and _INDEX.fullmatch(token) else None


def shown_path(path: Path) -> str:
    """Return the path for a message, in part if it is huge; the root has no text of its own."""
    text = format_path(path) or "the object"
    return text if len(text) <= _LONGEST_PATH else f"{text[:_LONGEST_PATH]}…"
