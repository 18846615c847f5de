"""write: the outputs of a pack to files, all in one step; what goes wrong is an error with a code.

`packc.atomic` is how that is done.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from packc.atomic import Taken, mode_of, replace
from packc.cache.watching import unwatched
from packc.diagnostics import Diagnostic, PackcError
from packc.model import OutputFile


def write(folder: Path, variants: Mapping[str, Sequence[OutputFile]]) -> None:
    """Replace the given variants below `folder` in one step; other variants there stay.

    The files' modes do not depend on the umask. Raises PackcError: PK503 where it cannot be
    written, PK504 where the place is taken by something that packc did not write.
    """
    trees = {
        name: [(file.name, file.content, mode_of(file.private)) for file in files]
        for name, files in variants.items()
    }
    try:
        with unwatched():
            replace(os.fspath(folder), trees)
    except Taken as taken:
        raise PackcError(_taken(taken)) from taken
    except OSError as error:
        raise PackcError(_cannot_write(folder, error)) from error


def _taken(taken: Taken) -> Diagnostic:
    hint = "move it away, or choose another folder with -o"
    return Diagnostic("PK504", f"'{taken.place}' {taken.why}", hint=hint)


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
