"""witness: whether what a build has read is still what it was when it was read.

No time and no inode decides what is the same: that is for the content. This refuses only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from packc.cache.state import INSTALLED, LOOKS, PLACE, State, Watch

DISTRIBUTIONS = (INSTALLED, "")
SLACK_NS = 20_000_000
"""The clock of file systems goes in steps of some milliseconds."""

Identity = tuple[int, ...] | bytes | None
"""Which file is at a place, and when it was changed; None where there is nothing."""


class Witness(State):
    """A state that notes which file was at a place each time that it was looked at or read."""

    def __init__(self) -> None:
        super().__init__()
        self._identities: dict[Watch, Identity] = {}
        self._torn: set[Watch] = set()

    def note(self, watch: Watch) -> None:
        """Note which file is at a place now."""
        found = _identity(watch)
        if self._identities.setdefault(watch, found) != found:
            self._torn.add(watch)

    def vouches_for(self, watches: Iterable[Watch]) -> bool:
        """Look at everything, and return whether all was the same since this began."""
        watched = [*watches, DISTRIBUTIONS]
        self.digest(watched)  # a change after this look is noticed below
        for watch in watched:
            self.note(watch)
        limit = self.began - SLACK_NS
        return not any(watch in self._torn or _changed_at(*watch) >= limit for watch in watched)

    def _look(self, watch: Watch) -> bytes:
        if watch not in self._seen:
            self.note(watch)
        return super()._look(watch)


def _identity(watch: Watch) -> Identity:
    kind, path = watch
    if kind == INSTALLED:
        return LOOKS[kind](path)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    which = status.st_dev, status.st_ino
    if kind == PLACE:
        return which
    return *which, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _changed_at(kind: str, path: str) -> int:
    """Return when a file was changed; of a place only when the link there was."""
    if kind == INSTALLED:
        return 0
    try:
        status = os.lstat(path) if kind == PLACE else os.stat(path)
    except (OSError, ValueError):
        return 0
    return 0 if kind == PLACE and not stat.S_ISLNK(status.st_mode) else status.st_ctime_ns
