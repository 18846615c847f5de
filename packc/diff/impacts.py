"""impacts: what a change does in a cluster, by Kubernetes' rules and by the pack's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

from attrs import frozen

from packc.diff.changes import Change, Op
from packc.diff.kubernetes import (
    DOCUMENTATION,
    ORDER_MATTERS,
    ROLLED_OUT,
    SEALABLE,
    TEMPLATE,
    Names,
    immutable_fields,
    readers,
    waits_for_deletion,
)
from packc.diff.objects import Snapshot
from packc.model import MISSING, Identity, Object
from packc.patching.jsondata import equal, is_list, is_map
from packc.patching.keyed import matching, parse_index
from packc.patching.pointer import Key, Path, Step


class ImpactClass(StrEnum):
    """What a change does, the least first."""

    COSMETIC = "cosmetic"
    IN_PLACE = "in-place"
    CREATES = "creates-object"
    RESTARTS = "restarts-pods"
    RECREATES = "recreates-object"
    DELETES = "deletes-object"
    CUTS = "cuts-traffic"

    @property
    def words(self) -> str:
        return _WORDS[self]

    @property
    def loudness(self) -> int:
        return tuple(ImpactClass).index(self)


_WORDS: Final = {
    ImpactClass.COSMETIC: "cosmetic",
    ImpactClass.IN_PLACE: "changes in place",
    ImpactClass.CREATES: "creates the object",
    ImpactClass.RESTARTS: "restarts pods",
    ImpactClass.RECREATES: "recreates the object",
    ImpactClass.DELETES: "deletes the object",
    ImpactClass.CUTS: "cuts traffic",
}


@frozen
class Impact:
    """One thing that a change does, and why."""

    kind: ImpactClass
    reason: str = ""


@frozen
class Rule:
    """What a pack says of a field: changing what is at or below the path has the impact."""

    identity: Identity
    path: Path
    impact: Impact


@frozen
class Scene:
    """An object that changes, among the objects of both sides."""

    identity: Identity
    left: Snapshot
    right: Snapshot
    rules: tuple[Rule, ...] = ()

    @property
    def before(self) -> Object:
        return self.left.objects[self.identity]

    @property
    def after(self) -> Object:
        return self.right.objects[self.identity]


def impacts(change: Change, scene: Scene) -> tuple[Impact, ...]:
    """Return what a change does, the loudest first. There is at least one thing.

    An object that comes cuts nothing; one that goes does what the pack says of each of its fields.
    """
    if not change.path and change.before is MISSING:
        return (Impact(ImpactClass.CREATES),)
    stated = list(_stated(change, scene))
    found = dict.fromkeys([*_known(change, scene), *stated]) or [_quiet(change, scene)]
    return tuple(sorted(found, key=lambda impact: -impact.kind.loudness))


_DELETION: Final = "kubectl apply leaves it in the cluster unless it prunes"


# --- what the pack says -----------------------------------------------------------------------


def _stated(change: Change, scene: Scene) -> Iterator[Impact]:
    for rule in scene.rules:
        if rule.identity == scene.identity and _reaches(change, rule.path):
            yield rule.impact


def _reaches(change: Change, path: Path) -> bool:
    """Tell whether a change touches what is at a path: there, below, or with all around it."""
    depth = len(change.path)
    if _plain(change.path[: len(path)]) == _plain(path):
        return True
    if change.op is Op.REORDER or _plain(path[:depth]) != _plain(change.path):
        return False
    rest = path[depth:]
    return not equal(_below(change.before, rest), _below(change.after, rest), exact=True)


def _plain(path: Path) -> tuple[Key | str, ...]:
    return tuple(step if isinstance(step, Key) else str(step) for step in path)


def _below(value: Any, path: Path) -> Any:
    for step in path:
        value = _child(value, step)
    return value


def _child(value: Any, step: Step) -> Any:
    if is_list(value):
        index = next(iter(matching(value, step)), None) if isinstance(step, Key) else _index(step)
        return MISSING if index is None or index >= len(value) else value[index]
    return value.get(str(step), MISSING) if is_map(value) else MISSING


def _index(step: str | int) -> int | None:
    return step if isinstance(step, int) else parse_index(step)


# --- what Kubernetes does ---------------------------------------------------------------------


def _known(change: Change, scene: Scene) -> Iterator[Impact]:
    if not change.path:
        yield Impact(ImpactClass.DELETES, _DELETION)
        return
    names = _names(change.path)
    yield from _recreation(change, names, scene)
    yield from _restart(change, names, scene)
    if _is_read(scene.identity) and names[0] in ("binaryData", "data", "stringData"):
        yield Impact(ImpactClass.IN_PLACE, _reading(scene))


def _recreation(change: Change, names: Names, scene: Scene) -> Iterator[Impact]:
    for rule in immutable_fields(scene.identity, scene.before):
        if any(_starts(names, path) for path in rule.exceptions):
            continue
        if any(_starts(names, path) or _holds(change, names, path) for path in rule.paths):
            yield Impact(ImpactClass.RECREATES, rule.reason)


def _restart(change: Change, names: Names, scene: Scene) -> Iterator[Impact]:
    kind = (scene.identity.group, scene.identity.kind)
    if kind == ("", "Pod") and names[-1:] == ("image",):
        yield Impact(ImpactClass.RESTARTS, "the container restarts with the new image")
    if kind not in ROLLED_OUT or not (_starts(names, TEMPLATE) or _holds(change, names, TEMPLATE)):
        return
    if waits_for_deletion(scene.after):
        yield Impact(
            ImpactClass.IN_PLACE, "updateStrategy is OnDelete: pods change as they are deleted"
        )
    else:
        yield Impact(ImpactClass.RESTARTS, _template_reason(change))


def _template_reason(change: Change) -> str:
    if change.op is not Op.REORDER:
        return ""
    if change.path[-1] in ORDER_MATTERS:
        return "init containers run in this order"
    return "the order alone changes nothing else, yet the pod template is another one"


def _quiet(change: Change, scene: Scene) -> Impact:
    """Return the impact of a change that neither Kubernetes' rules nor the pack's speak of."""
    names = _names(change.path)
    reason = _cosmetic_reason(change, names, scene.identity)
    if reason is not None:
        return Impact(ImpactClass.COSMETIC, reason)
    return Impact(ImpactClass.IN_PLACE)


def _cosmetic_reason(change: Change, names: Names, identity: Identity) -> str | None:
    if change.op is Op.REORDER:
        return None if names[-1] in ORDER_MATTERS else "the order means nothing"
    if change.op is Op.REPLACE and equal(change.before, change.after):
        return "the same number, written differently"
    if len(names) == 3 and names[0] == "metadata" and names[-1] in DOCUMENTATION:
        return "for people to read"
    is_schema = identity.kind == "CustomResourceDefinition" and names[:2] == ("spec", "versions")
    if is_schema and names[-1] == "description" and names[-2:-1] != ("properties",):
        return "for people to read"
    return None


def _is_read(identity: Identity) -> bool:
    return (identity.group, identity.kind) in SEALABLE


def _reading(scene: Scene) -> str:
    """Return who reads a ConfigMap or Secret that changes, and which of them take notice."""
    found = list(readers(scene.identity, scene.right.objects))
    waiting = [reader for reader in found if not _restarts_anyway(reader, scene)]
    if waiting:
        return f"nothing restarts the pods that read it: {_listed(waiting)}"
    if found:
        return f"the pods that read it restart anyway: {_listed(found)}"
    return "no pod of these objects reads it"


def _restarts_anyway(reader: Identity, scene: Scene) -> bool:
    """Tell whether a workload restarts its pods for what else changes, or is new itself."""
    after, before = scene.right.objects[reader], scene.left.objects.get(reader)
    if before is None:
        return True
    is_rolled_out = (reader.group, reader.kind) in ROLLED_OUT and not waits_for_deletion(after)
    one, other = _below(before, TEMPLATE), _below(after, TEMPLATE)
    return is_rolled_out and not equal(one, other, exact=True)


def _listed(identities: Sequence[Identity]) -> str:
    return ", ".join(map(str, identities))


def _names(path: Path) -> Names:
    return tuple(step for step in path if isinstance(step, str))


def _starts(names: Names, path: Sequence[str]) -> bool:
    return names[: len(path)] == tuple(path)


def _holds(change: Change, names: Names, path: Names) -> bool:
    """Tell whether a change of a whole map brings, takes or changes what is at a path in it."""
    if not _starts(path, names) or change.op is Op.REORDER:
        return False
    rest = path[len(names) :]
    return not equal(_below(change.before, rest), _below(change.after, rest), exact=True)
