"""write: bytes to files, atomically: a crash leaves the old tree or the new one, never a mixture.

A pack's variants are written into a folder beside the old one, and the two change places in one step
of the kernel (renameat2 with RENAME_EXCHANGE on Linux). Builds into one folder take turns by a lock.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError

PUBLIC_FILE, PRIVATE_FILE, FOLDER = 0o644, 0o600, 0o755
STAGING = ".packc-"
MARKER = "build.json"
"""The file that every variant folder of ours has; a folder without it is somebody else's."""


@frozen
class OutputFile:
    """A file of a variant. A private one holds key material and is readable by its owner only."""

    name: str
    content: bytes
    private: bool = False


def write(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    """Replace the given variants below `folder` in one step; other variants there stay.

    The files' modes do not depend on the umask. Raises PackcError: PK503 where it cannot be written,
    PK504 where the place is taken by something that packc did not write.
    """
    try:
        _write(folder, variants)
    except OSError as error:
        raise PackcError(_cannot_write(folder, error)) from error


def _write(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    with _staging(parent) as staging:
        for name, files in variants.items():
            _write_variant(staging / name, files)
        with _locked(parent):
            _remove_abandoned(parent, staging)
            _refuse_strangers(folder, variants)
            _carry_over(folder, staging, set(variants))
            staging.chmod(FOLDER)
            _sync(staging)
            _swap(staging, folder)
            _sync(parent)


def _write_variant(folder: Path, files: Sequence[OutputFile]) -> None:
    folder.mkdir()
    folder.chmod(FOLDER)
    for file in files:
        mode = PRIVATE_FILE if file.private else PUBLIC_FILE
        descriptor = os.open(folder / file.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(file.content)
            stream.flush()
            os.fsync(descriptor)
    _sync(folder)


# --- staging ----------------------------------------------------------------------------------


@contextmanager
def _staging(parent: Path) -> Iterator[Path]:
    """Yield a new folder that is locked while we live, and gone afterwards whatever it holds then."""
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
    try:
        with _locked(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the kernel lets go of it when the process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path, own: Path) -> None:
    """Remove what builds that were killed left behind: staging folders that nobody holds."""
    for folder in parent.glob(f"{STAGING}*"):
        if folder != own and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


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
    if not old.is_dir():
        return
    for entry in sorted(old.iterdir()):
        if entry.name in replaced:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, new / entry.name, symlinks=True, copy_function=_link)
        else:
            _link(str(entry), str(new / entry.name))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target, follow_symlinks=False)


def _swap(new: Path, folder: Path) -> None:
    """Let the new tree and the old one change places; where the kernel cannot, in two steps."""
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder.parent) as aside:
            folder.rename(Path(aside) / folder.name)
            new.rename(folder)


def _exchange(first: Path, second: Path) -> bool:
    """Return whether the kernel exchanged two folders in one step."""
    if not sys.platform.startswith("linux"):
        return False
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
    }
    hint = hints.get(error.errno or 0, "the previous output is untouched")
    return Diagnostic("PK503", f"cannot write '{folder}': {reason}", hint=hint)
