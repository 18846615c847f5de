"""parameters: what a value of each parameter type may be, and how text becomes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from packc.diagnostics import Diagnostic, did_you_mean
from packc.model import FileContent, Value
from packc.spec import Items, Parameter

LIMITS: dict[str, frozenset[str]] = {
    "string": frozenset({"pattern", "minLength", "maxLength"}),
    "boolean": frozenset(),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "enum": frozenset({"values", "fromCloud"}),
    "cidr": frozenset({"family", "constraints"}),
    "ip": frozenset({"family"}),
    "url": frozenset({"schemes"}),
    "file": frozenset({"content"}),
    "list": frozenset({"items", "minItems", "maxItems"}),
    "map": frozenset({"items", "minItems", "maxItems"}),
}
"""For each type the keys of a parameter that limit it; a key of another type is an error."""

LIMIT_KEYS = frozenset().union(*LIMITS.values())


class Problem(NamedTuple):
    """What is wrong with a value: a message without the parameter's name, and the way out."""

    message: str
    hint: str | None = None


def problems(items: Items, value: Any) -> list[Problem]:
    """Return what is wrong with the value for that type; nothing when it is fine."""
    return list(_CHECKS[items.type](items, value))


def value_findings(parameter: Parameter, value: Value) -> Iterator[Diagnostic]:
    """Yield what is wrong with a value that the user gave, at its place; never a secret's text."""
    prefix = f"{value.source.name}: " if value.source.span is None else f"{parameter.name}: "
    for problem in problems(parameter, value.value):
        if value.secret:
            text, hint = f"the value does not fit a secret of type {parameter.type}", None
        else:
            text, hint = problem.message, problem.hint
        hint = hint or f"the type is {describe_type(parameter)}"
        yield Diagnostic("PK131", prefix + text, value.source.span, hint, quote=not value.secret)


def from_text(items: Items, text: str) -> Any:
    """Return the value that a text on the command line stands for.

    Lists are written `a,b` or as JSON, maps `key=value,key=value` or as JSON. A text that does not
    read as the type is returned as it is, for `problems` to say so.
    """
    match items.type:
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer" | "number":
            return _number(text)
        case "list" | "map":
            return _collection(items, text)
        case _:
            return text


def describe_type(items: Items) -> str:
    """Return the type and its limits in a few words, for `packc show` and errors."""
    match items:
        case Parameter(type="list" | "map", items=Items() as inner):
            return f"{items.type} of {describe_type(inner)}"
        case _:
            limits = "; ".join(_limit_texts(items))
            return f"{items.type} ({limits})" if limits else items.type


def allowed_values(items: Items) -> tuple[str, ...]:
    """Return the values of an enum, in the stated order."""
    return tuple(value.value for value in items.values)


# --- checks, one per type ---------------------------------------------------------------------


