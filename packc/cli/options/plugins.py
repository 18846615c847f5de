"""plugins: the arguments of `packc plugins`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, hook_timeout, packs, report, trust

EXAMPLES = """\
examples:
  packc plugins                      what is installed
  packc plugins packs/calico         and what of it takes part in this pack
  packc plugins --certificates certificates/
  packc plugins --json | jq '.[] | select(.problem)'
"""


def add(command: Any) -> None:
    packs(command, nargs="?")
    command.add_argument(
        "--certificates",
        metavar="DIR",
        help="a folder with certificates of `packc plugin certify`: which are of these files?",
    )
    forms = report(command, PEOPLE_OR_MACHINES)
    forms.add_argument(
        "--json",
        action="store_const",
        const="json",
        default="text",
        dest="output",
        help="the same as --output json",
    )
    trust(command)
    hook_timeout(command)
