"""builds: a pack's whole build, kept: what it read, what it wrote and what it had to say.

The first of two entries tells what such a build has read the last time; the second is found by the
content of that. So an older state of a pack, such as that of another branch, is found again.
"""

from __future__ import annotations

import marshal
import os
import stat

from packc.cache.keys import digest, here, key
from packc.cache.state import content_of

TYPE_CHECKING = False  # importing `typing` would take longer than an unchanged build
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from packc.cache.state import State, Watch
    from packc.cache.store import Store

    Files = Mapping[str, Sequence[tuple[str, bytes, bool]]]
    """The files of each variant: name, content, and whether only their owner may read it."""

PUBLIC_FILE, PRIVATE_FILE = 0o644, 0o600

Request = tuple[object, ...]
"""What is asked for of one pack: its folder, and the options that decide what is built."""


class Kept:
    """A build that was found: its report, and its output."""

    def __init__(self, data: dict[str, Any], store: Store) -> None:
        self.report: dict[str, Any] = data["report"]
        self.folder: str = data["folder"]
        self._files: dict[str, list[tuple[str, str, bool]]] = data["files"]
        self._store = store

    def is_there(self) -> bool:
        """Return whether the output stands in its folder, byte for byte and nothing else."""
        return not os.path.islink(self.folder) and all(
            _stands(f"{self.folder}/{name}", files) for name, files in self._files.items()
        )

    def content(self) -> Files | None:
        """Return the files, to be written again; None where the cache has lost one."""
        found = {}
        for variant, files in self._files.items():
            contents = [(n, self._store.get(_blob(seal)), private) for n, seal, private in files]
            whole = [
                (n, content, private) for n, content, private in contents if content is not None
            ]
            if len(whole) < len(files):
                return None
            found[variant] = whole
        return found


def find(store: Store, state: State, request: Request) -> Kept | None:
    """Return the build of that request, if all that it has read is as it was."""
    reads = store.get(_reads_key(request))
    if reads is None:
        return None
    watches: list[Watch] = marshal.loads(reads)
    result = store.get(_result_key(request, state, watches))
    return None if result is None else Kept(marshal.loads(result), store)


class Build:
    """A build to be kept: its report in plain data, its folder, and what it wrote there."""

    def __init__(self, report: dict[str, Any], folder: str, files: Files) -> None:
        self.report = report
        self.folder = folder
        self.files = files


def keep(store: Store, state: State, request: Request, watches: list[Watch], build: Build) -> None:
    """Keep a build. Nothing of it may be a secret."""
    sealed = {}
    for variant, contents in build.files.items():
        sealed[variant] = [(n, digest(content).hex(), private) for n, content, private in contents]
        for _, content, _ in contents:
            if not store.put(_blob(digest(content).hex()), content):
                return
    data = {"report": build.report, "folder": build.folder, "files": sealed}
    store.put(_reads_key(request), marshal.dumps(watches))
    store.put(_result_key(request, state, watches), marshal.dumps(data))


def _reads_key(request: Request) -> str:
    return key("reads", here(), _code(), request)


def _result_key(request: Request, state: State, watches: list[Watch]) -> str:
    return key("result", here(), _code(), request, state.digest(watches))


def _code() -> bytes:
    """Return the digest of the code that makes entries and reads them."""
    own = os.path.dirname(__file__)
    command = os.path.join(os.path.dirname(own), "cli")
    names = [*(f"{own}/{name}" for name in sorted(os.listdir(own)) if name.endswith(".py"))]
    names += [f"{command}/build.py", f"{command}/built.py"]
    return digest(b"\0".join(content_of(name) or b"" for name in names))


def _blob(seal: str) -> str:
    return key("file", seal)


def _stands(folder: str, files: Sequence[tuple[str, str, bool]]) -> bool:
    if os.path.islink(folder) or _names(folder) != {name for name, _, _ in files}:
        return False
    return all(_is_file(f"{folder}/{name}", seal, private) for name, seal, private in files)


def _names(folder: str) -> set[str]:
    """Return the names of all files below a folder, and of what is neither file nor folder."""
    found = set()
    for place, folders, names in os.walk(folder):
        inside = place[len(folder) + 1 :]
        links = [name for name in folders if os.path.islink(f"{place}/{name}")]
        found |= {f"{inside}/{name}".lstrip("/") for name in (*names, *links)}
    return found


def _is_file(path: str, seal: str, private: bool) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) != (PRIVATE_FILE if private else PUBLIC_FILE):
        return False
    content = content_of(path)
    return content is not None and digest(content).hex() == seal
