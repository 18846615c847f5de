"""presets: values that the form offers together, so that no choice leaves traces of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError, Related
from packc.emit import emit_object
from packc.formats.helm.values import plain_defaults
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.space import all_values, is_finite, live
from packc.formats.witness import witnesses
from packc.model import MISSING
from packc.patching.jsondata import equal
from packc.spec import PalettePreset

MOST_FILLINGS = 64
"""How many values of what has to be set are tried with a preset."""

_CORRECT = "correct its values: packc refuses to build any of the clouds with them"

Path = tuple[str, ...]
Values = Mapping[Path, Any]
"""Values by their paths from the root of values.yaml; no path is the beginning of another."""


@frozen
class Choice:
    """One alternative of a group: what it removes, and then what it sets."""

    name: str
    display_name: str
    remove: tuple[Path, ...]
    add: Values


@frozen
class Group:
    """Choices that exclude each other; `default` is the one that values.yaml has, if any."""

    name: str
    choices: tuple[Choice, ...]
    default: Choice | None


def preset_groups(plan: Plan, manifest: Manifest) -> tuple[Group, ...]:
    """Return the groups: those of pack.yaml, then one for each feature of the manifest."""
    defaults = default_values(plan, manifest)
    members: dict[str, list[tuple[str, str, Values]]] = {}
    for preset in plan.palette.presets:
        if not refused(plan, preset):
            added = {value_path(plan, n): value for n, value in preset.parameters.items()}
            members.setdefault(preset.group, []).append((preset.name, preset.displayName, added))
    for feature in manifest.features:
        path = feature_path(plan, feature.name)
        members[_group_name(feature.title)] = [
            (f"{feature.name}-off", "Off", {path: False}),
            (f"{feature.name}-on", "On", {path: True}),
        ]
    return tuple(_group(name, several, defaults) for name, several in members.items())


def refuse_idle_presets(plans: Sequence[Plan]) -> None:
    """Raise PackcError (PK983) for presets that no pack of the build can have, with the reasons."""
    problems = []
    for preset in plans[0].palette.presets if plans else ():
        reasons = [refused(plan, preset) for plan in plans]
        if all(reasons):
            text = f"no cloud accepts the preset '{preset.name}'"
            found = dict.fromkeys(reason for several in reasons for reason in several)
            problems.append(Diagnostic("PK983", text, preset.span, _CORRECT, related=(*found,)))
    if problems:
        raise PackcError(*problems)


def refused(plan: Plan, preset: PalettePreset) -> tuple[Related, ...]:
    """Return why a cloud of a pack does not build with a preset; nothing where all of them do."""
    for cloud in plan.build.clouds:
        why = _refused_on(cloud, plan, preset)
        if why is not None:
            name = plan.cloud_title(cloud)
            return tuple(
                Related(f"on {name}: {d.code}: {d.message}", d.span) for d in why.diagnostics
            )
    return ()


def _refused_on(cloud: str, plan: Plan, preset: PalettePreset) -> PackcError | None:
    """Return the error of a cloud; of several ways to fill in what has to be set, any may do."""
    first: PackcError | None = None
    for filling in _fillings(plan, preset):
        try:
            plan.build.compile(cloud, plan.build.chosen, {**filling, **preset.parameters})
            return None
        except PackcError as error:
            first = first or error
    return first


def _fillings(plan: Plan, preset: PalettePreset) -> Iterator[dict[str, Any]]:
    """Yield what the user may set beside a preset: values for the parameters that need one."""
    build = plan.build
    counting = [p for p in build.parameters if build.owners.get(p.name) in (None, *build.chosen)]
    given = {p.name: build.settings[p.name].value for p in counting if p.name in build.settings}
    needed = [
        p
        for p in counting
        if p in live(build)
        and p.required
        and p.default is MISSING
        and p.name not in (*given, *preset.parameters)
    ]
    choices = (all_values(p) if is_finite(p) else witnesses(p, ()).ordinary for p in needed)
    for values in islice(product(*choices), MOST_FILLINGS):
        yield {**given, **dict(zip((p.name for p in needed), values, strict=True))}


def default_values(plan: Plan, manifest: Manifest) -> dict[Path, Any]:
    """Return what values.yaml sets below the manifest."""
    found: dict[Path, Any] = {
        feature_path(plan, feature.name): feature.name in plan.build.chosen
        for feature in manifest.features
    }
    for name, value in plain_defaults(plan.build).items():
        found[value_path(plan, name)] = value
    return found


def value_path(plan: Plan, parameter: str) -> Path:
    return ("manifests", plan.stem, *plan.path(parameter))


def feature_path(plan: Plan, feature: str) -> Path:
    return ("manifests", plan.stem, "features", feature)


def presets_yaml(groups: Sequence[Group]) -> str:
    """Return presets.yaml."""
    entries = [
        {
            "name": choice.name,
            "displayName": choice.display_name,
            "group": group.name,
            "remove": [".".join(path) for path in choice.remove],
            "add": emit_object(nested(choice.add)),
        }
        for group in groups
        for choice in group.choices
    ]
    return emit_object({"presets": entries})


def header(groups: Sequence[Group]) -> str | None:
    """Return the first line of values.yaml, which says which presets are switched on."""
    names = [f"{group.name}:{group.default.name}" for group in groups if group.default]
    return f"# spectrocloud.com/enabled-presets: {','.join(names)}" if names else None


def nested(values: Values) -> dict[str, Any]:
    """Return values as maps in maps."""
    root: dict[str, Any] = {}
    for (*parents, last), value in values.items():
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return root


def _group(name: str, members: Sequence[tuple[str, str, Values]], defaults: Values) -> Group:
    choices = tuple(_choice(member, members, defaults) for member in members)
    chosen = (c for c in choices if not c.remove or not _removes_any(c, defaults))
    default = next((c for c in chosen if _is_default(c, defaults)), None)
    return Group(name, choices, default)


def _choice(
    member: tuple[str, str, Values],
    members: Sequence[tuple[str, str, Values]],
    defaults: Values,
) -> Choice:
    """Return a choice that undoes what the others of its group set.

    What values.yaml has is set back to that; all else is removed.
    """
    name, display_name, own = member
    others = {path for _, _, added in members for path in added if path not in own}
    add = {**own, **{path: defaults[path] for path in sorted(others) if path in defaults}}
    surplus = sorted(path for path in others if path not in defaults)
    kept = [*add, *defaults]
    return Choice(name, display_name, tuple(dict.fromkeys(_branch(p, kept) for p in surplus)), add)


def _branch(path: Path, kept: Sequence[Path]) -> Path:
    """Return the highest branch above a path under which nothing is kept."""
    for size in range(len(path)):
        branch = path[: size + 1]
        if not any(each[: len(branch)] == branch for each in kept):
            return branch
    return path


def _removes_any(choice: Choice, defaults: Values) -> bool:
    return any(path[: len(gone)] == gone for gone in choice.remove for path in defaults)


def _is_default(choice: Choice, defaults: Values) -> bool:
    return all(
        path in defaults and equal(defaults[path], value, exact=True)
        for path, value in choice.add.items()
    )


def _group_name(title: str) -> str:
    """Return a title without the characters that separate presets in the header."""
    return " ".join(re.sub(r"[,:]", " ", title).split())
