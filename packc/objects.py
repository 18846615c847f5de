"""objects: what makes a map a Kubernetes object, and what tells one object from another."""

from __future__ import annotations

from typing import Any

from packc.model import Identity
from packc.structure import describe


def identity_of(data: Any) -> Identity:
    """Return the identity of an object that has apiVersion, kind and metadata.name."""
    group, slash, _ = data["apiVersion"].rpartition("/")
    metadata = data["metadata"]
    return Identity(
        group if slash else "", data["kind"], metadata.get("namespace", ""), metadata["name"]
    )


def not_an_object(data: Any) -> tuple[tuple[str, ...], str, str | None] | None:
    """Return where and why a document is no Kubernetes object; None when it is one."""
    if not isinstance(data, dict):
        hint = "write each object as a document of its own, with '---' between them"
        return (), f"found {describe(data)}, expected a Kubernetes object", hint
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str) or not data[key]:
            return (
                (key,) if key in data else (),
                f"the object has no text at '{key}'",
                f"add '{key}:'",
            )
    if data["kind"].endswith("List") and isinstance(data.get("items"), list):
        return ("kind",), f"a {data['kind']} is not an object", "write its items as documents"
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return ("metadata",), "the object has no 'metadata'", "add 'metadata:' with a 'name:'"
    for key in ("name", "namespace"):
        if key in metadata and (not isinstance(metadata[key], str) or not metadata[key]):
            return ("metadata", key), f"found {describe(metadata[key])}, expected text", "quote it"
    if "name" not in metadata:
        hint = "packc tells objects apart by name; generateName is not supported"
        return ("metadata",), "the object has no 'metadata.name'", hint
    return None
