"""trace: the history of every place of an object, from its base through each write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import Factory, define, field, frozen

from packc.model import MISSING, Object, PatchedObject, Write
from packc.patching.jsondata import equal, is_list, is_map
from packc.patching.keyed import Trail, follow, key_of, list_key
from packc.patching.pointer import Key, Path, Pointer, Step, parse


@frozen(eq=False)
class Link:
    """One link of a chain: what a place was before it and after it, MISSING where nothing is.

    `write` is None for the base. `inside` leads from what wrote to the value: from the root of the
    base object, or from the operation's value. `copied` is the chain of the place that a `copy` or
    `move` took the value from.
    """

    write: Write | None
    inside: Pointer
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    copied: tuple[Link, ...] = ()

    @property
    def changes(self) -> bool:
        """Return whether the value is another one after it."""
        return not equal(self.before, self.after, exact=True)


@define(eq=False)
class Place:
    """One place of an object through all writes; what is gone stays, for it has a history too.

    `items` are those that a list has now; `gone` holds the others, each with its last step.
    """

    links: list[Link] = Factory(list)
    members: dict[str, Place] = Factory(dict)
    items: list[Place] = Factory(list)
    gone: list[tuple[Step, Place]] = Factory(list)

    @property
    def value(self) -> Any:
        """Return a scalar's value; of a map or list its kind only, for writes below it count."""
        return self.links[-1].after

    @property
    def is_there(self) -> bool:
        return self.value is not MISSING

    @property
    def children(self) -> Iterator[Place]:
        """Yield what is below the place now."""
        below = self.members.values() if is_map(self.value) else self.items
        return (child for child in below if child.is_there)


@frozen(eq=False)
class Field:
    """A leaf, with its chain: a scalar, an empty map or list, or MISSING where it was removed."""

    path: Path
    pointer: Pointer
    value: Any = field(repr=False)
    links: tuple[Link, ...]

    @property
    def last(self) -> Link:
        """Return the link that the value comes from."""
        return self.links[-1]


def trace(patched: PatchedObject) -> Place:
    """Return the root of an object's places, each with the chain of what it has been."""
    root = Place()
    _Change(None).set(root, MISSING, patched.base.data, ())
    taken = None
    for write in patched.writes:
        source = _source(root, write, taken)
        taken = source if write.after is MISSING else None
        _apply(root, write, source)
    return root


def fields(place: Place, path: Path = (), pointer: Pointer = ()) -> Iterator[Field]:
    """Yield the leaves at and below a place, members in the order in which they came."""
    leaf = True
    for step, token, child in below(place, path):
        leaf = False
        yield from fields(child, (*path, step), (*pointer, token))
    if leaf:
        yield leaf_of(place, path, pointer)


def below(place: Place, path: Path) -> Iterator[tuple[Step, str | int, Place]]:
    """Yield what is directly below a place: its step, its name or index, and the place."""
    if is_map(place.value):
        for name, child in place.members.items():
            if child.is_there:
                yield name, name, child
    else:
        for index, step in enumerate(_steps(place.items, list_key(path))):
            yield step, index, place.items[index]


def leaf_of(place: Place, path: Path, pointer: Pointer) -> Field:
    """Return a place with nothing below it as a field."""
    return Field(path, pointer, _own_value(place), tuple(place.links))


def removed(place: Place, path: Path = ()) -> Iterator[Field]:
    """Yield what writes took away at and below a place: the outermost places that are gone."""
    if not place.is_there:
        yield Field(path, (), MISSING, tuple(place.links))
        return
    for name, child in place.members.items():
        yield from removed(child, (*path, name))
    for step, child in zip(_steps(place.items, list_key(path)), place.items, strict=True):
        yield from removed(child, (*path, step))
    for step, child in place.gone:
        yield from removed(child, (*path, step))


def replay(place: Place) -> Any:
    """Return the value that the chains at and below a place say is there now."""
    if is_map(place.value):
        return {name: replay(child) for name, child in place.members.items() if child.is_there}
    if is_list(place.value):
        return [replay(child) for child in place.items]
    return place.value


def replayed(patched: PatchedObject) -> Object:
    """Return an object's data, built from the chains alone."""
    data: Object = replay(trace(patched))
    return data


def steps_into(value: Any, path: Path) -> Iterator[tuple[Step, Any]]:
    """Yield what is directly below a value at a path, each with its step."""
    if is_map(value):
        yield from value.items()
    elif is_list(value):
        yield from zip(_steps_of_values(value, list_key(path)), value, strict=True)


def place_at(root: Place, pointer: Pointer) -> Place:
    """Return the place that a pointer leads to."""
    place = root
    for step in pointer:
        place = place.items[step] if isinstance(step, int) else place.members[step]
    return place


def place_removed(root: Place, steps: Sequence[Step]) -> tuple[Path, Place] | None:
    """Return the place that the steps once led to, if a write took it away, with its path."""
    place, path = root, Path()
    for step in steps:
        below = _child(place, path, step)
        if below is None:
            return None
        place, path = below[1], (*path, below[0])
    return None if place.is_there else (path, place)


# --- following writes -------------------------------------------------------------------------


