"""rebuild: compile a pack again from what its provenance records, and say what came out another."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from packc.activate import activate
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.formatting import format_files, format_host
from packc.load import load
from packc.lock import LOCK_FILE, lock_input
from packc.model import MARKER, OutputFile, Source, SourceKind, Value
from packc.pack import InputFile
from packc.pipeline import Prepared, compile_variant, output_files
from packc.plugins import Host
from packc.publish.built import Record
from packc.publish.checked import json_of
from packc.publish.extract import files_in
from packc.publish.model import Bundle
from packc.publish.provenance import IN_TOTO, PREDICATE
from packc.publish.verify import Statement
from packc.record import SECRET
from packc.settings import read_settings
from packc.values import Request

PALETTE: Final = "palette"

_GIVEN: Final = (SourceKind.VALUES, SourceKind.SET)
_INPUTS: Final = (
    ("inputs", "the pack's file"),
    ("plugins", "the plugin"),
    ("valuesFiles", "the values file"),
    ("parameters", "the parameter"),
)


@frozen
class How:
    """How to compile again: the pack's source, its plugins, and values that are not recorded."""

    folder: str
    host: Host
    request: Request


def rebuild(bundle: Bundle, statements: Sequence[Statement], how: How, *, trust: bool) -> int:
    """Build a pack again, and return how many files are the same, which is all of them.

    With `trust` the provenance has to be signed. Raises PK643 where the pack does not say how it
    was built, or not enough of it, and PK642 with each input that differs, or each file.
    """
    records = tuple(_records(bundle, statements, trust=trust))
    files = {file.name: file.content for file in files_in(bundle)}
    how = evolve(how, host=_held(how.host, records))
    made: dict[str, bytes] = {}
    changes: list[str] = []
    for record in records:
        *outputs, again = _built_again(record, how)
        changes += _changes(record.data, json.loads(again.content))
        prefix = f"{record.folder}/" if record.folder else ""
        made |= {prefix + file.name: file.content for file in outputs}
    if bundle.shape == PALETTE:
        folder = f"{bundle.name}-{bundle.version}/"
        made = {name: content for name, content in made.items() if name.startswith(folder)}
    differing = sorted(
        name for name in made.keys() | files.keys() if made.get(name) != files.get(name)
    )
    if differing:
        raise _differs(differing, changes)
    return len(files)


# --- what was recorded ------------------------------------------------------------------------


def _records(bundle: Bundle, statements: Sequence[Statement], *, trust: bool) -> Iterator[Record]:
    """Yield the build records in the provenance."""
    predicate = next((s.predicate for s in statements if s.kind == PREDICATE and s.signed), None)
    if predicate is None and not trust:
        predicate = _plain_provenance(bundle)
    if predicate is None:
        which = "signed provenance" if trust else "provenance"
        raise _unchecked(f"the pack has no {which}", "publish it with --provenance")
    try:
        entries = [
            (str(entry["name"]), base64.b64decode(entry["content"], validate=True))
            for entry in predicate["runDetails"]["byproducts"]
        ]
        records = [(name, content, json.loads(content)) for name, content in entries]
    except (KeyError, TypeError, ValueError, binascii.Error, RecursionError):
        raise _unchecked("its provenance holds no build record") from None
    if not records or not all(isinstance(data, dict) for _, _, data in records):
        raise _unchecked("its provenance holds no build record")
    for name, content, data in records:
        yield Record(name.removesuffix(MARKER).rstrip("/"), content, data)


def _plain_provenance(bundle: Bundle) -> dict[str, Any] | None:
    for each in bundle.referrers:
        if each.artifact_type == IN_TOTO:
            data = json_of(each.blobs[-1].content, bundle.name)
            if data.get("predicateType") == PREDICATE:
                return _object(data.get("predicate"))
    return None


# --- the same build again ---------------------------------------------------------------------


def _held(host: Host, records: Iterable[Record]) -> Host:
    """Return the host, held to the pack's lock where the build was: nothing else is loaded then."""
    inputs = {entry.name for record in records for entry in _inputs(record.data.get("inputs"))}
    formats = tuple(PALETTE for record in records if _is_palette(record))
    return evolve(host, is_locked=LOCK_FILE in inputs, formats=formats)


def _is_palette(record: Record) -> bool:
    return record.data.get("format") == PALETTE


