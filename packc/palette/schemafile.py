"""schemafile: schema.yaml, which tells Palette's form what values may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from packc.diagnostics import Diagnostic, Severity, Span, did_you_mean
from packc.palette.findings import DANGLING_SCHEMA, SCHEMA
from packc.palette.folder import PalettePack
from packc.palette.presets import holds, read_presets
from packc.palette.vocabulary import SCHEMA_FILE

TYPES: Final = ("string", "number", "boolean", "password", "list", "ipv4", "version")
MAX_ENTRY: Final = 32_768
_ARGUMENTS: Final = ("string", "number", "password", "list")
_PART: Final = re.compile(
    r'\s*(?:(?P<word>required|readonly)|format\s+"(?P<format>[^"]*)"|hints(?P<hints>(?:\s+"[^"]*")+))\s*'
)
_PLACEHOLDER: Final = re.compile(r"\$\{(?P<type>\w*)(?::(?P<argument>/.*?/|\[[^\]]*\]|[^}]*))?\}")
_ITEMS: Final = "end the path in $[], which is each item"
_HOW: Final = """write it as '{{ required | format "${string}" | hints "text" }}'"""


@frozen
class Placeholder:
    """A part of a format: its type, and its regular expression, range or list of options."""

    type: str
    argument: str


class NotAnEntry(ValueError):
    """An entry breaks the grammar; the text says how."""


def parse_entry(template: str) -> tuple[tuple[Placeholder, ...], str]:
    """Return the placeholders of an entry and its format; raise NotAnEntry where it is broken."""
    if len(template) > MAX_ENTRY:
        raise NotAnEntry(f"a schema has at most {MAX_ENTRY:,} characters")
    match = re.fullmatch(r"\s*\{\{(.*)\}\}\s*", template, re.DOTALL)
    if match is None:
        raise NotAnEntry("a schema is one action in {{ }}")
    form, rest = "", match[1]
    while rest.strip():
        part = _PART.match(rest)
        if part is None:
            raise NotAnEntry(f"'{rest.strip()[:40]}' is no part of a schema")
        form = part["format"] if part["format"] is not None else form
        rest = rest[part.end() :]
        if rest and not rest.startswith("|"):
            raise NotAnEntry("the parts of a schema stand between '|'")
        rest = rest.removeprefix("|")
    return tuple(_placeholders(form)), form


def schema_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield what is wrong with the entries of schema.yaml, and those that reach no value."""
    if pack.schema is None:
        return
    data = pack.schema.data
    if not isinstance(data, dict) or not data:
        text = f"{SCHEMA_FILE} holds no entry"
        place = Span(pack.name_of(SCHEMA_FILE))
        yield Diagnostic(SCHEMA, text, place, "add one, or remove the file", Severity.WARNING)
        return
    known = [pack.section(), *(preset.add for preset in read_presets(pack)[0])]
    known += [{"charts": {c.name: _own_values(c.members)}} for c in pack.charts]
    for path, entry in data.items():
        template = entry.get("schema") if isinstance(entry, dict) else None
        if not isinstance(template, str):
            text = f"the entry '{path}' has no text below `schema`"
            yield Diagnostic(SCHEMA, text, pack.schema.locate((path,), key=True), _HOW)
        else:
            yield from _entry(pack, path, template, known)


