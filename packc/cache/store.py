"""store: entries on disk: read only when whole and private, written in one step, bounded in size.

Whatever is wrong with the folder or an entry, the answer is that there is no entry.
"""

from __future__ import annotations

import os
import stat
import sys

from packc.cache.keys import RUNTIME, SIZE, digest

TYPE_CHECKING = False  # importing `typing` would take longer than reading an entry
if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"packc cache\n"
OURS = repr(RUNTIME).encode()
HEAD = MAGIC + OURS + b"\n"
"""An entry is this, the digest, and the payload. What another packc or Python wrote is not read."""
SHARDS = "0123456789abcdef"
MAX_ENTRY = 32 * 1024 * 1024
MAX_FILE = len(HEAD) + SIZE + MAX_ENTRY
MAX_SHARD = 64 * 1024 * 1024
"""So that the whole is at most 1 GiB: each shard is kept below its share."""
KEPT_OF_FULL = 3 / 4
FRESH = ".new-"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS, OTHERS_WRITE = 0o077, 0o022
OFF = "PACKC_NO_CACHE"


def place() -> str | None:
    """Return the folder of the cache; None where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not home.strip("/"):  # that of no user
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "packc") if os.path.isabs(base) else None


class Store:
    """The entries of one folder; one that is not there, or is not used, has none."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder
        self.problem, self.advice = (_why_unfit(folder) if folder else None) or ("", "")
        self.hits = 0
        self.misses = 0
        self._full: set[str] = set()
        self._reads = bool(folder) and not self.problem
        self._writes = self._reads

    @property
    def used(self) -> bool:
        return self._reads

    def get(self, name: str) -> bytes | None:
        """Return the payload of an entry; None where there is none that is whole and ours."""
        payload = read_entry(self._path(name), name) if self._reads else None
        if payload is None:
            self.misses += 1
        else:
            self.hits += 1
        return payload

    def put(self, name: str, payload: bytes) -> bool:
        """Write an entry, and return whether that could be done."""
        if not self._writes or len(payload) > MAX_ENTRY:
            return False
        try:
            self._put(name, payload)
        except OSError:
            self._writes = False  # a full disk and a read-only one are so for the next entry too
            return False
        self._full.add(name[0])
        return True

    def _put(self, name: str, payload: bytes) -> None:
        path = self._path(name)
        folder = os.path.dirname(path)
        _make(folder)
        if self.folder is not None and (unfit := _why_unfit(self.folder)):
            raise PermissionError(unfit[0])
        fresh = os.path.join(folder, f"{FRESH}{os.urandom(8).hex()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(HEAD + seal(HEAD, name, payload) + payload)
            os.replace(fresh, path)
        except OSError:
            os.unlink(fresh)
            raise

    def tidy(self) -> None:
        """Remove what was used longest ago from the shards that were written and are too large."""
        for shard in sorted(self._full):
            _shrink([*entries(self._shard(shard))])
        self._full.clear()

    def names(self) -> Iterator[str]:
        """Yield the paths of all files of the cache; none where it is not used."""
        for shard in SHARDS if self.used else ():
            for path, _ in entries(self._shard(shard)):
                yield path

    def _shard(self, shard: str) -> str:
        return os.path.join(self.folder or "", shard)

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name[0]}/{name}"


def opened() -> Store:
    """Return the cache of this user; one without entries where the environment says so.

    So it is where the current folder has been removed: names of files stand for nothing then.
    """
    return Store(None if os.environ.get(OFF) or not _is_somewhere() else place())


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def read_entry(path: str, name: str) -> bytes | None:
    """Return the payload of the entry of that name, and note that it was used."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        content = _content(descriptor)
        if not content.startswith(HEAD):
            return None
        payload = content[len(HEAD) + SIZE :]
        if content[len(HEAD) : len(HEAD) + SIZE] != seal(HEAD, name, payload):
            return None
        _note_use(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return payload


def is_whole(path: str) -> bool:
    """Return whether an entry, of whatever packc, is as it was written."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        content = _content(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    end = content.find(b"\n", len(MAGIC)) + 1
    head, payload = content[:end], content[end + SIZE :]
    expected = seal(head, os.path.basename(path), payload)
    return content.startswith(MAGIC) and content[end : end + SIZE] == expected


def entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files of a shard with what is known of them."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        try:
            yield entry.path, entry.stat(follow_symlinks=False)
        except OSError:  # another run has removed it
            continue


def _make(folder: str) -> None:
    """Make a folder, and those that it stands in, private to this user."""
    if not os.path.isdir(folder):
        _make(os.path.dirname(folder))
        try:
            os.mkdir(folder, FOLDER_MODE)
        except FileExistsError:  # another run was faster
            return


def seal(head: bytes, name: str, payload: bytes) -> bytes:
    """Return the digest of an entry: over its name and versions too, so that none is moved."""
    return digest(head + name.encode() + b"\0" + payload)


def _content(descriptor: int) -> bytes:
    """Return the content of an open entry; nothing where it is none of ours."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        return b""
    if status.st_mode & OTHERS_WRITE or status.st_size > MAX_FILE:
        return b""
    return os.read(descriptor, status.st_size)


def _note_use(descriptor: int) -> None:
    try:
        os.utime(descriptor)
    except OSError:  # a cache that is read-only
        return


def _why_unfit(folder: str) -> tuple[str, str] | None:
    """Return why a folder is not used, and what helps.

    None where it is private to this user, or is not there.
    """
    try:
        status = os.lstat(folder)
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return "is no folder", "remove it"
    if status.st_uid != os.geteuid():
        return "belongs to another user", "move it away, or set XDG_CACHE_HOME to another folder"
    if status.st_mode & OTHERS:
        return f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})", "`chmod 700` it"
    return None


def _shrink(found: list[tuple[str, os.stat_result]]) -> None:
    size = sum(status.st_size for _, status in found)
    if size <= MAX_SHARD:
        return
    for path, status in sorted(found, key=lambda entry: entry[1].st_mtime_ns):
        if size <= MAX_SHARD * KEPT_OF_FULL:
            return
        remove(path)
        size -= status.st_size


def remove(path: str) -> bool:
    """Remove a file, and return whether it is gone; another run may have been faster."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def warn(store: Store) -> None:
    """Say on standard error why the cache is not used, where that can be mended."""
    if store.problem:
        text = f"packc: the cache {store.folder} {store.problem}, so it is not used"
        print(f"{text}; {store.advice}", file=sys.stderr)
