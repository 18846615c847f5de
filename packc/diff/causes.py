"""causes: why a field is as it is on one side: who wrote it, where, and what decided so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

from packc.diagnostics import Span
from packc.model import MISSING, BaseObject, Identity, PatchedObject
from packc.pack import ConditionalObject
from packc.patching.pointer import Key, Path, Step
from packc.plugins import Host
from packc.spec import When
from packc.tracing.account import Account, Behind
from packc.tracing.trace import Link, Place, below, fields, removed, trace


@frozen
class Cause:
    """Who wrote a field: `writer` is a base file, a patch file or a plugin; `deed` what it did.

    `behind` is the parameter whose value it is. `conditions` are what the writer's `when` asks
    about and the other side answers otherwise.
    """

    writer: str
    deed: str
    span: Span | None = None
    behind: Behind | None = None
    is_secret: bool = False
    conditions: tuple[str, ...] = ()


@define
class Trace:
    """What one compiled variant knows about where its fields came from."""

    account: Account
    patched: Mapping[Identity, PatchedObject] = field(repr=False)
    host: Host = field(repr=False)
    _roots: dict[Identity, Place] = field(init=False, factory=dict, repr=False)

    def causes(
        self, identity: Identity, path: Path, is_there: bool, other: Trace | None
    ) -> tuple[Cause, ...]:
        """Return the causes of a field, or of its absence; none where packc cannot know them.

        `other` is the trace of the other side: what that answers alike is no condition to tell.
        """
        teller = _Teller(self.account, other.account if other else None)
        patched = self.patched.get(identity)
        if patched is None:
            there = other.patched.get(identity) if other else None
            return (*teller.left_out(identity), *teller.not_brought(there))
        if not path:
            return (teller.base(patched.base, Link(None, (), MISSING, MISSING), True),)
        root = self._root(identity, patched)
        links = _present(root, path) if is_there else _absent(root, path)
        if not any(link.write for link in links):
            return (teller.base(patched.base, links[0], is_there),)
        writes = {id(link.write): link for link in reversed(links) if link.write is not None}
        return tuple(
            teller.write(patched.base, link, is_there) for link in reversed(writes.values())
        )

    def _root(self, identity: Identity, patched: PatchedObject) -> Place:
        if identity not in self._roots:
            self._roots[identity] = trace(patched)
        return self._roots[identity]


# --- the links of a place ---------------------------------------------------------------------


def _present(root: Place, path: Path) -> list[Link]:
    """Return the links that a value and all below it come from, its own first."""
    place = _reached(root, path)[-1]
    leaves = (leaf.last for leaf in (*fields(place, path), *removed(place, path)))
    return [place.links[-1], *leaves]


def _absent(root: Place, path: Path) -> list[Link]:
    """Return the link that took a value away; where none did, that of what would hold it."""
    parent = _reached(root, path[:-1])[-1]
    taken = [link for place in _gone(parent, path[-1]) for link in place.links if _takes(link)]
    return taken[-1:] or [parent.links[-1]]


def _reached(root: Place, path: Path) -> list[Place]:
    """Return the places on a path, from the root on, as far as they are there."""
    places = [root]
    for index, step in enumerate(path):
        place = _child(places[-1], path[:index], step)
        if place is None:
            break
        places.append(place)
    return places


def _child(place: Place, path: Path, step: Step) -> Place | None:
    return next((child for name, token, child in below(place, path) if step in (name, token)), None)


def _gone(parent: Place, step: Step) -> Iterator[Place]:
    """Yield what was once at a step; of a list without keys, all that was taken from it."""
    if isinstance(step, str) and step in parent.members:
        yield parent.members[step]
    for name, place in parent.gone:
        if name == step or not isinstance(step, Key):
            yield place


def _takes(link: Link) -> bool:
    return link.before is not MISSING and link.after is MISSING


# --- telling ----------------------------------------------------------------------------------


@frozen
class _Teller:
    """Puts links into causes, with the conditions on which the two sides do not agree."""

    account: Account
    other: Account | None

    def write(self, base: BaseObject, link: Link, is_there: bool) -> Cause:
        write = link.write
        assert write is not None
        operation = write.operation
        behind = self.account.behind(operation)
        value = self.account.resolved.values.get(operation.parameter or "")
        _, conditions = self.account.patch_of(write)
        return Cause(
            writer=str(write.origin),
            deed=write.operation.op if is_there else _loss(link),
            span=self.account.span(base, link),
            behind=behind,
            is_secret=value is not None and value.secret,
            conditions=self._telling(conditions),
        )

    def base(self, base: BaseObject, link: Link, is_there: bool) -> Cause:
        span = self.account.span(base, link)
        if base.origin is None:
            return Cause(base.file, "base" if is_there else "absent", span)
        return Cause(str(base.origin), "brought" if is_there else "absent", span)

    def left_out(self, identity: Identity) -> Iterator[Cause]:
        """Yield the condition in pack.yaml for want of which an object is not there."""
        for entry in self.account.pack.objects:
            if entry.base.identity == identity and entry.when is not None:
                yield self._condition(entry, entry.when)

    def not_brought(self, there: PatchedObject | None) -> Iterator[Cause]:
        """Yield why the plugin that brings an object on the other side does not do so here."""
        if there is None or there.base.origin is None:
            return
        plugin, variant = there.base.origin.writer, self.account.resolved.variant
        features = [use.name for use in self.account.pack.spec.features]
        if plugin in features and plugin not in variant.features:
            span = self.account.pack.place("features", features.index(plugin), "name")
            conditions = self.account.conditions(When(feature=plugin))
            yield Cause(str(there.base.origin), "left out", span, conditions=conditions)
        elif plugin not in features and plugin != variant.cloud.name:
            conditions = self.account.conditions(When(cloud=plugin))
            yield Cause(str(there.base.origin), "left out", conditions=conditions)

    def _condition(self, entry: ConditionalObject, when: When) -> Cause:
        conditions = self._telling(self.account.conditions(when))
        return Cause(entry.base.file, "left out", when.span, conditions=conditions)

    def _telling(self, conditions: tuple[str, ...]) -> tuple[str, ...]:
        if self.other is None:
            return conditions
        return tuple(text for text in conditions if text not in self.other.conditions(_asks(text)))


def _loss(link: Link) -> str:
    """Return how a value came to be absent: it was taken away, or what would hold it has none."""
    return "remove" if _takes(link) else "absent"


def _asks(condition: str) -> When:
    """Return the condition that asks about what a text tells of: 'cloud is azure', for example."""
    name, _, _ = condition.partition(" is ")
    if name == "cloud":
        return When(cloud="")
    if name.startswith("feature "):
        return When(feature=name.removeprefix("feature "))
    return When(parameters={name: ""})
