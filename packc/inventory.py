"""inventory: what a list of objects holds: which objects, and which images they pull."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packc.model import Object

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


def images(objects: Sequence[Object]) -> tuple[str, ...]:
    """Return every image that a container of the objects names, sorted, each once."""
    return tuple(sorted({image for data in objects for image in _images(data)}))


def _images(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):  # most are, and this is the fastest to find out
            continue
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, Mapping):
            waiting.extend(node.values())
            for key in CONTAINER_LISTS:
                yield from _images_of_containers(node.get(key))


def _images_of_containers(containers: Any) -> Iterator[str]:
    if isinstance(containers, list):
        for item in containers:
            if isinstance(item, Mapping) and isinstance(item.get("image"), str):
                yield item["image"]