@frozen
class _Change:
    """What one write, or the base, does to places. `write` is None for the base."""

    write: Write | None

    def set(
        self,
        place: Place,
        before: Any,
        after: Any,
        inside: Pointer,
        name: str | None = None,
        source: Place | None = None,
    ) -> None:
        """Record that a place, named `name` in its map, and all below it has another value now."""
        copied = tuple(source.links) if source is not None else ()
        place.links.append(Link(self.write, inside, before, after, copied))
        self._set_members(place, before, after, inside, source)
        if place.items or place.gone or is_list(after):
            field = list_key((name,)) if name is not None else None
            self._set_items(place, _items(before), _items(after), inside, field, source)

    def _set_members(
        self, place: Place, before: Any, after: Any, inside: Pointer, source: Place | None
    ) -> None:
        earlier, afters = _members(before), _members(after)
        for name in dict.fromkeys((*place.members, *afters)):
            self.set(
                place.members.setdefault(name, Place()),
                earlier.get(name, MISSING),
                afters.get(name, MISSING),
                (*inside, name),
                name,
                source.members.get(name) if source is not None else None,
            )

    def _set_items(
        self,
        place: Place,
        before: Sequence[Any],
        after: Sequence[Any],
        inside: Pointer,
        field: str | None,
        source: Place | None,
    ) -> None:
        """Set a list; an item that keeps its key, or without keys its index, is the same place."""
        old = dict(zip(_steps(place.items, field), place.items, strict=True))
        earlier = dict(zip(old, before, strict=True))
        place.items = []
        for index, (step, value) in enumerate(
            zip(_steps_of_values(after, field), after, strict=True)
        ):
            item = old.pop(step, None) or _revived(place, step)
            origin = source.items[index] if source is not None else None
            was = earlier.get(step, MISSING)
            self.set(item, was, value, (*inside, index), None, origin)
            place.items.append(item)
        for _, item in place.gone:
            self.set(item, MISSING, MISSING, inside)
        for step, item in old.items():
            self.set(item, earlier[step], MISSING, inside)
            place.gone.append((step, item))


def _apply(root: Place, write: Write, source: Place | None) -> None:
    change = _Change(write)
    pointer = _tokens(write.pointer)
    if not pointer:
        change.set(root, write.before, write.after, (), source=source)
        return
    parent, token = _at(root, pointer[:-1]), pointer[-1]
    if is_map(parent.value):
        place = parent.members.setdefault(token, Place())
        change.set(place, write.before, write.after, (), token, source)
    elif write.before is MISSING:
        place = _revived(parent, write.path[-1])
        change.set(place, MISSING, write.after, (), source=source)
        parent.items.insert(int(token), place)
    else:
        place = parent.items[int(token)]
        change.set(place, write.before, write.after, (), source=source)
    if write.after is MISSING:
        _leave(parent, token, write)


def _leave(parent: Place, token: str, write: Write) -> None:
    """Let a place go; what it leaves empty was made so by the write that took it."""
    if is_list(parent.value):
        parent.gone.append((write.path[-1], parent.items.pop(int(token))))
    if not any(parent.children):
        only = {token: write.before} if is_map(parent.value) else [write.before]
        parent.links.append(Link(write, (), only, _own_value(parent)))


def _revived(parent: Place, step: Step) -> Place:
    """Return the place of an item that joins a list: the one that its key had before, if any."""
    for index, (other, place) in enumerate(parent.gone):
        if other == step and isinstance(step, Key):
            del parent.gone[index]
            return place
    return Place()


def _source(root: Place, write: Write, taken: Place | None) -> Place | None:
    """Return what a copy or move puts elsewhere, as it was before; a move is two writes."""
    operation = write.operation
    if operation.op not in ("copy", "move") or operation.source is None:
        return None
    if taken is not None:
        return taken
    walk = follow(replay(root), parse(operation.source), Trail())
    return _snapshot(place_at(root, walk.pointer))


def _snapshot(place: Place) -> Place:
    return Place(
        list(place.links),
        {name: _snapshot(child) for name, child in place.members.items()},
        [_snapshot(child) for child in place.items],
    )


def _at(root: Place, tokens: Sequence[str]) -> Place:
    place = root
    for token in tokens:
        place = place.members[token] if is_map(place.value) else place.items[int(token)]
    return place


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _members(value: Any) -> Mapping[str, Any]:
    return value if is_map(value) else {}


def _items(value: Any) -> Sequence[Any]:
    return value if is_list(value) else ()


# --- names of items ---------------------------------------------------------------------------


def _steps(items: Sequence[Place], field: str | None) -> list[Step]:
    """Return the step of each item: its key where the list has keys and no other item has it."""
    if field is None:
        return list(range(len(items)))
    return _unique([_key(item, field) for item in items], field)


def _key(item: Place, field: str) -> str | None:
    member = item.members.get(field)
    return None if member is None else key_of({field: member.value}, field)


def _steps_of_values(items: Sequence[Any], field: str | None) -> list[Step]:
    if field is None:
        return list(range(len(items)))
    return _unique([key_of(item, field) for item in items], field)


def _unique(keys: Sequence[str | None], field: str) -> list[Step]:
    count = Counter(keys)
    return [
        Key(field, key) if key is not None and count[key] == 1 else index
        for index, key in enumerate(keys)
    ]


def _child(place: Place, path: Path, step: Step) -> tuple[Step, Place] | None:
    """Return what is, or once was, one step below a place: a member, or an item by key or index."""
    if isinstance(step, str) and step in place.members:
        return step, place.members[step]
    wanted = int(step) if isinstance(step, str) and step.isdigit() else step
    items = [*zip(_steps(place.items, list_key(path)), place.items, strict=True), *place.gone]
    return next((entry for entry in items if entry[0] == wanted), None)


def _own_value(place: Place) -> Any:
    """Return a leaf's value; a map or list that lost all it had is empty."""
    if is_map(place.value):
        return {}
    return [] if is_list(place.value) else place.value
