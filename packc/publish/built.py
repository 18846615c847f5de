"""built: what a folder is that shall be packaged: a variant, a pack's tree, or a Palette pack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from attrs import field, frozen

from packc import yamlio
from packc.diagnostics import Diagnostic, PackcError, Severity
from packc.model import MARKER, OutputFile
from packc.publish.folder import read_folder, refuse_links
from packc.record import SECRET, sha256

Shape = Literal["palette", "oci"]
SHAPES: Final[tuple[Shape, ...]] = ("palette", "oci")

SOURCE: Final = "pack.yaml"
PALETTE_PACK: Final = "pack.json"
SOURCE_MAP: Final = "source-map.json"
APART: Final = (MARKER, SOURCE_MAP)
"""Files of a build that are no part of the layer.

Argo CD takes every .json file for a manifest, and the record changes with each release of packc,
while the digest of a pack must not. They go into the provenance and a referrer instead.
"""

_LISTS: Final = (
    ("inputs", ("name", "digest")),
    ("valuesFiles", ("name", "digest")),
    ("plugins", ("name", "distribution", "version", "digest")),
)
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", re.ASCII)
_BUILD: Final = "build it first, as with `packc build PACK -o dist`"


@frozen
class Record:
    """A build record: its bytes, what it says, and the folder that it is about (may be empty)."""

    folder: str
    content: bytes = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)

    @property
    def variant(self) -> str:
        """Return the name of the variant, or of the format."""
        variant = self.data.get("variant")
        return str(variant["name"]) if isinstance(variant, dict) else str(self.data.get("format"))


@frozen
class Built:
    """A built pack, as it will be packaged: the files of its layer, and what was recorded."""

    name: str
    version: str
    shape: Shape
    files: tuple[OutputFile, ...] = field(repr=False)
    folder: str = ""
    """Where the files were read, as it is said in messages."""
    images: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    source_maps: Mapping[str, bytes] = field(factory=dict, repr=False)
    """The source map of each variant that has one."""

    def place_of(self, file: OutputFile) -> str:
        """Return where a file of the layer was read: an archive for Palette has a folder more."""
        name = file.name.partition("/")[2] if self.shape == "palette" else file.name
        return f"{self.folder}/{name}"

    @property
    def archive(self) -> str:
        """Return NAME-VERSION.tar.gz, as Palette wants it."""
        return f"{self.name}-{self.version}.tar.gz"

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(record.variant for record in self.records)

    @property
    def secrets(self) -> Iterator[Diagnostic]:
        """Yield a warning for each secret parameter: whoever may pull the pack can read it."""
        names = {
            name
            for record in self.records
            for name, value in _mapping(record.data.get("parameters")).items()
            if _mapping(value).get("value") == SECRET
        }
        for name in sorted(names):
            text = f"the pack holds the value of the secret parameter '{name}'"
            hint = "publish it to nobody who may not read the value, or build it without one"
            yield Diagnostic("PK609", text, hint=hint, severity=Severity.WARNING)


def read_built(folder: str, shape: Shape | None = None) -> Built:
    """Return what a build wrote into a folder; without a shape the one that fits.

    Raises PackcError: PK601 where the folder is nothing that can be packaged, PK606 where it is not
    what the build wrote, PK607 for a broken record.
    """
    path = Path(folder)
    if not path.is_dir():
        what = "is no folder" if path.exists() else "does not exist"
        raise _refused(f"'{folder}' {what}", "name the folder of a variant, or of a Palette pack")
    if (path / SOURCE).exists():
        hint = f"`packc build {folder} -o dist`, then package what is below dist"
        raise _refused(f"'{folder}' is the source of a pack, and not built", hint)
    if (path / PALETTE_PACK).exists():
        return _palette(path, folder, shape)
    if (path / MARKER).exists():
        record = _record(path, "", folder)
        if record.data.get("format") == "palette":
            return _palette(_only_pack(path, folder), folder, shape)
        return _variants([(path, record)], folder, shape)
    inner = [p for p in sorted(path.iterdir()) if (p / MARKER).exists()]
    refuse_links(inner, folder)
    records = [(each, _record(each, each.name, folder)) for each in inner]
    variants = [(each, record) for each, record in records if "variant" in record.data]
    if not variants:
        raise _refused(f"'{folder}' holds nothing that `packc build` wrote", _BUILD)
    return _variants(variants, folder, shape)


# --- variants ---------------------------------------------------------------------------------


def _variants(parts: Sequence[tuple[Path, Record]], folder: str, shape: Shape | None) -> Built:
    """Return one variant, or all that a pack's folder holds, each in a folder of its own."""
    if shape == "palette":
        hint = "`packc build PACK --format palette`, or package it with --shape oci"
        raise _refused(f"'{folder}' is no Palette pack: it has no {PALETTE_PACK}", hint)
    packs = {(r.data["pack"]["name"], r.data["pack"]["version"]) for _, r in parts}
    if len(packs) > 1:
        shown = ", ".join(f"{name} {version}" for name, version in sorted(packs))
        raise _refused(f"'{folder}' holds several packs: {shown}", "package them one by one")
    files: list[OutputFile] = []
    maps: dict[str, bytes] = {}
    for path, record in parts:
        prefix = f"{record.folder}/" if record.folder else ""
        found = read_folder(path, f"{folder}/{record.folder}".rstrip("/"))
        _check_outputs(found, record.data["outputs"], folder, prefix)
        for file in found:
            if file.name == SOURCE_MAP:
                maps[record.variant] = file.content
            elif file.name not in APART:
                files.append(OutputFile(prefix + file.name, file.content))
    if not files:
        raise _refused(f"'{folder}' holds no file to package", _BUILD)
    ((name, version),) = packs
    images = {image for _, record in parts for image in _texts(record.data.get("images"))}
    return Built(
        name=name,
        version=version,
        shape="oci",
        files=tuple(files),
        folder=folder.rstrip("/"),
        images=tuple(sorted(images)),
        records=tuple(record for _, record in parts),
        source_maps=maps,
    )


