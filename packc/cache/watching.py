"""watching: note every file and folder that a build reads, whoever reads it.

Python tells an audit hook of each file that is opened and each folder that is listed, so what a
plugin reads is noted as well. A hook cannot be taken off: one serves all watches of a process.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import source_from_cache
from pathlib import PurePath
from types import FrameType, ModuleType
from typing import Any

from packc.cache.state import FILE, FOLDER, INSTALLED, PLACE, Watch, content_of
from packc.cache.witness import Witness

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
HEARD = frozenset(("open", "import", *READS, *OUTSIDE))
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NOTHING = ("/dev/null", "/dev/random", "/dev/urandom")
"""What says nothing about the machine, and nothing that could be compared."""
DEVICES, SHARED_MEMORY = ("/dev/", "/proc/"), "/dev/shm/"
MOST_LINKS = 40
IMPORTER = "<frozen importlib._bootstrap_external>"
ENTRIES = f"{os.path.dirname(os.path.dirname(__file__))}/entries.py"
METADATA = f"{os.path.dirname(os.__file__)}/importlib/metadata/__init__.py"


class Watching:
    """What one build has read since it began."""

    def __init__(self, state: Witness) -> None:
        self._state = state
        self._has_asked = _has_asked
        self._watches: set[Watch] = set()
        self._roots: set[str] = set()

    @property
    def asked_outside(self) -> bool:
        """Return whether it depends on what cannot be compared: programs, connections, devices."""
        return self._has_asked or any(
            _is_outside(path) for kind, path in self._watches if kind == FILE
        )

    def add_place(self, path: str) -> None:
        """Note a file or folder that was looked at without being opened."""
        self._add(PLACE, path)

    def add_package(self, module: ModuleType) -> None:
        """Note all files of the package of a plugin, which may have been read for another pack."""
        for folder in getattr(module, "__path__", ()):
            for place, folders, names in os.walk(folder):
                folders[:] = [name for name in folders if name != "__pycache__"]
                self._watches.add((FOLDER, place))
                self._watches |= {(FILE, os.path.join(place, name)) for name in names}

    def hear(self, event: str, arguments: tuple[Any, ...], asker: FrameType) -> None:
        if event == "open":
            self._opened(arguments, asker)
        elif event in READS:
            path = arguments[0]
            self._read(READS[event], "." if path is None else path, asker)
        elif event == "import":
            self._roots.add(arguments[0].partition(".")[0])
        else:
            self._has_asked = True

    def _opened(self, arguments: tuple[Any, ...], asker: FrameType) -> None:
        path, mode, flags = arguments
        writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & WRITING
        if not writes:
            self._read(FILE, path, asker)

    def _read(self, kind: str, path: Any, asker: FrameType) -> None:
        if isinstance(path, int):  # opened before, by its name
            return
        path = os.fsdecode(path)
        if _is_import(asker):
            self._imported(kind, path)
        elif not _is_about_distributions(kind, path, asker) and path not in NOTHING:
            self._add(kind, path)

    def _imported(self, kind: str, path: str) -> None:
        """Note what was read to import a module; compiled code stands for its source."""
        if _is_stdlib(path) or (kind == FOLDER and path in sys.path):
            return
        try:
            self._add(kind, source_from_cache(path) if kind == FILE else path)
        except ValueError:  # it is the source
            self._add(kind, path)

    def _add(self, kind: str, path: str) -> None:
        watch = (kind, path)
        self._state.note(watch)
        self._watches.add(watch)

    def found(self) -> set[Watch]:
        """Return what was read; a folder that was opened like a file was listed."""
        opened = {(FOLDER, path) for kind, path in self._watches if kind == FILE and _is_dir(path)}
        return self._watches | opened

    def watches(self) -> list[Watch]:
        """Return what was read, with the code that ran, in an order that is always the same."""
        modules = [name for name in list(sys.modules) if "." not in name]
        roots = {*self._roots, *modules} - sys.stdlib_module_names
        found = self.found()
        found |= _shared | {(FILE, path) for path in _code()}
        return sorted({*found, (INSTALLED, " ".join(sorted(roots)))})


_active: list[Watching] = []
_shared: set[Watch] = set()
"""What was read outside of packs: a module remembers what it has read, and serves later packs."""
_has_asked = False
"""Whether something was asked that cannot be compared, and may be remembered in the same way."""
_is_hooked = False


@contextmanager
def watching(state: Witness, folder: str) -> Iterator[Watching]:
    """Yield what notes the reads of a block, which builds the pack in a folder."""
    global _is_hooked, _has_asked
    if not _is_hooked:
        sys.addaudithook(_hear)
        _is_hooked = True
    watch = Watching(state)
    watch.add_place(folder)
    _active.append(watch)
    try:
        yield watch
    finally:
        _active.remove(watch)
        own = f"{PurePath(folder)}/"
        _shared.update(each for each in watch.found() if not f"{each[1]}/".startswith(own))
        _has_asked = watch.asked_outside


@contextmanager
def unwatched() -> Iterator[None]:
    """Note nothing in a block: it looks at what it replaces, and that decides nothing."""
    paused, _active[:] = list(_active), []
    try:
        yield
    finally:
        _active[:] = paused


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and event in HEARD:
        asker = sys._getframe(1)
        for watch in _active:
            watch.hear(event, arguments, asker)


def _is_import(asker: FrameType) -> bool:
    """Return whether Python asks to import a module; a module may ask its loader for data, too."""
    if asker.f_code.co_name == "get_data" and asker.f_back is not None:
        asker = asker.f_back
    return asker.f_code.co_filename == IMPORTER


def _is_about_distributions(kind: str, path: str, asker: FrameType) -> bool:
    """Return whether somebody looks for distributions: what is installed is watched as a whole."""
    if kind == FOLDER:
        return path in sys.path and asker.f_code.co_filename in (ENTRIES, METADATA)
    return asker.f_code.co_filename == ENTRIES


def _is_outside(path: str) -> bool:
    """Return whether a path leads to a device, a pipe or the state of a process, if by links."""
    if not _is_regular(path):
        return True
    place = path
    for _ in range(MOST_LINKS):
        folder, name = os.path.split(os.path.abspath(place))
        place = os.path.join(os.path.realpath(folder), name)
        if place.startswith(DEVICES) and not place.startswith(SHARED_MEMORY):
            return True
        try:
            place = os.path.join(os.path.dirname(place), os.readlink(place))
        except (OSError, ValueError):
            return False
    return False


def _is_regular(path: str) -> bool:
    """Return whether there is a file, a folder, or nothing."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _is_dir(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


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
