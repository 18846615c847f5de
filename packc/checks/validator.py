"""validator: a value against an OpenAPI schema, as the API server means it.

It knows the two dialects of Kubernetes: the schemas of its own kinds, and the structural schemas of
CustomResourceDefinitions, where a map takes the fields that are listed and no others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final, TypeGuard

from attrs import Factory, define, field

from packc.checks.observation import Observation
from packc.diagnostics import did_you_mean
from packc.patching.jsondata import describe, equal, is_list, is_map
from packc.patching.pointer import Pointer

DEFINITION: Final = "#/$defs/"
QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
LONGEST_SHOWN: Final = 60
MANY: Final = 20

# Grammar of resource.Quantity: a signed decimal number, then a binary, decimal or exponent suffix.
_QUANTITY: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_BASE64: Final = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_LIMITS: Final = {"int32": 2**31, "int64": 2**63}
_TYPE_NAMES: Final = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a map",
    "array": "a list",
    "null": "null",
}


@define
class Validator:
    """Gathers what is wrong with values.

    `definitions` are what `$ref` refers to; `closed` says that a map takes its own fields only.
    """

    definitions: Mapping[str, Any] = field(factory=dict, repr=False)
    closed: bool = False
    found: list[Observation] = Factory(list)

    def check(self, schema: Any, value: Any, path: Pointer = ()) -> None:
        """Add everything that is wrong with the value at `path` to `found`."""
        schema = self._resolved(schema, value, path)
        if not is_map(schema) or (value is None and schema.get("nullable")):
            return
        if not self._has_type(schema, value, path):
            return
        self._check_limits(schema, value, path)
        if is_map(value):
            self._check_map(schema, value, path)
        elif is_list(value):
            self._check_list(schema, value, path)
        self._check_logic(schema, value, path)

    def _resolved(self, schema: Any, value: Any, path: Pointer) -> Any:
        while is_map(schema) and isinstance(schema.get("$ref"), str):
            name = schema["$ref"].rpartition(DEFINITION)[2]
            if name == QUANTITY and isinstance(value, str) and not _QUANTITY.fullmatch(value):
                hint = "write it as 250m, 1.5, 128Mi or 1e3"
                self._wrong("is no quantity", path, value, hint=hint)
            schema = self.definitions.get(name)
        return schema

    def _wrong(
        self,
        problem: str,
        path: Pointer,
        value: Any,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        message = f"the value of {named(path)} {problem}"
        hint = hint or (f"give {expected}" if expected else "correct the value")
        self.found.append(
            Observation("PK402", message, path, hint=hint, found=shown(value), expected=expected)
        )

    # --- types --------------------------------------------------------------------------------

    def _has_type(self, schema: Mapping[str, Any], value: Any, path: Pointer) -> bool:
        types = _types(schema)
        if not types or any(_is_a(value, name) for name in types):
            return True
        names = [_TYPE_NAMES.get(name, name) for name in types if name != "null"]
        hint = None
        if "string" in types and isinstance(value, bool | int | float):
            hint = "quote it, so that it is text"
        self._wrong("has the wrong type", path, value, " or ".join(names), hint)
        return False

    def _check_limits(self, schema: Mapping[str, Any], value: Any, path: Pointer) -> None:
        allowed = schema.get("enum")
        if is_list(allowed) and not any(equal(value, one) for one in allowed):
            options = [str(one) for one in allowed]
            hint = did_you_mean(value, options) if isinstance(value, str) else None
            expected = f"one of {', '.join(options[:MANY])}"
            self._wrong("is not allowed", path, value, expected, hint)
        if isinstance(value, str):
            self._check_text(schema, value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._check_number(schema, value, path)

    def _check_text(self, schema: Mapping[str, Any], value: str, path: Pointer) -> None:
        pattern = schema.get("pattern")
        expression = _compiled(pattern) if isinstance(pattern, str) else None
        if expression is not None and not expression.search(value):
            self._wrong("does not match its pattern", path, value, f"text that matches {pattern}")
        self._check_size(schema, "Length", len(value), "characters", path)
        name = schema.get("format")
        if isinstance(name, str) and name in FORMATS and not _fits(name, value):
            self._wrong(f"has not the format {name}", path, value)

    def _check_number(self, schema: Mapping[str, Any], value: float, path: Pointer) -> None:
        least, most = schema.get("minimum"), schema.get("maximum")
        if _is_number(least) and (
            value < least or (value == least and schema.get("exclusiveMinimum") is True)
        ):
            self._wrong("is too small", path, value, f"at least {least}")
        if _is_number(most) and (
            value > most or (value == most and schema.get("exclusiveMaximum") is True)
        ):
            self._wrong("is too large", path, value, f"at most {most}")
        limit = _LIMITS.get(str(schema.get("format")))
        if limit is not None and not -limit <= value < limit:
            self._wrong("is too large", path, value, f"a number of {schema['format'][3:]} bits")
        step = schema.get("multipleOf")
        if _is_number(step) and step > 0 and value % step:
            self._wrong("is not allowed", path, value, f"a multiple of {step}")

    def _check_size(
        self, schema: Mapping[str, Any], what: str, size: int, noun: str, path: Pointer
    ) -> None:
        least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
        if _is_number(least) and size < least:
            self._wrong(f"has {size} {noun}", path, None, f"at least {least}")
        if _is_number(most) and size > most:
            self._wrong(f"has {size} {noun}", path, None, f"at most {most}")

    # --- maps and lists -----------------------------------------------------------------------

    def _check_map(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], path: Pointer
    ) -> None:
        properties = schema.get("properties")
        properties = properties if is_map(properties) else {}
        rest = schema.get("additionalProperties")
        embedded = schema.get("x-kubernetes-embedded-resource") is True
        closed = self._takes_no_others(schema)
        for name, item in value.items():
            below = (*path, name)
            if name in properties:
                self.check(properties[name], item, below)
            elif embedded and name in ("apiVersion", "kind", "metadata"):
                continue
            elif is_map(rest):
                self.check(rest, item, below)
            elif closed:
                self._unknown(name, properties, below)
        for name in _names(schema.get("required")):
            if name not in value:
                message = f"{named(path)} lacks the field '{name}'"
                self.found.append(
                    Observation("PK403", message, (*path, name), hint=f"add '{name}:'")
                )
        self._check_size(schema, "Properties", len(value), "fields", path)

    def _takes_no_others(self, schema: Mapping[str, Any]) -> bool:
        if schema.get("additionalProperties") is False:
            return True
        if not self.closed or schema.get("x-kubernetes-preserve-unknown-fields") is True:
            return False
        return schema.get("type") == "object" and "additionalProperties" not in schema

    def _unknown(self, name: str, known: Iterable[str], path: Pointer) -> None:
        fields = sorted(known)
        listed = f"the fields here are {', '.join(fields[:MANY])}" if fields else None
        if len(fields) > MANY:
            listed = f"{listed} and {len(fields) - MANY} more"
        message = f"unknown field '{name[:LONGEST_SHOWN]}' in {named(path[:-1])}"
        hint = did_you_mean(name[:LONGEST_SHOWN], fields) or listed
        self.found.append(Observation("PK401", message, path, at_key=True, hint=hint))

    def _check_list(self, schema: Mapping[str, Any], value: Any, path: Pointer) -> None:
        items = schema.get("items")
        for index, item in enumerate(value):
            self.check(items, item, (*path, index))
        self._check_size(schema, "Items", len(value), "items", path)
        keys = _list_keys(schema)
        if not self.closed or keys is None:
            return
        first: list[Any] = []
        for index, item in enumerate(value):
            key = [item.get(name) for name in keys] if keys and is_map(item) else item
            if any(equal(key, other) for other in first):
                self._wrong("stands in the list twice", (*path, index), None)
            first.append(key)

    # --- logic --------------------------------------------------------------------------------

    def _check_logic(self, schema: Mapping[str, Any], value: Any, path: Pointer) -> None:
        for inner in _schemas(schema.get("allOf")):
            self._nested().check(inner, value, path)
        for keyword in ("anyOf", "oneOf"):
            alternatives = _schemas(schema.get(keyword))
            if not alternatives or _only_types(alternatives):
                continue  # alternatives of type alone are what `_types` reads
            fitting = sum(self._fits(inner, value) for inner in alternatives)
            if fitting == 0:
                self._wrong("fits none of the alternatives that its schema gives", path, None)
            elif fitting > 1 and keyword == "oneOf":
                self._wrong("fits several alternatives, of which one only may fit", path, None)
        if is_map(schema.get("not")) and self._fits(schema["not"], value):
            self._wrong("is what its schema rules out", path, None)

    def _nested(self) -> Validator:
        """Return a validator for value rules below allOf and its like, which close no map."""
        return Validator(self.definitions, False, self.found)

    def _fits(self, schema: Any, value: Any) -> bool:
        validator = Validator(self.definitions)
        validator.check(schema, value)
        return not validator.found


def named(path: Pointer) -> str:
    """Return how messages speak of the place at a path: the object, or the path in short."""
    if not path:
        return "the object"
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text[1:] if len(text) <= 2 * LONGEST_SHOWN else f"…{text[-2 * LONGEST_SHOWN :]}"


def shown(value: Any) -> str | None:
    """Return a value as the `found` of an error, short; None where there is nothing to show."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        text = repr(value) if isinstance(value, str) else str(value)
        return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return describe(value) if is_map(value) or is_list(value) else None


