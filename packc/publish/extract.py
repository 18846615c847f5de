"""extract: the files of a pack into a new folder, which is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packc.diagnostics import Diagnostic, PackcError
from packc.model import OutputFile
from packc.publish.archive import files_of, unpacked
from packc.publish.model import Bundle


def files_in(bundle: Bundle) -> tuple[OutputFile, ...]:
    """Return the files of a pack: regular ones, with names that stay inside of a folder."""
    return files_of(unpacked(bundle.pack.blobs[-1].content))


def extract(files: Sequence[OutputFile], out: Path) -> None:
    """Write files into a folder beside the new one, and give it the name in one step.

    Raises PK504 where something is there already, PK503 where it cannot be written.
    """
    if os.path.lexists(out):
        _refuse_taken(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            _write(files, staging / "new")
            (staging / "new").rename(out)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "choose another place with -o, or check permissions and space"
        text = f"cannot write '{out}': {reason}"
        raise PackcError(Diagnostic("PK503", text, hint=hint)) from None


def _refuse_taken(out: Path) -> None:
    if out.is_dir() and not out.is_symlink() and not any(out.iterdir()):
        return
    hint = "move it away, or choose another place with -o"
    raise PackcError(Diagnostic("PK504", f"'{out}' is there already", hint=hint))


def _write(files: Sequence[OutputFile], folder: Path) -> None:
    """Write the files; who may read them is for the umask to say."""
    folder.mkdir()
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o666), "wb") as stream:
            stream.write(file.content)
            stream.flush()
            os.fsync(stream.fileno())
