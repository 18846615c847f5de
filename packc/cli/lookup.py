"""lookup: finds the object and the path that a person names, and says what is there instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from packc.bring import HOOK
from packc.diagnostics import Diagnostic, Findings, PackcError, Related, did_you_mean
from packc.model import BaseObject, Patch, PatchedObject
from packc.pack import ConditionalObject
from packc.patching.jsondata import is_list, is_map, listed
from packc.patching.keyed import Refusal, Trail, follow
from packc.patching.pointer import Key, Path, Pointer, Step, format_path, parse
from packc.patching.selection import select
from packc.pipeline import Assembled, Prepared, all_objects
from packc.resolve import resolve
from packc.spec import When
from packc.tracing.account import Account
from packc.tracing.trace import Place, place_at, place_removed, steps_into, trace

_DOTTED: Final = re.compile(
    r"""\.(?P<name>(?:\\.|[^.\[\]\\])+)"""
    r"""|\[(?P<index>[0-9]+)\]"""
    r"""|\[(?P<field>[A-Za-z0-9_.-]+)=(?P<value>[^\]]*)\]"""
    r"""|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]"""
)
_LAST_STEP: Final = re.compile(r"/(?:\[[^\]]*\]?|[^/]*)\Z")


@frozen
class Spot:
    """A place of an object that somebody asked for. `pointer` is empty where it is gone."""

    path: Path
    pointer: Pointer
    place: Place


def find_object(
    name: str,
    entries: Sequence[PatchedObject],
    account: Account,
    absent: Callable[[], Sequence[ConditionalObject]],
) -> PatchedObject:
    """Return the object that a name fits; `absent` gives those that other variants have.

    Raises PackcError: PK340 where there is none, PK341 where there are several, PK342 where it is
    an object that this variant does not have.
    """
    found, complaint = _search(name, [entry.base for entry in entries])
    if found is not None:
        return entries[found]
    if complaint.code == "PK303":
        raise PackcError(evolve(complaint, code="PK341"))
    elsewhere = absent()
    other, _ = _search(name, [entry.base for entry in elsewhere])
    if other is not None:
        raise PackcError(_absent(elsewhere[other], account))
    raise PackcError(_no_object(name, complaint, entries))


def absent_objects(prepared: Prepared, variant: Assembled) -> tuple[ConditionalObject, ...]:
    """Return the objects that a variant does not have: the pack's, and those of other features."""
    there = {entry.identity for entry in variant.patched.objects}
    every = (*prepared.pack.objects, *_of_other_features(prepared, variant))
    return tuple(entry for entry in every if entry.base.identity not in there)


def _of_other_features(prepared: Prepared, variant: Assembled) -> Iterator[ConditionalObject]:
    """Yield what plugins bring with each feature that is off; none where that is not to be had."""
    active, cloud = prepared.active, variant.resolved.variant.cloud
    for index, use in enumerate(prepared.pack.spec.features):
        plugin = active.plugins.get(use.name)
        if use.name in active.chosen or plugin is None or HOOK not in active.host.hooks(plugin):
            continue
        on = evolve(active, chosen=tuple(sorted((*active.chosen, use.name))))
        try:
            resolved = resolve(prepared.pack, cloud, on.chosen, on.counting, prepared.settings)
            bases = all_objects(evolve(prepared, active=on), resolved)
        except PackcError:
            continue
        when = When(feature=use.name, span=prepared.pack.place("features", index, "name"))
        yield from (ConditionalObject(b, when) for b in bases if b.origin is not None)


def find_place(entry: PatchedObject, path: str) -> Spot:
    """Return the place that a path leads to, also where a write took it away.

    Raises PackcError: PK301 where the path breaks the syntax, PK343 where it leads nowhere.
    """
    steps, root = _steps_in(entry, path), trace(entry)
    try:
        walk = follow(entry.data, steps, Trail())
    except Refusal as refusal:
        gone = place_removed(root, steps)
        if gone is None:
            raise PackcError(_leads_nowhere(entry, refusal)) from None
        return Spot(gone[0], (), gone[1])
    return Spot(walk.path, walk.pointer, place_at(root, walk.pointer))


def chosen(name: str, bases: Sequence[BaseObject]) -> int | None:
    """Return the index of the one object that a name fits, None where it is not one."""
    return _search(name, bases)[0]


def offered(data: Any, prefix: str) -> list[str]:
    """Return the paths one step below the last slash of a prefix; one that goes on ends in one."""
    above = _LAST_STEP.sub("", prefix)
    try:
        walk = follow(data, parse(above), Trail())
    except (PackcError, Refusal):
        return []
    return [
        above + format_path((step,)) + ("/" if (is_map(value) or is_list(value)) and value else "")
        for step, value in steps_into(walk.node, walk.path)
    ]


def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of a path: a pointer with keyed steps, or dotted as kubectl writes it.

    A slash at the end, which completion leaves, counts for nothing.
    """
    if not path or path.startswith("/"):
        return parse(path.removesuffix("/"))
    return tuple(_dotted_steps(path))


def _steps_in(entry: PatchedObject, path: str) -> tuple[Step, ...]:
    """Return the steps of a path; one that is not finished is refused with what could follow."""
    try:
        return steps_of(path)
    except PackcError as error:
        (malformed,) = error.diagnostics
        found = listed(offered(entry.data, path)) or None
        raise PackcError(evolve(malformed, found=found)) from None


def _dotted_steps(path: str) -> Iterator[Step]:
    text = path if path.startswith((".", "[")) else f".{path}"
    position = 0
    while position < len(text):
        step = _DOTTED.match(text, position)
        if step is None:
            message = f"unfinished step '{text[position:]}' in path '{path}'"
            hint = "write /spec/containers/[name=main]/image, or spec.containers[0].image"
            raise PackcError(Diagnostic("PK301", message, hint=hint))
        position = step.end()
        if step["field"]:
            yield Key(step["field"], step["value"])
        elif step["name"]:
            yield re.sub(r"\\(.)", r"\1", step["name"])
        else:
            yield step["index"] or step["quoted"]


def _search(name: str, bases: Sequence[BaseObject]) -> tuple[int | None, Diagnostic]:
    """Return the index of the one object that a name fits, or else why there is none."""
    findings = Findings()
    for index in select(bases, [Patch(name, ())], findings):
        return index, Diagnostic("", "")
    return None, findings.items[0]


def _no_object(name: str, complaint: Diagnostic, entries: Sequence[PatchedObject]) -> Diagnostic:
    identities = [entry.identity for entry in entries]
    names = sorted({f"{identity.kind}/{identity.name}" for identity in identities})
    close = did_you_mean(name, names) or did_you_mean(name, map(str, identities))
    return evolve(
        complaint,
        code="PK340",
        found=complaint.found or listed(names),
        hint=close or "without an object, `packc explain` lists them all",
    )


def _leads_nowhere(entry: PatchedObject, refusal: Refusal) -> Diagnostic:
    hint = refusal.hint or "without a path, `packc explain` shows all of the object"
    return Diagnostic("PK343", f"{entry.identity}: {refusal}", hint=hint, found=refusal.found)


def _absent(entry: ConditionalObject, account: Account) -> Diagnostic:
    when = entry.when
    conditions = account.conditions(when) if when else ()
    variant = account.resolved.variant.name
    return Diagnostic(
        "PK342",
        f"{entry.base.identity}: not an object of the variant {variant}",
        when.span if when else None,
        "choose other clouds, features or values",
        found=", ".join(conditions),
        related=(Related("the object is here", entry.base.locate(())),),
    )
