"""revisions: a folder as a git revision has it, extracted into a temporary folder."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError, did_you_mean

_SECONDS: Final = 60


@frozen
class Range:
    """What `--git` says: the left revision, and the right one; None for the working tree."""

    left: str
    right: str | None


def parse_range(text: str, folder: Path) -> Range:
    """Return the revisions of REV, A..B or A...B; an end that is left out is HEAD.

    A...B starts where B's history left that of A, as in `git diff`. Raises PackcError (PK702).
    """
    if "..." in text:
        left, _, right = text.partition("...")
        ends = (left or "HEAD", right or "HEAD")
        base = _lines(folder, "merge-base", "--end-of-options", *ends, problem=_unrelated(text))
        return Range(base[0][:12], right or "HEAD")
    left, dots, right = text.partition("..")
    # Without dots an empty text is no HEAD: most likely it is a variable that nobody set.
    return Range(left or "HEAD", right or "HEAD") if dots else Range(left, None)


@contextmanager
def checked_out(folder: Path, shown: str, revision: str) -> Iterator[Path]:
    """Yield a folder that holds what `folder` holds in the revision; it is gone afterwards.

    Raises PackcError (PK702) without git, outside a repository, for a revision that is none, and
    where the revision has no such folder.
    """
    commit = _commit(folder, shown, revision)
    tree = f"{commit}:{_inside(folder, shown).as_posix().removeprefix('.')}"
    top = _lines(folder, "rev-parse", "--show-toplevel", problem=_no_repository(shown))[0]
    archive = _git(Path(top), "archive", "--format=tar", tree, problem=_no_folder(shown, revision))
    with tempfile.TemporaryDirectory(prefix="packc-") as temporary:
        with tarfile.open(fileobj=BytesIO(archive)) as members:
            # Links may lead anywhere: the load pass refuses those that leave the pack.
            members.extractall(temporary, filter="tar")
        yield Path(temporary)


def _inside(folder: Path, shown: str) -> Path:
    """Return the path of a folder in its repository; the working tree may no longer have it."""
    above = _existing(folder)
    prefix = _lines(folder, "rev-parse", "--show-prefix", problem=_no_repository(shown))
    return Path(*prefix) / folder.absolute().relative_to(above)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    try:
        folder = folder.absolute()
    except OSError:  # the working directory is gone
        raise PackcError(_no_repository(str(folder))) from None
    return next(above for above in (folder, *folder.parents) if above.is_dir())


def _commit(folder: Path, shown: str, revision: str) -> str:
    _git(folder, "rev-parse", "--git-dir", problem=_no_repository(shown))
    names = _lines(
        folder, "for-each-ref", "--format=%(refname:short)", problem=_no_repository(shown)
    )
    hint = "name a commit, a tag or a branch; `git fetch` gets new ones"
    problem = Diagnostic(
        "PK702", f"git knows no revision '{revision}'", hint=did_you_mean(revision, names) or hint
    )
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return _lines(folder, *arguments, problem=problem)[0]


def _lines(folder: Path, *arguments: str, problem: Diagnostic) -> list[str]:
    return os.fsdecode(_git(folder, *arguments, problem=problem)).splitlines()


def _git(folder: Path, *arguments: str, problem: Diagnostic) -> bytes:
    """Return what git prints; raise the problem where git fails."""
    command = ("git", "-C", str(_existing(folder)), *arguments)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    except FileNotFoundError:
        hint = "install git, or compare two folders"
        raise PackcError(Diagnostic("PK702", "there is no program 'git'", hint=hint)) from None
    except (subprocess.SubprocessError, OSError, ValueError):
        raise PackcError(problem) from None
    return done.stdout


def _no_repository(shown: str) -> Diagnostic:
    hint = "name a pack in a clone, or compare two folders"
    return Diagnostic("PK702", f"'{shown}' is not in a git repository", hint=hint)


def _no_folder(shown: str, revision: str) -> Diagnostic:
    hint = "name a revision in which the pack was there, under the same path"
    return Diagnostic("PK702", f"'{shown}' is not in revision '{revision}'", hint=hint)


def _unrelated(text: str) -> Diagnostic:
    hint = "name two commits, tags or branches that have a common ancestor"
    return Diagnostic("PK702", f"git finds no common ancestor for '{text}'", hint=hint)
