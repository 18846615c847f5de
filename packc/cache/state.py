"""state: what a run has read of the machine, as one digest: files, folders, what is installed."""

from __future__ import annotations

import os
import stat
import sys
import time

from packc.cache.keys import SIZE, digest

TYPE_CHECKING = False  # importing `typing` would take longer than reading a file
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Watch = tuple[str, str]
"""What is looked at, and where."""

NONE = bytes(SIZE)
"""In the place of a digest: there is nothing that can be read."""
FILE, FOLDER, PLACE, INSTALLED = "file", "folder", "place", "installed"
INSTALLED_SUFFIXES = (".dist-info", ".egg-info")
GROUP = b"packc"
PORTION = 1024 * 1024


class State:
    """Looks at each thing once, however many packs depend on it; `began` is before the first.

    `known` are digests that were made of several looks, by a name.
    """

    def __init__(self) -> None:
        self.began = time.time_ns()
        self.known: dict[str, bytes] = {}
        self._seen: dict[Watch, bytes] = {}
        self._real: dict[str, str] = {}

    def digest(self, watches: Iterable[Watch]) -> bytes:
        """Return the digest of all that is watched, as it is now."""
        listed = [*watches]
        seen = b"".join(map(self._look, listed))
        return digest(repr(listed).encode("utf-8", "surrogatepass") + seen)

    def _look(self, watch: Watch) -> bytes:
        found = self._seen.get(watch)
        if found is None:
            kind, path = watch
            found = self._place(path) if kind == PLACE else LOOKS[kind](path)
            self._seen[watch] = found
        return found

    def _place(self, path: str) -> bytes:
        """Return the digest of where links lead, and of whether there is a file."""
        folder = path[: path.rfind("/") + 1]
        try:
            is_file = stat.S_ISREG(os.lstat(path).st_mode)
        except (OSError, ValueError):
            is_file = False
        if not is_file:  # a link may lead to one
            return _of((os.path.realpath(path), os.path.isfile(path)))
        if folder not in self._real:  # its links are followed once for all that is in it
            self._real[folder] = os.path.realpath(folder)
        return _of((self._real[folder], path[len(folder) :]))


def content_of(path: str) -> bytes | None:
    """Return the content of a regular file; None where there is none that can be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        content = os.read(descriptor, status.st_size + 1)
        if len(content) == status.st_size:  # as it nearly always is: spare the second read
            return content
        parts = [content]
        while part := os.read(descriptor, PORTION):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _of(facts: object) -> bytes:
    return digest(repr(facts).encode("utf-8", "surrogatepass"))


def _file(path: str) -> bytes:
    content = content_of(path)
    return NONE if content is None else digest(content)


def _folder(path: str) -> bytes:
    """Return the digest of the names in a folder, each with what it is."""
    try:
        with os.scandir(path) as found:
            return _of(sorted((entry.name, _kind(entry)) for entry in found))
    except (OSError, ValueError):
        return NONE


def _kind(entry: os.DirEntry[str]) -> tuple[bool, bool, bool]:
    try:
        return entry.is_symlink(), entry.is_dir(), entry.is_file()
    except OSError:  # a link that leads round in a circle
        return True, False, False


def _installed(roots: str) -> bytes:
    """Return the digest of what is installed: see `_found`."""
    return _of([*_found(frozenset(roots.split()))])


def _found(roots: frozenset[str]) -> Iterator[str | bytes]:
    """Yield which distributions are installed, and where modules with these names would come from.

    `roots` are names of top-level modules.
    """

    def counts(name: str) -> bool:
        return name.endswith(INSTALLED_SUFFIXES) or name.partition(".")[0] in roots

    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in sorted(filter(counts, names)):
            yield os.path.join(folder, name)
            if name.endswith(INSTALLED_SUFFIXES):
                yield from _entry_points(os.path.join(folder, name))


def _entry_points(distribution: str) -> Iterator[bytes]:
    """Yield the entry points of a distribution that has some for packc, and its metadata."""
    entry_points = content_of(f"{distribution}/entry_points.txt")
    if entry_points is not None and GROUP in entry_points:
        yield entry_points
        yield (
            content_of(f"{distribution}/METADATA") or content_of(f"{distribution}/PKG-INFO") or b""
        )


LOOKS: dict[str, Callable[[str], bytes]] = {
    FILE: _file,
    FOLDER: _folder,
    INSTALLED: _installed,
}
