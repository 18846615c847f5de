"""names: the names that files of a pack may have: every system holds them, and keeps them apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 1000
_LONGEST_PART: Final = 255
# `git~1` is what Windows calls `.git` where it keeps short names, or `git~2` if that is taken.
_GIT: Final = re.compile(r"\.git|git~[0-9]")
# Microsoft, "Naming Files, Paths, and Namespaces": a device keeps its name before any extension.
_NOT_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]|conin\$|conout\$) *(?:\..*)?")
_TURNING: Final = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
"""The classes of the characters that change the order in which others are shown."""


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
    if any(map(_is_misleading, name)):
        return "has a character by which it looks like another"
    return next(filter(None, map(_fault_of_part, name.split("/"))), "")


def _is_misleading(character: str) -> bool:
    """Return whether a character ends a line, or turns the order of what is shown."""
    is_end = unicodedata.category(character) in ("Zl", "Zp")
    return is_end or unicodedata.bidirectional(character) in _TURNING


def _fault_of_part(part: str) -> str:
    """Return why not every system can hold one name in a folder; nothing if all can."""
    as_seen = _same_as(part).rstrip(" .")
    if _GIT.fullmatch(as_seen):
        return "is a place of git's own, which runs what stands there"
    if found := _NOT_ON_WINDOWS.search(part):
        return f"has a '{found[0]}', which Windows refuses"
    if _DEVICE.fullmatch(as_seen):
        return "is that of a device on Windows"
    if part.endswith((".", " ")):
        return "has a dot or a blank at an end, which Windows takes away"
    if len(part.encode()) > _LONGEST_PART:
        return f"has a part of more than {_LONGEST_PART} bytes"
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
