"""presets: presets.yaml and the header of values.yaml: what presets do to the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from packc import yamlio
from packc.diagnostics import Diagnostic, PackcError, Severity, Span, did_you_mean
from packc.palette.findings import (
    CONTRADICTION,
    ENABLED_PRESETS,
    ORDER_OF_PRESETS,
    PRESETS,
    REMOVES_NOTHING,
)
from packc.palette.folder import PalettePack
from packc.palette.vocabulary import ENABLED_PRESETS as HEADER
from packc.palette.vocabulary import PRESETS_FILE, VALUES_FILE
from packc.patching.jsondata import equal

_KEYS = ("name", "displayName", "group", "remove", "add")


@frozen
class Preset:
    """One alternative of a group: the paths that it removes, and then the values that it adds."""

    name: str
    group: str
    remove: tuple[str, ...]
    add: Mapping[str, Any] = field(repr=False)
    index: int = 0

    def applied(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values after the preset was chosen."""
        left: Mapping[str, Any] = values
        for path in self.remove:
            left = without(left, path.split("."))
        return merged(left, self.add)


def merged(values: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with others over them: maps are merged, all else is replaced."""
    result = dict(values)
    for name, value in more.items():
        before = result.get(name)
        both_maps = isinstance(value, Mapping) and isinstance(before, Mapping)
        result[name] = merged(before or {}, value) if both_maps else value
    return result


def without(values: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Return the values without what stands at a path."""
    name, *below = path
    inner = values.get(name)
    if not below:
        return {key: value for key, value in values.items() if key != name}
    return {**values, name: without(inner, below)} if isinstance(inner, Mapping) else dict(values)


def holds(values: Any, path: Sequence[str]) -> bool:
    """Return whether something stands at a path; `[]` at the end of a step is any item."""
    for number, step in enumerate(path):
        name = step.removesuffix("$[]").removesuffix("[]")
        if not isinstance(values, Mapping) or name not in values:
            return False
        values = values[name]
        if name != step:
            items = values if isinstance(values, list) else []
            return any(holds(item, path[number + 1 :]) for item in items) or not items
    return True


def read_presets(pack: PalettePack) -> tuple[tuple[Preset, ...], tuple[Diagnostic, ...]]:
    """Return the presets of a pack, and what is wrong with those that are left out."""
    if pack.presets is None:
        return (), ()
    data = pack.presets.data
    entries = data.get("presets") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        place = Span(pack.name_of(PRESETS_FILE))
        hint = "write a list below `presets`, or remove the file"
        return (), (Diagnostic(PRESETS, f"{PRESETS_FILE} holds no presets", place, hint),)
    found: list[Preset] = []
    wrong: list[Diagnostic] = []
    for index, entry in enumerate(entries):
        problems = [*_problems(pack, index, entry, [preset.name for preset in found])]
        wrong.extend(problems)
        if not problems:
            add = _added(entry["add"])
            found.append(
                Preset(
                    entry["name"], entry["group"], tuple(entry["remove"] or ()), add or {}, index
                )
            )
    return tuple(found), tuple(wrong)


def preset_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield what is wrong with the presets and with the header that names those switched on."""
    presets, wrong = read_presets(pack)
    yield from wrong
    yield from _idle_removals(pack, presets)
    yield from _header(pack, presets)
    if pack.values is not None and isinstance(pack.values.data, dict):
        yield from _order(pack, presets, pack.values.data)


def enabled_presets(text: str) -> tuple[int, tuple[str, ...]] | None:
    """Return the line of the header that names the presets switched on, and its names."""
    for number, line in enumerate(text.splitlines(), 1):
        match = HEADER.match(line.strip())
        if match:
            return number, tuple(n.strip() for n in match["names"].split(",") if n.strip())
    return None


# --- grammar ----------------------------------------------------------------------------------


def _problems(
    pack: PalettePack, index: int, entry: Any, taken: Sequence[str]
) -> Iterator[Diagnostic]:
    path = ("presets", index)
    if not isinstance(entry, dict):
        yield _broken(pack, path, "a preset is a map", f"it has the keys {', '.join(_KEYS)}")
        return
    for name in _KEYS:
        kind = list if name == "remove" else str
        value = entry.get(name, [] if name == "remove" else None)
        if not isinstance(value, kind) and not (name == "remove" and value is None):
            noun = "a list of paths" if kind is list else "text"
            hint = "write it as `add: |`, and the values below" if name == "add" else f"give {noun}"
            yield _broken(pack, (*path, name), f"{name} of a preset is {noun}", hint)
    for name in entry:
        if name not in _KEYS:
            hint = did_you_mean(name, _KEYS) or f"known are {', '.join(_KEYS)}"
            yield _broken(pack, (*path, name), f"a preset has no key '{name}'", hint)
    if entry.get("name") in taken:
        yield _broken(
            pack, (*path, "name"), f"two presets are named '{entry['name']}'", "rename one"
        )
    remove = entry.get("remove")
    if isinstance(remove, list) and not all(isinstance(path, str) and path for path in remove):
        yield _broken(pack, (*path, "remove"), "remove holds dotted paths", "write them as text")
    if isinstance(entry.get("add"), str) and _added(entry["add"]) is None:
        hint = "indent the values below `add: |` as in values.yaml"
        yield _broken(pack, (*path, "add"), "add is no YAML map", hint)


def _added(text: str) -> Mapping[str, Any] | None:
    try:
        documents = yamlio.parse(text, "add").documents
    except PackcError:
        return None
    data = documents[0].data if documents else {}
    return {} if data is None else data if isinstance(data, dict) else None


def _broken(pack: PalettePack, path: Sequence[str | int], text: str, hint: str) -> Diagnostic:
    return Diagnostic(PRESETS, text, _place(pack, path), hint)


def _place(pack: PalettePack, path: Sequence[str | int]) -> Span:
    return Span(pack.name_of(PRESETS_FILE)) if pack.presets is None else pack.presets.locate(path)


# --- effects ----------------------------------------------------------------------------------


def _idle_removals(pack: PalettePack, presets: Sequence[Preset]) -> Iterator[Diagnostic]:
    values = {} if pack.values is None else pack.values.data
    for preset in presets:
        others = [values, *(other.add for other in presets if other is not preset)]
        for number, path in enumerate(preset.remove):
            if not any(holds(data, path.split(".")) for data in others):
                text = f"the preset '{preset.name}' removes '{path}', which is nowhere"
                place = _place(pack, ("presets", preset.index, "remove", number))
                hint = f"write the path from the root of {VALUES_FILE}, or drop it"
                yield Diagnostic(REMOVES_NOTHING, text, place, hint, Severity.WARNING)


def _header(pack: PalettePack, presets: Sequence[Preset]) -> Iterator[Diagnostic]:
    if pack.values is None:
        return
    header = enabled_presets(pack.values.text)
    if header is None:
        if presets:
            text = f"{VALUES_FILE} does not say which presets are switched on"
            hint = "begin it with: # spectrocloud.com/enabled-presets: Group:name"
            place = Span(pack.name_of(VALUES_FILE))
            yield Diagnostic(ENABLED_PRESETS, text, place, hint, Severity.NOTE)
        return
    line, names = header
    place = Span(pack.name_of(VALUES_FILE), line)
    if not names:
        text = "the header names no preset that is switched on"
        yield Diagnostic(
            ENABLED_PRESETS, text, place, "name one a group, or drop it", Severity.WARNING
        )
    known = {f"{preset.group}:{preset.name}": preset for preset in presets}
    for name in names:
        if name in known:
            yield from _contradiction(pack, known[name], place)
        else:
            text = f"the header switches on '{name}', which is no preset of this pack"
            hint = did_you_mean(name, known) or f"known are {', '.join(known) or 'none'}"
            yield Diagnostic(ENABLED_PRESETS, text, place, hint)


def _contradiction(pack: PalettePack, preset: Preset, place: Span) -> Iterator[Diagnostic]:
    values = pack.section()
    path = _difference(values, preset.applied(values))
    if path is not None:
        text = f"the preset '{preset.name}' is switched on, and the values differ at {path}"
        hint = f"let {VALUES_FILE} have the preset's values, or name the preset that it is"
        yield Diagnostic(CONTRADICTION, text, place, hint)


def _order(
    pack: PalettePack, presets: Sequence[Preset], values: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Yield the presets whose result depends on which one of the group was chosen before."""
    for preset in presets:
        direct = preset.applied(values)
        for other in presets:
            if other.group != preset.group or other is preset:
                continue
            path = _difference(direct, preset.applied(other.applied(values)))
            if path is not None:
                text = (
                    f"after the preset '{other.name}', '{preset.name}' gives other values"
                    f" than at first: {path}"
                )
                place = _place(pack, ("presets", preset.index))
                hint = "remove what the others of the group set, or set it here too"
                yield Diagnostic(ORDER_OF_PRESETS, text, place, hint, Severity.WARNING)
                break


def _difference(left: Any, right: Any, path: str = "") -> str | None:
    """Return the first path at which values differ; None where they are equal."""
    if equal(left, right):
        return None
    if not isinstance(left, Mapping) or not isinstance(right, Mapping):
        return path
    for name in (*left, *(name for name in right if name not in left)):
        below = f"{path}.{name}" if path else str(name)
        if name not in left or name not in right:
            return below
        found = _difference(left[name], right[name], below)
        if found is not None:
            return found
    return path
