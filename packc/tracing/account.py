"""account: tells the chains of a variant: who wrote, where, why, and what may be shown of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from packc.conditions import within
from packc.diagnostics import Span
from packc.model import (
    MISSING,
    BaseObject,
    Distribution,
    Operation,
    Origin,
    SourceKind,
    Value,
    Write,
)
from packc.pack import FilePatch, Pack
from packc.patching.jsondata import describe, is_list, is_map
from packc.patching.pointer import Path, Pointer
from packc.record import shown
from packc.spec import When
from packc.tracing.masking import Mask, covered
from packc.tracing.trace import Field, Link
from packc.values import Resolved

Locate = Callable[[Pointer], Span]
_WITH_VALUE: Final = ("add", "replace")
_LONGEST_VALUE: Final = 100


@frozen
class Behind:
    """The parameter behind a value: what it is set to, as it may be shown, and who set it."""

    name: str
    value: Any
    source: str
    span: Span | None


@frozen
class Told:
    """A link of a chain as it may be shown; `before` and `after` are MISSING where nothing is.

    `write` is None for the base. `origin` is who wrote it; None for the base, unless a plugin
    brought it. `reason` and `conditions` are what the pack or the plugin says of it.
    `copied` is the chain of the place that a copy or move took the value from.
    """

    span: Span | None
    before: Any
    after: Any
    write: Write | None = None
    origin: Origin | None = None
    behind: Behind | None = None
    reason: str = ""
    conditions: tuple[str, ...] = ()
    copied: tuple[Told, ...] = ()

    @property
    def deed(self) -> str:
        """Return what was done: the name of the operation, "base", or "brought" by a plugin."""
        if self.write is not None:
            return self.write.operation.op
        return "base" if self.origin is None else "brought"

    @property
    def is_of_plugin(self) -> bool:
        return self.origin is not None and self.origin.distribution is not None


@frozen
class Account:
    """What is known about the writes of one variant: its pack, its values, its plugins."""

    pack: Pack
    resolved: Resolved
    plugins: Mapping[str, Distribution]
    owners: Mapping[str, str]
    mask: Mask
    _places: Mapping[Span, Locate]
    _whens: Mapping[Span, When]

    @classmethod
    def of(
        cls,
        pack: Pack,
        resolved: Resolved,
        plugins: Mapping[str, Distribution],
        owners: Mapping[str, str],
    ) -> Account:
        """Return the account of a variant.

        `plugins` take part in it; `owners` names the feature that brought a parameter, if one did.
        """
        operations = list(_operations(pack))
        whens = {span: entry.patch.when for span, entry, _ in operations if entry.patch.when}
        return cls(
            pack,
            resolved,
            plugins,
            owners,
            Mask.of(resolved.values.values()),
            operation_places(pack),
            {**whens, **dict(_binding_conditions(pack))},
        )

    def told(self, base: BaseObject, field: Field) -> tuple[Told, ...]:
        """Return a field's chain as it may be shown; links that touch nothing are left out."""
        return self._chain(base, field.links, field.path)

    def span(self, base: BaseObject, link: Link) -> Span | None:
        """Return the exact place of the value, or of the operation where it holds no value."""
        if link.write is None:
            return base.locate(link.inside)
        operation = link.write.operation
        if operation.span is None:
            return None
        locate = self._places.get(operation.span)
        if locate is None or operation.op not in _WITH_VALUE:
            return operation.span
        return locate(("parameter",) if operation.parameter else ("value", *link.inside))

    def relative(self, span: Span) -> Span:
        """Return the place with its file named relative to the pack: the same on every machine."""
        prefix = "" if self.pack.shown in ("", ".") else f"{self.pack.shown.rstrip('/')}/"
        return Span(span.file.removeprefix(prefix), span.line, span.column)

    def behind(self, operation: Operation) -> Behind | None:
        """Return the parameter that an operation's value comes from, if it names one."""
        value = self.resolved.values.get(operation.parameter or "")
        if value is None:
            return None
        return Behind(value.parameter, shown(value), self._source(value), value.source.span)

    def patch_of(self, write: Write) -> tuple[str, tuple[str, ...]]:
        """Return why the patch of a write exists, and the conditions under which it applies."""
        span = write.operation.span
        when = None if span is None else self._whens.get(span)
        return write.reason, () if when is None else self.conditions(when)

    def conditions(self, when: When) -> tuple[str, ...]:
        """Return what a condition asks about, with how it is here: 'cloud is azure'."""
        return tuple(dict.fromkeys(text for inner in within(when) for text in self._asked(inner)))

    def _chain(self, base: BaseObject, links: tuple[Link, ...], path: Path) -> tuple[Told, ...]:
        chain, is_secret = [], False
        for link in links:
            if link.before is MISSING and link.after is MISSING:
                continue
            was_secret, is_secret = is_secret, self._is_secret(base, link)
            before = covered(link.before) if was_secret else link.before
            after = covered(link.after) if is_secret else link.after
            chain.append(
                self._told(
                    base,
                    link,
                    path,
                    self.mask.shown(before, base.identity, path),
                    self.mask.shown(after, base.identity, path),
                )
            )
        return tuple(chain)

    def _told(self, base: BaseObject, link: Link, path: Path, before: Any, after: Any) -> Told:
        span, write = self.span(base, link), link.write
        if write is None:
            return Told(span, before, after, origin=base.origin, reason=base.reason)
        behind = self.behind(write.operation)
        reason, conditions = self.patch_of(write)
        copied = self._chain(base, link.copied, path)
        return Told(span, before, after, write, write.origin, behind, reason, conditions, copied)

    def _is_secret(self, base: BaseObject, link: Link) -> bool:
        """Return whether a link brings a secret; a copy in a Secret may lead one out of `data`."""
        if link.copied:
            return base.identity.kind == "Secret" or self._is_secret(base, link.copied[-1])
        return link.write is not None and link.write.operation.secret

    def _source(self, value: Value) -> str:
        source = value.source
        match source.kind:
            case SourceKind.CLOUD:
                return f"{source}{self._version(source.name)}"
            case SourceKind.DEFAULT if value.parameter in self.owners:
                owner = self.owners[value.parameter]
                return f"default of {owner}{self._version(owner)}"
            case _:
                return str(source)

    def _version(self, plugin: str) -> str:
        distribution = self.plugins.get(plugin)
        return f", {distribution.name} {distribution.version}" if distribution else ""

    def _asked(self, when: When) -> Iterator[str]:
        variant = self.resolved.variant
        if when.cloud is not None:
            yield f"cloud is {variant.cloud.name}"
        for name in (when.feature,) if isinstance(when.feature, str) else when.feature or ():
            yield f"feature {name} is {'on' if name in variant.features else 'off'}"
        for name in when.parameters:
            yield self._setting(name, self.resolved.values.get(name))

    def _setting(self, name: str, value: Value | None) -> str:
        if value is None:
            return f"{name} is not set"
        return f"{name} is {shown(value)} ({self._source(value)})"


