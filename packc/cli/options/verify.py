"""verify: the arguments of `packc verify`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.registries import registry
from packc.cli.options.shared import PEOPLE_OR_MACHINES, hook_timeout, refuse_plugin, report

EXAMPLES = """\
examples:
  packc verify calico-aws.oci.tar --key packc.pub
  packc verify calico-aws.oci.tar --key old.pub --key new.pub    one of the two is enough
  packc verify layout --unsigned                                 digests and sizes alone
  packc verify oci://registry.example.org/packs/calico-aws:3.32.1 --key packc.pub
  packc verify calico-aws.oci.tar --key packc.pub --rebuild packs/calico

exit codes: 0 verified; 1 a key or a reference is wrong, or no layout is there; 2 usage; 4 the
login is refused, or cannot be read; 5 the registry cannot be reached; 6 not verified, whatever the
reason
"""


def add(command: Any) -> None:
    command.add_argument(
        "source",
        metavar="LAYOUT|oci://HOST/REPO[:TAG][@DIGEST]",
        help="a folder, NAME.oci.tar, or a pack in a registry",
    )
    trust = command.add_mutually_exclusive_group(required=True)
    keys(trust)
    trust.add_argument(
        "--unsigned", action="store_true", help="check digests, sizes and types, no signature"
    )
    command.add_argument(
        "--tag", default="", metavar="TAG", help="which pack, where a layout holds several"
    )
    _rebuilding(command)
    registry(command)
    command.set_defaults(settle=0.0)
    report(command, PEOPLE_OR_MACHINES)


def keys(command: Any) -> None:
    command.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="FILE",
        dest="keys",
        help="the public key that has to have signed the pack, in PEM, or env://NAME; one of"
        " several is enough",
    )


def _rebuilding(command: Any) -> None:
    group = command.add_argument_group("build again")
    group.add_argument(
        "--rebuild",
        metavar="PACK",
        help="compile this pack from the inputs that the provenance names, and compare the bytes",
    )
    group.add_argument(
        "--values",
        action="append",
        default=[],
        metavar="FILE",
        help="values that are not recorded, such as secrets; repeat for several",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="sets",
        help="one value that is not recorded",
    )
    hook_timeout(group)
    refuse_plugin(group)
