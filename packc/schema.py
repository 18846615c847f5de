"""schema: the JSON Schema of the spec, made from its classes, for editors to check with."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from packc.spec import EDITION
from packc.speccheck import DNS_LABEL, VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
}
REFINEMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "PackSpec": {
        "packc": {"const": EDITION},
        "name": {"pattern": f"^({DNS_LABEL.pattern})$"},
        "version": {"pattern": f"^({VERSION.pattern})$"},
        "clouds": {"minItems": 1},
        "objects": {"minItems": 1},
    }
}
"""What an editor can check beyond types, by class and key; speccheck has the same rules."""


def json_schema(root: type) -> dict[str, Any]:
    """Return the schema of a file whose top level is `root`: closed, each key described."""
    definitions: dict[str, Any] = {}
    _reference(root, definitions)
    top = definitions.pop(root.__name__)
    return {"$schema": DIALECT, "title": _first_line(root), **top, "$defs": definitions}


def keys(target: type) -> list[tuple[str, attrs.Attribute[Any]]]:
    """Return the keys of a class of the spec with their attributes: those that are needed first."""
    attrs.resolve_types(target)
    found = [
        (attribute.metadata["name"] or attribute.name, attribute)
        for attribute in attrs.fields(target)
        if "description" in attribute.metadata
    ]
    return sorted(found, key=lambda entry: entry[1].default is not attrs.NOTHING)


def _class_schema(target: type, definitions: dict[str, Any]) -> dict[str, Any]:
    found = keys(target)
    properties = {
        name: {
            "description": attribute.metadata["description"],
            **_schema(attribute.type, definitions),
        }
        for name, attribute in found
    }
    for name, refinement in REFINEMENTS.get(target.__name__, {}).items():
        properties[name].update(refinement)
    return {
        "description": _first_line(target),
        "type": "object",
        "properties": properties,
        "required": [name for name, a in found if a.default is attrs.NOTHING],
        "additionalProperties": False,
    }


def _schema(target: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type of the spec."""
    if target in SCALARS:
        return SCALARS[target]
    origin, arguments = get_origin(target), get_args(target)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if origin in (Union, types.UnionType):
        members = [_schema(m, definitions) for m in arguments if m is not type(None)]
        return members[0] if len(members) == 1 else {"anyOf": members}
    if issubclass(target, StrEnum):
        return {"enum": [member.value for member in target]}
    return _reference(target, definitions)


def _reference(target: type, definitions: dict[str, Any]) -> dict[str, Any]:
    if target.__name__ not in definitions:
        definitions[target.__name__] = {}  # claimed first: a condition contains conditions
        definitions[target.__name__] = _class_schema(target, definitions)
    return {"$ref": f"#/$defs/{target.__name__}"}


def _first_line(target: type) -> str:
    return (target.__doc__ or "").strip().partition("\n")[0]
