"""built: the report of `packc build`, from plain data that a cache can keep.

A pack's report is a map: `pack` its name and version, `variants` and `formats` what was written,
`values` and `notes` what --verbose shows, `diagnostics` as `told` makes them.
"""

from __future__ import annotations

import sys

from packc.cli.colour import wants_colour

TYPE_CHECKING = False  # importing `typing` would take longer than an unchanged build
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Report = Mapping[str, Any]
    Effort = tuple[Mapping[str, float], Mapping[str, int]]
    """How many milliseconds each pass took; how many entries the cache had, and had not."""

COLUMNS = ("variant", "objects", "bytes", "digest", "notes", "warnings")
SHORT_DIGEST = 12


def show(reports: Sequence[Report], options: Any, effort: Effort | None = None) -> None:
    """Print the reports of all packs of one call: results on standard output, the rest beside."""
    diagnostics = _in_order(each for report in reports for each in report["diagnostics"])
    if options.output == "json":
        _print_json(reports, diagnostics, effort)
        return
    if not options.quiet:
        _print_text(reports, options)
    print_told(diagnostics, options)
    if effort is not None:
        _print_effort(*effort)


def _print_effort(timings: Mapping[str, float], cache: Mapping[str, int]) -> None:
    for name, spent in timings.items():
        print(f"{spent:>10.1f} ms  {name}", file=sys.stderr)
    for name, count in cache.items():
        print(f"{count:>10}     cache {name}", file=sys.stderr)


def print_done(number: int, total: int, pack: str) -> None:
    """Say on standard error that a pack of several is done."""
    if total > 1:
        print(f"packc: {number} of {total}: {pack}", file=sys.stderr, flush=True)


def print_told(diagnostics: Sequence[Mapping[str, Any]], options: Any) -> None:
    """Print diagnostics on standard error; with --quiet the errors only."""
    chosen = [
        each
        for each in diagnostics
        if each["severity"] == "error"
        or (each["severity"] == "warning" and not options.quiet)
        or options.verbose
    ]
    if not chosen:
        return
    form = "coloured" if wants_colour(options, sys.stderr) else "text"
    print("\n\n".join(each[form] for each in chosen), file=sys.stderr)
    if any(each["severity"] == "error" for each in chosen):
        print(f"\npackc: {_count(chosen)}", file=sys.stderr)


def print_told_notes(notes: Iterable[tuple[str, str, str]], options: Any) -> None:
    """Print notes on standard error, each once with the variants that have it.

    A note is a variant, a level and a text. Warnings always, the others with --verbose, none with
    --quiet.
    """
    variants: dict[tuple[str, str], list[str]] = {}
    for variant, level, text in notes:
        if not options.quiet and (level == "warning" or options.verbose):
            variants.setdefault((level, " ".join(text.split())), []).append(variant)
    for (level, text), names in variants.items():
        print(f"{', '.join(names)}: {level}: {text}", file=sys.stderr)


def _in_order(diagnostics: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the diagnostics sorted by place, each one once."""
    found = {(each["key"], each["text"]): each for each in diagnostics}
    return sorted(found.values(), key=lambda each: each["key"])


def _count(diagnostics: Sequence[Mapping[str, Any]]) -> str:
    from packc.render import plural  # slow to import, and needed for errors only

    totals = dict.fromkeys(("error", "warning", "note"), 0)
    for each in diagnostics:
        totals[each["severity"]] += 1
    return ", ".join(plural(number, kind) for kind, number in totals.items() if number)


# --- for machines -----------------------------------------------------------------------------


def _print_json(
    reports: Sequence[Report],
    diagnostics: Sequence[Mapping[str, Any]],
    effort: Effort | None,
) -> None:
    import json  # slow to import, and needed with --output json only

    data: dict[str, Any] = {
        "variants": [each["summary"] for report in reports for each in report["variants"]],
        "formats": [each["summary"] for report in reports for each in report["formats"]],
        "diagnostics": [each["data"] for each in diagnostics],
    }
    if effort is not None:
        data["timings"], data["cache"] = effort
    text = json.dumps(data, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(f"{text}\n".encode(errors="backslashreplace"))


# --- for people -------------------------------------------------------------------------------


def _print_text(reports: Sequence[Report], options: Any) -> None:
    variants = [each for report in reports for each in report["variants"]]
    if sys.stdout.isatty():
        _print_tables(reports, options)
    else:
        for each in variants:
            print(each["line"])
    for report in reports:
        for each in report["formats"]:
            print(each["line"])
    if options.verbose:
        for line in (line for each in variants for line in each["values"]):
            print(line, file=sys.stderr)
    print_told_notes(_notes(variants), options)


def _notes(variants: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for each in variants:
        name = f"{each['summary']['pack']} {each['summary']['variant']}"
        for level, text in each["notes"]:
            yield name, level, text


def _print_tables(reports: Sequence[Report], options: Any) -> None:
    from packc.cli.table import table  # a terminal has time

    heading = "\033[1m{}\033[0m" if wants_colour(options, sys.stdout) else "{}"
    for report in reports:
        summaries = [each["summary"] for each in report["variants"]]
        if not summaries:
            continue
        pack = summaries[0]
        folder = pack["folder"].rpartition("/")[0]
        print(heading.format(f"{pack['pack']} {pack['version']} -> {folder}"))
        for line in table(COLUMNS, [_row(summary) for summary in summaries]):
            print(f"  {line}")


def _row(summary: Mapping[str, Any]) -> list[str | int]:
    short = {"digest": summary["digest"].removeprefix("sha256:")[:SHORT_DIGEST]}
    return [{**summary, **short}[column] for column in COLUMNS]
