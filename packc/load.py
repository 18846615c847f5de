"""load: a pack folder into a typed spec and base objects; every error of it in one run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from attrs import define, field

from packc import yamlio
from packc.diagnostics import Diagnostic, Findings, PackcError, Related, Span, did_you_mean
from packc.model import BaseObject, Identity
from packc.pack import ConditionalObject, FilePatch, InputFile, Pack
from packc.spec import EDITION, Objects, PackSpec, PatchFile
from packc.speccheck import spec_findings
from packc.structure import describe, structure
from packc.yamlio import Document

T = TypeVar("T")

SPEC_FILE = "pack.yaml"
MAX_FILES = 10_000
_WILD = re.compile(r"[*?\[\]]")


def load(folder: Path, shown: str | None = None) -> Pack:
    """Return the pack in a folder.

    `shown` is how diagnostics name the folder. Raises PackcError with everything that is wrong with
    pack.yaml; if that is sound, with everything that is wrong with the files that it names.
    """
    reader = _Reader(folder, shown if shown is not None else str(folder))
    spec = _read_spec(reader)
    reader.findings.raise_if_failed()
    objects = tuple(_base_objects(reader, spec))
    patches = tuple(_patches(reader, spec))
    for index, name in enumerate((*spec.docs, *((spec.logo,) if spec.logo else ()))):
        key = ("docs", index) if index < len(spec.docs) else ("logo",)
        reader.check_is_file(name, key)
    reader.findings.raise_if_failed()
    return Pack(
        root=folder,
        shown=reader.shown,
        spec=spec,
        objects=objects,
        patches=patches,
        inputs=tuple(sorted(reader.inputs, key=lambda entry: entry.name)),
        place=reader.place,
        warnings=tuple(reader.findings.items),
    )


@define
class _Reader:
    """Reads files of one pack, and gathers what it read and what was wrong with it."""

    root: Path
    shown: str
    findings: Findings = field(factory=Findings)
    inputs: list[InputFile] = field(factory=list)
    spec_document: Document | None = None

    def name(self, relative: str) -> str:
        """Return how diagnostics name a file of the pack."""
        return relative if self.shown in ("", ".") else f"{self.shown.rstrip('/')}/{relative}"

    def place(self, *key: str | int) -> Span:
        """Return where a key of pack.yaml has its value."""
        if self.spec_document is None:
            return Span(self.name(SPEC_FILE))
        return self.spec_document.locate(key)

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.findings.add(Diagnostic(code, message, span, hint))

    def read(self, relative: str, *, marks: bool) -> tuple[Document, ...]:
        """Return the documents of a file; none, with the reasons gathered, when it is broken."""
        try:
            content = yamlio.read_bytes(self.root / relative, self.name(relative))
            self.inputs.append(InputFile.of(relative, content))
            parsed = yamlio.parse(content, self.name(relative), marks=marks)
        except PackcError as error:
            self.findings.extend(error.diagnostics)
            return ()
        self.findings.extend(parsed.diagnostics)
        # kubectl skips documents with nothing in them, such as one after a last '---'.
        return tuple(document for document in parsed.documents if document.data is not None)

    def read_one(self, relative: str, target: type[T]) -> T | None:
        """Return the one document of a file as `target`, or None with the reasons gathered."""
        before = len(self.findings.items)
        documents = self.read(relative, marks=True)
        if len(documents) != 1:
            if len(self.findings.items) == before:
                self._not_one(relative, documents)
            return None
        (document,) = documents
        if target is PackSpec:
            self.spec_document = document
            if not self._edition_is_known(document):
                return None
        value, problems = structure(document.data, target, document.span)
        self.findings.extend(problems)
        return value

    def check_is_file(self, relative: str, key: Sequence[str | int]) -> bool:
        """Return whether the name is that of a file inside the pack; say why when it is not."""
        span = self.place(*key)
        if not self._stays_inside(relative, span):
            return False
        if (self.root / relative).is_file():
            return True
        hint = did_you_mean(relative, self._files()) or "names are relative to the pack's folder"
        self.report("PK121", f"there is no file '{relative}' in the pack", span, hint)
        return False

    def expand(self, pattern: str, key: Sequence[str | int]) -> list[str]:
        """Return the files of the pack that a name or pattern stands for, sorted."""
        if not _WILD.search(pattern):
            return [pattern] if self.check_is_file(pattern, key) else []
        span = self.place(*key)
        if not self._stays_inside(pattern.translate({ord(c): "x" for c in "*?[]"}), span):
            return []
        matched = sorted(
            path.relative_to(self.root).as_posix()
            for path in self.root.glob(pattern)
            if path.is_file()
        )
        if not matched:
            self.report("PK121", f"no file of the pack matches '{pattern}'", span)
        return [name for name in matched if self._stays_inside(name, span)]

    def _files(self) -> Iterator[str]:
        """Yield the names of the pack's files, for a hint; a huge folder is not walked to its end."""
        seen = 0
        for folder, _, names in os.walk(self.root):
            for name in names:
                seen += 1
                if seen > MAX_FILES:
                    return
                yield (Path(folder) / name).relative_to(self.root).as_posix()

    def _stays_inside(self, relative: str, span: Span) -> bool:
        path = PurePosixPath(relative)
        if "\0" in relative or path.is_absolute() or ".." in path.parts or "\\" in relative:
            hint = "name a file inside the pack's folder, with forward slashes"
            self.report("PK120", f"the path {relative!r} leaves the pack", span, hint)
            return False
        real = (self.root / relative).resolve()
        if not real.is_relative_to(self.root.resolve()):
            hint = "copy the file into the pack: a pack is complete in its folder"
            self.report("PK120", f"'{relative}' is a link that leaves the pack", span, hint)
            return False
        return True

    def _not_one(self, relative: str, documents: tuple[Document, ...]) -> None:
        if len(documents) > 1:
            place = documents[1].span
            hint = "remove the '---' before it, or move it to another file"
            self.report("PK124", f"found {len(documents)} documents, expected one", place, hint)
        else:
            self.report("PK124", "the file is empty", Span(self.name(relative)))

    def _edition_is_known(self, document: Document) -> bool:
        data = document.data
        if not isinstance(data, dict) or data.get("packc", EDITION) == EDITION:
            return True
        message = f"edition {data['packc']!r} is not known to this packc"
        hint = f"write 'packc: {EDITION}', or install a packc that knows the edition"
        self.report("PK114", message, document.locate(("packc",)), hint)
        return False


