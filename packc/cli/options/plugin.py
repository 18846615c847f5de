"""plugin: the commands below `packc plugin`, for those who write plugins."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from packc.cli.parser import add_commands

EXAMPLES = """\
examples:
  packc plugin new gcp --kind cloud
  packc plugin certify gcp
"""

COMMANDS: Final = MappingProxyType(
    {
        "new": "write a complete project for a plugin",
        "certify": "hold a plugin against the rules for plugins",
    }
)


def add(command: Any) -> None:
    add_commands(command, COMMANDS, COMMANDS, group="plugin")
