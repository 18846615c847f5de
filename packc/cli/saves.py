"""saves: notice that files were saved, by looking at them again and again.

A few dozen files take less than a millisecond to look at. That needs no library, works on file
systems of the network too, and sees new, renamed and deleted files in the same way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator

from attrs import define, field

Stamp = tuple[int, int, int]
"""When a file or its name was changed, how large it is, and which file it is.

No program can put that time back, as it can that of the content.
"""

LOOK_SECONDS = 0.02
SHARE = 0.05
"""Looking takes at most this share of the time, however many files there are."""
QUIET_SECONDS = 0.01
"""Editors save in several steps; the last one was so long ago."""
LONGEST_SECONDS = 1.0
"""A file that changes all the time, such as a log, holds up nothing for longer."""
SKIPPED_FOLDERS = frozenset(("__pycache__",))
SKIPPED_FILES = ("~", ".swp", ".swx", ".tmp", ".pyc")


@define
class Saves:
    """Looks at the files that `places` names, and at all that is below its folders."""

    places: Callable[[], Iterable[str]]
    left_out: frozenset[str] = frozenset()
    _seen: dict[str, Stamp] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._seen = self._look()

    def wait(self) -> tuple[str, ...]:
        """Return the files that were saved, made or removed since the last call, when some were."""
        while True:
            began = time.monotonic()
            found = self._look()
            if found != self._seen:
                found = self._settled(found)
                changed = sorted(
                    path
                    for path in {*found, *self._seen}
                    if found.get(path) != self._seen.get(path)
                )
                self._seen = found
                if changed:
                    return tuple(changed)
            spent = time.monotonic() - began
            time.sleep(max(LOOK_SECONDS, spent / SHARE))

    def _settled(self, found: dict[str, Stamp]) -> dict[str, Stamp]:
        """Return what there is when nothing changes any more."""
        end = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < end:
            time.sleep(QUIET_SECONDS)
            again = self._look()
            if again == found:
                break
            found = again
        return found

    def _look(self) -> dict[str, Stamp]:
        return {
            path: stamp
            for place in self.places()
            for path in _files(place, self.left_out)
            if (stamp := _stamp(path)) is not None
        }


def _files(place: str, left_out: frozenset[str]) -> Iterator[str]:
    if not os.path.isdir(place):  # noqa: PTH112  # many times a second
        yield place
        return
    for folder, folders, names in os.walk(place):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED_FOLDERS
            and os.path.abspath(f"{folder}/{name}") not in left_out  # noqa: PTH100
        ]
        for name in names:
            if not name.startswith(".") and not name.endswith(SKIPPED_FILES):
                yield f"{folder}/{name}"


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return status.st_ctime_ns, status.st_size, status.st_ino
