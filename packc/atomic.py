"""atomic: files into a folder in one step: a crash leaves the old tree or the new one, no mixture.

The trees of a pack are written into a folder beside the old one, and the two change places in one
step of the kernel (renameat2 with RENAME_EXCHANGE on Linux). Writers of one folder take turns.

An unchanged build may have to do this, so that nothing is imported here which takes long.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys

from packc import UNFINISHED

TYPE_CHECKING = False  # importing `typing` would take longer than writing a tree
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Files = Sequence[tuple[str, bytes, int]]
    """The files of one tree: name, content and mode."""

MARKER = "build.json"
"""The build record, which every tree of ours has."""
FOLDER, STAGING_FOLDER = 0o755, 0o700
ASIDE = f"{UNFINISHED}old-"


def mode_of(private: bool) -> int:
    """Return the mode of a file that only its owner may read, or everybody."""
    return 0o600 if private else 0o644


class Taken(Exception):
    """A place is taken by something that packc did not write: the place, and why it is left."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(place, why)
        self.place = place
        self.why = why


def replace(folder: str, trees: Mapping[str, Files]) -> None:
    """Replace the given trees below `folder` in one step; all else there stays.

    The files' modes do not depend on the umask. Raises OSError, and Taken before anything is
    written.
    """
    parent = os.path.dirname(folder) or "."
    os.makedirs(parent, exist_ok=True)
    lock = os.open(parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it however the process ends
        _clear_up(parent)
        try:
            _replace(folder, parent, trees)
        finally:
            _clear_up(parent)
    finally:
        os.close(lock)


def _replace(folder: str, parent: str, trees: Mapping[str, Files]) -> None:
    _refuse_strangers(folder, trees)
    staging = f"{parent}/{UNFINISHED}{os.urandom(8).hex()}"
    os.mkdir(staging, STAGING_FOLDER)
    for name, files in trees.items():
        _write_tree(f"{staging}/{name}", files)
    _carry_over(folder, staging, trees)
    os.chmod(staging, FOLDER)
    _sync(staging)
    _swap(staging, folder)
    _sync(parent)


def _write_tree(folder: str, files: Files) -> None:
    folders = sorted({folder, *_folders_of(folder, files)})
    for each in folders:
        os.mkdir(each)
        os.chmod(each, FOLDER)
    for name, content, mode in files:
        _write_file(f"{folder}/{name}", content, mode)
    for each in reversed(folders):
        _sync(each)


def _folders_of(folder: str, files: Files) -> Iterator[str]:
    """Yield every folder between a tree and its files."""
    for name, _, _ in files:
        while "/" in name:
            name = name.rpartition("/")[0]
            yield f"{folder}/{name}"


def _write_file(path: str, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        os.fchmod(descriptor, mode)
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- what a build that was killed has left ----------------------------------------------------


def _clear_up(parent: str) -> None:
    """Put back a tree that was set aside and not replaced, and remove what else was left behind.

    We hold the lock, so what is there is ours, or of a build that was killed.
    """
    for aside in _left_in(parent, ASIDE):
        folder = f"{parent}/{aside.removeprefix(ASIDE)}"
        if not os.path.exists(folder):
            os.rename(f"{parent}/{aside}", folder)
    for left_over in _left_in(parent, UNFINISHED):
        _remove(f"{parent}/{left_over}")


def _left_in(parent: str, prefix: str) -> list[str]:
    return sorted(name for name in os.listdir(parent) if name.startswith(prefix))


def _remove(folder: str) -> None:
    """Remove a folder and what is in it, as far as that can be done; no link is followed.

    `shutil` does so too, and takes longer to import than all that an unchanged build does.
    """
    try:
        for _, folders, names, place in os.fwalk(folder, topdown=False):
            for name in (*folders, *names):
                _remove_entry(name, place)
        os.rmdir(folder)
    except OSError:  # no folder, or one that is not ours to remove
        return


def _remove_entry(name: str, place: int) -> None:
    for remove in (os.unlink, os.rmdir):  # a link to a folder is among the folders
        try:
            remove(name, dir_fd=place)
        except OSError:
            continue
        return


# --- the old tree -----------------------------------------------------------------------------


def _refuse_strangers(folder: str, names: Iterable[str]) -> None:
    if os.path.islink(folder) or (os.path.exists(folder) and not os.path.isdir(folder)):
        raise Taken(folder, "is no folder")
    for old in (f"{folder}/{name}" for name in names):
        if os.path.islink(old) or (os.path.exists(old) and not os.path.isfile(f"{old}/{MARKER}")):
            raise Taken(old, f"was not written by packc: it has no {MARKER}")


def _carry_over(old: str, new: str, replaced: Iterable[str]) -> None:
    """Put everything else of the old tree into the new one, as links to the same files."""
    if os.path.isdir(old):
        for name in sorted({*os.listdir(old)} - {*replaced}):
            _link(f"{old}/{name}", f"{new}/{name}")


def _link(source: str, target: str) -> None:
    if os.path.isdir(source) and not os.path.islink(source):
        from shutil import copystat  # slow to import, and of no use to a first build

        os.mkdir(target)
        for name in sorted(os.listdir(source)):
            _link(f"{source}/{name}", f"{target}/{name}")
        copystat(source, target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without hard links
        from shutil import copy2

        copy2(source, target, follow_symlinks=False)


def _swap(new: str, folder: str) -> None:
    """Let the new tree take the old one's place.

    Where the kernel cannot exchange them, a build that is killed between the two steps leaves none;
    the next one puts the old tree back.
    """
    if not os.path.exists(folder):
        os.rename(new, folder)
    elif not _exchange(new, folder):
        parent, name = os.path.split(folder)
        os.rename(folder, os.path.join(parent, f"{ASIDE}{name}"))
        os.rename(new, folder)


def _exchange(first: str, second: str) -> bool:
    """Return whether the kernel exchanged two folders in one step."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # slow to import, and of no use to a first build

    exchange = 2  # RENAME_EXCHANGE of linux/fs.h
    here = -100  # AT_FDCWD of fcntl.h
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    done = rename(here, os.fsencode(first), here, os.fsencode(second), exchange)
    if done != 0 and ctypes.get_errno() not in (errno.ENOSYS, errno.EINVAL):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), second)
    return bool(done == 0)


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:  # some file systems cannot sync a folder
        return
    finally:
        os.close(descriptor)
