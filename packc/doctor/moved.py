"""moved: what differs between two builds of one variant, and who is behind each difference."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from packc.diagnostics import Span
from packc.diff.changes import Change, Op, changes
from packc.model import MISSING, Identity, Origin, PatchedObject, Write
from packc.patch import Patched
from packc.patching.jsondata import equal
from packc.patching.pointer import format_path
from packc.pipeline import Compiled
from packc.plugins import Host, Plugin
from packc.supervision import span_of
from packc.tracing.masking import Mask
from packc.tracing.trace import Field, fields, trace

DECLARING: Final = ("packc_clouds", "packc_features", "packc_parameters")
"""The hooks that are asked once for all variants, and that every variant rests on."""

_TRACED: Final = ("packc_objects", "packc_patches")
_SPEAKING: Final = {"packc_notes": "its notes", "packc_check": "its findings"}
_LONGEST_VALUE: Final = 60
_MASKED: Final = "(masked)"
_NO_SECRET: Final = Identity("", "", "", "")


@frozen
class Culprit:
    """A hook of a plugin, or a file of the pack, and the line where it does something."""

    name: str
    hook: str | None = None
    span: Span | None = None

    @property
    def is_plugin(self) -> bool:
        return self.hook is not None

    def __str__(self) -> str:
        return f"{self.hook} of {self.name}" if self.hook else self.name


@frozen
class Answer:
    """What a hook answered, as plain data. `variant` is empty for hooks that declare."""

    culprit: Culprit
    variant: str
    items: Sequence[Any] = field(repr=False)


@frozen
class Deed:
    """A write of the trace as plain data; `after` is an empty list where nothing is left."""

    culprit: Culprit
    op: str
    path: str
    after: Sequence[Any] = field(repr=False)
    is_secret: bool = False


@frozen
class ObjectShot:
    """An object as it came out, with the writes that made it so.

    `bringer` is the hook that brought it; what that put into it counts as writes too.
    """

    data: Any = field(repr=False)
    deeds: Sequence[Deed] = ()
    is_secret: bool = False
    bringer: Culprit | None = None


@frozen
class Shot:
    """One variant as it came out: its objects, what the hooks answered, and its files as text."""

    variant: str
    objects: Mapping[str, ObjectShot] = field(repr=False)
    answers: Sequence[Answer] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)


@frozen
class Move:
    """One place that differs between two builds, with the values there, and who is behind it.

    `place` says what moved: a field of an object, a file, or what a hook says.
    """

    culprits: tuple[Culprit, ...]
    place: str
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    is_secret: bool = False

    def shown(self, value: Any, mask: Mask) -> str:
        """Return one of the values for a message: short, and without a secret."""
        if value is MISSING:
            return "nothing"
        if self.is_secret:
            return _MASKED
        text = json.dumps(mask.shown(value, _NO_SECRET, ()), ensure_ascii=False)
        return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


@define
class RecordingHost(Host):
    """A host that keeps what the hooks answer, apart from what is in the trace."""

    answers: list[Answer] = field(factory=list, init=False, repr=False)

    def ask(
        self, plugin: Plugin, hook: str, item_type: type, /, **arguments: Any
    ) -> tuple[Any, ...]:
        items = Host.ask(self, plugin, hook, item_type, **arguments)
        if items and hook not in _TRACED:
            variant = arguments["variant"].name if "variant" in arguments else ""
            self.answers.append(Answer(culprit_of(plugin, hook), variant, as_data(items)))
        return items


def culprit_of(plugin: Plugin, hook: str) -> Culprit:
    """Return the hook of a plugin with the line where it begins."""
    return Culprit(str(plugin), hook, span_of(getattr(plugin.module, hook)))


def shot(
    compiled: Compiled, secrets: frozenset[str], answers: Sequence[Answer], files: Mapping[str, str]
) -> Shot:
    """Return a variant as plain data; `secrets` names the parameters that are never shown."""
    name = compiled.name
    return Shot(
        variant=name,
        objects=objects_of(compiled.patched, secrets),
        answers=[answer for answer in answers if answer.variant in ("", name)],
        files=dict(files),
    )


def objects_of(patched: Patched, secrets: frozenset[str]) -> dict[str, ObjectShot]:
    """Return the objects of a variant as plain data, by identity."""
    return {str(entry.identity): _object(entry, secrets) for entry in patched.objects}


def as_data(value: Any) -> Any:
    """Return a value that holds attrs classes as plain JSON data, without any address in it."""
    if attrs.has(type(value)):
        return {each.name: as_data(getattr(value, each.name)) for each in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(name): as_data(item) for name, item in value.items()}
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Sequence):
        return [as_data(item) for item in value]
    return f"<{type(value).__name__}>"


# --- taking the shot --------------------------------------------------------------------------


def _object(entry: PatchedObject, secrets: frozenset[str]) -> ObjectShot:
    deeds = [_deed(write, secrets) for write in entry.writes]
    is_secret, base = entry.identity.kind == "Secret", entry.base
    if base.origin is None:
        return ObjectShot(as_data(entry.data), deeds, is_secret)
    bringer = _writer(base.origin, base.locate(()))
    brought = [_brought(field, bringer) for field in fields(trace(PatchedObject(base, base.data)))]
    return ObjectShot(as_data(entry.data), [*brought, *deeds], is_secret, bringer)


def _brought(field: Field, bringer: Culprit) -> Deed:
    return Deed(bringer, "add", format_path(field.path), [as_data(field.value)])


def _deed(write: Write, secrets: frozenset[str]) -> Deed:
    operation = write.operation
    return Deed(
        culprit=_writer(write.origin, operation.span),
        op=operation.op,
        path=format_path(write.path),
        after=[] if write.after is MISSING else [as_data(write.after)],
        is_secret=operation.parameter in secrets,
    )


def _writer(origin: Origin, span: Span | None) -> Culprit:
    if origin.distribution is None:
        return Culprit(origin.writer, origin.hook, span)
    distribution = f"{origin.distribution.name} {origin.distribution.version}"
    return Culprit(f"plugin '{origin.writer}' ({distribution})", origin.hook, span)


def moves(before: Shot, after: Shot) -> Iterator[Move]:
    """Yield what differs between two builds of one variant, by object and field."""
    found = [
        *_moved_objects(before, after),
        *(m for hook in (*_SPEAKING, *DECLARING) for m in _moved_answers(before, after, hook)),
    ]
    both = sorted(before.files.keys() & after.files.keys())
    differing = [name for name in both if before.files[name] != after.files[name]]
    yield from found or (Move((), name, "one text", "another text") for name in differing)


# --- what differs ----------------------------------------------------------------------------


def _moved_objects(before: Shot, after: Shot) -> Iterator[Move]:
    for name in sorted({*before.objects, *after.objects}):
        left, right = before.objects.get(name), after.objects.get(name)
        if left is None or right is None:
            there, absent = ("an object", MISSING) if left else (MISSING, "an object")
            present = left or right
            bringers = [present.bringer] if present and present.bringer else []
            yield Move(_declarers(before, after) or _once(bringers), name, there, absent)
        elif not equal(left.data, right.data, exact=True):
            yield from _moved_fields(name, left, right, _declarers(before, after))


def _moved_fields(
    name: str, left: ObjectShot, right: ObjectShot, declarers: tuple[Culprit, ...]
) -> Iterator[Move]:
    moved = _moved_deeds(left.deeds, right.deeds)
    for change in changes(left.data, right.data):
        path = format_path(change.path)
        touching = [deed for deed in (*left.deeds, *right.deeds) if _is_near(deed.path, path)]
        own = [deed.culprit for deed in touching if deed in moved]
        # Where each write did the same in both builds, their order is what differs.
        every = [deed.culprit for deed in touching]
        culprits = _once([c for c in own if c.is_plugin]) or declarers or _once(own or every)
        is_secret = left.is_secret or any(deed.is_secret for deed in touching)
        yield Move(culprits, f"{path or '/'} of {name}", *_values(change), is_secret)


def _moved_deeds(left: Sequence[Deed], right: Sequence[Deed]) -> list[Deed]:
    """Return the writes that have no equal in the other build."""
    sides = _by_place(left), _by_place(right)
    moved: list[Deed] = []
    for place in dict.fromkeys((*sides[0], *sides[1])):
        for one, other in zip_longest(sides[0][place], sides[1][place]):
            if one is None or other is None or not equal(one.after, other.after, exact=True):
                moved.extend(deed for deed in (one, other) if deed is not None)
    return moved


def _by_place(deeds: Sequence[Deed]) -> dict[tuple[str, str, str], list[Deed]]:
    by_place: dict[tuple[str, str, str], list[Deed]] = defaultdict(list)
    for deed in deeds:
        by_place[str(deed.culprit), deed.op, deed.path].append(deed)
    return by_place


def _is_near(one: str, other: str) -> bool:
    """Tell whether one of two paths is at the other, above it or below it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _values(change: Change) -> tuple[Any, Any]:
    if change.op is Op.REORDER:
        return [str(key) for key in change.before], [str(key) for key in change.after]
    return change.before, change.after


# --- answers ----------------------------------------------------------------------------------


def _moved_answers(before: Shot, after: Shot, hook: str) -> Iterator[Move]:
    left, right = _items(before, hook), _items(after, hook)
    for culprit in dict.fromkeys((*left, *right)):
        one, other = left.get(culprit, []), right.get(culprit, [])
        difference = next(iter(changes(list(one), list(other))), None)
        if difference is not None:
            place = _SPEAKING.get(hook, f"{format_path(difference.path)} of its answer")
            yield Move((culprit,), place, *_values(difference))


def _items(shot: Shot, hook: str) -> dict[Culprit, Sequence[Any]]:
    return {answer.culprit: answer.items for answer in shot.answers if answer.culprit.hook == hook}


def _declarers(before: Shot, after: Shot) -> tuple[Culprit, ...]:
    """Return the hooks that declared something else than before."""
    moved = (move for hook in DECLARING for move in _moved_answers(before, after, hook))
    return _once([culprit for move in moved for culprit in move.culprits])


def _once(culprits: Sequence[Culprit]) -> tuple[Culprit, ...]:
    """Return each culprit once, by name: two builds may see one hook at two lines."""
    return tuple({str(culprit): culprit for culprit in reversed(culprits)}.values())
