"""text: kustomizations and patches as files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import indent, wrap
from typing import Any

from packc.emit import emit_object, identity, install_order
from packc.formats.kustomize.delta import Edit, Objects
from packc.formats.kustomize.layers import Part
from packc.model import Identity, Object

API = "kustomize.config.k8s.io"
WIDTH = 98
PATCHES = "patches/"
CLOUD = "cloud"
NEWLINE = "\n"

File = tuple[str, str]
"""A file's name and its text."""

Remark = Callable[[Identity, Edit], str]
"""Returns what stands above an operation as a comment; nothing for none."""


def base_files(objects: Objects, title: str) -> Iterator[File]:
    """Yield the files of the base: an object each, and the list of them."""
    resources = dict(object_files(list(objects.values())))
    yield "kustomization.yaml", _kustomization(title, {"resources": list(resources)})
    yield from resources.items()


def overlay_files(part: Part, title: str, versions: Mapping[Identity, str]) -> Iterator[File]:
    """Yield the files of a cloud's overlay, which stands two folders below the root.

    kustomize applies the components of a kustomization before its patches. So the cloud's patches
    are a component too, and components that a user or Flux adds behind it meet patched objects.
    """
    components = {} if part.is_empty else {"components": [CLOUD]}
    yield "kustomization.yaml", _kustomization(title, {"resources": ["../../base"], **components})
    if not part.is_empty:
        for name, text in component_files(part, title, versions):
            yield f"{CLOUD}/{name}", text


def component_files(
    part: Part, title: str, versions: Mapping[Identity, str], remark: Remark | None = None
) -> Iterator[File]:
    """Yield the files of a component."""
    files = [*_part_files(part, remark)]
    resources = [name for name, _ in files if not name.startswith(PATCHES)]
    listed = {"resources": resources} if resources else {}
    yield (
        "kustomization.yaml",
        _kustomization(title, {**listed, **_patches(part, versions)}, "Component"),
    )
    yield from files


def object_files(objects: Sequence[Object]) -> Iterator[File]:
    """Yield a file for each object in install order, named after its kind and name."""
    ordered = install_order(objects)
    names = _names([identity(data) for data in ordered])
    return ((f"{names[identity(data)]}.yaml", emit_object(data)) for data in ordered)


def _part_files(part: Part, remark: Remark | None = None) -> Iterator[File]:
    yield from object_files(part.delta.added)
    names = _names(list(part.delta.edited))
    for who, edits in part.delta.edited.items():
        comments = [_comment(reason) for reason in part.reasons.get(who, ())]
        operations = (_remarked(who, edit, remark) + _operation(edit) for edit in edits)
        yield f"{PATCHES}{names[who]}.yaml", "".join((*comments, *operations))


def _patches(part: Part, versions: Mapping[Identity, str]) -> dict[str, Any]:
    """Return the member `patches` of a kustomization, if it has any."""
    names = _names(list(part.delta.edited))
    patches = [
        *({"patch": _deletion(data)} for data in part.delta.removed),
        *(
            {"path": f"{PATCHES}{names[who]}.yaml", "target": _target(who, versions[who])}
            for who in part.delta.edited
        ),
    ]
    return {"patches": patches} if patches else {}


def _deletion(data: Object) -> str:
    kept = {key: data["metadata"][key] for key in ("name", "namespace") if key in data["metadata"]}
    patch = {"apiVersion": data["apiVersion"], "kind": data["kind"], "metadata": kept}
    return f"$patch: delete\n{emit_object(patch)}"


def _target(who: Identity, version: str) -> dict[str, str]:
    """Return the selector of one object; kustomize takes name and namespace for patterns."""
    parts = {"group": who.group, "version": version, "kind": who.kind}
    patterns = {"name": _pattern(who.name), "namespace": _pattern(who.namespace)}
    return {key: value for key, value in {**parts, **patterns}.items() if value}


def _pattern(name: str) -> str:
    return re.sub(r"[^\w:/-]", r"\\\g<0>", name)


def _remarked(who: Identity, edit: Edit, remark: Remark | None) -> str:
    return "" if remark is None or edit.op == "test" else _comment(remark(who, edit))


def _operation(edit: Edit) -> str:
    """Return an operation as an item of a list in YAML."""
    text = emit_object(edit.as_json())
    return f"- {indent(text, '  ', lambda line: line != NEWLINE).removeprefix('  ')}"


def _kustomization(title: str, members: Mapping[str, Any], kind: str = "Kustomization") -> str:
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    return _comment(title) + emit_object(
        {"apiVersion": f"{API}/{version}", "kind": kind, **members}
    )


def _comment(text: str) -> str:
    lines = wrap(" ".join(text.split()), WIDTH - 2)
    return "".join(f"# {line}\n" for line in lines)


def _names(identities: Sequence[Identity]) -> dict[Identity, str]:
    """Return a name for the file of each object: of kind and name, longer where two share it."""
    short = Counter(_safe(who.kind, who.name) for who in identities)
    return {
        who: _safe(who.kind, who.name)
        if short[_safe(who.kind, who.name)] == 1
        else _safe(who.kind, who.group, who.namespace, who.name)
        for who in identities
    }


def _safe(*parts: str) -> str:
    """Return a file name; a colon, as in names of roles, is none that every system takes."""
    return re.sub(r"[^a-z0-9.-]", "-", "-".join(part for part in parts if part).lower())
