"""report: how commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from packc import render
from packc.cli.built import print_told, print_told_notes
from packc.cli.colour import wants_colour
from packc.diagnostics import Diagnostic
from packc.model import Note

if TYPE_CHECKING:
    from argparse import Namespace

    from rich.console import Console


def console(options: Namespace, stream: TextIO) -> Console:
    """Return rich's view of a stream, with styles where colour is wanted."""
    from rich.console import Console  # slow to import, and needed on a terminal only

    if wants_colour(options, stream):
        return Console(file=stream)
    return Console(file=stream, color_system=None)


def print_diagnostics(diagnostics: Iterable[Diagnostic], options: Namespace) -> None:
    """Print diagnostics on standard error; with --quiet the errors only."""
    print_told([told(diagnostic) for diagnostic in diagnostics], options)


def told(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as plain data, with its text for a terminal and for elsewhere."""
    return {
        "key": diagnostic.sort_key,
        "severity": diagnostic.severity.value,
        "data": render.as_json(diagnostic),
        "text": render.text([diagnostic]),
        "coloured": render.text([diagnostic], colour=True),
    }


@contextmanager
def progress(options: Namespace, doing: str) -> Iterator[Callable[[str], None]]:
    """Yield what is told each step: a spinner on a terminal, nothing elsewhere."""
    if options.quiet or options.output != "text" or not sys.stderr.isatty():
        yield lambda text: None
        return
    with console(options, sys.stderr).status("packc") as status:
        yield lambda text: status.update(f"{doing} {text}")


def print_json(data: Any) -> None:
    """Print data on standard output, for machines: in UTF-8 whatever the locale."""
    import json  # of no use to YAML and to text

    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(f"{text}\n".encode(errors="backslashreplace"))


def print_notes(notes: Iterable[tuple[str, Note]], options: Namespace) -> None:
    """Print the notes of variants as `print_told_notes` does."""
    print_told_notes([(name, note.level.value, note.text) for name, note in notes], options)


def readable(value: Any) -> str:
    """Return a value in one line as a person writes it: true, a, b, name=value."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case Mapping():
            return ", ".join(f"{key}={readable(item)}" for key, item in value.items()) or "empty"
        case list() | tuple():
            return ", ".join(map(readable, value)) or "empty"
        case _:
            return str(value)
