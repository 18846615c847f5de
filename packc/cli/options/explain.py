"""explain: the arguments of `packc explain`."""

from __future__ import annotations

from typing import Any

from packc.cli import completion
from packc.cli.options.shared import (
    PEOPLE_OR_MACHINES,
    may_be_left_out,
    packs,
    report,
    selection,
    trust,
)

EXAMPLES = """\
examples:
  packc explain packs/calico --cloud aws                           which objects there are
  packc explain packs/calico --cloud aws DaemonSet/calico-node     the line behind each field
  packc explain packs/calico --cloud aws ConfigMap/calico-config /data/veth_mtu
  packc explain packs/calico --cloud aws ConfigMap/calico-config data.veth_mtu

A path names members and list items, as in /spec/containers/[name=main]/image, or is dotted.
"""


def add(command: Any) -> None:
    packs(command)
    objects = command.add_argument(
        "object",
        nargs=may_be_left_out(),
        metavar="OBJECT",
        help="Kind/name or Kind/namespace/name (default: list the objects)",
    )
    objects.completer = completion.objects
    paths = command.add_argument(
        "path",
        nargs=may_be_left_out(),
        metavar="PATH",
        help="a field, or all below it (default: the object)",
    )
    paths.completer = completion.paths
    selection(command)
    trust(command)
    report(command, PEOPLE_OR_MACHINES)