def _built_again(record: Record, how: How) -> tuple[OutputFile, ...]:
    """Return the files of a variant or of the Palette packs, the build record the last of them."""
    prepared = _prepared(record, how)
    if _is_palette(record):
        host = format_host(how.host.seconds, how.host.refused)
        return format_files(prepared, PALETTE, host)
    (cloud,) = prepared.active.clouds.values()
    return output_files(prepared, compile_variant(prepared, cloud))


def _chosen(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the clouds and features of a record."""
    data = record.data
    try:
        if _is_palette(record):
            return tuple(map(str, data["clouds"])), tuple(map(str, data["chosen"]))
        variant = data["variant"]
        return (str(variant["cloud"]),), tuple(map(str, variant["features"]))
    except (KeyError, TypeError):
        raise _unchecked("its build record names no variant and no Palette pack") from None


def _prepared(record: Record, how: How) -> Prepared:
    """Return the pack with its plugins, its features as recorded, and the recorded values."""
    clouds, features = _chosen(record)
    pack = load(Path(how.folder), how.folder)
    plain = activate(pack, how.host, clouds)
    without = tuple(sorted(set(plain.chosen) - set(features)))
    active = activate(pack, how.host, clouds, features, without)
    if how.host.is_locked:
        pack = evolve(pack, inputs=(*pack.inputs, lock_input(pack)))
    given = read_settings(how.request, active.parameters, active.off)
    files = {parameter.name for parameter in active.parameters if parameter.type == "file"}
    values = {**_values(record, given.values, files), **given.values}
    recorded = _inputs(record.data.get("valuesFiles"))
    return Prepared(pack, active, evolve(given, values=values, inputs=recorded or given.inputs))


def _values(record: Record, given: Mapping[str, Value], files: set[str]) -> dict[str, Value]:
    """Return the values that the user set then; a secret or a file has to be given again."""
    values: dict[str, Value] = {}
    lost: list[str] = []
    for name, entry in _object(record.data.get("parameters")).items():
        source = _source(_object(entry.get("source") if isinstance(entry, dict) else None))
        if source is None or name in given:
            continue
        if entry.get("value") == SECRET or name in files:
            lost.append(name)
        else:
            values[name] = Value(name, entry.get("value"), source)
    if lost:
        hint = f"give it again: --set {lost[0]}=VALUE, or --values FILE"
        raise _unchecked(f"the value of '{lost[0]}' is not recorded", hint)
    return values


def _source(data: Mapping[str, Any]) -> Source | None:
    """Return the source of a value that a user gave, or None for any other."""
    if data.get("kind") not in _GIVEN:
        return None
    name, line = str(data.get("name", "")), data.get("line")
    span = Span(name, line) if isinstance(line, int) else None
    return Source(SourceKind(data["kind"]), name, span)


# --- what is another --------------------------------------------------------------------------


def _changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what two build records say that differs, of what goes into a build."""
    if then.get("packc") != now["packc"]:
        yield f"packc is {now['packc']}, and was {then.get('packc')}"
    for key, what in _INPUTS:
        yield from _changed(what, _named(then.get(key)), _named(now[key]))


def _changed(what: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            yield f"{what} '{name}' is missing"
        elif name not in then:
            yield f"{what} '{name}' was not there"
        elif then[name] != now[name]:
            yield f"{what} '{name}' is another"


def _named(entries: Any) -> dict[str, Any]:
    """Return a list of objects with names, or a map, as a map by name."""
    if isinstance(entries, dict):
        return {name: _object(entry).get("value") for name, entry in entries.items()}
    return {str(entry.get("name")): entry for entry in _objects(entries)}


def _differs(files: Iterable[str], changes: Sequence[str]) -> PackcError:
    hint = "take the source of that version, with the same plugins and packc"
    texts = dict.fromkeys(changes) or [f"'{name}' comes out another" for name in files]
    return PackcError(
        *(
            Diagnostic("PK642", f"the pack cannot be built again: {text}", hint=hint)
            for text in texts
        )
    )


def _unchecked(why: str, hint: str = "verify it without --rebuild") -> PackcError:
    text = f"whether the pack can be built again is not known: {why}"
    return PackcError(Diagnostic("PK643", text, hint=hint))


def _inputs(entries: Any) -> tuple[InputFile, ...]:
    return tuple(
        InputFile(str(entry.get("name")), str(entry.get("digest")).removeprefix("sha256:"))
        for entry in _objects(entries)
    )


def _objects(entries: Any) -> list[dict[str, Any]]:
    return [_object(entry) for entry in entries] if isinstance(entries, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
