"""diff: the arguments of `packc diff`."""

from __future__ import annotations

from typing import Any

from packc.cli import completion
from packc.cli.options.shared import report, selection, trust

EXAMPLES = """\
examples:
  packc diff packs/calico --cloud aws --cloud azure             two variants
  packc diff packs/calico --cloud aws --right-set calico.mtu=1440
  packc diff packs/calico --git main                            a revision and the working tree
  packc diff packs/calico --git v1..v2 --output markdown        two revisions, for a pull request
  packc diff packs/calico forks/calico                          two pack folders
  packc diff dist/old dist/new                                  two output trees
  packc diff dist packs/calico --exit-code                      a tree, and what a build gives now

exit codes: 0 done; 1 an error; with --exit-code 0 the same, 1 different, 3 an error
"""


def add(command: Any) -> None:
    meaning = "a pack, an output tree, or a file of manifests"
    for name, metavar, nargs in (("pack", "LEFT", None), ("other", "RIGHT", "?")):
        place = command.add_argument(name, nargs=nargs, metavar=metavar, help=meaning)
        place.completer = completion.packs
    command.add_argument(
        "--git",
        metavar="REV[..REV]",
        help="compare LEFT as a revision has it with the working tree, or two revisions of it",
    )
    command.add_argument(
        "--exit-code", action="store_true", help="exit with 1 when something differs"
    )
    selection(command)
    trust(command)
    for side in ("left", "right"):
        _one_sided(command, side)
    report(
        command,
        {"text": "for people", "markdown": "for a pull request", "json": "for machines"},
    )


def _one_sided(command: Any, side: str) -> None:
    """Add the options that hold for one side of a comparison only."""
    group = command.add_argument_group(f"the {side} side alone")
    for option, name, metavar, meaning in (
        ("feature", "features", "NAME", "switch a feature on"),
        ("without-feature", "without", "NAME", "switch a feature off"),
        ("values", "values", "FILE", "a YAML file with parameters"),
        ("set", "sets", "NAME=VALUE", "one parameter"),
    ):
        argument = group.add_argument(
            f"--{side}-{option}",
            action="append",
            default=[],
            metavar=metavar,
            dest=f"{side}_{name}",
            help=f"{meaning}; repeat for several",
        )
        argument.completer = {
            "features": completion.features,
            "without": completion.features,
            "sets": completion.parameters,
        }.get(name)
