"""builds: a pack's whole build, kept: what it read, what it wrote and what it had to say.

The first of two entries tells what such a build has read the last time; the second is found by the
content of that. So an older state of a pack, such as that of another branch, is found again.
"""

from __future__ import annotations

import marshal
import os
import stat

from packc import UNFINISHED
from packc.cache.keys import digest, here, key
from packc.cache.state import FILE, content_of

TYPE_CHECKING = False  # importing `typing` would take longer than an unchanged build
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from packc import atomic
    from packc.cache.state import State, Watch
    from packc.cache.store import Store

    Files = Mapping[str, Sequence[tuple[str, bytes, bool]]]
    """The files of each variant: name, content, and whether only their owner may read it."""
    Seals = Sequence[tuple[str, str, int]]
    """The files of one variant: name, digest and mode."""

Request = tuple[object, ...]
"""What is asked for of one pack: its folder, and the options that decide what is built."""


class Kept:
    """A build that was found: its report, and its output."""

    def __init__(self, data: dict[str, Any], store: Store) -> None:
        self.report: dict[str, Any] = data["report"]
        self.folder: str = data["folder"]
        self._files: dict[str, Seals] = data["files"]
        self._mode: int = data["mode"]
        self._store = store

    def stands(self) -> bool:
        """Return whether the output stands in its folder, where it is written if it does not."""
        return self._is_there() or self._is_written()

    def _is_there(self) -> bool:
        """Return whether the output is there, byte for byte, and nothing else."""
        if not _is_folder(self.folder, self._mode) or _has_left_over(os.path.dirname(self.folder)):
            return False
        return all(
            _stands(f"{self.folder}/{name}", files, self._mode)
            for name, files in self._files.items()
        )

    def _is_written(self) -> bool:
        """Return whether the output could be written; where not, a build says why."""
        from packc import atomic  # of no use where the output is there

        trees = {variant: self._contents(files) for variant, files in self._files.items()}
        if any(len(trees[variant]) < len(files) for variant, files in self._files.items()):
            return False
        try:
            atomic.replace(self.folder, trees)
        except (OSError, atomic.Taken):
            return False
        return True

    def _contents(self, files: Seals) -> atomic.Files:
        """Return the files, without those that the cache has lost."""
        found = [(name, self._store.get(_blob(seal)), mode) for name, seal, mode in files]
        return [(name, content, mode) for name, content, mode in found if content is not None]


def find(store: Store, state: State, request: Request) -> Kept | None:
    """Return the build of that request, if all that it has read is as it was."""
    if not store.used:
        return None
    reads = store.get(_reads_key(request, state))
    if reads is None:
        return None
    own, shared = marshal.loads(reads)
    if shared not in state.known:
        watches = store.get(shared)
        if watches is None:
            return None
        state.known[shared] = state.digest(marshal.loads(watches))
    result = store.get(_result_key(request, state, own, shared))
    return None if result is None else Kept(marshal.loads(result), store)


class Build:
    """A build to be kept: its report in plain data, its folder, and what it wrote there."""

    def __init__(self, report: dict[str, Any], folder: str, files: Files) -> None:
        self.report = report
        self.folder = folder
        self.files = files


def keep(store: Store, state: State, request: Request, watches: list[Watch], build: Build) -> None:
    """Keep a build. Nothing of it may be a secret."""
    from packc.atomic import FOLDER, mode_of  # of no use to a build that is found

    sealed: dict[str, Seals] = {}
    for variant, files in build.files.items():
        seals = [digest(content).hex() for _, content, _ in files]
        for seal, (_, content, _) in zip(seals, files, strict=True):
            if not store.put(_blob(seal), content):
                return
        sealed[variant] = [
            (name, seal, mode_of(private))
            for seal, (name, _, private) in zip(seals, files, strict=True)
        ]
    data = {"report": build.report, "folder": build.folder, "files": sealed, "mode": FOLDER}
    own, others = _apart(watches, f"{str(request[0]).rstrip('/')}/")
    shared = key("watches", others)
    state.known[shared] = state.digest(others)
    store.put(shared, marshal.dumps(others))
    store.put(_reads_key(request, state), marshal.dumps((own, shared)))
    store.put(_result_key(request, state, own, shared), marshal.dumps(data))


def _apart(watches: Sequence[Watch], folder: str) -> tuple[list[Watch], list[Watch]]:
    """Return a folder with what is in it, and the rest, which packs of a call have in common."""
    own = [watch for watch in watches if f"{watch[1]}/".startswith(folder)]
    return own, [watch for watch in watches if not f"{watch[1]}/".startswith(folder)]


def _reads_key(request: Request, state: State) -> str:
    return key("reads", _ground(state), request)


def _result_key(request: Request, state: State, own: list[Watch], shared: str) -> str:
    return key("result", _ground(state), request, state.digest(own), state.known[shared])


def _ground(state: State) -> bytes:
    """Return the digest of what all builds of a call stand on: where it runs, and this code."""
    if "ground" not in state.known:
        state.known["ground"] = digest(
            repr((here(), state.digest(_code()))).encode("utf-8", "surrogatepass")
        )
    return state.known["ground"]


def _code() -> Iterator[Watch]:
    """Yield the code that makes entries and reads them."""
    own = os.path.dirname(__file__)
    packc = os.path.dirname(own)
    for name in sorted(os.listdir(own)):
        if name.endswith(".py"):
            yield FILE, f"{own}/{name}"
    yield FILE, f"{packc}/cli/build.py"
    yield FILE, f"{packc}/cli/built.py"


def _blob(seal: str) -> str:
    return key("file", seal)


def _has_left_over(folder: str) -> bool:
    """Return whether a build that was killed left something, which the next to write removes."""
    try:
        return any(name.startswith(UNFINISHED) for name in os.listdir(folder))
    except OSError:
        return False


def _stands(folder: str, files: Seals, mode: int) -> bool:
    """Return whether a folder holds the files and nothing else; `mode` is that of folders."""
    names = {name for name, _, _ in files}
    folders = {f"{folder}/" for name in names for folder in _folders_of(name)}
    return (
        {*_names(folder)} == names | folders
        and all(_is_folder(f"{folder}/{name}", mode) for name in ("", *folders))
        and all(_is_file(f"{folder}/{name}", seal, mode) for name, seal, mode in files)
    )


def _folders_of(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _names(folder: str, inside: str = "") -> Iterator[str]:
    """Yield the names of all that is below a folder; those of folders end with a slash."""
    try:
        entries = [*os.scandir(folder)]
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield f"{inside}{entry.name}/"
            yield from _names(entry.path, f"{inside}{entry.name}/")
        else:
            yield f"{inside}{entry.name}"


def _is_folder(path: str, mode: int) -> bool:
    try:
        status = os.lstat(path.rstrip("/"))
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == mode


def _is_file(path: str, seal: str, mode: int) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) != mode:
        return False
    content = content_of(path)
    return content is not None and digest(content).hex() == seal
