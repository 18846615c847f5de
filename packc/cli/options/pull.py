"""pull: the arguments of `packc pull`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.registries import registry
from packc.cli.options.shared import PEOPLE_OR_MACHINES, report
from packc.cli.options.verify import keys

EXAMPLES = """\
examples:
  packc pull oci://registry.example.org/packs/calico-aws:3.32.1 --key packc.pub -o calico
  packc pull calico-aws.oci.tar --key packc.pub -o calico
  packc pull oci://registry.example.org/packs/calico-aws:3.32.1 --no-verify -o calico

Nothing is written before the pack is verified. The folder must not be there, or be empty.

exit codes: 0 written; 1 it cannot be written, or a key or a reference is wrong; 2 usage; 4 the
login is refused, or cannot be read; 5 the registry cannot be reached; 6 not verified
"""


def add(command: Any) -> None:
    command.add_argument(
        "source",
        metavar="LAYOUT|oci://HOST/REPO[:TAG][@DIGEST]",
        help="a folder, NAME.oci.tar, or a pack in a registry",
    )
    command.add_argument("-o", "--out", required=True, metavar="DIR", help="the folder to write")
    trust = command.add_mutually_exclusive_group(required=True)
    keys(trust)
    trust.add_argument(
        "--no-verify", action="store_true", help="take it whoever made it; digests are checked"
    )
    command.add_argument(
        "--tag", default="", metavar="TAG", help="which pack, where a layout holds several"
    )
    registry(command)
    command.set_defaults(settle=0.0)
    report(command, PEOPLE_OR_MACHINES)
