"""cache: the commands below `packc cache`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from packc.cli.parser import add_commands

EXAMPLES = """\
examples:
  packc cache info
  packc cache verify
  packc cache clear
  PACKC_NO_CACHE=1 packc build packs/calico     neither use it nor fill it
"""

COMMANDS: Final = MappingProxyType(
    {
        "info": "say where the cache is, and what it holds",
        "clear": "remove every entry",
        "verify": "read every entry, and remove those that are damaged",
    }
)


def add(command: Any) -> None:
    add_commands(command, COMMANDS, COMMANDS, group="cache")
