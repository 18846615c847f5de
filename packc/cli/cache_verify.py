"""cache_verify: `packc cache verify`: read every entry, and remove those that are damaged."""

from __future__ import annotations

from argparse import Namespace

from packc.cache.store import is_whole, opened, remove, warn
from packc.cli.cache_info import entries


def run(options: Namespace) -> int:
    """Print which entries were damaged; return 1 where there were any.

    One of another packc or Python is not damaged: only that one can tell.
    """
    store = opened()
    warn(store)
    paths = list(store.names())
    damaged = [path for path in paths if not is_whole(path)]
    for path in damaged:
        print(f"{'removed' if remove(path) else 'cannot be removed'}: {path}")
    print(f"{entries(len(paths))} read, {len(damaged)} damaged")
    return 1 if damaged or store.problem else 0
