"""load: a pack folder into a typed spec and base objects; every error of it in one run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from packc import yamlio
from packc.cache.documents import Documents
from packc.diagnostics import Diagnostic, Findings, PackcError, Span, did_you_mean
from packc.model import BaseObject
from packc.objects import identity_of, not_an_object
from packc.pack import ConditionalObject, FilePatch, InputFile, Pack
from packc.spec import EDITION, Objects, PackSpec, PatchFile
from packc.speccheck import spec_findings
from packc.structure import describe, structure
from packc.yamlio import Document

T = TypeVar("T")

SPEC_FILE = "pack.yaml"
MAX_FILES = 10_000
_WILD = re.compile(r"[*?\[\]]")


def load(folder: Path, shown: str | None = None, cache: Documents | None = None) -> Pack:
    """Return the pack in a folder.

    `shown` is how diagnostics name the folder; `cache` spares parsing what was parsed before.
    Raises PackcError with everything that is wrong with pack.yaml; if that is sound, with
    everything that is wrong with the files that it names.
    """
    reader = _Reader(folder, shown if shown is not None else str(folder), cache or Documents())
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


class _Reader:
    """Reads files of one pack, and gathers what it read and what was wrong with it."""

    def __init__(self, root: Path, shown: str, cache: Documents) -> None:
        self.root = root
        self.shown = shown
        self.cache = cache
        self.findings = Findings()
        self.inputs: list[InputFile] = []
        self.spec_document: Document | None = None
        self.real_folders: dict[str, str] = {}

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
            parsed = self.cache.parse(content, self.name(relative), marks=marks)
        except PackcError as error:
            self.findings.extend(error.diagnostics)
            return ()
        self.findings.extend(parsed.diagnostics)
        # kubectl skips documents with nothing in them, such as one after a last '---'.
        return tuple(document for document in parsed.documents if document.data is not None)

    def read_one(self, relative: str, target: type[T]) -> tuple[T, Document] | None:
        """Return the one document of a file, as `target` and as it is; None where it is broken."""
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
        return None if value is None else (value, document)

    def refuse_empty(self, content: PatchFile, document: Document) -> None:
        """Report lists without an item: a patch that does nothing is a mistake."""
        if not content.patches:
            self._empty("patches", document.locate(("patches",)))
        for index, patch in enumerate(content.patches):
            if not patch.operations:
                self._empty("operations", document.locate(("patches", index, "operations")))

    def check_is_file(self, relative: str, key: Sequence[str | int]) -> bool:
        """Return whether the name is that of a file inside the pack; say why when it is not."""
        span = self.place(*key)
        if not self._stays_inside(relative, span):
            return False
        if _is_file(self.root / relative):
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
        matched = self._matched(pattern)
        if not matched:
            hint = "write base/*.yaml, or base/**/*.yaml for the folders below as well"
            self.report("PK121", f"no file of the pack matches '{pattern}'", span, hint)
        return [name for name in matched if self._stays_inside(name, span)]

    def _matched(self, pattern: str) -> list[str]:
        """Return the files that a pattern matches, sorted; Python's versions agree on these."""
        parts = PurePosixPath(pattern).parts
        if parts[-1] == "**" or any("**" in part and part != "**" for part in parts):
            return []
        try:
            _look_around(self.root, parts)
            return sorted(
                path.relative_to(self.root).as_posix()
                for path in self.root.glob("/".join(parts))
                if _is_file(path)
            )
        except (OSError, ValueError):
            return []

    def _files(self) -> Iterator[str]:
        """Yield the names of the pack's files, for a hint; of a huge folder only the first."""
        seen = 0
        for folder, _, names in os.walk(self.root):
            for name in names:
                seen += 1
                if seen > MAX_FILES:
                    return
                yield (Path(folder) / name).relative_to(self.root).as_posix()

    def _stays_inside(self, relative: str, span: Span) -> bool:
        path = PurePosixPath(relative)
        if "\\" in relative or "\0" in relative:
            hint = "name a file inside the pack's folder, with forward slashes"
            self.report("PK120", f"'{relative}' is no path inside the pack", span, hint)
            return False
        if path.is_absolute() or ".." in path.parts:
            hint = "name a file inside the pack's folder: a pack is complete in it"
            self.report("PK120", f"the path '{relative}' leaves the pack", span, hint)
            return False
        if not _is_below(self._real_path(relative), self._real_folder(str(self.root))):
            hint = "copy the file into the pack: a pack is complete in its folder"
            self.report("PK120", f"'{relative}' is a link that leaves the pack", span, hint)
            return False
        return True

    def _real_path(self, relative: str) -> str:
        """Return the real path of a name in the pack. Many share a folder, which may be a link."""
        folder, name = os.path.split(self.root / relative)
        path = os.path.join(self._real_folder(folder), name)  # noqa: PTH118
        is_final = name not in (".", "..") and not os.path.islink(path)  # noqa: PTH114
        return path if is_final else os.path.realpath(path)

    def _real_folder(self, folder: str) -> str:
        if folder not in self.real_folders:
            self.real_folders[folder] = os.path.realpath(folder)
        return self.real_folders[folder]

    def _empty(self, key: str, span: Span) -> None:
        self.report("PK113", f"'{key}' is empty", span, "list at least one")

    def _not_one(self, relative: str, documents: tuple[Document, ...]) -> None:
        if len(documents) > 1:
            place = documents[1].span
            hint = "remove the '---' before it, or move it to another file"
            self.report("PK124", f"found {len(documents)} documents, expected one", place, hint)
        else:
            hint = "`packc schema patches` describes what it holds"
            if relative == SPEC_FILE:
                hint = "`packc schema` describes what it holds"
            self.report("PK124", "the file is empty", Span(self.name(relative)), hint)

    def _edition_is_known(self, document: Document) -> bool:
        data = document.data
        if not isinstance(data, dict) or data.get("packc", EDITION) == EDITION:
            return True
        message = f"found {describe(data['packc'])}, expected an edition that this packc knows"
        hint = f"write 'packc: {EDITION}', or install a packc that knows the edition"
        self.report("PK114", message, document.locate(("packc",)), hint)
        return False


