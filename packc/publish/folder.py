"""folder: read a folder to be packaged: regular files with portable names, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from packc.diagnostics import Diagnostic, PackcError
from packc.model import OutputFile
from packc.publish.names import fault_of, one_on_some_systems, printable

MAX_FILE: Final = 64 * 1024 * 1024
MAX_TOTAL: Final = 256 * 1024 * 1024
MAX_FILES: Final = 20_000

_RENAME: Final = "rename it, or keep it out of the pack"

_KINDS: Final = (
    (stat.S_ISLNK, "symbolic link"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


def read_folder(folder: Path, shown: str = "") -> tuple[OutputFile, ...]:
    """Return the files below a folder, sorted by the bytes of their names; empty folders are lost.

    Raises PackcError: PK602 for what is no regular file, PK603 for a name that not every system can
    hold, PK604 for more than can be meant, PK606 where something writes at the same time.
    """
    shown = shown or folder.as_posix()
    files: list[OutputFile] = []
    total = 0
    for path in _paths(folder, shown):
        name = _name(path.relative_to(folder), shown)
        content = _content(path, f"{shown}/{name}")
        total += len(content)
        if total > MAX_TOTAL or len(files) == MAX_FILES:
            text = f"'{shown}' holds more than {MAX_TOTAL:,} bytes or {MAX_FILES:,} files"
            raise PackcError(Diagnostic("PK604", text, hint="name the folder of one built pack"))
        files.append(OutputFile(name, content))
    return tuple(sorted(files, key=lambda file: file.name.encode()))


def refuse_links(paths: Iterable[Path], shown: str) -> None:
    """Raise PK602 for a symbolic link: it may lead out of the folder."""
    for path in paths:
        if path.is_symlink():
            raise _refused_kind(f"{shown}/{printable(path.name)}", path.lstat().st_mode)


def refuse_twins(files: Iterable[OutputFile]) -> None:
    """Raise PK603 where macOS and Windows cannot tell two names apart: one file would be lost."""
    if pair := one_on_some_systems(file.name for file in files):
        text = f"'{pair[0]}' and '{pair[1]}' cannot both be there on macOS and Windows"
        raise PackcError(Diagnostic("PK603", text, hint="rename one of them"))


def _paths(folder: Path, shown: str) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise _unreadable(shown, error) from error
    for entry in found:
        inner = f"{shown}/{printable(entry.name)}"
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(Path(entry.path), inner)
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        else:
            raise _refused_kind(inner, entry.stat(follow_symlinks=False).st_mode)


def _refused_kind(shown: str, mode: int) -> PackcError:
    kind = next((name for matches, name in _KINDS if matches(mode)), "special file")
    hint = "a pack holds regular files only; build it again into a new folder"
    return PackcError(Diagnostic("PK602", f"'{shown}' is a {kind}", hint=hint))


def _name(path: Path, shown: str) -> str:
    name = path.as_posix()
    if why := fault_of(name):
        text = f"the name '{shown}/{printable(name)}' {why}"
        raise PackcError(Diagnostic("PK603", text, hint=_RENAME))
    return name


def _content(path: Path, shown: str) -> bytes:
    """Return a file's bytes; raise PK606 where they are not those that stood there before."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            before = os.fstat(descriptor)
            content = stream.read(MAX_FILE + 1)
            after = os.fstat(descriptor)
    except OSError as error:
        raise _unreadable(shown, error) from error
    if len(content) > MAX_FILE:
        text = f"'{shown}' is larger than {MAX_FILE:,} bytes"
        raise PackcError(Diagnostic("PK604", text, hint="keep what is no manifest out of the pack"))
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not is_same or len(content) != before.st_size:
        raise _changed(shown)
    return content


def _unreadable(shown: str, error: OSError) -> PackcError:
    if isinstance(error, FileNotFoundError):
        return _changed(shown)
    reason = (error.strerror or str(error)).lower()
    text = f"'{shown}' cannot be read: {reason}"
    return PackcError(Diagnostic("PK101", text, hint="check its permissions and the disk"))


def _changed(shown: str) -> PackcError:
    text = f"'{shown}' changed while it was read"
    return PackcError(Diagnostic("PK606", text, hint="package when nothing writes there"))
