"""trees: output trees and files of manifests, read back with their build records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from packc import yamlio
from packc.diagnostics import Diagnostic, Findings, PackcError, Severity, Span
from packc.emit import identity
from packc.model import MARKER, Identity, Object, Source, SourceKind
from packc.patching.jsondata import describe
from packc.pipeline import MANIFESTS_FILE
from packc.record import sha256

_DEEPEST: Final = 4
"""A variant's folder is OUT/pack/version/variant; one level more lets OUT hold several trees."""


@frozen
class Record:
    """What a build record says of its variant. `given` are the parameters that the user set."""

    place: str
    pack: str
    version: str
    variant: str
    cloud: str
    features: tuple[str, ...]
    parameters: Mapping[str, tuple[Any, Source]] = field(repr=False)
    digest: str

    @property
    def given(self) -> dict[str, Any]:
        kinds = (SourceKind.VALUES, SourceKind.SET)
        return {name: value for name, (value, s) in self.parameters.items() if s.kind in kinds}


@frozen
class Output:
    """The manifests of one variant, and their record, if they have one."""

    place: str
    objects: tuple[Object, ...] = field(repr=False)
    record: Record | None = None


def is_tree(path: Path) -> bool:
    """Return whether there is a file, or a folder with outputs of packc in it."""
    return path.is_file() or next(_folders(path), None) is not None


def read_outputs(path: Path, shown: str, findings: Findings) -> tuple[Output, ...]:
    """Return the outputs of a tree in the order of their folders; `findings` takes warnings.

    Raises PackcError (PK704, or that of a file that is no YAML) with all that is damaged.
    """
    if path.is_file():
        return (Output(shown, _objects(path, shown, findings)),)
    damaged = Findings()
    outputs = []
    for folder in _folders(path):
        place = "/".join((shown.rstrip("/"), *folder.relative_to(path).parts))
        try:
            outputs.append(_output(folder, place, findings))
        except PackcError as error:
            damaged.extend(error.diagnostics)
    damaged.raise_if_failed()
    return tuple(outputs)


def _folders(path: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the folders of variants; hidden folders are those of builds that have not ended."""
    if (path / MARKER).is_file() or (path / MANIFESTS_FILE).is_file():
        yield path
    elif depth < _DEEPEST and path.is_dir():
        for below in _subfolders(path):
            yield from _folders(below, depth + 1)


def _subfolders(path: Path) -> Sequence[Path]:
    try:
        entries = sorted(path.iterdir())
    except OSError:
        return ()
    return [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]


def _output(folder: Path, place: str, findings: Findings) -> Output:
    record = None
    if (folder / MARKER).is_file():
        record = _record(folder / MARKER, f"{place}/{MARKER}")
    manifests = f"{place}/{MANIFESTS_FILE}"
    objects = _objects(folder / MANIFESTS_FILE, manifests, findings)
    content = yamlio.read_bytes(folder / MANIFESTS_FILE, manifests)
    if record is not None and record.digest != sha256(content):
        findings.add(_edited(manifests))
    return Output(place, objects, record)


def _edited(manifests: str) -> Diagnostic:
    return Diagnostic(
        "PK704",
        f"{manifests} is not what {MARKER} records",
        hint="somebody changed it after the build; build again, or compare what it is now",
        severity=Severity.WARNING,
    )


# --- manifests --------------------------------------------------------------------------------


def _objects(path: Path, shown: str, findings: Findings) -> tuple[Object, ...]:
    parsed = yamlio.read(path, shown)
    findings.extend(parsed.diagnostics)
    damaged = Findings()
    first: dict[Identity, Span] = {}
    objects = []
    for document in parsed.documents:
        if document.data is None:
            continue
        name = identity(document.data)
        if not (name.kind and name.name):
            damaged.add(_no_object(document.data, document.span))
        elif name in first:
            damaged.add(_second(name, document.span))
        first.setdefault(name, document.span)
        objects.append(document.data)
    damaged.raise_if_failed()
    return tuple(objects)


def _no_object(data: Any, span: Span) -> Diagnostic:
    message = f"found {describe(data)}, expected an object with kind and metadata.name"
    return Diagnostic("PK704", message, span, "packc tells objects apart by them", quote=False)


def _second(name: Identity, span: Span) -> Diagnostic:
    hint = "remove one: it is not clear which of them to compare"
    return Diagnostic("PK704", f"a second {name}", span, hint)


# --- build records ----------------------------------------------------------------------------


def _record(path: Path, shown: str) -> Record:
    content = yamlio.read_bytes(path, shown)
    try:
        data = json.loads(content)
        return Record(
            place=shown,
            pack=_text(data["pack"]["name"]),
            version=_text(data["pack"]["version"]),
            variant=_text(data["variant"]["name"]),
            cloud=_text(data["variant"]["cloud"]),
            features=tuple(_text(name) for name in data["variant"]["features"]),
            parameters={name: _parameter(entry) for name, entry in data["parameters"].items()},
            digest=_text(data["outputs"][MANIFESTS_FILE]["digest"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        hint = "build again; packc reads records of its own format only"
        diagnostic = Diagnostic("PK704", "this is no build record", Span(shown), hint, quote=False)
        raise PackcError(diagnostic) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _parameter(entry: Mapping[str, Any]) -> tuple[Any, Source]:
    source = entry["source"]
    line = source.get("line")
    name = _text(source.get("name", ""))
    span = Span(name, line) if isinstance(line, int) else None
    return entry["value"], Source(SourceKind(source["kind"]), name, span)
