"""place: a project's files into a folder of their own, all of them or none."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from packc.diagnostics import Diagnostic, PackcError

NEW = ".packc-new-"


def place(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, named relative to the folder, which must not hold anything yet.

    They are written beside it and moved there in one step. Raises PackcError: PK254 the place is
    taken, PK256 it cannot be written.
    """
    try:
        _refuse_taken(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=NEW, dir=folder.parent))
        try:
            _write(staging, files)
            staging.rename(folder)
        finally:
            with suppress(FileNotFoundError):
                shutil.rmtree(staging)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and folder.is_dir():
            raise PackcError(_taken(folder, "holds files")) from error
        raise PackcError(_cannot_write(folder, error)) from error


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    folder.chmod(0o755)  # a temporary folder is its owner's alone


def _refuse_taken(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PackcError(_taken(folder, "is no folder"))
    if folder.is_dir() and any(folder.iterdir()):
        raise PackcError(_taken(folder, "holds files"))


def _taken(folder: Path, why: str) -> Diagnostic:
    hint = "move it away, or choose another place with -o; nothing is ever overwritten"
    return Diagnostic("PK254", f"'{folder}' is there and {why}", hint=hint)


def _cannot_write(folder: Path, error: OSError) -> Diagnostic:
    reason = (error.strerror or str(error)).lower()
    text = f"cannot write '{folder}': {reason}"
    return Diagnostic("PK256", text, hint="choose another place with -o")
