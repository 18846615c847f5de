"""selection: finds the object that a patch names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packc.diagnostics import Diagnostic, Findings, Span, did_you_mean
from packc.model import BINDINGS, BaseObject, Identity, Patch
from packc.patching.jsondata import listed


def select(
    objects: Sequence[BaseObject], patches: Iterable[Patch], findings: Findings
) -> dict[int, list[Patch]]:
    """Return the patches of each object, by the object's index, in the order given.

    A patch that matches no object is PK302 unless it is optional; several matches are PK303.
    """
    catalogue = _Catalogue(objects)
    selected: dict[int, list[Patch]] = {}
    for patch in patches:
        match catalogue.find(patch.object):
            case [index]:
                selected.setdefault(index, []).append(patch)
            case [] if patch.optional is None:
                findings.add(catalogue.no_match(patch))
            case []:
                continue
            case several:
                findings.add(_several(patch, [objects[index].identity for index in several]))
    return selected


class _Catalogue:
    """The objects by kind and name."""

    def __init__(self, objects: Sequence[BaseObject]) -> None:
        self.identities = [base.identity for base in objects]
        self.by_name: dict[tuple[str, str], list[int]] = {}
        for index, identity in enumerate(self.identities):
            self.by_name.setdefault((identity.kind, identity.name), []).append(index)

    def find(self, selector: str) -> list[int]:
        """Return the indices of the objects that a selector fits."""
        parts = _parts(selector)
        if parts is None:
            return []
        kind, group, namespace, name = parts
        return [
            index
            for index in self.by_name.get((kind, name), ())
            if group in (None, self.identities[index].group)
            and namespace in (None, self.identities[index].namespace)
        ]

    def no_match(self, patch: Patch) -> Diagnostic:
        parts = _parts(patch.object)
        if parts is None:
            hint = "write Kind/name, Kind/namespace/name or Kind.group/name"
            return Diagnostic("PK302", f"'{patch.object}' names no object", _span(patch), hint=hint)
        same_kind = [str(i) for i in self.identities if i.kind == parts[0]]
        known = same_kind or [i.kind for i in self.identities]
        close = did_you_mean(patch.object if same_kind else parts[0], known)
        way_out = "if it may be absent, say why: `optional: <reason>`"
        if patch.origin is not None and patch.origin.writer == BINDINGS:
            way_out = "if it may be absent, give the binding a condition with `when`"
        return Diagnostic(
            "PK302",
            f"no object matches '{patch.object}'{_patcher(patch)}",
            _span(patch),
            hint=f"{close} {way_out}" if close else way_out,
            found=listed(sorted(set(known))) or "no objects at all",
        )


def _span(patch: Patch) -> Span | None:
    """Return where a patch stands; one of a plugin, where its first operation does."""
    return patch.span or next((each.span for each in patch.operations), None)


def _patcher(patch: Patch) -> str:
    is_of_plugin = patch.origin is not None and patch.origin.distribution is not None
    return f", which {patch.origin} patches" if is_of_plugin else ""


def _parts(selector: str) -> tuple[str, str | None, str | None, str] | None:
    """Return kind, group, namespace and name; group and namespace are None when left open."""
    match selector.split("/"):
        case [typed, name] if typed and name:
            namespace = None
        case [typed, namespace, name] if typed and namespace and name:
            pass
        case _:
            return None
    kind, dot, group = typed.partition(".")
    return kind, group if dot else None, namespace, name


def _several(patch: Patch, identities: Sequence[Identity]) -> Diagnostic:
    return Diagnostic(
        "PK303",
        f"'{patch.object}' matches {len(identities)} objects",
        patch.span,
        hint="name the group or the namespace as well: Kind.group/namespace/name",
        found=listed(sorted(map(str, identities))),
    )
