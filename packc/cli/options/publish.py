"""publish: the arguments of `packc publish`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.package import contents, signing
from packc.cli.options.registries import registry, settle
from packc.cli.options.shared import PEOPLE_OR_MACHINES, report

EXAMPLES = """\
examples:
  packc publish calico-aws.oci.tar oci://registry.example.org/packs/calico-aws
  packc publish dist/calico/3.32.1/aws oci://registry.example.org/packs/calico-aws --key packc.key
  packc publish dist/calico/3.32.1/palette/cni-calico-3.32.1 oci://registry.example.org/packs
  packc publish calico-aws.oci.tar oci://registry.example.org/packs/calico-aws --dry-run

`packc build packs/calico` writes the folders, with --format palette those in dist/.../palette.
The version is the tag, and is set last; a tag that names another pack is not moved without --force.
A Palette pack goes to REPO/spectro-packs/archive/NAME, where Palette looks for it.
A login is taken from --username and --password-stdin, PACKC_REGISTRY_USERNAME and _PASSWORD,
DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, or what docker login and podman login wrote.

exit codes: 0 published, or there already; 1 the pack cannot be published; 2 usage; 3 the tag is
taken; 4 the login is refused, or cannot be read; 5 the registry cannot be reached; 6 a layout is
damaged
"""


def add(command: Any) -> None:
    command.add_argument(
        "source", metavar="DIR|LAYOUT", help="what `packc build` or `packc package` wrote"
    )
    command.add_argument(
        "target", metavar="oci://HOST/REPO[:TAG]", help="where to (default tag: the version)"
    )
    contents(command)
    tags = command.add_argument_group("tags")
    tags.add_argument(
        "--also-tag",
        action="append",
        default=[],
        metavar="TAG",
        dest="also_tags",
        help="a tag that moves, such as latest; repeat for several",
    )
    tags.add_argument(
        "--allow-pre-release",
        action="store_true",
        help="let --also-tag move for a pre-release, such as 2.0.0-rc.1, as well",
    )
    tags.add_argument(
        "--force", action="store_true", help="move the tag of the version, if it is taken"
    )
    tags.add_argument(
        "--allow-equivalent",
        action="store_true",
        help="be content with a pack of the same content that is packed in another way",
    )
    settle(tags)
    signing(command, with_reference=False)
    command.set_defaults(reference=None, tag="")
    registry(command)
    command.add_argument(
        "--dry-run", action="store_true", help="say what would be sent and tagged, and send nothing"
    )
    command.add_argument(
        "--digest-file", metavar="FILE", help="write the digest of the pack into this file"
    )
    report(command, PEOPLE_OR_MACHINES)
