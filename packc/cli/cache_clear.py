"""cache_clear: `packc cache clear`: remove every entry."""

from __future__ import annotations

from argparse import Namespace

from packc.cache.store import opened, remove, warn
from packc.cli.cache_info import entries


def run(options: Namespace) -> int:
    """Remove what is there; return 1 where something stays."""
    store = opened()
    warn(store)
    paths = list(store.names())
    left = [path for path in paths if not remove(path)]
    for path in left:
        print(f"cannot be removed: {path}")
    print(f"{entries(len(paths) - len(left))} removed")
    return 1 if left or store.problem else 0
