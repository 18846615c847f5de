"""bind: the pack's patches and bindings that hold for a variant, with parameters' values put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from packc.conditions import holds
from packc.diagnostics import Diagnostic, Findings, Span
from packc.keyed import Refusal, Trail, Walk
from packc.model import MISSING, BaseObject, FileContent, Operation, Origin, Patch
from packc.pack import FilePatch, Pack
from packc.pointer import parse
from packc.resolve import Resolved
from packc.selection import select
from packc.spec import Binding, Conversion, OperationSpec, When

SPEC_WRITER = "pack.yaml"


def base_objects(pack: Pack, resolved: Resolved) -> tuple[BaseObject, ...]:
    """Return the base objects of a variant, in the order of the pack."""
    return tuple(entry.base for entry in pack.objects if _holds(entry.when, resolved))


def bind(pack: Pack, resolved: Resolved, bases: Sequence[BaseObject]) -> tuple[Patch, ...]:
    """Return the pack's own patches for a variant: its bindings, then its files in their order.

    A binding holds where its parameter has a value. Raises PackcError (PK314) for a value that cannot
    stand where the pack puts it.
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
    return holds(when, variant.cloud.name, variant.features, resolved.plain())


def _bindings(
    pack: Pack, resolved: Resolved, bases: Sequence[BaseObject], findings: Findings
) -> Iterator[Patch]:
    for binding in pack.spec.bindings:
        if binding.parameter not in resolved.values or not _holds(binding.when, resolved):
            continue
        try:
            value = _bound_value(binding, resolved, bases, findings)
        except _Unfit as unfit:
            findings.add(unfit.diagnostic(binding.span))
            continue
        operation = Operation(
            "replace", binding.path, value, parameter=binding.parameter, span=binding.span
        )
        yield Patch(
            binding.object, (operation,), origin=Origin(SPEC_WRITER), span=binding.span
        )


def _bound_value(
    binding: Binding, resolved: Resolved, bases: Sequence[BaseObject], findings: Findings
) -> Any:
    value = resolved.values[binding.parameter].value
    if binding.as_ != "image-registry":
        return convert(value, binding.as_)
    return _with_registry(_image(binding, bases, findings), value)


def _image(binding: Binding, bases: Sequence[BaseObject], findings: Findings) -> Any:
    """Return what stands at the binding's path; MISSING, with the reason found, where nothing does."""
    selected = select(bases, [Patch(binding.object, (), span=binding.span)], findings)
    for index in selected:
        walk = Walk(bases[index].data, Trail())
        try:
            for step in parse(binding.path, binding.span):
                walk.enter(step)
        except Refusal as refusal:
            raise _Unfit(str(refusal), refusal.hint, refusal.code) from refusal
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
            value = _parameter_value(spec, resolved)
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


def _parameter_value(spec: OperationSpec, resolved: Resolved) -> Any:
    if spec.value is not MISSING:
        raise _Unfit("'value' and 'parameter' are both given", "remove one")
    if spec.as_ == "image-registry":
        raise _Unfit("an operation cannot put in a registry", "use a binding in pack.yaml")
    if spec.parameter not in resolved.values:
        hint = "give it a default, or make it required"
        raise _Unfit(f"the parameter '{spec.parameter}' has no value here", hint)
    return convert(resolved.values[spec.parameter].value, spec.as_)


# --- conversions ------------------------------------------------------------------------------


class _Unfit(Exception):
    """A value that cannot stand where the pack puts it."""

    def __init__(self, message: str, hint: str | None = None, code: str = "PK314") -> None:
        super().__init__(message)
        self.hint, self.code = hint, code

    def diagnostic(self, span: Span | None) -> Diagnostic:
        return Diagnostic(self.code, str(self), span, self.hint)


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
