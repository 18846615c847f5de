"""package: the arguments of `packc package`."""

from __future__ import annotations

import argparse
from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, report

EXAMPLES = """\
examples:
  packc package dist/calico/3.32.1/aws -o calico-aws.oci.tar
  packc package dist/calico/3.32.1 -o calico.oci.tar            all variants, a folder each
  packc package dist/calico/3.32.1/palette/cni-calico-3.32.1 -o cni-calico.oci.tar
  packc package dist/calico/3.32.1/aws -o layout --key packc.key --sbom --provenance

`packc build packs/calico` writes the folders, with --format palette those in dist/.../palette.
A layout is one file where the name ends in .oci.tar, else a folder. What is printed is the digest
of the pack's manifest. It depends on the files packaged and on SOURCE_DATE_EPOCH alone.
The password of a key is that of PACKC_KEY_PASSWORD, or of --key-password-file.
"""

SHAPES = {
    "oci": "an OCI 1.1 artifact, for Flux, Argo CD and packc",
    "palette": "what Palette reads from an OCI registry",
}


def add(command: Any) -> None:
    command.add_argument(
        "folder", metavar="DIR", help="a variant, a pack's tree of variants, or a Palette pack"
    )
    command.add_argument(
        "-o", "--out", required=True, metavar="OUT", help="the layout: a folder, or NAME.oci.tar"
    )
    contents(command)
    command.add_argument(
        "--tag", default="", metavar="TAG", help="the tag (default: the pack's version)"
    )
    signing(command)
    report(command, PEOPLE_OR_MACHINES)


def contents(command: Any) -> None:
    """Add the options on what is in a pack, and how it is packed."""
    command.add_argument(
        "--shape",
        choices=tuple(SHAPES),
        help=f"{'; '.join(f'{name}: {words}' for name, words in SHAPES.items())}"
        " (default: the one that DIR has)",
    )
    command.add_argument(
        "--compression",
        choices=("none", "gzip"),
        default="none",
        help="gzip makes it smaller, but its digest depends on the machine (default: none)",
    )
    command.add_argument(
        "--annotation",
        action="append",
        default=[],
        type=_annotation,
        metavar="KEY=VALUE",
        dest="annotations",
        help="an annotation, such as org.opencontainers.image.source=URL; repeat for several",
    )


def signing(command: Any, *, with_reference: bool = True) -> None:
    """Add the options on what hangs on a pack: its signatures and statements."""
    group = command.add_argument_group("signatures and statements")
    group.add_argument(
        "--key", metavar="FILE", help="sign with this P-256 key in PEM, or env://NAME"
    )
    group.add_argument(
        "--key-password-file", metavar="FILE", help="the file with the password of the key"
    )
    if with_reference:
        group.add_argument(
            "--reference",
            metavar="oci://HOST/REPO",
            help="where it will be published, for the signature of cosign 2 and skopeo",
        )
    group.add_argument("--sbom", action="store_true", help="add the files and images in CycloneDX")
    group.add_argument(
        "--provenance", action="store_true", help="add inputs, plugins and parameters as SLSA"
    )


def _annotation(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals or not key.isprintable() or not value.isprintable():
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, value
