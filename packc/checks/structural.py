"""structural: CustomResourceDefinitions: the rules for their schemas, names and versions.

Source: the Kubernetes documentation of structural schemas, and the validation of the API server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import define, field

from packc.checks.observation import Observation, at, entries, members
from packc.checks.pods import group_and_kind
from packc.checks.validator import Validator, named
from packc.model import Object
from packc.patching.jsondata import is_list, is_map
from packc.patching.pointer import Pointer

CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
FORBIDDEN: Final = (
    "$ref",
    "additionalItems",
    "definitions",
    "dependencies",
    "deprecated",
    "discriminator",
    "id",
    "patternProperties",
    "readOnly",
    "writeOnly",
    "xml",
)
SHAPE: Final = (
    "additionalProperties",
    "default",
    "description",
    "nullable",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
)
"""What shapes a value, and so stands outside allOf, anyOf, oneOf and not."""

SCHEMA: Final = ("schema", "openAPIV3Schema")
LOGIC: Final = ("allOf", "anyOf", "oneOf")


def crd_observations(data: Object) -> Iterator[Observation]:
    """Yield what is wrong with a CustomResourceDefinition; nothing for other objects."""
    if group_and_kind(data) != CRD or data["apiVersion"] != "apiextensions.k8s.io/v1":
        return
    yield from _names(data)
    yield from _versions(data)
    for path, version in entries(data, "spec", "versions"):
        place, schema = (*path, *SCHEMA), at(version, *SCHEMA)
        if is_map(schema):
            walk = _Walk()
            walk.root(schema, place)
            yield from walk.found


def custom_schemas(data: Object) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the schemas that a CRD gives, by apiVersion and kind, of versions that are served."""
    if group_and_kind(data) != CRD:
        return {}
    group, kind = at(data, "spec", "group"), at(data, "spec", "names", "kind")
    return {
        (f"{group}/{version.get('name')}", str(kind)): members(version, *SCHEMA)
        for _, version in entries(data, "spec", "versions")
        if version.get("served") is True
    }


def _names(data: Object) -> Iterator[Observation]:
    plural, group = at(data, "spec", "names", "plural"), at(data, "spec", "group")
    if isinstance(plural, str) and isinstance(group, str):
        expected = f"{plural}.{group}"
        if at(data, "metadata", "name") != expected:
            yield Observation(
                "PK422",
                "the name is not that of its plural and group",
                ("metadata", "name"),
                hint=f"name it {expected}",
                found=str(at(data, "metadata", "name")),
                expected=expected,
            )
    if at(data, "spec", "preserveUnknownFields") is True:
        path = ("spec", "preserveUnknownFields")
        hint = "remove it, and set x-kubernetes-preserve-unknown-fields where it is needed"
        yield Observation("PK422", "v1 does not preserve unknown fields", path, hint=hint)


def _versions(data: Object) -> Iterator[Observation]:
    path = ("spec", "versions")
    listed = list(entries(data, *path))
    names = [version.get("name") for _, version in listed]
    stored = [place for place, version in listed if version.get("storage") is True]
    for index, (place, version) in enumerate(listed):
        if version.get("name") in names[:index]:
            yield Observation(
                "PK422",
                f"the version '{version.get('name')}' is listed twice",
                (*place, "name"),
                hint="remove one",
            )
        if at(version, *SCHEMA) is None:
            yield Observation("PK422", f"{named(place)} has no schema", place, hint="add 'schema:'")
    if len(stored) != 1:
        where = (*stored[1], "storage") if stored else path
        text = f"{len(stored)} versions are stored, expected one"
        yield Observation("PK422", text, where, hint="set 'storage: true' on exactly one version")
    if not any(version.get("served") is True for _, version in listed):
        yield Observation("PK422", "no version is served", path, hint="set 'served: true' on one")


OUTSIDE: Final = "the API server refuses the CRD as it is; correct the schema"


