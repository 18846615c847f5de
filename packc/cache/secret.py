"""secret: whether data has a secret in it, which is not to reach the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECTIONS = ("data", "stringData")
VALUES = ("default", "fromCloud")
"""The keys of a parameter that hold a value of it."""


def holds_secret(document: Any) -> bool:
    """Return whether a document is a Secret with a value, or a list or a spec that has a secret."""
    if not isinstance(document, Mapping):
        return False
    return (
        _is_filled_secret(document)
        or any(map(holds_secret, _listed(document, "items")))
        or any(map(_is_secret_with_value, _listed(document, "parameters")))
    )


def _is_filled_secret(document: Mapping[str, Any]) -> bool:
    if document.get("kind") != "Secret":
        return False
    sections = [document.get(name) for name in SECTIONS]
    return any(
        any(section.values()) if isinstance(section, Mapping) else section for section in sections
    )


def _is_secret_with_value(parameter: Any) -> bool:
    if not isinstance(parameter, Mapping) or parameter.get("secret", False) is False:
        return False
    return any(name in parameter for name in VALUES)


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []
