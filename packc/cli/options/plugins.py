"""plugins: the arguments of `packc plugins`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, hook_timeout, packs, report

EXAMPLES = """\
examples:
  packc plugins                      what is installed
  packc plugins packs/calico         and what of it takes part in this pack
"""


def add(command: Any) -> None:
    packs(command, nargs="?")
    report(command, PEOPLE_OR_MACHINES)
    hook_timeout(command)