def _read_spec(reader: _Reader) -> PackSpec:
    if not _is_file(reader.root / SPEC_FILE):
        raise PackcError(_no_pack(reader))
    read = reader.read_one(SPEC_FILE, PackSpec)
    if read is None:
        raise PackcError(*reader.findings.items)
    spec, _ = read
    reader.findings.extend(spec_findings(spec, reader.place))
    return spec


def _no_pack(reader: _Reader) -> Diagnostic:
    if _is_file(reader.root):
        return Diagnostic(
            "PK127", f"'{reader.shown}' is a file", hint="name the folder that holds pack.yaml"
        )
    if not _exists(reader.root):
        hint = _near(reader.root) or "name a folder that holds a pack.yaml"
        return Diagnostic("PK127", f"there is no folder '{reader.shown}'", hint=hint)
    return Diagnostic(
        "PK127",
        f"the folder '{reader.shown}' holds no {SPEC_FILE}",
        hint="a pack is a folder with a pack.yaml; `packc schema` describes it",
    )


def _near(folder: Path) -> str | None:
    """Return a hint with a pack of a similar name beside the folder, if there is one."""
    try:
        packs = [p.name for p in folder.parent.iterdir() if _is_file(p / SPEC_FILE)]
    except OSError:
        return None
    return did_you_mean(folder.name, packs)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    """Return whether there is a file; a name that is too long or may not be looked at is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _look_around(root: Path, parts: Sequence[str]) -> None:
    """List the folders in which a pattern looks for a plain name, as base/*/object.yaml does.

    `glob` only asks whether that is there, which nobody hears who watches what a build reads.
    """
    wild = [index for index, part in enumerate(parts) if _WILD.search(part)]
    for index in range(wild[0] + 1, len(parts)):
        if index not in wild:
            for folder in filter(_is_dir, root.glob("/".join(parts[:index]))):
                with suppress(PermissionError):
                    os.listdir(folder)  # noqa: PTH208  # the names are of no use here


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


# --- base objects -----------------------------------------------------------------------------


def _base_objects(reader: _Reader, spec: PackSpec) -> Iterator[ConditionalObject]:
    for index, entry in enumerate(spec.objects):
        for name in reader.expand(entry.files, ("objects", index, "files")):
            yield from _objects_of_file(reader, name, entry)


def _objects_of_file(reader: _Reader, name: str, entry: Objects) -> Iterator[ConditionalObject]:
    before = len(reader.findings.items)
    documents = reader.read(name, marks=False)
    if not documents and len(reader.findings.items) == before:
        hint = "write an object into it, or take it off the list 'objects'"
        reader.report("PK124", "the file holds no object", Span(reader.name(name)), hint)
    for document in documents:
        base = _base_object(reader, name, document)
        if base is not None:
            yield ConditionalObject(base, entry.when)


def _base_object(reader: _Reader, name: str, document: Document) -> BaseObject | None:
    problem = not_an_object(document.data)
    if problem is not None:
        path, message, hint = problem
        reader.report("PK122", message, document.locate(path), hint)
        return None
    return BaseObject(
        document.data,
        identity_of(document.data),
        name,
        partial(_locate, document),
        partial(_locate_key, document),
    )


def _locate(document: Document, path: tuple[str | int, ...]) -> Span:
    return document.locate(path)


def _locate_key(document: Document, path: tuple[str | int, ...]) -> Span:
    return document.locate_key(path)


# --- patches ----------------------------------------------------------------------------------


def _patches(reader: _Reader, spec: PackSpec) -> Iterator[FilePatch]:
    for index, name in enumerate(spec.patches):
        if not reader.check_is_file(name, ("patches", index)):
            continue
        read = reader.read_one(name, PatchFile)
        if read is not None:
            content, document = read
            reader.refuse_empty(content, document)
            for position, patch in enumerate(content.patches):
                yield FilePatch(name, patch, partial(_locate_patch, document, position))


def _locate_patch(document: Document, position: int, path: tuple[str | int, ...]) -> Span:
    return document.locate(("patches", position, *path))