def _string(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(f"found {_shown(value)}, expected text", "quote it")
        return
    if items.pattern is not None and not re.fullmatch(items.pattern, value):
        yield Problem(f"'{value}' does not match the pattern {items.pattern}")
    yield from _size(len(value), "characters", items.minLength, items.maxLength)


def _boolean(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(f"found {_shown(value)}, expected true or false")


def _integer(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem(f"found {_shown(value)}, expected a whole number")
    else:
        yield from _range(items, value)


def _decimal(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield Problem(f"found {_shown(value)}, expected a number")
    else:
        yield from _range(items, value)


def _range(items: Items, value: float) -> Iterator[Problem]:
    if items.minimum is not None and value < items.minimum:
        yield Problem(f"{value} is less than the minimum {items.minimum}")
    if items.maximum is not None and value > items.maximum:
        yield Problem(f"{value} is greater than the maximum {items.maximum}")


def _enum(items: Items, value: Any) -> Iterator[Problem]:
    allowed = allowed_values(items)
    if value not in allowed or not isinstance(value, str):
        text = f"found {_shown(value)}, expected one of {', '.join(allowed)}"
        yield Problem(text, did_you_mean(str(value), allowed))


def _cidr(items: Items, value: Any) -> Iterator[Problem]:
    from ipaddress import ip_network

    if not isinstance(value, str) or "/" not in value:
        yield Problem(f"found {_shown(value)}, expected a network such as 192.168.0.0/16")
        return
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        yield Problem(f"'{value}' is no network", "write it as 192.168.0.0/16")
        return
    if str(network) != value:
        yield Problem(f"'{value}' is not canonical: it is {network}", f"write {network}")
    yield from _family(items, network.version, value)


def _ip(items: Items, value: Any) -> Iterator[Problem]:
    from ipaddress import ip_address

    try:
        address = ip_address(value if isinstance(value, str) else "")
    except ValueError:
        yield Problem(f"found {_shown(value)}, expected an IP address")
        return
    if str(address) != value:
        yield Problem(f"'{value}' is not canonical", f"write {address}")
    yield from _family(items, address.version, value)


def _family(items: Items, version: int, value: str) -> Iterator[Problem]:
    if items.family not in (None, f"ipv{version}"):
        yield Problem(f"'{value}' is IPv{version}, expected {items.family.replace('ip', 'IP')}")


def _url(items: Items, value: Any) -> Iterator[Problem]:
    from urllib.parse import urlsplit

    if not isinstance(value, str):
        yield Problem(f"found {_shown(value)}, expected a URL")
        return
    try:
        parts = urlsplit(value)
        whole = bool(parts.scheme and parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or re.search(r"[\s,\x00-\x1f\"'<>]", value):
        yield Problem(f"'{value}' is no URL", "write it as https://10.0.0.1:2379")
    elif parts.password or parts.username:
        yield Problem("the URL holds a user name or password, which would not stay secret")
    elif items.schemes and parts.scheme not in items.schemes:
        yield Problem(
            f"'{value}' has the scheme {parts.scheme}, expected {' or '.join(items.schemes)}"
        )


def _file(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, FileContent):
        yield Problem("expected the path of a file")
    elif items.content == "pem" and not re.search(
        r"^-----BEGIN [A-Z0-9 ]+-----\s*$", value.text, re.MULTILINE
    ):
        yield Problem(
            f"'{value.path}' holds no PEM",
            "a PEM file has a line such as -----BEGIN CERTIFICATE-----",
        )


def _list(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list | tuple):
        yield Problem(f"found {_shown(value)}, expected a list")
        return
    yield from _collection_problems(items, dict(enumerate(value)))


def _map(items: Items, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(f"found {_shown(value)}, expected a map")
        return
    yield from _collection_problems(items, value)


def _collection_problems(items: Items, members: Mapping[Any, Any]) -> Iterator[Problem]:
    assert isinstance(items, Parameter)  # load refuses a list of lists
    yield from _size(len(members), "items", items.minItems, items.maxItems)
    if items.items is not None:
        for name, member in members.items():
            for problem in problems(items.items, member):
                yield Problem(f"item {name}: {problem.message}", problem.hint)


def _size(size: int, unit: str, least: int | None, most: int | None) -> Iterator[Problem]:
    if least is not None and size < least:
        yield Problem(f"{size} {unit} are fewer than the minimum {least}")
    if most is not None and size > most:
        yield Problem(f"{size} {unit} are more than the maximum {most}")


_CHECKS: dict[str, Callable[[Items, Any], Iterator[Problem]]] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "number": _decimal,
    "enum": _enum,
    "cidr": _cidr,
    "ip": _ip,
    "url": _url,
    "file": _file,
    "list": _list,
    "map": _map,
}


# --- text -------------------------------------------------------------------------------------


def _number(text: str) -> Any:
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,30})", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?", text):
        return float(text)
    return text


def _collection(items: Items, text: str) -> Any:
    if text[:1] in "[{" and text:
        import json

        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    parts = [part for part in text.split(",") if part]
    inner = items.items if isinstance(items, Parameter) and items.items else Items(type="string")
    if items.type == "list":
        return [from_text(inner, part) for part in parts]
    pairs = [part.partition("=") for part in parts]
    if not all(equals for _, equals, _ in pairs):
        return text
    return {name: from_text(inner, part) for name, _, part in pairs}


def _limit_texts(items: Items) -> Iterator[str]:
    if items.type == "enum":
        yield ", ".join(allowed_values(items))
    if items.minimum is not None:
        yield f"at least {items.minimum}"
    if items.maximum is not None:
        yield f"at most {items.maximum}"
    for limit, text in (("pattern", "matches {}"), ("family", "{}"), ("content", "{}")):
        if getattr(items, limit) is not None:
            yield text.format(getattr(items, limit))
    if items.schemes:
        yield " or ".join(items.schemes)


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return f"'{value}'"
        case None:
            return "nothing"
        case Mapping():
            return "a map"
        case _:
            return "a list"
