"""limits: what stops a value that packc would refuse: the template fails and says what is allowed.

schema.yaml says the same to the form; values that do not come from the form are stopped here. All
numbers of YAML may reach a template as floating-point ones, so they are compared as such.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from ipaddress import ip_network

from packc.formats.palette.plan import Plan
from packc.formats.patterns import (
    IPV4,
    IPV6,
    IPV6_NETWORK,
    URL_REST,
    everywhere,
    ipv4_network,
    overlapping,
)
from packc.formats.space import live, may_be_unset
from packc.model import MISSING
from packc.parameters import allowed_values, describe_type
from packc.spec import Items, Parameter

EXACT = 2**53 - 1
"""The greatest integer that a floating-point number holds exactly, and the least without a sign."""

_NUMBER = "^(u?int|float)"


def limit_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that fail for a feature, or a parameter, with a value of the wrong kind."""
    for name in plan.build.features:
        if _owns(plan, name) or name in plan.access.features:
            wrong = f'not (kindIs "bool" {plan.access.is_on(name)})'
            yield from _failing(wrong, f"features.{name}: expected true or false, without quotes")
    # All values of an enum pass: those that no cloud here supports are refused with their reason.
    for parameter in live(plan.build):
        lines = [*_parameter(plan, parameter)]
        owner = plan.build.owners.get(parameter.name)
        yield from lines if owner is None else _if(plan.access.is_on(owner), lines)


def _owns(plan: Plan, feature: str) -> bool:
    return any(plan.build.owners.get(p.name) == feature for p in live(plan.build))


def _parameter(plan: Plan, parameter: Parameter) -> Iterator[str]:
    value = plan.access.value(parameter.name)
    name = ".".join(plan.path(parameter.name))
    needed = parameter.required and parameter.default is MISSING
    said = f"{name} has to be set" if needed else name
    lines = [*_checked(parameter, value, f"{said}: expected {_described(parameter)}")]
    lines += _excluded(parameter, value, name)
    yield from _if(f'not (kindIs "invalid" {value})', lines) if may_be_unset(parameter) else lines


def _checked(parameter: Parameter, value: str, message: str) -> Iterator[str]:
    """Yield the lines that fail for a value; those of a list or map go through its items."""
    if parameter.type not in ("list", "map"):
        yield from _failing(wrong(parameter, value), message)
        return
    kind = "slice" if parameter.type == "list" else "map"
    yield from _failing(f'not (kindIs "{kind}" {value})', message)
    yield from _failing(_wrong_size(parameter, value), message)
    if parameter.items is not None:
        yield f"{{{{- range {value} }}}}"
        yield from _failing(wrong(parameter.items, "."), message)
        yield "{{- end }}"


def wrong(items: Items, value: str) -> str:
    """Return the test that a value is not of a type and within its limits; nothing if all are."""
    match items.type:
        case "enum":
            options = " ".join(json.dumps(option) for option in allowed_values(items))
            return f"not (has {value} (list {options}))"
        case "boolean":
            return f'not (kindIs "bool" {value})'
        case "integer":
            whole = f"(ne (float64 {value}) (floor {value}))"
            return f"or {_no_number(value)} {whole}{_range(*integer_range(items), value)}"
        case "number":
            return f"or {_no_number(value)}{_range(items.minimum, items.maximum, value)}"
        case _:
            return f'or (not (kindIs "string" {value})){_text(items, value)}'


def integer_range(items: Items) -> tuple[int, int]:
    """Return the least and the greatest value of an integer that template engines keep."""
    least = -EXACT if items.minimum is None else max(-EXACT, math.ceil(items.minimum))
    most = EXACT if items.maximum is None else min(EXACT, math.floor(items.maximum))
    return least, most


def pattern(items: Items) -> str | None:
    """Return the regular expression that a text matches as a whole, where engines agree on it."""
    match items.type:
        case "string":
            return items.pattern if items.pattern and everywhere(items.pattern) else None
        case "cidr":
            return _of_family(items, ipv4_network(), IPV6_NETWORK)
        case "ip":
            return _of_family(items, IPV4, IPV6)
        case "url":
            schemes = "|".join(items.schemes) or "[a-z][a-z0-9+.-]*"
            return f"({schemes})://{URL_REST}"
        case _:
            return None


def _of_family(items: Items, ipv4: str, ipv6: str) -> str:
    known = {"ipv4": ipv4, "ipv6": ipv6}
    return known.get(items.family or "", f"{ipv4}|{ipv6}")


def _text(items: Items, value: str) -> str:
    expression = pattern(items)
    matches = f" (not (regexMatch {json.dumps(f'^({expression})$')} {value}))" if expression else ""
    length = f"(len (splitList {json.dumps('')} {value}))"
    least = f" (lt {length} {items.minLength})" if items.minLength is not None else ""
    most = f" (gt {length} {items.maxLength})" if items.maxLength is not None else ""
    return matches + least + most


def _no_number(value: str) -> str:
    return f'(not (regexMatch "{_NUMBER}" (kindOf {value})))'


def _range(minimum: float | None, maximum: float | None, value: str) -> str:
    least = f" (lt (float64 {value}) {float(minimum)})" if minimum is not None else ""
    most = f" (gt (float64 {value}) {float(maximum)})" if maximum is not None else ""
    return least + most


def _wrong_size(parameter: Parameter, value: str) -> str:
    least, most = parameter.minItems, parameter.maxItems
    tests = [f"(lt (len {value}) {least})"] if least else []
    tests += [f"(gt (len {value}) {most})"] if most is not None else []
    return f"or {' '.join(tests)}" if len(tests) > 1 else "".join(tests)


def _excluded(parameter: Parameter, value: str, name: str) -> Iterator[str]:
    for rule in parameter.constraints:
        if rule.excludes is not None and ip_network(rule.excludes).version == 4:
            inside, around = overlapping(rule.excludes)
            networks = " ".join(json.dumps(network) for network in around)
            within = f"(regexMatch {json.dumps(f'^{inside}')} {value})"
            reason = " ".join(rule.reason.split())
            message = f"{name} overlaps {rule.excludes}: {reason}"
            yield from _failing(f"or {within} (has {value} (list {networks}))", message)


def _described(parameter: Parameter) -> str:
    if parameter.type == "enum":
        return f"one of {', '.join(allowed_values(parameter))}"
    return describe_type(parameter)


def _failing(test: str, message: str) -> list[str]:
    if not test:
        return []
    text = json.dumps(message, ensure_ascii=False)
    return [f"{{{{- if {test} }}}}", f"{{{{- fail {text} }}}}", "{{- end }}"]


def _if(test: str, lines: list[str]) -> list[str]:
    return [f"{{{{- if {test} }}}}", *lines, "{{- end }}"]
