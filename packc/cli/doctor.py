"""doctor: `packc doctor`: whether a pack and its plugins give the same bytes everywhere."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from packc import render
from packc.cli.report import print_diagnostics, print_json, progress
from packc.cli.selection import selection_of
from packc.diagnostics import PackcError
from packc.doctor import CHANGES
from packc.doctor.examine import Examination, examine


def run(options: Namespace) -> int:
    """Examine the pack; the exit code is 1 when there is anything to tell."""
    try:
        with progress(options, "tried") as step:
            examination = examine(
                options.pack, selection_of(options), options.only, options.hook_timeout, step
            )
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    if options.output == "json":
        print_json(_data(examination))
    else:
        if not options.quiet:
            print("\n".join(_text(examination)))
        print_diagnostics(examination.diagnostics, options)
    return 1 if examination.diagnostics else 0


def _text(examination: Examination) -> Iterator[str]:
    variants = render.plural(len(examination.variants), "variant")
    yield f"{examination.pack} {examination.version}: {variants}, built {examination.builds} times"
    yield ""
    width = max(len(words) for words in CHANGES.values())
    for outcome in examination.outcomes:
        remark = f" ({outcome.remark})" if outcome.remark else ""
        yield f"  {CHANGES[outcome.change]:<{width}}  {outcome.result}{remark}"
    if not examination.diagnostics:
        yield ""
        yield "nothing moved, and no hook did anything but compute"


def _data(examination: Examination) -> dict[str, Any]:
    return {
        "pack": examination.pack,
        "version": examination.version,
        "variants": list(examination.variants),
        "builds": examination.builds,
        "changes": [
            {"name": outcome.change, "result": outcome.result, "remark": outcome.remark}
            for outcome in examination.outcomes
        ],
        "diagnostics": [render.as_json(diagnostic) for diagnostic in examination.diagnostics],
    }
