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
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in CONTAINER_LISTS and isinstance(value, list):
                yield from (
                    item["image"]
                    for item in value
                    if isinstance(item, Mapping) and isinstance(item.get("image"), str)
                )
            yield from _images(value)
    elif isinstance(data, list):
        for item in data:
            yield from _images(item)
