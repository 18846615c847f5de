"""pre_commit: what hooks of pre-commit run: a command on the packs that have a changed file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from packc.cli import OK, USAGE, main
from packc.load import SPEC_FILE
from packc.lock import LOCK_FILE

_NEEDED: Final[Mapping[str, str]] = MappingProxyType({"check": SPEC_FILE, "lock": LOCK_FILE})
"""Which file a pack has to have for a command to make sense: not every pack has a lock."""


def run(arguments: Sequence[str]) -> int:
    """Run COMMAND with its OPTIONS on the packs that FILES belong to; return its exit code.

    The arguments are `COMMAND [OPTIONS] -- FILES`. pre-commit passes the changed files, relative to
    the repository; those of no pack are left alone.
    """
    if "--" not in arguments:
        print("packc: error: the `args` of a hook end with '--'", file=sys.stderr)
        return USAGE
    split = arguments.index("--")
    given, files = arguments[:split], arguments[split + 1 :]
    packs = sorted(set(_packs(files, _NEEDED[given[0]])))
    return main([*given, *packs]) if packs else OK


def _packs(files: Sequence[str], needed: str) -> Iterator[str]:
    """Yield for each file the folder of the pack that it is in."""
    for file in files:
        folder = next((each for each in Path(file).parents if (each / SPEC_FILE).is_file()), None)
        if folder is not None and (folder / needed).is_file():
            yield folder.as_posix()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
