"""claims: which pack has a name and version first, in the order of the command line."""

from __future__ import annotations

from collections.abc import Callable

Name = tuple[str, str]
"""A pack's name and its version, which decide where it is written."""

Claim = Callable[[Name, str], str]
"""Takes a name and the folder of a pack, and returns the folder that has the name."""


def local_claims() -> Claim:
    """Return claims for packs that are built one after another."""
    owners: dict[Name, str] = {}
    return owners.setdefault