def _read_spec(reader: _Reader) -> PackSpec:
    if not (reader.root / SPEC_FILE).is_file():
        raise PackcError(_no_pack(reader))
    spec = reader.read_one(SPEC_FILE, PackSpec)
    if spec is None:
        raise PackcError(*reader.findings.items)
    reader.findings.extend(spec_findings(spec, reader.place))
    return spec


def _no_pack(reader: _Reader) -> Diagnostic:
    if not reader.root.exists():
        return Diagnostic("PK127", f"there is no folder '{reader.shown}'", hint=_near(reader.root))
    if reader.root.is_file():
        return Diagnostic(
            "PK127", f"'{reader.shown}' is a file", hint="name the folder that holds pack.yaml"
        )
    return Diagnostic(
        "PK127",
        f"the folder '{reader.shown}' holds no {SPEC_FILE}",
        hint="a pack is a folder with a pack.yaml; `packc schema` describes it",
    )


def _near(folder: Path) -> str | None:
    """Return a hint with a pack of a similar name beside the folder, if there is one."""
    siblings = folder.parent
    if not siblings.is_dir():
        return None
    packs = [p.name for p in siblings.iterdir() if (p / SPEC_FILE).is_file()]
    return did_you_mean(folder.name, packs)


# --- base objects -----------------------------------------------------------------------------


def _base_objects(reader: _Reader, spec: PackSpec) -> Iterator[ConditionalObject]:
    for index, entry in enumerate(spec.objects):
        for name in reader.expand(entry.files, ("objects", index, "files")):
            yield from _objects_of_file(reader, name, entry)


def _objects_of_file(reader: _Reader, name: str, entry: Objects) -> Iterator[ConditionalObject]:
    before = len(reader.findings.items)
    documents = reader.read(name, marks=False)
    if not documents and len(reader.findings.items) == before:
        reader.report("PK124", "the file holds no object", Span(reader.name(name)))
    for document in documents:
        base = _base_object(reader, name, document)
        if base is not None:
            yield ConditionalObject(base, entry.when)


def _base_object(reader: _Reader, name: str, document: Document) -> BaseObject | None:
    problem = _not_an_object(document.data)
    if problem is not None:
        path, message, hint = problem
        reader.report("PK122", message, document.locate(path), hint)
        return None
    return BaseObject(document.data, identity_of(document.data), name, partial(_locate, document))


def _locate(document: Document, path: tuple[str | int, ...]) -> Span:
    return document.locate(path)


def identity_of(data: Any) -> Identity:
    """Return the identity of an object that has apiVersion, kind and metadata.name."""
    group, slash, _ = data["apiVersion"].rpartition("/")
    metadata = data["metadata"]
    return Identity(group if slash else "", data["kind"], metadata.get("namespace", ""), metadata["name"])


def _not_an_object(data: Any) -> tuple[tuple[str, ...], str, str | None] | None:
    """Return where and why a document is no Kubernetes object; None when it is one."""
    if not isinstance(data, dict):
        return (), f"found {describe(data)}, expected a Kubernetes object", None
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str) or not data[key]:
            return (key,) if key in data else (), f"the object has no text at '{key}'", None
    if data["kind"].endswith("List") and isinstance(data.get("items"), list):
        return ("kind",), f"a {data['kind']} is not an object", "write its items as documents"
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return ("metadata",), "the object has no 'metadata'", None
    for key in ("name", "namespace"):
        if key in metadata and (not isinstance(metadata[key], str) or not metadata[key]):
            return ("metadata", key), f"found {describe(metadata[key])}, expected text", "quote it"
    if "name" not in metadata:
        hint = "packc tells objects apart by name; generateName is not supported"
        return ("metadata",), "the object has no 'metadata.name'", hint
    return None


# --- patches ----------------------------------------------------------------------------------


def _patches(reader: _Reader, spec: PackSpec) -> Iterator[FilePatch]:
    for index, name in enumerate(spec.patches):
        if not reader.check_is_file(name, ("patches", index)):
            continue
        content = reader.read_one(name, PatchFile)
        if content is not None:
            yield from (FilePatch(name, patch) for patch in content.patches)


def duplicates(objects: Sequence[ConditionalObject], shown: str) -> Iterator[Diagnostic]:
    """Yield an error for each object of a variant whose identity another one has already."""
    first: dict[Identity, BaseObject] = {}
    for entry in objects:
        base = entry.base
        other = first.setdefault(base.identity, base)
        if other is not base:
            yield Diagnostic(
                "PK123",
                f"a second {base.identity} in one variant",
                base.locate(("metadata", "name")),
                "remove one, or give both conditions that exclude each other",
                related=(Related("the first is here", other.locate(("metadata", "name"))),),
            )
