"""bind: the pack's patches and bindings that hold for a variant, with parameters' values put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from packc.conditions import holds
from packc.diagnostics import Diagnostic, Findings, Related, Span
from packc.model import (
    BINDINGS,
    MISSING,
    BaseObject,
    FileContent,
    Identity,
    Operation,
    Origin,
    Patch,
)
from packc.pack import FilePatch, Pack
from packc.patching.keyed import Refusal, Trail, Walk
from packc.patching.pointer import parse
from packc.patching.selection import select
from packc.spec import Conversion, OperationSpec, When
from packc.values import Resolved


def base_objects(pack: Pack, resolved: Resolved) -> tuple[BaseObject, ...]:
    """Return the base objects of a variant, in the order of the pack.

    Raises PackcError (PK123) where two of them have one identity.
    """
    bases = tuple(entry.base for entry in pack.objects if _holds(entry.when, resolved))
    findings = Findings()
    findings.extend(_duplicates(bases))
    findings.raise_if_failed()
    return bases


def _duplicates(bases: Sequence[BaseObject]) -> Iterator[Diagnostic]:
    first: dict[Identity, BaseObject] = {}
    for base in bases:
        other = first.setdefault(base.identity, base)
        if other is not base:
            yield Diagnostic(
                "PK123",
                f"a second {base.identity} in one variant",
                base.locate(("metadata", "name")),
                "remove one, or give their files conditions that exclude each other",
                related=(Related("the first is here", other.locate(("metadata", "name"))),),
            )


def bind(pack: Pack, resolved: Resolved, bases: Sequence[BaseObject]) -> tuple[Patch, ...]:
    """Return the pack's own patches for a variant: its bindings, then its files in their order.

    A binding holds where its parameter has a value. Raises PackcError (PK314) for a value that
    cannot stand where the pack puts it.
    """
    findings = Findings()
    patches = [*_bindings(pack, resolved, bases, findings)]
    patches += [
        _patch(entry, resolved, findings)
        for entry in pack.patches
        if _holds(entry.patch.when, resolved)
    ]
    findings.raise_if_failed()
    return tuple(patches)


def _holds(when: When | None, resolved: Resolved) -> bool:
    variant = resolved.variant
    return holds(when, variant.cloud.name, variant.features, variant.values)


def _bindings(
    pack: Pack, resolved: Resolved, bases: Sequence[BaseObject], findings: Findings
) -> Iterator[Patch]:
    for index, binding in enumerate(pack.spec.bindings):
        if binding.parameter not in resolved.values or not _holds(binding.when, resolved):
            continue
        at_object = pack.place("bindings", index, "object")
        at_path = pack.place("bindings", index, "path")
        value = resolved.values[binding.parameter].value
        target = Operation("replace", binding.path, parameter=binding.parameter, span=at_path)
        patch = Patch(binding.object, (target,), origin=Origin(BINDINGS), span=at_object)
        try:
            if binding.as_ == "image-registry":
                value = _with_registry(_target_value(patch, bases, findings), value)
            else:
                value = convert(value, binding.as_)
        except _Unfit as unfit:
            findings.add(unfit.diagnostic(binding.span))
        else:
            yield evolve(patch, operations=(evolve(target, value=value),))


def _target_value(patch: Patch, bases: Sequence[BaseObject], findings: Findings) -> Any:
    """Return what stands where a binding writes; MISSING, with the reason, where nothing does."""
    (target,) = patch.operations
    for index in select(bases, [patch], findings):
        walk = Walk(bases[index].data, Trail())
        try:
            for step in parse(target.path, target.span):
                walk.enter(step)
        except Refusal as refusal:
            findings.add(Diagnostic(refusal.code, str(refusal), target.span, refusal.hint))
            return MISSING
        return walk.node
    return MISSING


def _patch(entry: FilePatch, resolved: Resolved, findings: Findings) -> Patch:
    spec = entry.patch
    return Patch(
        spec.object,
        tuple(_operation(operation, resolved, findings) for operation in spec.operations),
        spec.description,
        spec.optional,
        Origin(entry.file),
        spec.span,
    )


def _operation(spec: OperationSpec, resolved: Resolved, findings: Findings) -> Operation:
    value = spec.value
    try:
        if spec.parameter is not None:
            value = _parameter_value(spec, spec.parameter, resolved)
    except _Unfit as unfit:
        findings.add(unfit.diagnostic(spec.span))
    return Operation(
        spec.op,
        spec.path,
        value,
        spec.from_,
        spec.parameter,
        spec.optional,
        spec.overrides,
        spec.span,
    )


def _parameter_value(spec: OperationSpec, parameter: str, resolved: Resolved) -> Any:
    if spec.value is not MISSING:
        raise _Unfit("'value' and 'parameter' are both given", "remove one")
    if spec.as_ == "image-registry":
        raise _Unfit("an operation cannot put in a registry", "use a binding in pack.yaml")
    if parameter not in resolved.values:
        hint = "give it a default, or make it required"
        raise _Unfit(f"the parameter '{parameter}' has no value here", hint)
    return convert(resolved.values[parameter].value, spec.as_)


# --- conversions ------------------------------------------------------------------------------


class _Unfit(Exception):
    """A value that cannot stand where the pack puts it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def diagnostic(self, span: Span | None) -> Diagnostic:
        return Diagnostic("PK314", str(self), span, self.hint)


def convert(value: Any, conversion: Conversion) -> Any:
    """Return a parameter's value as a field's value."""
    match conversion:
        case "string":
            return _as_text(value)
        case "comma-list":
            if not isinstance(value, list | tuple):
                raise _Unfit("'comma-list' needs a parameter of type list", "use 'as: string'")
            return ",".join(_as_text(item) for item in value)
        case _:
            if isinstance(value, FileContent):
                raise _Unfit("a file's content is text", "add 'as: string'")
            return value


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case FileContent():
            return value.text
        case str() | int() | float():
            return str(value)
        case _:
            raise _Unfit("a list or map is not text", "use 'as: comma-list', or leave 'as' out")


def _with_registry(image: Any, registry: Any) -> Any:
    """Return the image with another registry: what stands before its last slash is replaced."""
    if image is MISSING:
        return MISSING
    if not isinstance(image, str) or not isinstance(registry, str):
        raise _Unfit("'image-registry' needs a parameter and a field of text")
    return f"{registry}/{image.rpartition('/')[2]}"
