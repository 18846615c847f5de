"""kinds: the types that the spec's classes use, and what YAML data is called in messages."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

import attrs

LONGEST_SHOWN = 60

SCALAR_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    dict: "a map",
    list: "a list",
}


def describe(value: Any) -> str:
    """Return what a YAML value is, for the `found` of an error: its kind, and a scalar's text."""
    kind = next(name for base, name in SCALAR_NAMES.items() if is_a(value, base))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return kind
    text = str(value)
    return f"{kind} '{text}'" if len(text) <= LONGEST_SHOWN else f"{kind} '{text[:LONGEST_SHOWN]}…'"


def key_names(target: type) -> dict[str, str]:
    """Return the keys of a class of the spec, each with the name of its attribute."""
    return {
        attribute.metadata.get("name") or attribute.name: attribute.name
        for attribute in attrs.fields(target)
        if "description" in attribute.metadata
    }


def is_a(value: Any, target: Any) -> bool:
    """Return whether a YAML value has the shape of a type: an int is a float, a bool is neither."""
    if target is float:
        return type(value) in (int, float)
    if target in (str, int, bool, type(None)):
        return type(value) is target
    if target is dict or attrs.has(target) or is_mapping(target):
        return isinstance(value, dict)
    if target is list or is_tuple(target):
        return isinstance(value, list)
    return isinstance(value, str)


def is_mapping(target: Any) -> bool:
    return get_origin(target) is Mapping


def is_tuple(target: Any) -> bool:
    origin: Any = get_origin(target)
    return origin is tuple


def is_literal(target: Any) -> bool:
    origin: Any = get_origin(target)
    return origin is Literal


def is_union(target: Any) -> bool:
    return get_origin(target) in (Union, types.UnionType)


def is_enum(target: Any) -> bool:
    return isinstance(target, type) and issubclass(target, StrEnum)


def members_of(target: Any) -> list[Any]:
    """Return the members of a union but None, which is how an absent key is written."""
    return [member for member in get_args(target) if member is not type(None)]
