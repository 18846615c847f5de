"""kept: what merging gave before for the same object and the same patches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from math import isfinite
from typing import Any, TypeAlias

from attrs import Factory, define, evolve, fields, frozen

from packc.diagnostics import Diagnostic, Span
from packc.frozen import FrozenList
from packc.model import (
    MISSING,
    BaseObject,
    FileContent,
    Level,
    NewObject,
    Note,
    Operation,
    Patch,
    PatchedObject,
    Write,
)
from packc.patching.slots import LookError, Places, Slot, filled, places

Merged: TypeAlias = tuple[PatchedObject, tuple[Diagnostic, ...]]
"""An object after its patches, and what there was to say about them."""

Merge: TypeAlias = Callable[[BaseObject, Sequence[Patch]], Merged]


@define(eq=False, repr=False)
class Kept:
    """Remembers objects and what merging made of them, for variants that have much in common.

    Merging depends on its arguments alone, so equal ones need no second time; equal are those that
    cannot be told apart by their types, texts and places. Where they differ only in the values of
    parameters, and merging does not look at those, the new values take the places of the old ones.
    """

    _bases: dict[Hashable, BaseObject] = Factory(dict)
    _merged: dict[Hashable, Merged] = Factory(dict)
    _templates: dict[Hashable, _Template | None] = Factory(dict)

    def base(self, base: BaseObject) -> BaseObject:
        """Return the object, or one that was here before and is the same, if a plugin brings it."""
        if base.origin is None:
            return base
        try:
            key = (base.origin, base.file, base.locate(()), base.reason, exact(base.data))
        except UnknownError:
            return base
        return self._bases.setdefault(key, base)

    def merged(self, base: BaseObject, patches: Sequence[Patch], merge: Merge) -> Merged:
        """Return what the base with these patches is; `merge` finds out where it is not known."""
        try:
            form = (id(base), *map(_form, patches))
        except UnknownError:
            return merge(base, patches)
        values = [operation.value for operation in _operations(patches) if _is_free(operation)]
        key = (form, *map(exact, values))
        found = self._merged.get(key)
        if found is None:
            template = self._template(form, base, patches, merge) if values else None
            found = template.filled(patches, values) if template else merge(base, patches)
            # It holds the base, whose id is therefore not given to another.
            self._merged[key] = found
        return found

    def _template(
        self, form: Hashable, base: BaseObject, patches: Sequence[Patch], merge: Merge
    ) -> _Template | None:
        """Return what merging makes of all patches of this form; None where it looks at values."""
        if form not in self._templates:
            try:
                self._templates[form] = _Template.of(*merge(base, _with_slots(patches)))
            except LookError:
                self._templates[form] = None
        return self._templates[form]


@frozen(eq=False, repr=False)
class _Template:
    """An object after patches that have slots for values, and where these are in the end."""

    entry: PatchedObject
    diagnostics: tuple[Diagnostic, ...]
    data: Places | None
    writes: tuple[_TemplateWrite, ...]

    @classmethod
    def of(cls, entry: PatchedObject, diagnostics: tuple[Diagnostic, ...]) -> _Template:
        writes = (_TemplateWrite(w, places(w.before), places(w.after)) for w in entry.writes)
        return cls(entry, diagnostics, places(entry.data), tuple(writes))

    def filled(self, patches: Sequence[Patch], values: Sequence[Any]) -> Merged:
        return (
            PatchedObject(
                self.entry.base,
                filled(self.entry.data, self.data, values),
                tuple(write.filled(values) for write in self.writes),
            ),
            self.diagnostics,
        )


@frozen(eq=False, repr=False)
class _TemplateWrite:
    write: Write
    before: Places | None
    after: Places | None

    def filled(self, values: Sequence[Any]) -> Write:
        write = self.write
        operation = write.operation
        if type(operation.value) is Slot:
            operation = evolve(operation, value=values[operation.value.number])
        elif self.before is None and self.after is None:
            return write
        return evolve(
            write,
            operation=operation,
            before=filled(write.before, self.before, values),
            after=filled(write.after, self.after, values),
        )


def _with_slots(patches: Sequence[Patch]) -> list[Patch]:
    """Return the patches with a slot for each value that is free."""
    count = 0
    found = []
    for patch in patches:
        operations = []
        for operation in patch.operations:
            if _is_free(operation):
                operation = evolve(operation, value=Slot(count))
                count += 1
            operations.append(operation)
        found.append(evolve(patch, operations=tuple(operations)))
    return found


def _operations(patches: Sequence[Patch]) -> Iterator[Operation]:
    return (operation for patch in patches for operation in patch.operations)


def _is_free(operation: Operation) -> bool:
    """Return whether the value is a parameter's, and one that every operation takes."""
    value = operation.value
    kind = type(value)
    return operation.parameter is not None and (
        kind is str or kind is int or kind is bool or (kind is float and isfinite(value))
    )


# --- what is equal ----------------------------------------------------------------------------


_WORDS = frozenset((FileContent, NewObject, Note, Operation, Patch, Span))
"""Classes that are the sum of their fields."""


class UnknownError(Exception):
    """Raised for data of a type whose equality may mean anything."""


@frozen(eq=False)
class _Same:
    """Is equal to what holds the very same value, and keeps it, so that its id is not reused."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def exact(value: Any) -> Hashable:
    """Return something that is equal for two values only if nothing tells them apart."""
    kind = type(value)
    if kind is str or value is None or value is MISSING:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is bool:
        return kind, value
    if kind is float:
        return kind, repr(value)
    if kind is dict:
        return kind, *((_text(name), exact(item)) for name, item in value.items())
    if kind in (list, tuple):
        return kind, *map(exact, value)
    if kind is FrozenList:
        return kind, exact(value._data)
    if kind in _WORDS:
        return kind, *(exact(getattr(value, each.name)) for each in fields(kind))
    if kind is Level:
        return kind, value.value
    raise UnknownError


def _text(name: Any) -> str:
    if type(name) is not str:
        raise UnknownError
    return name


def _form(patch: Patch) -> Hashable:
    """Return what a patch is, but for the values that are free."""
    if type(patch) is not Patch:
        raise UnknownError
    is_of_pack = patch.origin is not None and patch.origin.distribution is None
    return (
        *map(exact, (patch.object, patch.description, patch.optional)),
        patch.origin,
        _place(patch.span),
        *(_form_of_operation(operation, is_of_pack) for operation in patch.operations),
    )


def _form_of_operation(operation: Operation, is_of_pack: bool) -> Hashable:
    if type(operation) is not Operation:
        raise UnknownError
    return (
        *map(exact, (operation.op, operation.path, operation.source)),
        *map(exact, (operation.parameter, operation.optional, operation.overrides)),
        _form_of_value(operation, is_of_pack),
        operation.secret,
        _place(operation.span),
    )


def _form_of_value(operation: Operation, is_of_pack: bool) -> Hashable:
    if _is_free(operation):
        return Slot
    try:
        return exact(operation.value)
    except UnknownError:
        if not is_of_pack:
            raise
        return _Same(operation.value)  # what a file of the pack holds never changes


def _place(span: Span | None) -> Hashable:
    return None if span is None else (*map(exact, (span.file, span.line, span.column)),)
