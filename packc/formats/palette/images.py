"""images: the images that a pack may run, of all its variants, with the default values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.helm.values import plain_defaults
from packc.formats.holes import Hole, Text, filled
from packc.formats.merge import Fork, Items, Map
from packc.formats.palette.plan import Plan
from packc.patching.jsondata import is_list, is_map


def image_list(plan: Plan) -> tuple[str, ...]:
    """Return the images, sorted.

    Raises PackcError (PK986) for an image that depends on a parameter without a default.
    """
    defaults = plain_defaults(plan.build)
    nodes = [node for each in plan.derived.objects for node in _images(each.node)]
    names = {name for node in nodes for name in _parameters(node) if name not in defaults}
    if names:
        spans = {p.name: p.span for p in plan.build.parameters}
        text = "the list of images cannot be known: an image depends on '{}', which has no default"
        hint = "give it a default; `packc build --set` gives it one for this build"
        raise PackcError(
            *(Diagnostic("PK986", text.format(n), spans[n], hint) for n in sorted(names))
        )
    return tuple(sorted({filled(node, defaults) for node in nodes}))


def _parameters(node: Any) -> Iterator[str]:
    """Yield the parameters that an image depends on."""
    pieces = node.pieces if isinstance(node, Text) else (node,)
    yield from (piece.parameter for piece in pieces if isinstance(piece, Hole))


def _images(node: Any) -> Iterator[Any]:
    """Yield the images of all containers below a node, with their holes."""
    for key, below in _members(node):
        if key in ("containers", "initContainers"):
            for container in _alternatives(below):
                for _, item in _members(container):
                    yield from _image(item)
        else:
            yield from _images(below)


def _image(container: Any) -> Iterator[Any]:
    for each in _alternatives(container):
        for key, node in _members(each):
            if key == "image":
                yield from (n for n in _alternatives(node) if isinstance(n, str | Hole | Text))


def _alternatives(node: Any) -> Iterator[Any]:
    if isinstance(node, Fork):
        for _, each in node.branches:
            yield from _alternatives(each)
    else:
        yield node


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield what stands directly below a node, with its key; items of a list have none."""
    match node:
        case Map():
            yield from ((entry.key, entry.node) for entry in node.entries)
        case Items():
            yield from (("", item.node) for item in node.items)
        case Fork():
            yield from (("", each) for _, each in node.branches)
        case _ if is_map(node):
            yield from node.items()
        case _ if is_list(node):
            yield from (("", item) for item in node)