def brief(value: Any) -> str:
    """Return a value in one line: JSON of a scalar, in short, or what a map or list holds."""
    if value is MISSING:
        return "nothing"
    if is_map(value) or is_list(value):
        return describe(value)
    text = json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…")


def printable(text: str) -> str:
    """Return the text in one line: nothing in a value may steer a terminal or end a comment."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _operations(pack: Pack) -> Iterator[tuple[Span, FilePatch, int]]:
    """Yield the operations of the patch files by where they begin, and by where their path is."""
    for entry in pack.patches:
        for index, operation in enumerate(entry.patch.operations):
            yield entry.locate(("operations", index, "path")), entry, index
            if operation.span is not None:
                yield operation.span, entry, index


def operation_places(pack: Pack) -> dict[Span, Locate]:
    """Return for each operation of the pack's files what finds a place inside it."""
    return {span: _locator(entry, index) for span, entry, index in _operations(pack)}


def _locator(entry: FilePatch, index: int) -> Locate:
    return lambda path: entry.locate(("operations", index, *path))


def _binding_conditions(pack: Pack) -> Iterator[tuple[Span, When]]:
    """Yield the conditions of bindings; a write of a binding is placed at its path."""
    for index, binding in enumerate(pack.spec.bindings):
        if binding.when is not None:
            yield pack.place("bindings", index, "path"), binding.when
