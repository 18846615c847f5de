"""render: diagnostics as text for people and as JSON for machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from packc.diagnostics import Diagnostic, Related, Severity, Span

TAB_WIDTH = 4
MAX_EXCERPT = 160
MAX_TEXT = 1000
MAX_SOURCE = 4 * 1024 * 1024
LINE_END = re.compile(r"\r\n|\r|\n")

COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}


def text(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """Return the diagnostics, each with its place, the source line and caret, and the way out."""
    _source_lines.cache_clear()  # files may have changed since the last time
    return "\n\n".join("\n".join(_lines(d, colour)) for d in diagnostics)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return the diagnostic as plain data; keys that do not apply are left out."""
    data: dict[str, Any] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "found": diagnostic.found,
        "expected": diagnostic.expected,
        "hint": diagnostic.hint,
        "related": [
            {"message": related.message, **_place(related.span)} for related in diagnostic.related
        ],
    }
    return {key: value for key, value in data.items() if value not in (None, [])}


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """Return how many there are of each severity in words, such as '2 errors, 1 warning'."""
    totals = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        totals[diagnostic.severity] += 1
    return ", ".join(plural(number, kind.value) for kind, number in totals.items() if number)


def plural(number: int, noun: str) -> str:
    """Return the number with its noun: '1 object', '2 objects'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _lines(diagnostic: Diagnostic, colour: bool) -> Iterator[str]:
    place = f"{diagnostic.span}: " if diagnostic.span else ""
    label = f"{diagnostic.severity.value}[{diagnostic.code}]"
    if colour:
        label = f"\033[{COLOURS[diagnostic.severity]}m{label}\033[0m"
    yield f"{_printable(place)}{label}: {_told(diagnostic.message)}"
    if diagnostic.span and diagnostic.quote:
        yield from _excerpt(diagnostic.span)
    for word, value in (("found", diagnostic.found), ("expected", diagnostic.expected)):
        if value is not None:
            yield f"  {word}: {_told(value)}"
    for related in diagnostic.related:
        yield from _related(related, diagnostic.quote)
    if diagnostic.hint:
        yield f"  hint: {_told(diagnostic.hint)}"


def _related(related: Related, quote: bool) -> Iterator[str]:
    place = f"{related.span}: " if related.span else ""
    yield f"  {_printable(place)}{_told(related.message)}"
    if related.span and quote:
        yield from _excerpt(related.span)


def _excerpt(span: Span) -> Iterator[str]:
    """Yield the source line and a caret below the column; nothing where the file cannot be read."""
    lines = _source_lines(span.file)
    if not 0 < span.line <= len(lines):
        return
    line = lines[span.line - 1]
    before = line[: span.column - 1]
    start = len(before) - len(before[-MAX_EXCERPT // 2 :])
    shown = _printable(line[start : start + MAX_EXCERPT])
    number = str(span.line)
    yield f"  {number} | {shown}"
    yield f"  {' ' * len(number)} | {' ' * len(_printable(before[start:]))}^"


def _told(text: str) -> str:
    """Return a text that may quote a file: in one line, of a length that a person reads."""
    short = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    return _printable(short)


def _printable(line: str) -> str:
    """Return the text as a terminal can show it: nothing in a file may steer the terminal."""
    return "".join(
        character if character.isprintable() else "?"
        for character in line.replace("\t", " " * TAB_WIDTH)
    )


@lru_cache(maxsize=8)
def _source_lines(file: str) -> tuple[str, ...]:
    try:
        if not Path(file).is_file():
            return ()
        with Path(file).open("rb") as stream:
            content = stream.read(MAX_SOURCE)
    except (OSError, ValueError):
        return ()
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return tuple(LINE_END.split(text)) if text else ()


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {}
    return {"file": span.file, "line": span.line, "column": span.column}
