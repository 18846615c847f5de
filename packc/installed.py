"""installed: which files an installed package is made of, and their digest. Nothing is imported."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

CACHES = frozenset(("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"))
"""Folders that Python and tools make in a checkout, and that no wheel has."""


def package_digest(module: str) -> str:
    """Return the sha256, in hex, of all files of the package that a module belongs to.

    It is made of names and bytes, sorted by name, so an editable install and a wheel have the same.
    What Python and tools keep in caches does not count. Raises OSError where there are no files,
    such as for a module in an archive.
    """
    root = _root(module)
    is_package = root.name == "__init__.py"
    files = sorted(_files(root.parent)) if is_package else [(root.name, root)]
    total = hashlib.sha256()
    for name, file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{name}\0{content}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _root(module: str) -> Path:
    """Return the file of the outermost package that is no namespace, or of a single module."""
    parts = module.split(".")
    locations: Sequence[str] | None = None
    for depth in range(1, len(parts) + 1):
        file, locations = _found(".".join(parts[:depth]), locations)
        if file is not None:
            return Path(file)
    raise FileNotFoundError(f"there is no file of the module '{module}'")


def _found(name: str, locations: Sequence[str] | None) -> tuple[str | None, Sequence[str] | None]:
    """Return the file of a module, and where its submodules are; those loaded are known best."""
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None):
        return loaded.__file__, None
    try:
        spec = find_spec(name) if locations is None else PathFinder.find_spec(name, locations)
    except ValueError:  # a module without a spec
        return None, None
    if spec is None:
        return None, None
    return spec.origin if spec.has_location else None, spec.submodule_search_locations


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the regular files below a folder by name; links are followed, each folder once."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        here = Path(place)
        folders[:] = sorted(name for name in folders if name not in CACHES)
        if here.resolve() in seen:
            folders.clear()
            continue
        seen.add(here.resolve())
        for file in (here / name for name in names):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), file