def _types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema takes; none where it takes all."""
    if schema.get("x-kubernetes-int-or-string") is True:
        return ["integer", "string"]
    stated = schema.get("type")
    if isinstance(stated, str):
        return [stated]
    if is_list(stated):
        return [name for name in stated if isinstance(name, str)]
    alternatives = [*_schemas(schema.get("oneOf")), *_schemas(schema.get("anyOf"))]
    if alternatives and _only_types(alternatives):
        return list(dict.fromkeys(name for one in alternatives for name in _types(one)))
    return []


def _only_types(alternatives: Iterable[Mapping[str, Any]]) -> bool:
    return all(set(one) == {"type"} for one in alternatives)


def _is_a(value: Any, name: str) -> bool:
    match name:
        case "object":
            return is_map(value)
        case "array":
            return is_list(value)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return _is_number(value) and (isinstance(value, int) or value.is_integer())
        case "number":
            return _is_number(value)
        case "null":
            return value is None
    return True  # a type that nobody knows is the structural check's to report


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if is_list(value) else []


def _schemas(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if is_map(one)] if is_list(value) else []


def _list_keys(schema: Mapping[str, Any]) -> list[str] | None:
    match schema.get("x-kubernetes-list-type"):
        case "set":
            return []
        case "map":
            return _names(schema.get("x-kubernetes-list-map-keys"))
    return None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern; None where Python cannot read what Go's RE2 can."""
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


# --- formats ----------------------------------------------------------------------------------


def _fits(name: str, value: str) -> bool:
    try:
        return FORMATS[name](value)
    except ValueError:
        return False


def _is_time(value: str) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "byte": lambda value: _BASE64.fullmatch(value) is not None,
    "cidr": lambda value: bool(ip_network(value, strict=False)),
    "date-time": _is_time,
    "ipv4": lambda value: ip_address(value).version == 4,
    "ipv6": lambda value: ip_address(value).version == 6,
}
"""The formats that are checked; the API server ignores formats that it does not know."""
