"""parcel: files of this machine as bytes, to be laid out on another one under the same names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packc.diagnostics import Diagnostic, PackcError

File = tuple[str, bytes, int]
"""What it is (FILE, LINK or FOLDER), its content or where it leads, and its mode."""

FILE, LINK, FOLDER = "file", "link", "folder"
LEFT_OUT = frozenset((".git", "__pycache__"))


def collected(names: Iterable[str], left_out: Iterable[str] = ()) -> dict[str, File]:
    """Return the files of these names and below, by absolute path; what is not there is no file."""
    files: dict[str, File] = {}
    skipped = {os.path.abspath(name) for name in left_out}  # noqa: PTH100  # keeps links as they are
    for name in names:
        files.update(_below(os.path.abspath(name), skipped))  # noqa: PTH100
    return files


def refuse_absolute(names: Iterable[str]) -> None:
    """Raise PackcError (PK513) for an absolute name, which has no place on another machine."""
    for name in names:
        if os.path.isabs(name):  # noqa: PTH117
            hint = "change to a folder above it, and name it from there"
            text = f"the absolute path '{name}' means nothing on another machine"
            raise PackcError(Diagnostic("PK513", text, hint=hint))


def _below(path: str, skipped: set[str]) -> Iterator[tuple[str, File]]:
    file = _file(path)
    if file is not None:
        yield path, file
    if file is None or file[0] != FOLDER:
        return
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208  # text is what goes into a parcel
    except OSError:
        return
    for name in names:
        below = f"{path}/{name}"
        if name not in LEFT_OUT and below not in skipped:
            yield from _below(below, skipped)


def _file(path: str) -> File | None:
    """Return what stands at a path; None where that is nothing that can be sent."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return LINK, os.fsencode(os.readlink(path)), 0  # noqa: PTH115
        if stat.S_ISDIR(status.st_mode):
            return FOLDER, b"", stat.S_IMODE(status.st_mode)
        if stat.S_ISREG(status.st_mode):
            return FILE, Path(path).read_bytes(), stat.S_IMODE(status.st_mode)
    except (OSError, ValueError):
        pass
    return None


def lay_out(files: Mapping[str, File], root: Path) -> None:
    """Write collected files below a folder that stands for the other machine's `/`."""
    for path, (kind, content, mode) in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == FOLDER:
            target.mkdir(exist_ok=True)
        elif kind == LINK:
            target.symlink_to(os.fsdecode(content))
        else:
            target.write_bytes(content)
            target.chmod(mode)


def weight(files: Mapping[str, File]) -> int:
    """Return how many bytes collected files have."""
    return sum(len(content) for _, content, _ in files.values())
