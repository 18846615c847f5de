"""build: `packc build`: every variant of every pack into files."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, define

from packc import render
from packc.cli.report import print_diagnostics, print_json, print_notes
from packc.cli.selection import host_of, selection_of
from packc.diagnostics import Diagnostic, PackcError, Severity, in_order
from packc.model import Level, Note
from packc.pipeline import Compiled, Prepared, Written, compile_variant, prepare, write_pack
from packc.plugins import Host
from packc.record import sha256, shown


@define
class Outcome:
    """What a build has come to so far."""

    written: list[Written] = Factory(list)
    diagnostics: list[Diagnostic] = Factory(list)

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def run(options: Namespace) -> int:
    """Build every pack; a pack with an error is not written, the others are."""
    outcome = Outcome()
    host = host_of(options)
    with _progress(options) as step:
        for folder in options.packs:
            _build(folder, options, host, outcome, step)
    diagnostics = in_order(outcome.diagnostics)
    if options.output == "json":
        print_json(
            {
                "variants": [_summary(written) for written in outcome.written],
                "diagnostics": [render.as_json(diagnostic) for diagnostic in diagnostics],
            }
        )
    else:
        _print_text(outcome, options)
        print_diagnostics(diagnostics, options)
    return 1 if outcome.failed else 0


def _build(folder: str, options: Namespace, host: Host, outcome: Outcome, step: Any) -> None:
    step(folder)
    try:
        prepared = prepare(folder, selection_of(options), host)
        outcome.diagnostics.extend(prepared.diagnostics)
        variants = list(_variants(folder, prepared, outcome, step))
        if len(variants) == len(prepared.active.clouds):
            outcome.written.extend(write_pack(prepared, variants, Path(options.out)))
    except PackcError as error:
        outcome.diagnostics.extend(error.diagnostics)


def _variants(folder: str, prepared: Prepared, outcome: Outcome, step: Any) -> Iterator[Compiled]:
    """Yield the variants that compile; the reasons why others do not are gathered."""
    for name, cloud in prepared.active.clouds.items():
        step(f"{folder} {name}")
        try:
            compiled = compile_variant(prepared, cloud)
        except PackcError as error:
            outcome.diagnostics.extend(error.diagnostics)
        else:
            outcome.diagnostics.extend(compiled.diagnostics)
            yield compiled


# --- the report -------------------------------------------------------------------------------


@contextmanager
def _progress(options: Namespace) -> Iterator[Any]:
    """Yield what is told each step: a spinner on a terminal, nothing elsewhere."""
    if options.quiet or options.output == "json" or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("packc") as status:
        yield lambda text: status.update(f"compiling {text}")


def _print_text(outcome: Outcome, options: Namespace) -> None:
    if options.quiet:
        return
    if sys.stdout.isatty():
        _print_table(outcome.written)
    else:
        for written in outcome.written:
            print(_line(_summary(written)))
    if options.verbose:
        for written in outcome.written:
            _print_values(written.compiled)
    print_notes(list(_notes(outcome)), options)


def _notes(outcome: Outcome) -> Iterator[tuple[str, Note]]:
    for written in outcome.written:
        for note in written.compiled.notes:
            yield written.compiled.name, note


def _summary(written: Written) -> dict[str, Any]:
    compiled = written.compiled
    variant = compiled.resolved.variant
    warnings = sum(d.severity is Severity.WARNING for d in compiled.diagnostics)
    return {
        "pack": variant.pack,
        "version": variant.version,
        "variant": variant.name,
        "folder": written.folder.as_posix(),
        "objects": len(compiled.objects),
        "bytes": len(written.manifests.content),
        "digest": sha256(written.manifests.content),
        "notes": sum(note.level is Level.NOTE for note in compiled.notes),
        "warnings": warnings + sum(note.level is Level.WARNING for note in compiled.notes),
    }


def _line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['pack']} {summary['version']} {summary['variant']}:"
        f" {render.plural(summary['objects'], 'object')}, {render.plural(summary['bytes'], 'byte')},"
        f" {summary['digest']}, {render.plural(summary['notes'], 'note')},"
        f" {render.plural(summary['warnings'], 'warning')} -> {summary['folder']}"
    )


def _print_table(written: list[Written]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if not written:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("variant", "objects", "bytes", "digest", "notes", "warnings", "folder"):
        right = column in ("objects", "bytes", "notes", "warnings")
        table.add_column(column, justify="right" if right else "left", no_wrap=True)
    for summary in map(_summary, written):
        table.add_row(
            f"{summary['pack']} {summary['variant']}",
            str(summary["objects"]),
            f"{summary['bytes']:,}",
            summary["digest"][:19],
            str(summary["notes"]),
            str(summary["warnings"]),
            summary["folder"],
        )
    Console().print(table)


def _print_values(compiled: Compiled) -> None:
    for name, value in sorted(compiled.resolved.values.items()):
        print(f"{compiled.name}: {name} = {shown(value)} ({value.source})", file=sys.stderr)
