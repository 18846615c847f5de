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
    LOGO_FILE,
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
    logo: bytes | None = field(repr=False)
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

    def has(self, path: PurePosixPath) -> bool:
        """Return whether a file, or a folder with files, is in the pack."""
        name = path.as_posix()
        return any(each == name or each.startswith(f"{name}/") for each in self.files)

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

    def content(name: str) -> bytes:
        return yamlio.read_bytes(root / name, f"{shown}/{name}", limit=MAX_FILE)

    return _pack(root, shown, tuple(sorted(_files(root))), content)


def pack_of(files: Mapping[str, bytes], shown: str) -> PalettePack:
    """Return a pack without charts that is on no disk; `shown` is the name of its folder."""
    return _pack(Path(shown), shown, tuple(sorted(files)), files.__getitem__)


def _pack(
    root: Path, shown: str, files: tuple[str, ...], content: Callable[[str], bytes]
) -> PalettePack:
    reader = _Reader(root, shown, frozenset(files), content)
    return PalettePack(
        root=root,
        shown=shown,
        files=files,
        spec=reader.attempt(lambda: parse_json(content(PACK_FILE), f"{shown}/{PACK_FILE}")),
        values=reader.yaml(VALUES_FILE),
        presets=reader.yaml(PRESETS_FILE),
        schema=reader.yaml(SCHEMA_FILE),
        readme=reader.prose(README_FILE),
        logo=reader.file(LOGO_FILE),
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
    present: frozenset[str]
    content: Callable[[str], bytes]
    diagnostics: list[Diagnostic] = field(factory=list)

    def attempt(self, read: Callable[[], Any]) -> Any:
        """Return what could be read, or None after noting why it could not."""
        try:
            return read()
        except PackcError as error:
            self.diagnostics.extend(error.diagnostics)
            return None

    def file(self, name: str) -> bytes | None:
        content: bytes | None = None
        if name in self.present:
            content = self.attempt(partial(self.content, name))
        return content

    def yaml(self, name: str) -> YamlFile | None:
        content = self.file(name)
        return None if content is None else self.attempt(partial(self._yaml, name, content))

    def _yaml(self, name: str, content: bytes) -> YamlFile:
        shown = f"{self.shown}/{name}"
        documents = yamlio.parse(content, shown).documents
        text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
        return YamlFile(shown, text, documents[0] if documents else None)

    def prose(self, name: str) -> str | None:
        content = self.file(name)
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
        names = [n for n in files if n.startswith("manifests/") and n.endswith((".yaml", ".yml"))]
        found = {name: self.prose(name) for name in names}
        return {name: text for name, text in found.items() if text is not None}
