"""packjson: what the community validator and Palette say of the fields of pack.json."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from packc.diagnostics import Diagnostic, Severity, did_you_mean
from packc.palette.findings import DEPENDENCY, FIELD, VERSION, WORDS
from packc.palette.folder import PalettePack
from packc.palette.vocabulary import (
    ADDON_TYPES,
    CLOUD_TYPE,
    CLOUD_TYPES,
    DEPENDENCY_TYPES,
    LAYERS,
    OCI_TAG,
    RESOURCE_TYPES,
    SCHEDULE_TYPES,
    SEMVER,
)

Path = tuple[str | int, ...]

_TEXTS = ("name", "displayName", "version", "layer")
_OPTIONAL_TEXTS = ("group", "eol", "addonType", "addonSubType")
_LISTS = ("charts", "kubeManifests", "ansibleRoles")


def field_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield where pack.json breaks the schema of the community validator."""
    if pack.spec is None:
        return
    if not isinstance(pack.spec.data, dict):
        yield _broken(pack, (), f"found {_kind(pack.spec.data)}", "an object")
        return
    yield from _texts(pack)
    yield from _lists(pack)
    yield from _one_of(pack, ("layer",), LAYERS)
    yield from _one_of(pack, ("cloudType",), CLOUD_TYPE)
    for index, _ in enumerate(_items(pack.fields.get("cloudTypes"))):
        yield from _one_of(pack, ("cloudTypes", index), CLOUD_TYPES)
    yield from _annotations(pack)
    yield from _constraints(pack)


def version_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield what is wrong with the version: it is also the tag of an OCI artifact."""
    version, place = pack.text("version"), pack.place("version")
    if not version:
        return
    if version.startswith("v"):
        text = f"the version '{version}' begins with v, which the registry refuses"
        yield Diagnostic(VERSION, text, place, f"write {version.removeprefix('v')}")
    elif OCI_TAG.fullmatch(version) is None:
        text = f"the version '{version}' cannot be the tag of an OCI artifact"
        yield Diagnostic(VERSION, text, place, "use letters, digits, '.', '_' and '-'")
    elif SEMVER.fullmatch(version) is None:
        text = f"the version '{version}' is no semantic version"
        hint = "write three numbers, such as 1.5.0, so that versions can be compared"
        yield Diagnostic(VERSION, text, place, hint, Severity.WARNING)


def word_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield words that the schema lets pass and Palette does not know."""
    if pack.spec is not None and "cloudTypes" not in pack.fields:
        hint = 'add it: `"cloudTypes": ["all"]` for every cloud'
        yield Diagnostic(WORDS, "cloudTypes is missing", pack.place(), hint, Severity.WARNING)
    addon_type = pack.text("addonType")
    if pack.text("layer") == "addon" and not addon_type:
        hint = f"choose one of {', '.join(ADDON_TYPES)}"
        yield Diagnostic(WORDS, "an add-on needs its addonType", pack.place("layer"), hint)
    elif addon_type and addon_type not in ADDON_TYPES:
        text = f"'{addon_type}' is no add-on type of Palette: it would become a category of its own"
        hint = did_you_mean(addon_type, ADDON_TYPES) or f"choose one of {', '.join(ADDON_TYPES)}"
        yield Diagnostic(WORDS, text, pack.place("addonType"), hint)


