"""watching: note every file and folder that a build reads, whoever reads it.

Python tells an audit hook of each file that is opened and each folder that is listed, so what a
plugin reads is noted as well. A hook cannot be taken off: one serves all watches of a process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType
from typing import Any

from packc.cache.state import FILE, FOLDER, INSTALLED, PLACE, State, Watch, content_of

READS = {"os.listdir": FOLDER, "os.scandir": FOLDER}
OUTSIDE = frozenset(
    (
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "socket.connect",
        "socket.getaddrinfo",
        "sqlite3.connect",
        "subprocess.Popen",
        "urllib.Request",
    )
)
"""What is out there cannot be compared later, so a build that asks it is not kept."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SLACK_NS = 20_000_000
"""The clock of file systems goes in steps of some milliseconds."""


class Watching:
    """What one build has read since it began."""

    def __init__(self) -> None:
        self.asked_outside = False
        self._watches: set[Watch] = set()
        self._roots: set[str] = set()

    def add_place(self, path: str) -> None:
        """Note a file that was looked at without being opened."""
        self._watches.add((PLACE, path))

    def add_package(self, module: ModuleType) -> None:
        """Note all files of the package of a plugin, which may have been read for another pack."""
        for folder in getattr(module, "__path__", ()):
            for place, folders, names in os.walk(folder):
                folders[:] = [name for name in folders if name != "__pycache__"]
                self._watches.add((FOLDER, place))
                self._watches |= {(FILE, os.path.join(place, name)) for name in names}

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event in READS:
            path = arguments[0]
            self._add(READS[event], "." if path is None else path)
        elif event == "import":
            self._roots.add(arguments[0].partition(".")[0])
        elif event in OUTSIDE:
            self.asked_outside = True

    def _opened(self, path: Any, mode: str | None, flags: int) -> None:
        writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & WRITING
        if not writes:
            self._add(FILE, path)

    def _add(self, kind: str, path: Any) -> None:
        if isinstance(path, int):  # opened before, by its name
            return
        self._watches.add((kind, os.fsdecode(path)))

    def found(self) -> set[Watch]:
        return {watch for watch in self._watches if _counts(*watch)}

    def watches(self) -> list[Watch]:
        """Return what was read, with the code that ran, in an order that is always the same."""
        modules = [name for name in list(sys.modules) if "." not in name]
        roots = {*self._roots, *modules} - sys.stdlib_module_names
        found = self.found()
        found |= _shared | {(FILE, path) for path in _code()}
        return sorted({*found, (INSTALLED, " ".join(sorted(roots)))})


def moved(watches: Iterable[Watch], state: State) -> bool:
    """Return whether something has changed since the state began.

    Then nobody knows what the build has read. This refuses only: no time decides what is the same.
    """
    limit = state.began - SLACK_NS
    return any(kind != INSTALLED and _changed_at(path) >= limit for kind, path in watches)


_active: list[Watching] = []
_shared: set[Watch] = set()
"""What was read where modules come from: it is read once, and later packs depend on it too."""
_is_hooked = False


@contextmanager
def watching() -> Iterator[Watching]:
    """Yield what notes the reads of a block."""
    global _is_hooked
    if not _is_hooked:
        sys.addaudithook(_hear)
        _is_hooked = True
    watch = Watching()
    _active.append(watch)
    try:
        yield watch
    finally:
        _active.remove(watch)
        folders = tuple(f"{folder}/" for folder in sys.path if folder)
        _shared.update(each for each in watch.found() if each[1].startswith(folders))


@contextmanager
def unwatched() -> Iterator[None]:
    """Note nothing in a block: it looks at what it replaces, and that decides nothing."""
    paused, _active[:] = list(_active), []
    try:
        yield
    finally:
        _active[:] = paused


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    for watch in _active:
        watch.hear(event, arguments)


def _counts(kind: str, path: str) -> bool:
    """Return whether something counts that the state of what is installed does not cover."""
    if path.endswith(".pyc") or _is_stdlib(path):
        return False
    if kind == FOLDER:
        return path not in sys.path
    return not path.startswith(("/dev/", "/proc/self/")) and ".dist-info/" not in path


def _code() -> Iterator[str]:
    """Yield the files of the modules that are loaded; Python's own are known by its version."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and not _is_stdlib(path):
            yield _record(path) or path if path.endswith(tuple(EXTENSION_SUFFIXES)) else path


def _record(library: str) -> str | None:
    """Return the RECORD that holds the digest of a compiled library: to read it takes long."""
    for folder in filter(None, sys.path):
        if library.startswith(f"{folder}/"):
            name = library.removeprefix(f"{folder}/")
            stem = name.rpartition("/")[2].partition(".")[0].strip("_")
            found = [each for each in os.listdir(folder) if each.endswith(".dist-info")]
            for distribution in sorted(found, key=lambda each: (stem not in each, each)):
                record = f"{folder}/{distribution}/RECORD"
                if f"\n{name},sha256=".encode() in b"\n" + (content_of(record) or b""):
                    return record
    return None


_STDLIB = f"{os.path.dirname(os.__file__)}/"
_SITES = (f"{_STDLIB}site-packages/", f"{_STDLIB}dist-packages/")


def _is_stdlib(path: str) -> bool:
    return path.startswith(_STDLIB) and not path.startswith(_SITES)


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_ctime_ns
    except (OSError, ValueError):
        return 0
