"""cache_info: `packc cache info`: where the cache is, and what it holds."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from packc.cache.store import MAX_SHARD, SHARDS, opened, warn
from packc.render import plural


def entries(number: int) -> str:
    """Return how many entries there are in words."""
    return "1 entry" if number == 1 else f"{number} entries"


def run(options: Namespace) -> int:
    """Print the folder, the number of entries, their size, and the most that is kept."""
    store = opened()
    warn(store)
    sizes = [Path(path).lstat().st_size for path in store.names()]
    print(f"folder: {store.folder or 'none'}")
    print(f"used: {'yes' if store.used else 'no'}")
    print(f"holds: {entries(len(sizes))}")
    print(f"size: {plural(sum(sizes), 'byte')} of at most {MAX_SHARD * len(SHARDS)}")
    return 0
