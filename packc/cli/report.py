"""report: how commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from packc import render
from packc.diagnostics import Diagnostic, Severity
from packc.model import Level, Note


def wants_colour(options: Namespace, stream: TextIO) -> bool:
    """Return whether to colour: as --color says, else on a terminal (see no-color.org)."""
    if options.color != "auto":
        return bool(options.color == "always")
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


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


def print_json(data: Any) -> None:
    """Print data on standard output, for machines."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


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
