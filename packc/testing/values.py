"""values: what the parameters are set to: at their limits, hurting, or marked as secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Any, Final

from packc.checks.hygiene import probe_values
from packc.model import MISSING, FileContent
from packc.parameters import allowed_values, problems
from packc.spec import Items, Parameter
from packc.testing.evidence import MARK

PEM: Final = "-----BEGIN MARK-----\n{}\n-----END MARK-----\n"

TEXTS: Final = (
    "",
    " ",
    "a\nb",
    "{}",
    "{0} {name}",
    "{{ .Values.x }}",
    "%s %d",
    "\\d\\",
    "a/b~c[d=e]",
    "'\"`$(x)",
    "ünï \u202e\U0001f600",
    "yes",
    "0" * 5000,
)
"""Texts that break what splices, formats, splits or counts them."""

MOST_PAIRS: Final = 300

NUMBERS: Final = (0, -1, 2**63, 10**30)


def needed(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return a value for each parameter that a build cannot do without."""
    return {
        parameter.name: value
        for parameter in parameters
        if parameter.required and parameter.default is MISSING
        for value in _ordinary(parameter)[:1]
    }


def declared(parameters: Sequence[Parameter]) -> Iterator[Mapping[str, Any]]:
    """Yield values that the parameters allow, one at a time."""
    for parameter in parameters:
        for value in _ordinary(parameter):
            yield {parameter.name: value}


def pairs(parameters: Sequence[Parameter]) -> Iterator[Mapping[str, Any]]:
    """Yield values that the parameters allow, two at a time, up to a limit."""
    every = (
        {left.name: one, right.name: other}
        for left, right in combinations(parameters, 2)
        for one, other in product(_ordinary(left), _ordinary(right))
    )
    return islice(every, MOST_PAIRS)


def hostile(parameters: Sequence[Parameter]) -> Iterator[Mapping[str, Any]]:
    """Yield values that fit their types and are meant to hurt, one at a time."""
    for parameter in parameters:
        if parameter.deprecated is None:
            for value in _hostile(parameter):
                yield {parameter.name: value}


def marked(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return a value with the mark for each secret, with a file for each parameter of that type."""
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.type == "file":
            text = MARK if parameter.secret else "no secret"
            found[parameter.name] = FileContent(f"{parameter.name}.pem", PEM.format(text))
        elif parameter.secret and not problems(parameter, MARK):
            found[parameter.name] = MARK
    return found


def _ordinary(parameter: Parameter) -> tuple[Any, ...]:
    if parameter.type == "file":
        return (FileContent("given.pem", PEM.format("given")),)
    if parameter.type == "enum":
        return allowed_values(parameter)
    if parameter.type == "boolean":
        return (False, True)
    return probe_values(parameter)


def _hostile(parameter: Parameter) -> Iterator[Any]:
    if parameter.type == "list" and parameter.items:
        single = list(_fitting(parameter.items))
        candidates: list[Any] = [[], single, *([value] for value in single)]
    elif parameter.type == "map" and parameter.items:
        single = list(_fitting(parameter.items))
        candidates = [{}, *({f"a/{index}": value} for index, value in enumerate(single))]
    else:
        candidates = list(_fitting(parameter))
    yield from (value for value in candidates if not problems(parameter, value))


def _fitting(items: Items) -> Iterator[Any]:
    """Yield the hostile values of a simple type."""
    values: tuple[Any, ...] = ()
    match items.type:
        case "string":
            values = TEXTS
        case "integer" | "number":
            values = NUMBERS
        case "cidr":
            values = ("0.0.0.0/0", "255.255.255.255/32", "::/0")
        case "ip":
            values = ("0.0.0.0", "255.255.255.255", "::")
        case "url":
            values = ("http://[::1]:1", "https://a%7B%7D.example/{0}?%s#~")
        case "file":
            values = tuple(FileContent("given", text) for text in (*TEXTS, PEM.format("{0}")))
    yield from (value for value in values if not problems(items, value))
