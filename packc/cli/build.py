"""build: `packc build`: every variant of every pack into files."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from attrs import Factory, define

from packc import render
from packc.cli.report import (
    print_diagnostics,
    print_json,
    print_notes,
    progress,
    readable,
    wants_colour,
)
from packc.cli.selection import host_of, named_formats, selection_of
from packc.cli.table import table
from packc.diagnostics import Diagnostic, PackcError, Severity, in_order
from packc.formatting import Formatted, format_host, write_formats
from packc.model import MARKER, Level, Note
from packc.pipeline import Compiled, Prepared, Written, compile_variant, prepare, write_pack
from packc.plugins import ALL, MANIFESTS, Host
from packc.record import sha256, shown

COLUMNS = ("variant", "objects", "bytes", "digest", "notes", "warnings")
SHORT_DIGEST = 12


@define
class Outcome:
    """What a build has come to so far."""

    written: list[Written] = Factory(list)
    formatted: list[Formatted] = Factory(list)
    diagnostics: list[Diagnostic] = Factory(list)
    claimed: dict[tuple[str, str], str] = Factory(dict)

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def run(options: Namespace) -> int:
    """Build every pack; a pack with an error is not written, the others are."""
    outcome = Outcome()
    host = host_of(options)
    with progress(options, "compiling") as step:
        for folder in dict.fromkeys(options.packs):
            _build(folder, options, host, outcome, step)
    diagnostics = in_order(outcome.diagnostics)
    if options.output == "json":
        print_json(
            {
                "variants": [_summary(written) for written in outcome.written],
                "formats": [_summary_of_format(formatted) for formatted in outcome.formatted],
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
        _claim(folder, prepared, outcome)
        wanted = options.formats or [MANIFESTS]
        if MANIFESTS in wanted or ALL in wanted:
            _build_manifests(folder, options, prepared, outcome, step)
        _build_formats(folder, options, prepared, outcome, step)
    except PackcError as error:
        outcome.diagnostics.extend(error.diagnostics)


def _claim(folder: str, prepared: Prepared, outcome: Outcome) -> None:
    """Note where a pack will be written; raise PK504 where another one of this call is already."""
    spec = prepared.pack.spec
    other = outcome.claimed.setdefault((spec.name, spec.version), folder)
    if other != folder:
        text = f"'{folder}' is {spec.name} {spec.version} too, as '{other}' is"
        hint = "build them one by one, into different folders with -o"
        raise PackcError(Diagnostic("PK504", text, hint=hint))


def _build_manifests(
    folder: str, options: Namespace, prepared: Prepared, outcome: Outcome, step: Any
) -> None:
    variants = list(_variants(folder, prepared, outcome, step))
    if len(variants) == len(prepared.active.clouds):
        out = Path(options.out)
        outcome.written.extend(
            write_pack(prepared, variants, out, with_source_map=options.source_map)
        )


def _build_formats(
    folder: str, options: Namespace, prepared: Prepared, outcome: Outcome, step: Any
) -> None:
    host = format_host(options.hook_timeout, frozenset(options.refused))
    names = named_formats(options.formats)
    if not names:
        return
    step(f"{folder} {', '.join(names)}")
    for formatted in write_formats(prepared, names, host, Path(options.out)):
        outcome.formatted.append(formatted)
        outcome.diagnostics.extend(formatted.diagnostics)


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


def _print_text(outcome: Outcome, options: Namespace) -> None:
    if options.quiet:
        return
    if sys.stdout.isatty():
        _print_table(outcome.written, options)
    else:
        for written in outcome.written:
            print(_line(_summary(written)))
    for formatted in outcome.formatted:
        print(_line_of_format(_summary_of_format(formatted)))
    if options.verbose:
        for written in outcome.written:
            _print_values(written.compiled)
    print_notes(list(_notes(outcome)), options)


def _notes(outcome: Outcome) -> Iterator[tuple[str, Note]]:
    for written in outcome.written:
        for note in written.compiled.notes:
            yield f"{written.compiled.resolved.variant.pack} {written.compiled.name}", note


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
        f" {render.plural(summary['objects'], 'object')},"
        f" {render.plural(summary['bytes'], 'byte')}, {summary['digest']},"
        f" {render.plural(summary['notes'], 'note')},"
        f" {render.plural(summary['warnings'], 'warning')} -> {summary['folder']}"
    )


def _summary_of_format(formatted: Formatted) -> dict[str, Any]:
    spec = formatted.prepared.pack.spec
    record = next(file for file in formatted.files if file.name == MARKER)
    return {
        "pack": spec.name,
        "version": spec.version,
        "format": formatted.format,
        "folder": formatted.folder.as_posix(),
        "files": len(formatted.files) - 1,
        "bytes": sum(len(file.content) for file in formatted.files if file is not record),
        "record": sha256(record.content),
    }


def _line_of_format(summary: dict[str, Any]) -> str:
    return (
        f"{summary['pack']} {summary['version']} {summary['format']}:"
        f" {render.plural(summary['files'], 'file')},"
        f" {render.plural(summary['bytes'], 'byte')}, {summary['record']} -> {summary['folder']}"
    )


def _print_table(written: list[Written], options: Namespace) -> None:
    heading = "\033[1m{}\033[0m" if wants_colour(options, sys.stdout) else "{}"
    for folder, variants in groupby(written, key=lambda entry: entry.folder.parent):
        summaries = [_summary(entry) for entry in variants]
        pack = summaries[0]
        print(heading.format(f"{pack['pack']} {pack['version']} -> {folder}"))
        for line in table(COLUMNS, [_row(summary) for summary in summaries]):
            print(f"  {line}")


def _row(summary: dict[str, Any]) -> list[str | int]:
    short = {"digest": summary["digest"].removeprefix("sha256:")[:SHORT_DIGEST]}
    return [{**summary, **short}[column] for column in COLUMNS]


def _print_values(compiled: Compiled) -> None:
    for name, value in sorted(compiled.resolved.values.items()):
        print(
            f"{compiled.name}: {name} = {readable(shown(value))} ({value.source})", file=sys.stderr
        )
