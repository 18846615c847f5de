"""entries: the entry points that installed distributions list, read from their files.

importlib.metadata is the truth about them, and takes longer to import than a small pack to build.
What is usual is read here: folders on sys.path with `*.dist-info` in them. For anything else
(archives, eggs, finders of other tools, files that are not as they should be) it is asked itself.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

ENTRIES_FILE = "entry_points.txt"
_KINDS = (".dist-info", ".egg-info")
_SEPARATORS = re.compile(r"[-_.]+")
_HEADER = re.compile(r"^(name|version):[ \t]*(\S+)$(?!\n[ \t])", re.MULTILINE | re.IGNORECASE)
"""One of the two headers, in one line."""


class _UnusualError(Exception):
    """Something that only importlib.metadata reads rightly."""


class Entry(NamedTuple):
    """An entry point that names a module, and the distribution that lists it.

    `folder` holds the distribution's metadata. It does what an EntryPoint does for packc.
    """

    name: str
    value: str
    group: str
    distribution_name: str
    distribution_version: str
    folder: Path

    @property
    def module(self) -> str:
        return self.value

    @property
    def dist(self) -> Distribution:
        from importlib.metadata import Distribution  # slow to import and rarely asked for

        return Distribution.at(self.folder)

    def load(self) -> ModuleType:
        return import_module(self.value)


def entries(group: str) -> tuple[Entry | EntryPoint, ...]:
    """Return the entry points of a group; a distribution that is broken does not stop the others.

    Of two distributions with one name that is found which stands first on sys.path.
    """
    try:
        return tuple(_read(group))
    except (_UnusualError, OSError, ValueError):
        return _as_importlib_says(group)


def _as_importlib_says(group: str) -> tuple[EntryPoint, ...]:
    from importlib.metadata import distributions, entry_points  # slow to import

    try:
        return tuple(entry_points(group=group))
    except Exception:  # it stops at the first file that is broken
        return tuple(_readable(distributions(), group))


def _readable(distributions: Any, group: str) -> Iterator[EntryPoint]:
    for distribution in distributions:
        try:
            found = distribution.entry_points.select(group=group)
        except Exception:  # whatever is wrong with its files
            continue
        yield from found


def _read(group: str) -> Iterator[Entry]:
    if any(finder is not PathFinder for finder in _finders_of_distributions()):
        raise _UnusualError
    for path in _first_of_each_name():
        text = _entries_text(path)
        members = tuple(_members(text, group)) if f"[{group}]" in text else ()
        if members:
            folder = Path(path)
            name, version = _name_and_version(folder)
            for member, value in members:
                yield Entry(member, value, group, name, version, folder)


def _finders_of_distributions() -> list[Any]:
    return [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]


# There are hundreds of files and folders to look at. Making a Path of each would take most of the
# time, so these functions do without.


def _entries_text(folder: str) -> str:
    """Return the list of entry points in a folder with metadata; it is empty where none is."""
    try:
        with open(f"{folder}/{ENTRIES_FILE}", "rb") as file:  # noqa: PTH123
            return file.read().decode()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _first_of_each_name() -> Iterator[str]:
    """Yield the folders with metadata; the first on sys.path hides others of its name."""
    seen = set()
    for place in sys.path:
        for child in _children(place):
            if not child.endswith(_KINDS):
                continue
            stem, kind = os.path.splitext(child)  # noqa: PTH122
            name = _SEPARATORS.sub("_", stem.partition("-")[0]).lower()
            if kind and name not in seen:
                seen.add(name)
                yield os.path.join(place, child)  # noqa: PTH118


def _children(place: Any) -> list[str]:
    if not isinstance(place, str) or place.lower().endswith(".egg"):
        raise _UnusualError
    try:
        return os.listdir(place or ".")  # noqa: PTH208  # names only, and there are hundreds
    except FileNotFoundError:
        return []


def _members(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and module of each entry point of a group."""
    section = None
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]")
            continue
        name, equals, value = line.partition("=")
        if section is None or not equals:
            raise _UnusualError
        if section == group:
            yield name.strip(), _module(value.strip())


def _module(value: str) -> str:
    """Return the value where it names a module, and no object in one."""
    if not all(part.isidentifier() for part in value.split(".")):
        raise _UnusualError
    return value


def _name_and_version(folder: Path) -> tuple[str, str]:
    if folder.suffix != ".dist-info":
        raise _UnusualError
    head = (folder / "METADATA").read_text("utf-8").partition("\n\n")[0]
    found = [(name.lower(), value) for name, value in _HEADER.findall(head)]
    values = dict(found)
    if len(found) != 2 or len(values) != 2:
        raise _UnusualError
    return values["name"], values["version"]
