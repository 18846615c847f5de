"""show: the arguments of `packc show`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, hook_timeout, packs, report, trust

EXAMPLES = """\
examples:
  packc show packs/calico
  packc show packs/calico --output json | jq '.parameters[].name'
"""


def add(command: Any) -> None:
    packs(command)
    report(command, PEOPLE_OR_MACHINES)
    trust(command)
    hook_timeout(command)
