"""blame: which open parameter makes an output one that no template can give, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packc.build import Built
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.formats.explore import Explored, Explorer, Sample
from packc.formats.holes import Computed, Unifier
from packc.formats.observe import Observer
from packc.formats.witness import Witnesses
from packc.model import MISSING, Identity, Object, PatchedObject, Write
from packc.patching.jsondata import equal, is_list
from packc.patching.pointer import Pointer, format_pointer

Places = Mapping[Identity | None, Sequence[Computed]]
"""What is computed, by object; under None, which objects there are."""


def named_objects(built: Built) -> dict[Identity, Object]:
    """Return the objects of a variant by identity."""
    return {entry.identity: entry.data for entry in built.patched}


def special_values(
    explorer: Explorer, explored: Sequence[tuple[Explored, Places]]
) -> dict[str, tuple[Any, ...]]:
    """Return the values at an edge that give another output than all others do, by parameter.

    The combinations come with the places where their samples at the edges are no hole.
    """
    found: dict[str, dict[Any, None]] = {}
    seen = set()
    for one, places in explored:
        key = frozenset((who, each.pointer) for who in places for each in places[who])
        if places and key not in seen:
            seen.add(key)
            for name, value in _specials(explorer, one):
                found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def _specials(explorer: Explorer, explored: Explored) -> Iterator[tuple[str, Any]]:
    for name in explorer.names(explored.combination):
        for value in explorer.witnesses(name).single:
            if isinstance(value, list | dict):
                continue
            sample = _with(explorer, explored, {name: value})
            if sample is not None and not _fits(explored.ordinary, sample):
                yield name, value


def _fits(ordinary: Sequence[Sample], sample: Sample) -> bool:
    """Return whether a sample is one more of the same kind, with the same holes."""
    samples = (*ordinary, sample)
    sets = [named_objects(one.built) for one in samples]
    unifier = Unifier([one.values for one in samples])
    if any(each.keys() != sets[0].keys() for each in sets):
        return False
    for identity in sets[0]:
        unifier.unify([each[identity] for each in sets])
    return not unifier.computed


def _with(explorer: Explorer, explored: Explored, changes: Mapping[str, Any]) -> Sample | None:
    """Return the first sample with other values of some parameters; None where that is refused."""

    def pick(name: str, witness: Witnesses) -> Any:
        return changes.get(name, explored.ordinary[0].values[name])

    try:
        return explorer.sample(explored.combination, pick)
    except PackcError:
        return None


def computed_objects(explorer: Explorer, explored: Sequence[tuple[Explored, Places]]) -> None:
    """Raise PackcError (PK901) with every place that is computed from open values, each once."""
    found: dict[tuple[Identity | None, Pointer], Diagnostic] = {}
    for one, places in explored:
        for identity, several in places.items():
            for computed in several:
                key = (identity, computed.pointer)
                if key not in found:
                    found[key] = _diagnostic(explorer, one, identity, computed)
    if found:
        raise PackcError(*found.values())


def refuse_looks(observed: Observer) -> None:
    """Raise PackcError (PK901) with every look of a plugin into an open value, each place once."""
    found: dict[tuple[str, str, Span], list[str]] = {}
    for look in observed.looks:
        found.setdefault((look.parameter, str(look.origin), look.span), []).append(look.what)
    raise PackcError(
        *(
            Diagnostic(
                "PK901",
                f"{origin} looks into the value of '{parameter}' ({', '.join(dict.fromkeys(what))})"
                ", which no template can do",
                span,
                "put the value in as it is, check it in packc_check, or make it an enum",
            )
            for (parameter, origin, span), what in found.items()
        ),
        *(
            Diagnostic(
                "PK901",
                f"whether {failure.message.partition(' raised ')[0]} computes something from"
                f" {_listed(observed.parameters)} cannot be found out, since it fails for values"
                f" that are watched: {failure.message.partition(' raised ')[2]}",
                failure.span,
                "take texts and numbers of any subclass of str, int and float",
            )
            for failure in observed.failures[:1]
        ),
    )


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _diagnostic(
    explorer: Explorer, explored: Explored, identity: Identity | None, computed: Computed
) -> Diagnostic:
    first = explored.ordinary[0]
    at = (explorer, explored, identity, computed.pointer)
    changed = dict(_responsible(*at)) or _together(*at)
    parameters = " and ".join(f"'{name}'" for name in changed) or "several parameters together"
    if identity is None:
        return _choice(explored, changed, parameters)
    entries = [_entry(one.built, identity) for one in (first, *changed.values())]
    write = _writer(entries, computed.pointer)
    base = entries[0].base
    origin = write.origin if write else base.origin
    place = (write.pointer if write else format_pointer(computed.pointer)) or "the object"
    return Diagnostic(
        "PK901",
        f"{identity}: {origin or 'the pack'} computes {place} from {parameters}, which no template"
        " can do",
        write.operation.span if write else base.locate(()),
        "put the value in as it is, as text, or as a list with commas; or make it an enum",
    )


def _choice(explored: Explored, changed: Mapping[str, Sample], parameters: str) -> Diagnostic:
    """Return that objects come and go with an open value, and which plugin brings them."""
    first, *others = (*explored.ordinary, *explored.edges)
    sets = [named_objects(sample.built).keys() for sample in (first, *changed.values(), *others)]
    for sample in (first, *changed.values(), *others):
        for entry in sample.built.patched:
            origin = entry.base.origin
            if origin is not None and any(entry.identity not in each for each in sets):
                text = (
                    f"{origin} brings {entry.identity} or not, which depends on the value of"
                    f" {parameters}: no template can do that"
                )
                span = entry.base.locate(())
                return Diagnostic("PK901", text, span, "let a feature or an enum decide that")
    text = f"which objects there are depends on the value of {parameters}"
    return Diagnostic("PK901", text, hint="let a feature or an enum decide that")


def _responsible(
    explorer: Explorer, explored: Explored, identity: Identity | None, pointer: Pointer
) -> Iterator[tuple[str, Sample]]:
    """Yield the parameters that change a place when they alone have another value, with that."""
    first = explored.ordinary[0]
    for name in explorer.names(explored.combination):
        witness = explorer.witnesses(name)
        for value in (*witness.ordinary[1:3], *witness.edges):
            sample = _with(explorer, explored, {name: value})
            if sample is not None and _differs(first.built, sample.built, identity, pointer):
                yield name, sample
                break


def _together(
    explorer: Explorer, explored: Explored, identity: Identity | None, pointer: Pointer
) -> dict[str, Sample]:
    """Return the parameters that change a place only if all of them have other values at once."""
    first, *others = (*explored.ordinary, *explored.edges)
    for sample in others:
        if not _differs(first.built, sample.built, identity, pointer):
            continue
        changes = {n: each for n, each in sample.values.items() if each != first.values[n]}
        for name in [*changes]:
            fewer = {n: each for n, each in changes.items() if n != name}
            without = _with(explorer, explored, fewer)
            if without is not None and _differs(first.built, without.built, identity, pointer):
                changes, sample = fewer, without
        return dict.fromkeys(changes, sample)
    return {}


def _differs(one: Built, other: Built, identity: Identity | None, pointer: Pointer) -> bool:
    left, right = named_objects(one), named_objects(other)
    if identity is None:
        return left.keys() != right.keys()
    one_value, other_value = (_at(side.get(identity), pointer) for side in (left, right))
    return not equal(one_value, other_value, exact=True)


def _at(node: Any, pointer: Sequence[str | int]) -> Any:
    """Return what stands at a pointer, whose indices may be text; MISSING where nothing does."""
    for step in pointer:
        try:
            node = node[int(step)] if is_list(node) else node[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return MISSING
    return node


def _entry(built: Built, identity: Identity) -> PatchedObject:
    return next(entry for entry in built.patched if entry.identity == identity)


def _writer(entries: Sequence[PatchedObject], pointer: Pointer) -> Write | None:
    """Return the last write to a place, of all samples, whose value is not the same in all."""
    wanted = format_pointer(pointer)
    writes = [write for entry in reversed(entries) for write in reversed(entry.writes)]
    touching = [
        write
        for write in writes
        if f"{wanted}/".startswith(f"{write.pointer}/") or write.pointer.startswith(f"{wanted}/")
    ]
    return max(touching, key=lambda write: _variance(entries, write), default=None)


def _variance(entries: Sequence[PatchedObject], write: Write) -> int:
    """Return 2 for a place that is not in all samples, 1 for one whose value is not the same."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in write.pointer.split("/")[1:]]
    values = [_at(entry.data, steps) for entry in entries]
    if any(value is MISSING for value in values):
        return 2
    return int(any(not equal(values[0], value, exact=True) for value in values))
