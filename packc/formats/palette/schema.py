"""schema: schema.yaml, which lets Palette's form refuse what packc would refuse."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from packc.formats.palette.expressions import of_integers, of_length, whole
from packc.formats.palette.limits import pattern
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.palette.presets import feature_path, value_path
from packc.model import MISSING
from packc.parameters import allowed_values
from packc.spec import Items, Parameter


def schema_yaml(plan: Plan, manifest: Manifest) -> str:
    """Return schema.yaml: an entry for each feature and each parameter, in the order of values.

    Maps have none: the grammar has no type for them.
    """
    entries = [
        (".".join(feature_path(plan, f.name)), 'format "${boolean}"', f.title)
        for f in manifest.features
    ]
    entries += [_entry(plan, each) for each in plan.parameters if each.type != "map"]
    lines = []
    for path, form, hint in entries:
        template = f'{{{{ {form} | hints "{_hint(hint)}" }}}}'.replace("'", "''")
        lines += [f"{path}:", f"  schema: '{template}'"]
    return "\n".join(lines) + "\n"


def _entry(plan: Plan, parameter: Parameter) -> tuple[str, str, str]:
    """Return the path of a parameter, what its value must be, and the hint."""
    path = ".".join(value_path(plan, parameter.name))
    required = "required | " if parameter.required and parameter.default is MISSING else ""
    items = parameter.items if parameter.type == "list" and parameter.items else parameter
    suffix = "$[]" if items is not parameter else ""
    form = f'{required}format "{_placeholder(items, secret=parameter.secret)}"'
    return path + suffix, form, parameter.description


def _placeholder(items: Items, *, secret: bool) -> str:
    match items.type:
        case "boolean":
            return "${boolean}"
        case "integer" | "number":
            return "${password}" if secret else f"${{number{_limits(items)}}}"
        case "ip" if items.family == "ipv4" and not secret:
            return "${ipv4}"
        case "enum" if not secret and _is_listed(items):
            return f"${{list:[{','.join(allowed_values(items))}]}}"
        case _:
            kind = "password" if secret else "string"
            return f"${{{kind}{whole(_expression(items)) or ''}}}"


def _is_listed(items: Items) -> bool:
    """Return whether no option has a character that a list of options cannot hold."""
    return not any(set(option) & set(',[]{}"') for option in allowed_values(items))


def _limits(items: Items) -> str:
    """Return the range of a number, or an expression where it has one limit, or one below zero."""
    least, most = items.minimum, items.maximum
    if isinstance(least, int) and isinstance(most, int) and least >= 0:
        return f":[{least}-{most}]"
    if items.type == "number":
        return ""
    return whole(of_integers(_rounded(least, math.ceil), _rounded(most, math.floor))) or ""


def _rounded(limit: float | None, how: Callable[[float], int]) -> int | None:
    return None if limit is None else how(limit)


def _expression(items: Items) -> str | None:
    """Return the expression of a text."""
    if items.type == "enum":
        return "|".join(map(re.escape, allowed_values(items)))
    return pattern(items) or of_length(items.minLength, items.maxLength)


def _hint(text: str) -> str:
    """Return a description as the grammar can hold it: without double quotes and braces."""
    return " ".join(text.split()).replace('"', "'").replace("{{", "{").replace("}}", "}")
