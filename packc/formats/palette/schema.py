"""schema: schema.yaml, which lets Palette's form refuse what packc would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packc.formats.palette.limits import pattern
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.palette.presets import feature_path, value_path
from packc.model import MISSING
from packc.parameters import allowed_values
from packc.spec import Items, Parameter

_REPEATED = re.compile(r"(?P<atom>\[[^\]]*\]|\\.|\w)\{(?P<least>\d+)(?:,(?P<most>\d+))?\}")
MOST_REPEATED = 16


def schema_yaml(plan: Plan, manifest: Manifest) -> str:
    """Return schema.yaml: an entry for each feature and each parameter, in the order of values."""
    entries = [
        (".".join(feature_path(plan, f.name)), 'format "${boolean}"', f.title)
        for f in manifest.features
    ]
    entries += [_entry(plan, parameter) for parameter in plan.parameters]
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
        case _ if secret:
            return "${password}"
        case "enum":
            options = allowed_values(items)
            is_listed = not any(set(option) & set(',[]{}"') for option in options)
            return f"${{list:[{','.join(options)}]}}" if is_listed else "${string}"
        case "boolean":
            return "${boolean}"
        case "integer" | "number":
            return f"${{number{_range(items)}}}"
        case "ip" if items.family == "ipv4":
            return "${ipv4}"
        case _:
            return f"${{string{''.join(_expression(items))}}}"


def _range(items: Items) -> str:
    least, most = items.minimum, items.maximum
    is_whole = all(isinstance(bound, int) and bound >= 0 for bound in (least, most))
    return f":[{least}-{most}]" if is_whole else ""


def _expression(items: Items) -> Iterator[str]:
    """Yield the regular expression of a text, where the grammar of schema.yaml can hold it."""
    expression = pattern(items)
    if expression is None:
        return
    text = _REPEATED.sub(_written_out, expression).replace(r"\/", "/").replace("/", r"\x2f")
    if not set(text) & set('{}"\n'):
        yield f":/^({text})$/"


def _written_out(match: re.Match[str]) -> str:
    """Return a repetition without braces, which end a placeholder."""
    least, most = int(match["least"]), int(match["most"] or match["least"])
    if most > MOST_REPEATED:
        return match[0]
    return match["atom"] * least + f"{match['atom']}?" * (most - least)


def _hint(text: str) -> str:
    """Return a description as the grammar can hold it: without double quotes and braces."""
    return " ".join(text.split()).replace('"', "'").replace("{{", "{").replace("}}", "}")
