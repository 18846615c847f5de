"""lint_palette: the arguments of `packc lint-palette`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, fail_on, report

EXAMPLES = """\
examples:
  packc lint-palette dist/calico/3.32.1/palette
  packc lint-palette pack-central/packs --fail-on warning
  packc lint-palette packs/my-pack-1.0.0 --output json | jq '.packs[].findings'

A folder is a pack when it holds a pack.json, else the packs below it are meant.
"""


def add(command: Any) -> None:
    command.add_argument(
        "folders", nargs="+", metavar="DIR", help="a Palette pack, or a folder with some in it"
    )
    fail_on(command)
    report(command, PEOPLE_OR_MACHINES)
