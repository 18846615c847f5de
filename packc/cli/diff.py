"""diff: `packc diff`: how two sides differ, field by field, with causes and what it does."""

from __future__ import annotations

import sys
from argparse import Namespace

from attrs import evolve

from packc.cli.colour import wants_colour
from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import host_of, selection_of
from packc.diagnostics import PackcError, in_order
from packc.diff.asjson import comparison_data, is_same
from packc.diff.compare import Comparison, compare
from packc.diff.markdown import comparison_markdown
from packc.diff.packs import Compiler
from packc.diff.side import Pairing
from packc.diff.sides import Question, pairing
from packc.diff.text import comparison_text
from packc.pipeline import Selection

SAME, DIFFERENT, FAILED, TROUBLE = 0, 1, 1, 3
"""Exit codes. With --exit-code 1 means different, so that trouble needs a code of its own."""


def run(options: Namespace) -> int:
    """Print the comparison; return 1 with --exit-code when something differs."""
    compiler = Compiler(host_of(options))
    try:
        with pairing(_question(options), compiler) as found:
            comparisons = tuple(compare(left, right) for left, right in found.pairs)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return TROUBLE if options.exit_code else FAILED
    print_diagnostics(in_order(compiler.findings.items), options)
    _print(found, comparisons, options)
    return DIFFERENT if options.exit_code and not is_same(found, comparisons) else SAME


def _question(options: Namespace) -> Question:
    common = selection_of(options)
    return Question(
        places=tuple(filter(None, (options.pack, options.other))),
        clouds=tuple(options.clouds),
        left=_one_sided(common, options, "left"),
        right=_one_sided(common, options, "right"),
        revisions=options.git,
    )


def _one_sided(common: Selection, options: Namespace, side: str) -> Selection:
    """Return the selection of a side: what is said of both, then what is said of it alone."""
    request = common.request
    return evolve(
        common,
        features=(*common.features, *getattr(options, f"{side}_features")),
        without=(*common.without, *getattr(options, f"{side}_without")),
        request=evolve(
            request,
            values_files=(*request.values_files, *getattr(options, f"{side}_values")),
            sets=(*request.sets, *getattr(options, f"{side}_sets")),
        ),
    )


def _print(found: Pairing, comparisons: tuple[Comparison, ...], options: Namespace) -> None:
    if options.quiet:
        return
    match options.output:
        case "json":
            print_json(comparison_data(found, comparisons))
        case "markdown":
            print(comparison_markdown(found, comparisons))
        case _:
            colour = wants_colour(options, sys.stdout)
            print(comparison_text(found, comparisons, colour=colour))