def _check_outputs(
    files: Sequence[OutputFile], outputs: Mapping[str, Any], folder: str, prefix: str
) -> None:
    """Raise PK606 for each file that is not as the build wrote it."""
    found = {file.name: sha256(file.content) for file in files if file.name != MARKER}
    expected = {name: _mapping(entry).get("digest") for name, entry in outputs.items()}
    problems = [
        *(f"'{prefix}{name}' is missing" for name in sorted(expected.keys() - found.keys())),
        *(
            f"'{prefix}{name}' is not of the build"
            for name in sorted(found.keys() - expected.keys())
        ),
        *(
            f"'{prefix}{name}' was changed after the build"
            for name in sorted(found.keys() & expected.keys())
            if found[name] != expected[name]
        ),
    ]
    if problems:
        hint = f"build it again; {MARKER} says what the build wrote"
        raise PackcError(
            *(Diagnostic("PK606", f"in '{folder}' {text}", hint=hint) for text in problems)
        )


# --- Palette packs ----------------------------------------------------------------------------


def _only_pack(path: Path, folder: str) -> Path:
    packs = [each for each in sorted(path.iterdir()) if (each / PALETTE_PACK).is_file()]
    if len(packs) == 1:
        return packs[0]
    if not packs:
        raise _refused(f"'{folder}' holds no Palette pack", _BUILD)
    names = ", ".join(f"{folder}/{each.name}" for each in packs)
    raise _refused(f"'{folder}' holds {len(packs)} Palette packs", f"package one of {names}")


def _palette(path: Path, folder: str, shape: Shape | None) -> Built:
    if shape == "oci":
        hint = "package it with --shape palette"
        raise _refused(f"'{folder}' is a Palette pack, which a registry of Palette's reads", hint)
    shown = folder if Path(folder) == path else f"{folder.rstrip('/')}/{path.name}"
    found = read_folder(path, shown)
    by_name = {file.name: file.content for file in found}
    about = _json(by_name[PALETTE_PACK], f"{shown}/{PALETTE_PACK}")
    name, version = about.get("name"), about.get("version")
    for key, value in (("name", name), ("version", version)):
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            text = f"'{shown}/{PALETTE_PACK}' has no {key} that a file can be named by"
            raise PackcError(Diagnostic("PK607", text, hint="see `packc lint-palette`"))
    records = _records_of_palette(path, found, shown)
    return Built(
        name=str(name),
        version=str(version),
        shape="palette",
        files=tuple(OutputFile(f"{name}-{version}/{file.name}", file.content) for file in found),
        folder=shown.rstrip("/"),
        images=_listed_images(by_name.get("values.yaml", b""), f"{shown}/values.yaml"),
        records=records,
    )


def _records_of_palette(path: Path, files: Sequence[OutputFile], shown: str) -> tuple[Record, ...]:
    """Return the record beside a pack that packc built; a pack of other origin has none."""
    beside = path.resolve().parent
    if not (beside / MARKER).is_file():
        return ()
    record = _record(beside, "", f"{shown}/..")
    prefix = f"{path.resolve().name}/"
    outputs = {
        name.removeprefix(prefix): entry
        for name, entry in record.data["outputs"].items()
        if name.startswith(prefix)
    }
    if record.data.get("format") != "palette" or not outputs:
        return ()
    _check_outputs(files, outputs, shown, "")
    return (record,)


def _listed_images(content: bytes, shown: str) -> tuple[str, ...]:
    documents = yamlio.parse(content, shown).documents
    values = _mapping(documents[0].data) if documents else {}
    entries = _mapping(_mapping(values.get("pack")).get("content")).get("images")
    found = (_mapping(entry).get("image") for entry in entries or () if isinstance(entries, list))
    return tuple(sorted({image for image in found if isinstance(image, str)}))


# --- records ----------------------------------------------------------------------------------


def _record(path: Path, inner: str, folder: str) -> Record:
    shown = "/".join(part for part in (folder.rstrip("/"), inner, MARKER) if part)
    content = yamlio.read_bytes(path / MARKER, shown)
    data = _json(content, shown)
    pack, variant = _mapping(data.get("pack")), data.get("variant")
    words = [pack.get("name"), pack.get("version")]
    if variant is not None:
        words.append(_mapping(variant).get("name"))
    is_named = all(isinstance(word, str) and _WORD.fullmatch(word) for word in words)
    is_listed = all(_is_listed(data.get(key, []), names) for key, names in _LISTS)
    if not is_named or not is_listed or not isinstance(data.get("outputs"), dict):
        raise PackcError(Diagnostic("PK607", f"'{shown}' is no build record", hint=_BUILD))
    return Record(inner, content, data)


def _is_listed(entries: Any, names: Sequence[str]) -> bool:
    """Return whether it is a list of objects that all have texts of these names."""
    return isinstance(entries, list) and all(
        isinstance(_mapping(entry).get(name), str) for entry in entries for name in names
    )


def _json(content: bytes, shown: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        text = f"'{shown}' is no JSON object"
        raise PackcError(Diagnostic("PK607", text, hint="build the pack again"))
    return data


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _refused(text: str, hint: str) -> PackcError:
    return PackcError(Diagnostic("PK601", text, hint=hint))