def dependency_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield dependencies that Palette never checks, or that nothing can meet."""
    for index, entry in enumerate(_dependencies(pack)):
        least, most = _bound(entry, "minVersion"), _bound(entry, "maxVersion")
        place = pack.place("constraints", "dependencies", index)
        name = entry.get("packName")
        if not least and not most:
            text = f"the dependency on '{name}' has no bound, so Palette does not check it"
            yield Diagnostic(
                DEPENDENCY, text, place, "give minVersion or maxVersion", Severity.WARNING
            )
        elif least and most and _is_above(_numbers(least), _numbers(most)):
            text = f"no version of '{name}' is at least {least} and at most {most}"
            yield Diagnostic(DEPENDENCY, text, place, "exchange the bounds")


# --- the schema -------------------------------------------------------------------------------


def _texts(pack: PalettePack) -> Iterator[Diagnostic]:
    for name in _TEXTS:
        if name not in pack.fields:
            yield _missing(pack, (), name)
        elif not pack.text(name):
            yield _broken(pack, (name,), f"{name} is {_kind(pack.fields[name])}", "text")
    for name in _OPTIONAL_TEXTS:
        if not isinstance(pack.fields.get(name, ""), str):
            yield _broken(pack, (name,), f"{name} is {_kind(pack.fields[name])}", "text")


def _lists(pack: PalettePack) -> Iterator[Diagnostic]:
    for name in (*_LISTS, "cloudTypes"):
        value = pack.fields.get(name, [])
        if not isinstance(value, list):
            yield _broken(pack, (name,), f"{name} is {_kind(value)}", "a list of texts")
            continue
        for index, item in enumerate(value):
            if not isinstance(item, str):
                yield _broken(pack, (name, index), f"an item of {name} is {_kind(item)}", "text")


def _one_of(pack: PalettePack, path: Path, allowed: Sequence[str]) -> Iterator[Diagnostic]:
    value: Any = pack.fields
    for step in path:
        value = value.get(step) if isinstance(value, dict) else value[step]
    if isinstance(value, str) and value and value not in allowed:
        text = f"'{value}' is no {_singular(path)}"
        hint = did_you_mean(value, allowed)
        expected = f"one of {', '.join(allowed)}"
        yield Diagnostic(FIELD, text, pack.place(*path), hint or f"use {expected}")


def _annotations(pack: PalettePack) -> Iterator[Diagnostic]:
    value = pack.fields.get("annotations", {})
    if not isinstance(value, dict):
        yield _broken(pack, ("annotations",), f"annotations is {_kind(value)}", "an object")
        return
    for name, item in value.items():
        if not isinstance(item, str):
            found = f"the annotation '{name}' is {_kind(item)}"
            yield _broken(pack, ("annotations", name), found, "text: put it in quotes")


def _constraints(pack: PalettePack) -> Iterator[Diagnostic]:
    constraints = pack.fields.get("constraints", {})
    if not isinstance(constraints, dict):
        found = f"constraints is {_kind(constraints)}"
        yield _broken(pack, ("constraints",), found, "an object")
        return
    for name in ("dependencies", "resources"):
        if not isinstance(constraints.get(name, []), list):
            found = f"{name} is {_kind(constraints[name])}"
            yield _broken(pack, ("constraints", name), found, "a list")
    for index, item in enumerate(_items(constraints.get("dependencies"))):
        yield from _dependency(pack, ("constraints", "dependencies", index), item)
    for index, item in enumerate(_items(constraints.get("resources"))):
        yield from _resource(pack, ("constraints", "resources", index), item)


def _dependency(pack: PalettePack, path: Path, item: Any) -> Iterator[Diagnostic]:
    if not isinstance(item, dict):
        yield _broken(pack, path, f"a dependency is {_kind(item)}", "an object")
        return
    for name in ("packName", "layer", "type"):
        if not isinstance(item.get(name), str) or not item[name]:
            yield _missing(pack, path, name)
    for name in ("minVersion", "maxVersion"):
        if not isinstance(item.get(name, ""), str):
            found = f"{name} is {_kind(item[name])}"
            yield _broken(pack, (*path, name), found, "text: put it in quotes")
    yield from _one_of(pack, (*path, "layer"), LAYERS)
    yield from _one_of(pack, (*path, "type"), DEPENDENCY_TYPES)


def _resource(pack: PalettePack, path: Path, item: Any) -> Iterator[Diagnostic]:
    if not isinstance(item, dict):
        yield _broken(pack, path, f"a resource is {_kind(item)}", "an object")
        return
    if "type" not in item:
        yield _missing(pack, path, "type")
    limit = item.get("minLimit", 0)
    if not isinstance(limit, int | float) or isinstance(limit, bool):
        yield _broken(pack, (*path, "minLimit"), f"minLimit is {_kind(limit)}", "a number")
    yield from _one_of(pack, (*path, "type"), RESOURCE_TYPES)
    for index, component in enumerate(_items(item.get("components"))):
        place = (*path, "components", index)
        if not isinstance(component, dict) or "scheduleType" not in component:
            yield _missing(pack, place, "scheduleType")
        else:
            yield from _one_of(pack, (*place, "scheduleType"), SCHEDULE_TYPES)


def _missing(pack: PalettePack, path: Path, name: str) -> Diagnostic:
    return Diagnostic(FIELD, f"{name} is missing", pack.place(*path), f"add '{name}'")


def _broken(pack: PalettePack, path: Path, found: str, expected: str) -> Diagnostic:
    return Diagnostic(FIELD, f"{found}, expected {expected}", pack.place(*path), "correct it")


def _singular(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    return {"cloudTypes": "cloud type"}.get(names[-1], " ".join(names[-2:]))


def _kind(value: Any) -> str:
    match value:
        case None | "":
            return "empty"
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "text"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dependencies(pack: PalettePack) -> Iterator[dict[str, Any]]:
    constraints = pack.fields.get("constraints")
    entries = constraints.get("dependencies") if isinstance(constraints, dict) else None
    return (entry if isinstance(entry, dict) else {} for entry in _items(entries))


def _bound(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _numbers(version: str) -> list[int]:
    """Return the leading numbers of a version, which may be as short as 1.21."""
    numbers = []
    for part in version.removeprefix("v").split("-")[0].split("."):
        if not part.isdecimal() or len(part) > 9:
            break
        numbers.append(int(part))
    return numbers


def _is_above(least: list[int], most: list[int]) -> bool:
    """Return whether a bound is above another, as far as both say: 1.34.2 is not above 1.34."""
    common = min(len(least), len(most))
    return least[:common] > most[:common]
