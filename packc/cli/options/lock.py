"""lock: the arguments of `packc lock`."""

from __future__ import annotations

from typing import Any

from packc.cli import completion
from packc.cli.options.shared import (
    PEOPLE_OR_MACHINES,
    hook_timeout,
    packs,
    refuse_plugin,
    repeated,
    report,
)

EXAMPLES = """\
examples:
  packc lock packs/calico                       writes packs/calico/packc.lock
  packc lock packs/calico --format helm         a build may also ask for this format
  packc build packs/calico --locked             builds only what is locked
  packc lock --check packs/*                    in CI: is every lock up to date?
  packc lock --upgrade packs/calico             what output would change? then asks

What the lock names already stays named; delete the file to begin anew.
A lock that differs is written again by --upgrade only: without a terminal to ask at, with --yes.
The exit code is 1 when something differs and the lock was not written. Only --upgrade imports a
plugin that is not as it was locked.
"""


def add(command: Any) -> None:
    packs(command, nargs="+")
    deed = command.add_mutually_exclusive_group()
    deed.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 when something differs from the lock",
    )
    deed.add_argument(
        "--upgrade",
        action="store_true",
        help="show what differs and what output would change, and ask before writing",
    )
    command.add_argument("--yes", action="store_true", help="with --upgrade: write without asking")
    clouds = repeated(
        command,
        "--cloud",
        "NAME",
        "a cloud besides those that the pack lists; repeat for several",
        dest="clouds",
    )
    clouds.completer = completion.clouds
    formats = repeated(
        command,
        "--format",
        "NAME",
        "a format that builds may ask for; repeat for several",
        dest="formats",
    )
    formats.completer = completion.formats
    refuse_plugin(command)
    hook_timeout(command)
    report(command, PEOPLE_OR_MACHINES)
