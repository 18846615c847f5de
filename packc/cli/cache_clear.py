"""cache_clear: `packc cache clear`: remove every entry."""

from __future__ import annotations

from argparse import Namespace

from packc.cache.store import opened, remove, warn
from packc.cli.cache_info import entries


def run(options: Namespace) -> int:
    """Remove what is there; return 1 where something stays."""
    store = opened()
    warn(store)
    removed = [remove(path) for path in list(store.names())] if store.used else []
    print(f"{entries(removed.count(True))} removed")
    return 1 if store.problem or False in removed else 0
