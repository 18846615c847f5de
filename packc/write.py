"""write: bytes to files, atomically: a crash leaves the old tree or the new one, never a mixture.

A pack's variants are written into a folder beside the old one, and the two change places in one
step of the kernel (renameat2 with RENAME_EXCHANGE on Linux). Builds into one folder take turns.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from packc.cache.watching import unwatched
from packc.diagnostics import Diagnostic, PackcError
from packc.model import MARKER, OutputFile

PUBLIC_FILE, PRIVATE_FILE, FOLDER = 0o644, 0o600, 0o755
STAGING = ".packc-"
ASIDE = f"{STAGING}old-"


def write(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    """Replace the given variants below `folder` in one step; other variants there stay.

    The files' modes do not depend on the umask. Raises PackcError: PK503 where it cannot be
    written, PK504 where the place is taken by something that packc did not write.
    """
    try:
        with unwatched():
            _write(folder, variants)
    except OSError as error:
        raise PackcError(_cannot_write(folder, error)) from error


def _write(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    with _our_turn(parent):
        _refuse_strangers(folder, variants)
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
        for name, files in variants.items():
            _write_variant(staging / name, files)
        _carry_over(folder, staging, set(variants))
        staging.chmod(FOLDER)
        _sync(staging)
        _swap(staging, folder)
        _sync(parent)


def _write_variant(folder: Path, files: Sequence[OutputFile]) -> None:
    inner = {parent for file in files for parent in (folder / file.name).parents}
    folders = sorted(each for each in inner if each.is_relative_to(folder))
    for each in folders or [folder]:
        each.mkdir()
        each.chmod(FOLDER)
    for file in files:
        mode = PRIVATE_FILE if file.private else PUBLIC_FILE
        descriptor = os.open(folder / file.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(file.content)
            stream.flush()
            os.fsync(descriptor)
    for each in reversed(folders or [folder]):
        _sync(each)


# --- turns ------------------------------------------------------------------------------------


@contextmanager
def _our_turn(parent: Path) -> Iterator[None]:
    """Hold the lock of the folder that the trees stand in, and leave nothing else of ours in it."""
    with _locked(parent):
        _clear_up(parent)
        try:
            yield
        finally:
            _clear_up(parent)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the kernel lets go of it however the process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _clear_up(parent: Path) -> None:
    """Put back a tree that was set aside and not replaced, and remove what else was left behind.

    We hold the lock, so what is there is ours, or of a build that was killed.
    """
    for aside in sorted(parent.glob(f"{ASIDE}*")):
        folder = parent / aside.name.removeprefix(ASIDE)
        if not folder.exists():
            aside.rename(folder)
    for left_over in sorted(parent.glob(f"{STAGING}*")):
        shutil.rmtree(left_over, ignore_errors=True)


# --- the old tree -----------------------------------------------------------------------------


def _refuse_strangers(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PackcError(_taken(folder, "is no folder"))
    for name in variants:
        old = folder / name
        if old.is_symlink() or (old.exists() and not (old / MARKER).is_file()):
            raise PackcError(_taken(old, f"was not written by packc: it has no {MARKER}"))


def _taken(place: Path, why: str) -> Diagnostic:
    return Diagnostic(
        "PK504", f"'{place}' {why}", hint="move it away, or choose another folder with -o"
    )


def _carry_over(old: Path, new: Path, replaced: set[str]) -> None:
    """Put everything else of the old tree into the new one, as links to the same files."""
    if old.is_dir():
        for entry in sorted(old.iterdir()):
            if entry.name not in replaced:
                _link(entry, new / entry.name)


def _link(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        target.mkdir()
        for entry in sorted(source.iterdir()):
            _link(entry, target / entry.name)
        shutil.copystat(source, target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target, follow_symlinks=False)


def _swap(new: Path, folder: Path) -> None:
    """Let the new tree take the old one's place.

    Where the kernel cannot exchange them, a build that is killed between the two steps leaves none;
    the next one puts the old tree back.
    """
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        folder.rename(folder.with_name(f"{ASIDE}{folder.name}"))
        new.rename(folder)


def _exchange(first: Path, second: Path) -> bool:
    """Return whether the kernel exchanged two folders in one step."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # of no use to a first build

    exchange = 2  # RENAME_EXCHANGE of linux/fs.h
    here = -100  # AT_FDCWD of fcntl.h
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    done = rename(here, os.fsencode(first), here, os.fsencode(second), exchange)
    if done != 0 and ctypes.get_errno() not in (errno.ENOSYS, errno.EINVAL):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(second))
    return bool(done == 0)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(folder: Path, error: OSError) -> Diagnostic:
    reason = (error.strerror or str(error)).lower()
    hints = {
        errno.ENOSPC: "free some space; the previous output is untouched",
        errno.EROFS: "choose another folder with -o",
        errno.EACCES: "choose another folder with -o, or change its permissions",
        errno.ENOTDIR: "a part of the path is a file; choose another folder with -o",
        errno.EEXIST: "a part of the path is a file; choose another folder with -o",
        errno.EBUSY: "it is a mount point; choose a folder above or below it with -o",
        errno.EXDEV: "it belongs to another file system; remove it, or choose another with -o",
    }
    hint = hints.get(error.errno or 0, "the previous output is untouched")
    return Diagnostic("PK503", f"cannot write '{folder}': {reason}", hint=hint)
