"""names: the names that files of a pack may have: every system holds them, and keeps them apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 1000
# `git~1` is what Windows calls `.git` where it keeps short names.
_GIT: Final = (".git", "git~1")


def fault_of(name: str) -> str:
    """Return why not every system can hold a name, or hold it without harm; nothing if all can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "is not UTF-8"
    if size > _LONGEST:
        return f"has more than {_LONGEST:,} bytes"
    if "\\" in name or any(unicodedata.category(character) == "Cc" for character in name):
        return "has a backslash or a control character"
    if any(_same_as(part).rstrip(" .") in _GIT for part in name.split("/")):
        return "is a place of git's own, which runs what stands there"
    return ""


def one_on_some_systems(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names of which macOS and Windows see one file, or a file and a folder.

    The same name twice is such a pair.
    """
    seen: dict[str, str] = {}
    for name in names:
        key = _same_as(name)
        if key in seen:
            return seen[key], name
        seen[key] = name
    for key, name in seen.items():
        parts = key.split("/")
        for end in range(1, len(parts)):
            if other := seen.get("/".join(parts[:end])):
                return other, name
    return None


def printable(name: str) -> str:
    """Return a name in printable characters: what is none is escaped."""
    text = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _same_as(name: str) -> str:
    """Return what all names have in common that some systems cannot tell apart.

    They ignore case and how an accent is written, and macOS also what nobody sees.
    """
    seen = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).casefold())
