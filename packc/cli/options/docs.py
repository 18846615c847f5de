"""docs: the arguments of `packc docs`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import hook_timeout, packs, report

EXAMPLES = """\
examples:
  packc docs packs/calico -o docs/packs           writes docs/packs/calico.md
  packc docs packs/* -o docs/packs --check        is every page up to date?

The page is made from the pack's spec, its prose, and all variants that it has.
"""


def add(command: Any) -> None:
    packs(command, nargs="+")
    command.add_argument(
        "-o",
        "--out",
        default="docs/packs",
        metavar="DIR",
        help="where to write <pack>.md (default: docs/packs)",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 when a page is not up to date",
    )
    hook_timeout(command)
    report(command, {"text": "for people"})