@define
class _Walk:
    """Goes through one schema and gathers what keeps it from being structural."""

    found: list[Observation] = field(factory=list)

    def root(self, schema: Mapping[str, Any], path: Pointer) -> None:
        if schema.get("type") != "object":
            self.add("the root of a schema has the type object", (*path, "type"))
        self.visit(schema, path)
        metadata = at(schema, "properties", "metadata")
        for name in sorted(set(members(metadata, "properties")) - {"name", "generateName"}):
            text = f"'metadata' may restrict name and generateName only, not '{name}'"
            self.add(text, (*path, "properties", "metadata", "properties", name))
        for inner, place in _with_default(schema, path):
            validator = Validator(closed=True)
            validator.check(inner, inner["default"])
            for problem in validator.found:
                self.add(f"the default does not fit: {problem.message}", (*place, "default"))

    def add(self, message: str, path: Pointer, hint: str = OUTSIDE) -> None:
        self.found.append(Observation("PK421", message, path, at_key=True, hint=hint))

    def visit(self, schema: Mapping[str, Any], path: Pointer) -> None:
        """Look at a schema that shapes a value, and at all below it."""
        self._type(schema, path)
        self._keywords(schema, path)
        self._lists(schema, path)
        for keyword in LOGIC:
            for place, inner in entries(schema, keyword):
                self._rule(inner, (*path, *place), schema)
        if is_map(schema.get("not")):
            self._rule(schema["not"], (*path, "not"), schema)
        for name, inner in members(schema, "properties").items():
            self._below(inner, (*path, "properties", name))
        for keyword in ("items", "additionalProperties"):
            if keyword in schema and not isinstance(schema[keyword], bool):
                self._below(schema[keyword], (*path, keyword))

    def _below(self, schema: Any, path: Pointer) -> None:
        if is_map(schema):
            self.visit(schema, path)
        else:
            self.add(f"{named(path[-2:])} is no schema", path)

    def _type(self, schema: Mapping[str, Any], path: Pointer) -> None:
        stated = schema.get("type")
        free = (
            schema.get("x-kubernetes-int-or-string") is True
            or schema.get("x-kubernetes-preserve-unknown-fields") is True
        )
        if stated is None and not free:
            self.add(f"{named(path[-2:])} states no type", path, f"one of {', '.join(TYPES)}")
        elif stated is not None and stated not in TYPES:
            self.add(f"'{stated}' is no type", (*path, "type"), f"one of {', '.join(TYPES)}")
        elif stated == "array" and "items" not in schema:
            self.add(f"{named(path[-2:])} is a list without 'items'", path, "say what it holds")

    def _keywords(self, schema: Mapping[str, Any], path: Pointer) -> None:
        for name in FORBIDDEN:
            if name in schema:
                self.add(f"'{name}' may not stand in a schema", (*path, name))
        if "properties" in schema and "additionalProperties" in schema:
            text = "'properties' and 'additionalProperties' exclude each other"
            self.add(text, (*path, "additionalProperties"))
        if schema.get("additionalProperties") is False:
            hint = "leave it out: fields that are not listed are dropped anyway"
            self.add(
                "'additionalProperties' may not be false", (*path, "additionalProperties"), hint
            )
        if schema.get("uniqueItems") is True:
            hint = "use 'x-kubernetes-list-type: set'"
            self.add("'uniqueItems' may not be true", (*path, "uniqueItems"), hint)
        if schema.get("x-kubernetes-embedded-resource") is True and schema.get("type") != "object":
            self.add("an embedded resource has the type object", path)

    def _lists(self, schema: Mapping[str, Any], path: Pointer) -> None:
        keys = schema.get("x-kubernetes-list-map-keys")
        is_map_list = schema.get("x-kubernetes-list-type") == "map"
        if is_map_list and not (is_list(keys) and keys):
            hint = "add 'x-kubernetes-list-map-keys:'"
            self.add("a list of type map needs keys", (*path, "x-kubernetes-list-type"), hint)
        elif keys is not None and not is_map_list:
            hint = "add 'x-kubernetes-list-type: map'"
            self.add(
                "a list with keys has the type map", (*path, "x-kubernetes-list-map-keys"), hint
            )
        elif is_map_list:
            fields = members(schema, "items", "properties")
            for index, name in enumerate(keys or ()):
                if str(name) not in fields:
                    place = (*path, "x-kubernetes-list-map-keys", index)
                    self.add(f"the items have no field '{name}'", place)

    def _rule(self, schema: Mapping[str, Any], path: Pointer, shape: Mapping[str, Any]) -> None:
        """Look at a schema that only adds rules to a value whose shape is stated outside it."""
        for name in SHAPE:
            if name in schema and not _is_int_or_string(schema, name, shape):
                self.add(f"'{name}' may not stand below a logical rule", (*path, name))
        outer = members(shape, "properties")
        for name, inner in members(schema, "properties").items():
            place = (*path, "properties", name)
            if name not in outer and "additionalProperties" not in shape:
                self.add(f"the field '{name}' is not stated outside the rule", place)
            elif is_map(inner):
                self._rule(inner, place, members(outer, name))
        for keyword in LOGIC:
            for place, inner in entries(schema, keyword):
                self._rule(inner, (*path, *place), shape)
        if is_map(schema.get("items")):
            self._rule(schema["items"], (*path, "items"), members(shape, "items"))


def _is_int_or_string(schema: Mapping[str, Any], name: str, shape: Mapping[str, Any]) -> bool:
    """Return whether a `type` stands in the one form that is allowed below anyOf."""
    return (
        name == "type"
        and shape.get("x-kubernetes-int-or-string") is True
        and schema["type"] in ("integer", "string")
    )


def _with_default(schema: Any, path: Pointer) -> Iterator[tuple[Mapping[str, Any], Pointer]]:
    waiting = [(schema, path)]
    while waiting:
        inner, place = waiting.pop()
        if not is_map(inner):
            continue
        if "default" in inner:
            yield inner, place
        for name, below in members(inner, "properties").items():
            waiting.append((below, (*place, "properties", name)))
        for keyword in ("items", "additionalProperties"):
            waiting.append((inner.get(keyword), (*place, keyword)))
