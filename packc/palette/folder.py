"""folder: a Palette pack as it lies on disk, read once for all checks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

from attrs import field, frozen

from packc import yamlio
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.palette.charts import Chart, read_chart
from packc.palette.findings import NO_PACK
from packc.palette.jsontext import JsonDocument, parse_json
from packc.palette.vocabulary import (
    PACK_FILE,
    PRESETS_FILE,
    README_FILE,
    SCHEMA_FILE,
    VALUES_FILE,
)
from packc.yamlio import Document

MAX_FILE: Final = 8 * 1024 * 1024
ARCHIVES: Final = (".tgz", ".tar.gz")


@frozen
class YamlFile:
    """A YAML file of a pack: its text, and its one document; None where it holds none."""

    name: str
    text: str
    document: Document | None

    @property
    def data(self) -> Any:
        return None if self.document is None else self.document.data

    def locate(self, path: Sequence[str | int], *, key: bool = False) -> Span:
        """Return where the value at a path stands, or its key; else its nearest parent."""
        if self.document is None:
            return Span(self.name)
        return self.document.locate_key(path) if key else self.document.locate(path)


@frozen
class PalettePack:
    """A Palette pack. What could not be read is None, and has its diagnostic in `unreadable`."""

    root: Path
    shown: str
    files: tuple[str, ...] = field(repr=False)
    spec: JsonDocument | None
    values: YamlFile | None
    presets: YamlFile | None
    schema: YamlFile | None
    readme: str | None = field(repr=False)
    charts: tuple[Chart, ...] = field(repr=False)
    manifests: Mapping[str, str] = field(repr=False)
    unreadable: tuple[Diagnostic, ...]

    def name_of(self, file: str) -> str:
        """Return how diagnostics name a file of the pack."""
        return f"{self.shown}/{file}"

    def text(self, key: str) -> str:
        """Return a text of pack.json; nothing where there is none."""
        value = self.fields.get(key)
        return value if isinstance(value, str) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts in a list of pack.json."""
        value = self.fields.get(key)
        items = value if isinstance(value, list) else ()
        return tuple(item for item in items if isinstance(item, str))

    @property
    def fields(self) -> Mapping[str, Any]:
        data = None if self.spec is None else self.spec.data
        return data if isinstance(data, dict) else {}

    def place(self, *path: str | int, key: bool = False) -> Span:
        """Return the place of a value of pack.json, or of its nearest parent."""
        if self.spec is None:
            return Span(self.name_of(PACK_FILE))
        return self.spec.locate(path, key=key)

    def section(self, *path: str) -> Mapping[str, Any]:
        """Return a map of values.yaml; an empty one where there is none."""
        value: Any = {} if self.values is None else self.values.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    def value_place(self, *path: str | int, key: bool = False) -> Span:
        """Return the place of a value of values.yaml, or of its nearest parent."""
        return (
            Span(self.name_of(VALUES_FILE))
            if self.values is None
            else self.values.locate(path, key=key)
        )


def find_packs(folder: Path, shown: str) -> Iterator[tuple[Path, str]]:
    """Yield the pack that a folder is, or the packs below it in the order of their names.

    Raises PackcError (PK951) where there is none.
    """
    found = [*_below(folder, shown.rstrip("/") or "/")]
    if not found:
        text = f"'{shown}' holds no Palette pack"
        hint = f"name a folder with a {PACK_FILE}, or one that holds such folders"
        raise PackcError(Diagnostic(NO_PACK, text, Span(shown), hint))
    yield from found


def _below(folder: Path, shown: str) -> Iterator[tuple[Path, str]]:
    if (folder / PACK_FILE).is_file():
        yield folder, shown
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return
    for name in names:
        if not name.startswith("."):
            yield from _below(folder / name, f"{shown}/{name}")


def read_pack(root: Path, shown: str) -> PalettePack:
    """Return a pack with everything in it that can be read."""
    reader = _Reader(root, shown)
    files = tuple(sorted(_files(root)))
    spec = reader.attempt(lambda: parse_json(reader.content(PACK_FILE), f"{shown}/{PACK_FILE}"))
    present = set(files)
    return PalettePack(
        root=root,
        shown=shown,
        files=files,
        spec=spec,
        values=reader.yaml(VALUES_FILE, present),
        presets=reader.yaml(PRESETS_FILE, present),
        schema=reader.yaml(SCHEMA_FILE, present),
        readme=reader.prose(README_FILE, present),
        charts=tuple(reader.charts(files)),
        manifests=reader.manifests(files),
        unreadable=tuple(reader.diagnostics),
    )


def _files(root: Path) -> Iterator[str]:
    """Yield the files of a pack; of the charts that lie there as folders, Chart.yaml alone."""
    for folder, folders, names in os.walk(root):
        inside = PurePosixPath(Path(folder).relative_to(root).as_posix())
        if inside.parts[:1] == ("charts",) and len(inside.parts) > 1:
            folders.clear()
            names = [name for name in names if name == "Chart.yaml"]
        folders.sort()
        yield from ((inside / name).as_posix() for name in names)


@frozen
class _Reader:
    root: Path
    shown: str
    diagnostics: list[Diagnostic] = field(factory=list)

    def attempt(self, read: Callable[[], Any]) -> Any:
        """Return what could be read, or None after noting why it could not."""
        try:
            return read()
        except PackcError as error:
            self.diagnostics.extend(error.diagnostics)
            return None

    def content(self, name: str) -> bytes:
        return yamlio.read_bytes(self.root / name, f"{self.shown}/{name}", limit=MAX_FILE)

    def yaml(self, name: str, present: set[str]) -> YamlFile | None:
        return self.attempt(lambda: self._yaml(name)) if name in present else None

    def _yaml(self, name: str) -> YamlFile:
        content, shown = self.content(name), f"{self.shown}/{name}"
        documents = yamlio.parse(content, shown).documents
        text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
        return YamlFile(shown, text, documents[0] if documents else None)

    def prose(self, name: str, present: set[str]) -> str | None:
        if name not in present:
            return None
        content: bytes | None = self.attempt(lambda: self.content(name))
        return None if content is None else content.decode("utf-8", errors="replace")

    def charts(self, files: Sequence[str]) -> Iterator[Chart]:
        for name in files:
            if name.startswith("charts/") and name.endswith(ARCHIVES):
                chart = self.attempt(partial(self._chart, name))
                if chart is not None:
                    yield chart

    def _chart(self, name: str) -> Chart:
        return read_chart(self.root / name, name, f"{self.shown}/{name}")

    def manifests(self, files: Sequence[str]) -> dict[str, str]:
        found = {}
        for name in files:
            if name.startswith("manifests/") and name.endswith((".yaml", ".yml")):
                content = self.attempt(partial(self.content, name))
                if content is not None:
                    found[name] = content.decode("utf-8", errors="replace")
        return found