def _entry(
    pack: PalettePack, path: str, template: str, known: Sequence[Any]
) -> Iterator[Diagnostic]:
    assert pack.schema is not None
    try:
        placeholders, form = parse_entry(template)
    except NotAnEntry as error:
        yield Diagnostic(SCHEMA, str(error), pack.schema.locate((path, "schema")), _HOW)
        return
    steps = path.split(".")
    is_known = any(holds(values, steps) for values in known) or _is_commented_out(pack, steps[-1])
    if not is_known:
        text = f"no value and no preset has the path '{path}'"
        hint = did_you_mean(path, _paths(pack.section())) or "correct the path, or drop the entry"
        place = pack.schema.locate((path,), key=True)
        yield Diagnostic(DANGLING_SCHEMA, text, place, hint, Severity.WARNING)
        return
    value = _at(pack.section(), steps)
    if isinstance(value, dict | list) and placeholders:
        kind, way = ("map", "drop the entry") if isinstance(value, dict) else ("list", _ITEMS)
        text = f"{path} is a {kind}, and its schema is that of one value"
        place = pack.schema.locate((path,), key=True)
        yield Diagnostic(DANGLING_SCHEMA, text, place, way, Severity.WARNING)
        return
    is_one = len(placeholders) == 1 and form == _whole(form)
    if is_one and not _may_take_ages(placeholders[0]) and not fits(placeholders[0], value):
        text = f"the value '{value}' of {path} is none that its schema allows"
        place = pack.value_place(*steps)
        yield Diagnostic(DANGLING_SCHEMA, text, place, "change the value or its schema")


def _may_take_ages(placeholder: Placeholder) -> bool:
    """Return whether a regular expression repeats a group, which Python may try without end."""
    is_expression = placeholder.argument.startswith("/")
    return is_expression and re.search(r"\)[*+{]", placeholder.argument) is not None


def _is_commented_out(pack: PalettePack, name: str) -> bool:
    """Return whether values.yaml has a key as a comment: it is there to be filled in."""
    commented = rf"^\s*#+\s*{re.escape(name.removesuffix('$[]'))}:"
    text = "" if pack.values is None else pack.values.text
    return re.search(commented, text, re.MULTILINE) is not None


def fits(placeholder: Placeholder, value: Any) -> bool:
    """Return whether a value is allowed; one that is empty is for the user to fill in."""
    if value is None or value == "" or isinstance(value, dict | list) or "{{" in str(value):
        return True
    argument = placeholder.argument
    match placeholder.type:
        case "list":
            return str(value) in [option.strip() for option in argument.strip("[]").split(",")]
        case "boolean":
            return str(value).lower() in ("true", "false")
        case "number" if argument.startswith("["):
            least, _, most = argument.strip("[]").partition("-")
            return int(least) <= float(value) <= int(most)
        case _ if argument.startswith("/"):
            return re.search(argument[1:-1], str(value)) is not None
        case _:
            return True


def _placeholders(form: str) -> Iterator[Placeholder]:
    for match in _PLACEHOLDER.finditer(form):
        kind, argument = match["type"], match["argument"] or ""
        if kind not in TYPES:
            hint = did_you_mean(kind, TYPES)
            raise NotAnEntry(f"there is no type '{kind}'{f'; {hint}' if hint else ''}")
        if argument and kind not in _ARGUMENTS:
            raise NotAnEntry(f"the type {kind} takes nothing behind ':'")
        if kind == "list" and not argument.strip("[] "):
            raise NotAnEntry("a list names its options: ${list:[a,b]}")
        if kind == "number" and argument.startswith("["):
            if not re.fullmatch(r"\[-?\d{1,18}-\d{1,18}\]", argument):
                raise NotAnEntry("a range is written ${number:[1-9]}")
        elif argument.startswith("/"):
            _compiled(argument[1:-1])
        elif argument and kind != "list":
            raise NotAnEntry(f"'{argument}' is no regular expression between '/'")
        yield Placeholder(kind, argument)


def _compiled(pattern: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise NotAnEntry(f"the regular expression is broken: {error}") from None


def _whole(form: str) -> str:
    match = _PLACEHOLDER.fullmatch(form)
    return match[0] if match else ""


def _own_values(members: Any) -> Any:
    from packc import yamlio
    from packc.diagnostics import PackcError

    try:
        documents = yamlio.parse(members.get("values.yaml", b""), "values.yaml").documents
    except PackcError:
        return {}
    return documents[0].data if documents else {}


def _at(values: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        values = values.get(step) if isinstance(values, dict) else None
    return values


def _paths(values: Any, path: str = "") -> Iterator[str]:
    for name, value in values.items() if isinstance(values, dict) else ():
        yield f"{path}{name}"
        yield from _paths(value, f"{path}{name}.")
