"""build: the arguments of `packc build`."""

from __future__ import annotations

import argparse
from typing import Any

from packc.cli import completion
from packc.cli.options.shared import (
    PEOPLE_OR_MACHINES,
    no_cache,
    packs,
    report,
    selection,
    trust,
)

EXAMPLES = """\
examples:
  packc build packs/calico
  packc build packs/calico packs/other --cloud aws --cloud azure
  packc build packs/calico --set calico.encapsulationMode=CrossSubnet
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/
  packc build packs/calico --format helm        one chart for every cloud, feature and value
  packc build packs/*                           with all cores, if there is enough to do
  packc build packs/calico --watch              again whenever a file is saved

Values come from, later wins: the parameter's default, the cloud, --values in their order, --set.
Each variant goes to OUT/<pack>/<version>/<variant>/: manifests.yaml, NOTES.md and build.json.
Another format goes to OUT/<pack>/<version>/<format>/; what is set becomes its default.
"""


def add(command: Any) -> None:
    packs(command, nargs="+")
    selection(command)
    trust(command)
    command.add_argument(
        "-o", "--out", default="dist", metavar="DIR", help="where to write (default: dist)"
    )
    formats = command.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="NAME",
        dest="formats",
        help="manifests, helm, kustomize, one of a plugin, or all; repeat for several"
        " (default: manifests)",
    )
    formats.completer = completion.formats
    command.add_argument(
        "--source-map",
        action="store_true",
        help="also write source-map.json: where every field comes from",
    )
    group = command.add_argument_group("many packs")
    group.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="how many processes build (default: one for each core, where that is faster)",
    )
    group.add_argument(
        "--executor",
        default="processes",
        metavar="WHERE",
        help="processes of this machine, or dask://HOST:PORT (default: processes)",
    )
    group.add_argument(
        "--watch",
        action="store_true",
        help="go on, build again what is saved, and say what that changes; Ctrl-C ends it",
    )
    no_cache(command)
    report(command, PEOPLE_OR_MACHINES)
    command.add_argument(
        "--timings", action="store_true", help="also say how long each pass took, in milliseconds"
    )


def _positive(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 on")
