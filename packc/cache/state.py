"""state: what a run has read of the machine, as one digest: files, folders, what is installed."""

from __future__ import annotations

import os
import stat
import sys
import time
from _blake2 import blake2b

from packc.cache.keys import SIZE

TYPE_CHECKING = False  # importing `typing` would take longer than reading a file
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Watch = tuple[str, str]
"""What is looked at, and where: see LOOKS."""

FILE, FOLDER, PLACE, INSTALLED = "file", "folder", "place", "installed"
INSTALLED_SUFFIXES = (".dist-info", ".egg-info")
GROUP = b"packc"
PORTION = 1024 * 1024


class State:
    """Looks at each thing once, however many packs depend on it; `began` is before the first."""

    def __init__(self) -> None:
        self.began = time.time_ns()
        self._seen: dict[Watch, bytes] = {}
        self._real: dict[str, str] = {}

    def digest(self, watches: Iterable[Watch]) -> bytes:
        """Return the digest of all that is watched, as it is now."""
        total = blake2b(digest_size=SIZE)
        for watch in watches:
            total.update(repr(watch).encode("utf-8", "surrogatepass"))
            total.update(self._look(watch))
        return bytes(total.digest())

    def _look(self, watch: Watch) -> bytes:
        found = self._seen.get(watch)
        if found is None:
            kind, path = watch
            seen = blake2b(digest_size=SIZE)
            parts = self._place(path) if kind == PLACE else LOOKS[kind](path)
            for part in parts:
                seen.update(b"%d:" % len(part))
                seen.update(part)
            found = self._seen[watch] = bytes(seen.digest())
        return found

    def _place(self, path: str) -> Iterator[bytes]:
        """Yield where links lead, and whether there is a file."""
        real = self._real_path(path)
        yield real.encode("utf-8", "surrogateescape")
        yield b"file" if os.path.isfile(real) else b"no file"

    def _real_path(self, path: str) -> str:
        """Return where links lead; those of a folder are followed once for all that is in it."""
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or os.path.islink(path):
            return os.path.realpath(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return os.path.join(self._real[folder], name)


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


def _file(path: str) -> Iterator[bytes]:
    content = content_of(path)
    if content is None:
        yield b"none"
    else:
        yield b"content"
        yield content


def _folder(path: str) -> Iterator[bytes]:
    """Yield the names in a folder, each with what it is."""
    try:
        with os.scandir(path) as found:
            names = sorted((entry.name, _kind(entry)) for entry in found)
    except (OSError, ValueError):
        yield b"none"
        return
    yield repr(names).encode("utf-8", "surrogatepass")


def _kind(entry: os.DirEntry[str]) -> tuple[bool, bool, bool]:
    try:
        return entry.is_symlink(), entry.is_dir(), entry.is_file()
    except OSError:  # a link that leads round in a circle
        return True, False, False


def _installed(roots: str) -> Iterator[bytes]:
    """Yield which distributions are installed, and where modules with these roots would come from.

    `roots` are names of top-level modules with blanks between them.
    """
    wanted = frozenset(roots.split())

    def counts(name: str) -> bool:
        return name.endswith(INSTALLED_SUFFIXES) or name.partition(".")[0] in wanted

    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in sorted(filter(counts, names)):
            if name.endswith(INSTALLED_SUFFIXES):
                yield from _distribution(folder, name)
            else:
                yield os.path.join(folder, name).encode("utf-8", "surrogateescape")


def _distribution(folder: str, name: str) -> Iterator[bytes]:
    path = os.path.join(folder, name)
    yield path.encode("utf-8", "surrogateescape")
    entry_points = content_of(f"{path}/entry_points.txt")
    if entry_points is not None and GROUP in entry_points:
        yield entry_points
        yield content_of(f"{path}/METADATA") or content_of(f"{path}/PKG-INFO") or b"none"


LOOKS: dict[str, Callable[[str], Iterator[bytes]]] = {
    FILE: _file,
    FOLDER: _folder,
    INSTALLED: _installed,
}
