"""derive: a build into templates whose parameters are live, by asking the compiler alone.

Every combination of the finite choices is compiled with several values of each open parameter.
Where the output holds such a value there is a hole; the trees of the combinations are merged into
one with conditions. What fits no hole is an error, so that no template is ever wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from packc.build import Build
from packc.formats.blame import (
    Places,
    computed_objects,
    named_objects,
    refuse_looks,
    special_values,
)
from packc.formats.decide import Condition, Decider
from packc.formats.explore import Explored, Explorer, Sample
from packc.formats.given import refuse_secret_defaults
from packc.formats.holes import Computed, Unifier
from packc.formats.merge import Merger
from packc.formats.noting import LiveNote, merged_notes, notes_of
from packc.formats.space import Combination, Reason, Space, named_values
from packc.formats.wording import Phrasebook
from packc.model import MISSING, Finding, Identity

ROUNDS = 4
"""How often values may turn out to be special before it is taken for a computation."""

_KNOWN = "templates"


@frozen
class LiveObject:
    """An object as a tree with holes and conditions, and when it is there."""

    identity: Identity
    node: Any = field(repr=False)
    condition: Condition | None


@frozen
class Refused:
    """Combinations that are refused for one reason."""

    reason: Reason
    condition: Condition | None


@frozen
class Derived:
    """What a format with live parameters writes down.

    `combinations` are all that are accepted, `compiled` counts the variants that were compiled.
    """

    space: Space = field(repr=False)
    combinations: tuple[Combination, ...] = field(repr=False)
    objects: tuple[LiveObject, ...]
    notes: tuple[LiveNote, ...]
    refused: tuple[Refused, ...]
    compiled: int
    findings: tuple[Finding, ...] = ()


def derive(build: Build) -> Derived:
    """Return the templates of a build, which are derived once for all its formats.

    Raises PackcError: PK901 for an output that is computed from an open value, PK902 for too many
    combinations, PK903 where no values to compile with can be found, PK908 for a secret that would
    be published.
    """
    if _KNOWN not in build.known:
        build.known[_KNOWN] = _derived(build)
    found: Derived = build.known[_KNOWN]
    return found


def _derived(build: Build) -> Derived:
    refuse_secret_defaults(build)
    specials = named_values(build)
    for _ in range(ROUNDS):
        explorer = Explorer(Space.of(build, specials))
        explored = [*explorer.explore()]
        trees = [_Trees.of(one) for one in explored if not one.is_refused]
        if explorer.observed.is_refused:
            break
        found = special_values(explorer, [(t.explored, t.at_edges) for t in trees])
        if not found:
            break
        specials = {
            name: tuple(dict.fromkeys((*specials.get(name, ()), *found.get(name, ()))))
            for name in (*specials, *found)
        }
    if explorer.observed.is_refused:
        computed_objects(explorer, [(t.explored, t.computed) for t in trees])
        refuse_looks(explorer.observed)
    computed_objects(explorer, [(t.explored, t.computed or t.at_edges) for t in trees])
    return _merged(explorer, explored, trees)


@frozen
class _Trees:
    """One combination's objects as trees, and what is no tree: anyhow, or for values at an edge."""

    explored: Explored
    objects: dict[Identity, Any]
    computed: Places
    at_edges: Places

    @classmethod
    def of(cls, explored: Explored) -> _Trees:
        objects, computed = _unified(explored.ordinary)
        _, at_edges = ({}, {}) if computed else _unified((*explored.ordinary, *explored.edges))
        return cls(explored, objects, computed, at_edges)


def _unified(samples: Sequence[Sample]) -> tuple[dict[Identity, Any], Places]:
    """Return the tree of each object, and what is computed."""
    sets = [named_objects(sample.built) for sample in samples]
    if any([*each] != [*sets[0]] for each in sets):
        return {}, {None: [Computed((), tuple(len(each) for each in sets))]}
    trees: dict[Identity, Any] = {}
    computed: dict[Identity | None, list[Computed]] = {}
    for identity in sets[0]:
        unifier = Unifier([sample.values for sample in samples])
        trees[identity] = unifier.unify([each[identity] for each in sets])
        if unifier.computed:
            computed[identity] = unifier.computed
    return trees, computed


def _merged(explorer: Explorer, explored: Sequence[Explored], trees: Sequence[_Trees]) -> Derived:
    space = explorer.space
    accepted = tuple(tree.explored.combination for tree in trees)
    decider = Decider(space.dimensions, accepted)
    merger = Merger(decider)
    phrasebook = Phrasebook()
    notes, findings = merged_notes(
        decider,
        [notes_of((*t.explored.ordinary, *t.explored.edges), phrasebook) for t in trees],
        explorer.observed.note_looks,
    )
    return Derived(
        space=space,
        combinations=accepted,
        objects=tuple(_objects(merger, [tree.objects for tree in trees])),
        notes=notes,
        refused=_refused(space, explored),
        compiled=sum(len(one.ordinary) + len(one.edges) for one in explored),
        findings=findings,
    )


def _objects(merger: Merger, trees: Sequence[Mapping[Identity, Any]]) -> list[LiveObject]:
    members = range(len(trees))
    identities = dict.fromkeys(identity for tree in trees for identity in tree)
    return [
        LiveObject(
            identity, *merger.merge(members, [tree.get(identity, MISSING) for tree in trees])
        )
        for identity in identities
    ]


def _refused(space: Space, explored: Sequence[Explored]) -> tuple[Refused, ...]:
    decider = Decider(space.dimensions, [one.combination for one in explored])
    members = range(len(explored))
    reasons = dict.fromkeys(reason for one in explored for reason in one.reasons)
    return tuple(
        Refused(reason, decider.condition(members, [reason in one.reasons for one in explored]))
        for reason in reasons
    )
