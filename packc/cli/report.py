"""report: how commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from packc import render
from packc.diagnostics import Diagnostic, Severity
from packc.model import Level, Note

if TYPE_CHECKING:
    from rich.console import Console


def wants_colour(options: Namespace, stream: TextIO) -> bool:
    """Return whether to colour: as --color says, else on a terminal (see no-color.org)."""
    if options.color != "auto":
        return bool(options.color == "always")
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def console(options: Namespace, stream: TextIO) -> Console:
    """Return rich's view of a stream, with styles where colour is wanted."""
    from rich.console import Console  # slow to import, and needed on a terminal only

    if wants_colour(options, stream):
        return Console(file=stream)
    return Console(file=stream, color_system=None)


def print_diagnostics(diagnostics: Iterable[Diagnostic], options: Namespace) -> None:
    """Print diagnostics on standard error; with --quiet the errors only."""
    chosen = [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.severity is Severity.ERROR
        or (diagnostic.severity is Severity.WARNING and not options.quiet)
        or options.verbose
    ]
    if not chosen:
        return
    print(render.text(chosen, colour=wants_colour(options, sys.stderr)), file=sys.stderr)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in chosen):
        print(f"\npackc: {render.count(chosen)}", file=sys.stderr)


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
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(f"{text}\n".encode(errors="backslashreplace"))


def print_notes(notes: Sequence[tuple[str, Note]], options: Namespace) -> None:
    """Print notes on standard error, each once with the variants that have it.

    Warnings always, the others with --verbose, none with --quiet.
    """
    variants: dict[tuple[Level, str], list[str]] = {}
    for variant, note in notes:
        if not options.quiet and (note.level is Level.WARNING or options.verbose):
            variants.setdefault((note.level, " ".join(note.text.split())), []).append(variant)
    for (level, text), names in variants.items():
        print(f"{', '.join(names)}: {level.value}: {text}", file=sys.stderr)


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
