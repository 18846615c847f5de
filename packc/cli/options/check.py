"""check: the arguments of `packc check`."""

from __future__ import annotations

import argparse
from typing import Any

from packc.cli.options.shared import fail_on, packs, report, selection, trust

EXAMPLES = """\
examples:
  packc check packs/calico
  packc check packs/calico --kubernetes 1.34..1.36 --verbose
  packc check packs/calico --output sarif > packc.checks.sarif
  packc check packs/* --output github --fail-on warning
  packc check packs/calico --shuffle

Every variant is checked: clouds, sets of features, and the values that decide what is built. What
--cloud, --feature, --without-feature, --values and --set give stays as it is in all of them.
"""


def add(command: Any) -> None:
    packs(command, nargs="+")
    command.add_argument(
        "--kubernetes",
        type=_releases,
        default="1.30..1.37",
        metavar="RELEASES",
        help="the releases to check for, such as 1.34 or 1.30..1.37 (default: 1.30..1.37)",
    )
    fail_on(command)
    command.add_argument(
        "--max-variants",
        type=_count,
        default=1000,
        metavar="NUMBER",
        help="check at most so many variants of a pack (default: 1000)",
    )
    command.add_argument(
        "--shuffle",
        action="store_true",
        help="also build every variant in many orders of plugins and patches: the same bytes?",
    )
    selection(command)
    trust(command)
    report(
        command,
        {
            "text": "for people",
            "json": "for machines",
            "sarif": "SARIF 2.1.0, for code scanning",
            "github": "annotations of a GitHub workflow",
        },
    )


def _releases(text: str) -> Any:
    from packc.checks.kubernetes import Range  # needed for this option only

    try:
        return Range.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of variants")
    return int(text)
