"""schema: values.schema.json, which refuses what packc refuses as far as a schema can say so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from packc.build import Build
from packc.formats.helm.values import stated, tree
from packc.formats.patterns import (
    IPV4,
    IPV6,
    IPV6_NETWORK,
    URL_REST,
    everywhere,
    ipv4_network,
    overlapping,
)
from packc.model import MISSING
from packc.parameters import allowed_values
from packc.spec import Items, Parameter

EXACT: Final = 2**53 - 1
"""The greatest integer that JSON readers keep; Helm reads all numbers of a values file so."""

PRINTABLE: Final = {"pattern": "^[^\x7f-\x9f\ufeff\ufffe\uffff]*$"}
"""Text without control characters: those of a list or map reach the YAML as JSON leaves them."""


def schema_json(build: Build) -> str:
    """Return the JSON Schema of the values, draft 7."""
    clouds = [*build.clouds]
    properties: dict[str, Any] = {
        "global": {"type": "object", "description": "Set by Helm for charts in charts."},
        "cloud": {
            "description": "The cloud that the cluster runs on.",
            "enum": clouds if len(clouds) == 1 else ["", *clouds],
        },
        "features": _features(build),
    }
    required = ["cloud", "features"]
    for name, below in tree(build).items():
        properties[name] = _member(build, below)
        required += [name] if _is_needed(build, below) else []
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Values of {build.spec.title} {build.spec.version}",
        "type": "object",
        "definitions": {"ipv4Network": {"pattern": f"^({ipv4_network()})$"}},
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2, ensure_ascii=True) + "\n"


def _features(build: Build) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": "boolean", "description": feature.title}
            for name, feature in build.features.items()
        },
        "required": [*build.features],
        "additionalProperties": False,
    }


def _member(build: Build, below: Any) -> dict[str, Any]:
    if isinstance(below, Parameter):
        return {"description": " ".join(below.description.split()), **_parameter(below)}
    return {
        "type": "object",
        "properties": {name: _member(build, each) for name, each in below.items()},
        "required": [name for name, each in below.items() if _is_needed(build, each)],
        "additionalProperties": False,
    }


def _is_needed(build: Build, below: Any) -> bool:
    """Return whether values.yaml sets it, so that nobody takes it away with null."""
    return not isinstance(below, Parameter) or stated(build, below) is not MISSING


def _parameter(parameter: Parameter) -> dict[str, Any]:
    rules = [*_excluded(parameter)]
    return {**_type(parameter), **({"not": {"anyOf": rules}} if rules else {})}


def _type(items: Items) -> dict[str, Any]:
    match items.type:
        case "string":
            return {"type": "string", **_string_limits(items)}
        case "boolean":
            return {"type": "boolean"}
        case "integer":
            least = items.minimum if items.minimum is not None else -EXACT
            most = items.maximum if items.maximum is not None else EXACT
            return {"type": "integer", "minimum": least, "maximum": most}
        case "number":
            return {"type": "number", **_given(minimum=items.minimum, maximum=items.maximum)}
        case "enum":
            return {"enum": [*allowed_values(items)]}
        case "cidr":
            return {"type": "string", **_network(items)}
        case "ip":
            return {"type": "string", "pattern": f"^({_addresses(items)})$"}
        case "url":
            schemes = "|".join(items.schemes) or "[a-z][a-z0-9+.-]*"
            return {"type": "string", "pattern": f"^({schemes})://{URL_REST}$"}
        case "list":
            return {"type": "array", **_collection(items, "Items")}
        case _:
            return {"type": "object", **_collection(items, "Properties")}


def _string_limits(items: Items) -> dict[str, Any]:
    pattern = items.pattern if items.pattern and everywhere(items.pattern) else None
    return _given(
        pattern=f"^(?:{pattern})$" if pattern else None,
        minLength=items.minLength,
        maxLength=items.maxLength,
    )


def _given(**limits: Any) -> dict[str, Any]:
    return {name: limit for name, limit in limits.items() if limit is not None}


def _network(items: Items) -> dict[str, Any]:
    exact = {"$ref": "#/definitions/ipv4Network"}
    loose = {"pattern": f"^{IPV6_NETWORK}$"}
    match items.family:
        case "ipv4":
            return {"allOf": [exact]}
        case "ipv6":
            return loose
        case _:
            return {"anyOf": [exact, loose]}


def _addresses(items: Items) -> str:
    by_family: Mapping[str | None, str] = {"ipv4": IPV4, "ipv6": IPV6}
    return by_family.get(items.family, f"{IPV4}|{IPV6}")


def _collection(items: Items, unit: str) -> dict[str, Any]:
    assert isinstance(items, Parameter)
    inner = _type(items.items) if items.items else {}
    if inner.get("type") == "string":
        inner["allOf"] = [*inner.get("allOf", ()), PRINTABLE]
    names = {} if unit == "Items" else {"propertyNames": PRINTABLE}
    return {
        ("items" if unit == "Items" else "additionalProperties"): inner,
        **names,
        **_given(**{f"min{unit}": items.minItems, f"max{unit}": items.maxItems}),
    }


def _excluded(parameter: Parameter) -> Iterator[dict[str, Any]]:
    for rule in parameter.constraints:
        if rule.excludes is not None and ip_network(rule.excludes).version == 4:
            inside, around = overlapping(rule.excludes)
            yield {"pattern": f"^{inside}"}
            yield {"enum": [*around]}
