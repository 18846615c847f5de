"""bring: the whole objects that plugins bring into a variant, checked, copied and placed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from packc.answers import kind
from packc.diagnostics import Diagnostic, Findings, PackcError, Related, Span
from packc.frozen import FrozenList, FrozenMap
from packc.model import BaseObject, FileContent, Identity, NewObject, Origin, Variant
from packc.objects import identity_of, not_an_object
from packc.pack import Pack
from packc.patching.pointer import format_pointer
from packc.plugins import Host, Plugin
from packc.supervision import span_of
from packc.yamlio import MAX_DEPTH

HOOK: Final = "packc_objects"
MOST_CHARACTERS: Final = 3 * 1024 * 1024
"""What the API server reads of one request (MaxRequestBodyBytes of k8s.io/apiserver)."""

MOST_VALUES: Final = 200_000
"""More than any object of that size holds in practice; one that holds itself ends here too."""

_SET_BY_CLUSTER: Final = (
    ("status",),
    ("metadata", "creationTimestamp"),
    ("metadata", "generation"),
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "uid"),
)
_PLAIN: Final = "dicts, lists, text, numbers, booleans and None"


def bring(
    plugins: Iterable[Plugin], host: Host, variant: Variant, own: Sequence[BaseObject]
) -> tuple[BaseObject, ...]:
    """Return the objects that the plugins bring into a variant, sorted by identity.

    `own` are the objects of the pack. Raises PackcError: what `Host.ask` raises, PK221 where an
    object is there already, PK222 to PK224 where one cannot be taken.
    """
    findings = Findings()
    brought = [
        base for plugin in _asked(plugins) for base in _brought(plugin, host, variant, findings)
    ]
    brought.sort(key=lambda base: str(base.identity))
    findings.extend(_rivals(own, brought))
    findings.raise_if_failed()
    return tuple(brought)


def may_bring(pack: Pack, host: Host, asked: Collection[str]) -> bool:
    """Return whether another plugin that the pack lists, none of those asked, brings objects."""
    listed = (*pack.spec.clouds, *(use.name for use in pack.spec.features))
    return any(_has_hook(name, host) for name in listed if name not in asked)


def _has_hook(name: str, host: Host) -> bool:
    """Return whether a plugin has the hook; of one that is not there nobody can tell."""
    try:
        return HOOK in host.hooks(host.load(name))
    except PackcError:
        return True


def _asked(plugins: Iterable[Plugin]) -> Iterable[Plugin]:
    """Return the plugins by name; a module that provides several of them is asked once."""
    by_module: dict[str, Plugin] = {}
    for plugin in sorted(plugins, key=lambda plugin: plugin.name):
        by_module.setdefault(plugin.module.__name__, plugin)
    return by_module.values()


def _brought(
    plugin: Plugin, host: Host, variant: Variant, findings: Findings
) -> Iterator[BaseObject]:
    origin = Origin(plugin.name, HOOK, plugin.distribution)
    for answer in host.ask(plugin, HOOK, NewObject, variant=variant):
        span = answer.span or span_of(plugin.module.packc_objects)
        try:
            data = _checked(answer.data)
        except _Unfit as unfit:
            findings.add(unfit.diagnostic(plugin, answer.data, span))
        else:
            yield _base(data, origin, span, answer.description)


def _base(data: dict[str, Any], origin: Origin, span: Span, reason: str) -> BaseObject:
    return BaseObject(
        data, identity_of(data), span.file, lambda path: span, origin=origin, reason=reason
    )


# --- what is there already --------------------------------------------------------------------


def _rivals(own: Sequence[BaseObject], brought: Sequence[BaseObject]) -> Iterator[Diagnostic]:
    first: dict[Identity, BaseObject] = {base.identity: base for base in own}
    for base in brought:
        other = first.setdefault(base.identity, base)
        if other is not base:
            yield _rival(base, other)


def _rival(base: BaseObject, other: BaseObject) -> Diagnostic:
    if other.origin is None:
        where = f"the pack has in {other.file}"
        hint = "remove it from the pack; what should differ there is a patch"
    elif other.origin == base.origin:
        where, hint = "it has brought already", "tell the plugin's author"
    else:
        where = f"{other.origin} brings as well"
        hint = "for their authors: let one of them bring it, and the other patch it"
    return Diagnostic(
        "PK221",
        f"{base.origin} brings {base.identity}, which {where}",
        base.locate(()),
        hint,
        related=(Related("the first is here", other.locate(("metadata", "name"))),),
    )


# --- what cannot be taken ---------------------------------------------------------------------


class _Unfit(Exception):
    """Something that packc does not take, at `steps` of an object."""

    def __init__(
        self, code: str, message: str, hint: str | None = None, steps: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.hint, self.steps = code, hint, steps

    def diagnostic(self, plugin: Plugin, data: Any, span: Span) -> Diagnostic:
        place = f", at '{format_pointer(self.steps)}'" if self.steps else ""
        text = f"{HOOK} of {plugin} brings {_name(data)}: {self}{place}"
        return Diagnostic(self.code, text, span, self.hint or "tell the plugin's author")


def _checked(value: Any) -> dict[str, Any]:
    """Return a copy of an object; raise _Unfit where it is none, or not such as packc takes."""
    data: dict[str, Any] = _Copier().copied(value, ())
    problem = not_an_object(data)
    if problem is not None:
        path, message, hint = problem
        raise _Unfit("PK222", message, hint, path)
    for outer, *inner in _SET_BY_CLUSTER:
        holder = data[outer] if inner else data
        name = inner[0] if inner else outer
        if name in holder:
            text = f"'{name}' is set by the cluster"
            raise _Unfit("PK222", text, "leave it out", (outer, *inner))
    return data


class _Copier:
    """Copies plain data into dicts and lists of its own, and counts what it copies."""

    def __init__(self) -> None:
        self.values = 0
        self.characters = 0

    def copied(self, value: Any, steps: tuple[str | int, ...]) -> Any:
        self._count(steps)
        if value is None or isinstance(value, bool):
            return value
        for shape, copy in _COPIES.items():
            if isinstance(value, shape):
                return copy(self, value, steps)
        if isinstance(value, FileContent):
            hint = "the text of a file is its `text`"
        else:
            hint = f"objects are made of {_PLAIN}"
        raise _Unfit("PK223", f"found {kind(value)}, expected plain data", hint, steps)

    def text(self, value: str, steps: tuple[str | int, ...]) -> str:
        plain = str.__str__(value)
        self.characters += len(plain)
        if self.characters > MOST_CHARACTERS:
            raise _Unfit("PK224", f"it holds more than {MOST_CHARACTERS} characters", "split it")
        if not plain.isascii() and any("\ud800" <= each <= "\udfff" for each in plain):
            raise _Unfit("PK223", "found half a surrogate pair, which is no text", steps=steps)
        return plain

    def integer(self, value: int, steps: tuple[str | int, ...]) -> int:
        plain = int.__int__(value)
        if not -(2**63) <= plain < 2**63:
            text = "found an integer of more than 64 bits, which readers of YAML round"
            raise _Unfit("PK223", text, "write it as text, if the API takes one", steps)
        return plain

    def number(self, value: float, steps: tuple[str | int, ...]) -> float:
        plain = float.__float__(value)
        if not math.isfinite(plain):
            text = f"found {float.__repr__(plain)}, expected a finite number"
            raise _Unfit("PK223", text, "leave it out, or write it as text", steps)
        return plain

    def members(self, items: Iterable[Any], steps: tuple[str | int, ...]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for name, item in items:
            if not isinstance(name, str):
                text = f"found {kind(name)} as a key, expected text"
                raise _Unfit("PK223", text, "write the key as text", steps)
            plain = self.text(name, steps)
            copy[plain] = self.copied(item, (*steps, plain))
        return copy

    def items(self, items: Iterable[Any], steps: tuple[str | int, ...]) -> list[Any]:
        return [self.copied(item, (*steps, index)) for index, item in enumerate(items)]

    def _count(self, steps: tuple[str | int, ...]) -> None:
        self.values += 1
        if len(steps) > MAX_DEPTH:
            text = f"it is nested more than {MAX_DEPTH} levels deep"
            raise _Unfit("PK224", text, "flatten it")
        if self.values > MOST_VALUES:
            raise _Unfit("PK224", f"it holds more than {MOST_VALUES} values", "split it")


_COPIES: Final[Mapping[type, Callable[[_Copier, Any, tuple[str | int, ...]], Any]]] = {
    str: _Copier.text,
    int: _Copier.integer,
    float: _Copier.number,
    # The types' own iteration: that of a subclass would run code of the plugin.
    dict: lambda copier, value, steps: copier.members(dict.items(value), steps),
    FrozenMap: lambda copier, value, steps: copier.members(value.items(), steps),
    list: lambda copier, value, steps: copier.items(list.__iter__(value), steps),
    tuple: lambda copier, value, steps: copier.items(tuple.__iter__(value), steps),
    FrozenList: lambda copier, value, steps: copier.items(value, steps),
}


def _name(data: Any) -> str:
    """Return how a message names an object that may not even have a name."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(data, dict) and isinstance(data.get("kind"), str) and isinstance(name, str):
        return f"{data['kind']}/{name}"
    return "an object"
