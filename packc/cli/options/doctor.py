"""doctor: the arguments of `packc doctor`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, packs, report, selection
from packc.doctor import CHANGES

EXAMPLES = """\
examples:
  packc doctor packs/calico
  packc doctor packs/calico --feature etcd-tls --values site.yaml
  packc doctor packs/calico --only clock --only time-zone

A plain build is compared with builds after one change each; hooks are watched in the plain one.
The exit code is 1 when anything moves, or when a hook does more than compute.
"""


def add(command: Any) -> None:
    packs(command)
    command.add_argument(
        "--only",
        action="append",
        choices=tuple(CHANGES),
        default=[],
        metavar="CHANGE",
        help=f"make this change only; repeat for several: {', '.join(CHANGES)}",
    )
    selection(command)
    report(command, PEOPLE_OR_MACHINES)
