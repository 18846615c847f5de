"""templates: the objects, one file each, the helpers, and NOTES.txt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from packc.build import Build
from packc.formats.decide import Condition
from packc.formats.derive import Derived, LiveObject
from packc.formats.gotemplate import Printer, escaped
from packc.formats.gotests import quoted
from packc.formats.helm.access import HelmAccess
from packc.formats.helm.values import cloud_defaults, decided_by_cloud
from packc.formats.noting import LiveNote, NoteText
from packc.formats.space import live
from packc.model import Identity, Level


def object_files(objects: Sequence[LiveObject], printer: Printer) -> Iterator[tuple[str, str]]:
    """Yield a file for each object, named after its kind and name."""
    short = Counter(_short(each.identity) for each in objects)
    for each in objects:
        name = _short(each.identity)
        if short[name] > 1:
            name = _long(each.identity)
        yield f"templates/{name}.yaml", printer.document(each.node, each.condition)


def helpers(build: Build, access: HelmAccess) -> str:
    """Return _helpers.tpl: a helper for each parameter that the cloud has a say in."""
    found = [
        _helper(build, access, parameter.name, cloud_defaults(build, parameter))
        for parameter in live(build)
        if decided_by_cloud(build, parameter)
    ]
    return "\n".join(found)


def notes_txt(derived: Derived, printer: Printer) -> str:
    """Return NOTES.txt: the notes, each on the conditions that it has in packc."""
    spec = derived.space.build.spec
    lines = [f"{escaped(spec.title)} {spec.version} on {{{{ .Values.cloud }}}}."]
    ordered = sorted(derived.notes, key=_loudness)
    for condition, notes in groupby(ordered, key=lambda each: each.condition):
        paragraphs = [line for each in notes for line in _note(each.note, printer)]
        lines += _guarded(condition, paragraphs, printer)
    return "\n".join(lines) + "\n"


def _loudness(each: LiveNote) -> tuple[bool, bool]:
    """Order warnings first, and last what may not concern the reader."""
    return (not each.note.always, each.note.level is not Level.WARNING)


def _note(note: NoteText, printer: Printer) -> Iterator[str]:
    assert note.text is not None
    head = note.level.upper() + ("" if note.always else ", if your values make it one")
    yield from ("", f"{head}: {printer.text(note.text)}")


def _guarded(condition: Condition | None, lines: Sequence[str], printer: Printer) -> Sequence[str]:
    if condition is None:
        return lines
    return [f"{{{{- if {printer.test(condition)} }}}}", *lines, "{{- end }}"]


def _helper(build: Build, access: HelmAccess, name: str, defaults: dict[str, object]) -> str:
    pairs = " ".join(f"{quoted(cloud)} {quoted(each)}" for cloud, each in defaults.items())
    return (
        f"{{{{- /* {name}: what is set, else what the cloud takes. */ -}}}}\n"
        f'{{{{- define "{access.helper(name)}" -}}}}\n'
        f"{{{{- default (get (dict {pairs}) .Values.cloud) {access.given(name)} -}}}}\n"
        "{{- end -}}\n"
    )


def _short(identity: Identity) -> str:
    return _safe(f"{identity.kind}-{identity.name}")


def _long(identity: Identity) -> str:
    parts = (identity.group, identity.kind, identity.namespace, identity.name)
    return _safe("-".join(part for part in parts if part))


def _safe(name: str) -> str:
    """Return a file name; a colon, as in names of roles, is none that every system takes."""
    return re.sub(r"[^a-z0-9.-]", "-", name.lower())
