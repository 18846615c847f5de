"""subject: the plugin that is certified, found by name, without importing any of its code."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution as Installed
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError, did_you_mean
from packc.hookspecs import PROJECT
from packc.plugins import Found, discover

FORMATS: Final = "packc.formats"
GROUPS: Final = (PROJECT, FORMATS)


@frozen
class Subject:
    """The plugin: its entry point, the group of that, and the Python files of its module."""

    found: Found
    group: str
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def is_format(self) -> bool:
        return self.group == FORMATS

    @property
    def installed(self) -> Installed | None:
        """Return the distribution, with its metadata."""
        return self.found.entry_point.dist

    def shown(self, file: Path) -> str:
        """Return a file's name below the folder that it is imported from."""
        parts = self.found.module.split(".")
        start = len(file.parts) - 1 - file.parts[::-1].index(parts[0]) if _has(file, parts) else -1
        return "/".join(file.parts[start:])

    def owns(self, file: str) -> bool:
        """Return whether a place such as packc_gcp/facts.py is in the plugin."""
        home = self.found.module.replace(".", "/")
        return file == f"{home}.py" or file.startswith(f"{home}/")

    def __str__(self) -> str:
        return str(self.found)


def _has(file: Path, parts: list[str]) -> bool:
    return parts[0] in file.parts


def find_subject(name: str) -> Subject:
    """Return the plugin of that name: of its entry point, of its module or its distribution.

    Raises PackcError: PK202 there is none, PK242 the name stands for several.
    """
    every = [(found, group) for group in GROUPS for found in _installed(group)]
    for matches in (_is_named, _has_module, _has_distribution):
        chosen = [(found, group) for found, group in every if matches(found, name)]
        if len(chosen) == 1:
            return _subject(*chosen[0])
        if chosen:
            raise PackcError(_several(name, [found for found, _ in chosen]))
    names = [found.name for found, _ in every]
    hint = did_you_mean(name, names) or f"those installed are: {', '.join(names) or 'none'}"
    raise PackcError(Diagnostic("PK202", f"no installed plugin is named '{name}'", hint=hint))


def _installed(group: str) -> Iterator[Found]:
    for found in discover(group).values():
        yield from found


def _is_named(found: Found, name: str) -> bool:
    return found.name == name


def _has_module(found: Found, name: str) -> bool:
    return found.module == name


def _has_distribution(found: Found, name: str) -> bool:
    return _normal(found.distribution.name) == _normal(name)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _several(name: str, found: list[Found]) -> Diagnostic:
    text = f"'{name}' stands for {len(found)} plugins: {', '.join(map(str, found))}"
    hint = "name one by its entry point"
    if len({each.name for each in found}) == 1:
        hint = "uninstall all but one: packc does not choose between them"
    return Diagnostic("PK242", text, hint=hint)


def _subject(found: Found, group: str) -> Subject:
    return Subject(found, group, tuple(sorted(_files(found.module))))


def _files(module: str) -> Iterator[Path]:
    """Yield the Python files of a module; finding a nested one must not import what holds it."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    if rest:
        origin = origin.parent.joinpath(*rest)
        origin = origin / "__init__.py" if origin.is_dir() else origin.with_suffix(".py")
    if origin.name == "__init__.py":
        yield from origin.parent.rglob("*.py")
    elif origin.suffix == ".py" and origin.is_file():
        yield origin
