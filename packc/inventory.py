"""inventory: what an object holds: which images it pulls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packc.model import Object

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
_LEAVES = frozenset((str, int, float, bool, type(None)))
"""Most values are of one of these types, and hold nothing."""


def images_of(data: Object) -> frozenset[str]:
    """Return every image that a container of the object names."""
    return frozenset(_images(data))


def _images(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        node = waiting.pop()
        inside: Iterable[Any] = ()
        if isinstance(node, (dict, Mapping)):  # to ask for a Mapping alone takes five times as long
            inside = node.values()
            for key in CONTAINER_LISTS:
                if key in node:
                    yield from _images_of_containers(node[key])
        elif isinstance(node, list):
            inside = node
        waiting.extend([each for each in inside if each.__class__ not in _LEAVES])


def _images_of_containers(containers: Any) -> Iterator[str]:
    if isinstance(containers, list):
        for item in containers:
            if isinstance(item, Mapping) and isinstance(item.get("image"), str):
                yield item["image"]
