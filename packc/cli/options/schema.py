"""schema: the arguments of `packc schema`."""

from __future__ import annotations

from typing import Any

EXAMPLES = """\
examples:
  packc schema > pack.schema.json
  packc schema patches > patches.schema.json
Then begin pack.yaml with: # yaml-language-server: $schema=pack.schema.json
"""


def add(command: Any) -> None:
    command.add_argument(
        "file",
        nargs="?",
        choices=("pack", "patches"),
        default="pack",
        help="of which file: pack.yaml or a patch file (default: pack)",
    )
