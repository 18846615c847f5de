"""readme: README.md of a Palette pack, with the sections that the community's template asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from packc.formats.decide import Condition
from packc.formats.helm.values import cloud_defaults, default, emit_scalar
from packc.formats.holes import Text
from packc.formats.noting import LiveNote
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.palette.presets import Group
from packc.formats.palette.words import words
from packc.formats.space import baked
from packc.model import MISSING, Level
from packc.parameters import describe_type
from packc.patching.jsondata import is_list, is_map
from packc.spec import Parameter

COLUMNS = ("Parameter", "Description", "Type", "Allowed Values", "Default Value", "Required")


def readme(plan: Plan, manifest: Manifest, groups: Sequence[Group]) -> str:
    """Return the README of a pack."""
    spec = plan.build.spec
    sections = [
        f"# {plan.title}\n\n{' '.join(spec.description.split())} This is version {plan.version}"
        f" for {_clouds(plan)}.",
        f"## Prerequisites\n\n{_bullets(_prerequisites(plan))}",
        f"## Parameters\n\n{_parameters(plan, manifest)}",
        f"## Upgrade\n\n{_bullets(_upgrade(plan))}",
        f"## Usage\n\n{_usage(plan, groups)}",
        f"## References\n\n{_bullets(_references(plan))}",
    ]
    return "\n\n".join(sections) + "\n"


def _clouds(plan: Plan) -> str:
    titles = [cloud.title for cloud in plan.build.clouds.values()]
    return " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))


def _prerequisites(plan: Plan) -> Iterator[str]:
    yield from plan.palette.prerequisites
    yield f"A cluster on {', '.join(f'`{word}`' for word in plan.cloud_types())}."


def _upgrade(plan: Plan) -> Iterator[str]:
    yield from plan.palette.upgrade
    yield "Choose the new version in the cluster profile, and compare the values with the old ones."


def _references(plan: Plan) -> Iterator[str]:
    if plan.build.spec.homepage:
        yield f"[{plan.build.spec.title}]({plan.build.spec.homepage})"
    yield "[Palette packs](https://docs.spectrocloud.com/integrations/)"


# --- parameters -------------------------------------------------------------------------------


def _parameters(plan: Plan, manifest: Manifest) -> str:
    rows = [
        f"All stand below `manifests.{plan.stem}` in the values of the pack.",
        "",
        f"| {' | '.join(f'**{column}**' for column in COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for feature in manifest.features:
        state = str(feature.name in plan.build.chosen).lower()
        text = _cell(f"{feature.title}. {feature.description}")
        rows.append(
            f"| `features.{feature.name}` | {text} | boolean | `true`, `false` | `{state}` | No |"
        )
    rows += [_row(plan, parameter) for parameter in plan.parameters]
    rows += _fixed(plan)
    return "\n".join(rows)


def _row(plan: Plan, parameter: Parameter) -> str:
    required = parameter.required and parameter.default is MISSING
    cells = (
        f"`{'.'.join(plan.path(parameter.name))}`",
        _cell(parameter.description),
        parameter.type,
        _allowed(parameter),
        _default(plan, parameter),
        "Yes" if required else "No",
    )
    return f"| {' | '.join(cells)} |"


def _allowed(parameter: Parameter) -> str:
    if parameter.type == "enum":
        return ", ".join(f"`{_cell(each.value)}`" for each in parameter.values)
    text = describe_type(parameter)
    limits = re.fullmatch(rf"{parameter.type} \((.*)\)", text)
    return _cell(limits[1] if limits else "any" if text == parameter.type else text)


def _default(plan: Plan, parameter: Parameter) -> str:
    if parameter.fromCloud is not None and parameter.name not in plan.whole.settings:
        return _cell(_by_cloud(plan, parameter))
    value: Any = default(plan.build, parameter)
    if value is MISSING:
        return "not set"
    if is_map(value):
        return _listed(f"{name}={item}" for name, item in value.items())
    if is_list(value):
        return _listed(map(str, value))
    return f"`{_cell(emit_scalar(value))}`"


def _by_cloud(plan: Plan, parameter: Parameter) -> str:
    """Return in words the default on each cloud, those of other packs of the build included."""
    clouds: dict[str, list[str]] = {}
    for name, value in cloud_defaults(plan.whole, parameter).items():
        clouds.setdefault(str(value), []).append(plan.cloud_title(name))
    return "; ".join(f"`{value}` on {', '.join(names)}" for value, names in clouds.items())


def _listed(items: Iterable[str]) -> str:
    return ", ".join(f"`{_cell(item)}`" for item in items) or "empty"


def _fixed(plan: Plan) -> Iterator[str]:
    fixed = baked(plan.build)
    if fixed:
        names = ", ".join(f"`{parameter.name}`" for parameter in fixed)
        yield ""
        yield (
            f"The content of files is checked when the pack is built, so {names} are fixed here:"
            " build the pack with `packc build --format palette --set NAME=FILE` to set them."
        )


# --- usage ------------------------------------------------------------------------------------


def _usage(plan: Plan, groups: Sequence[Group]) -> str:
    parts = [
        f"Choose `{plan.name}` as the {plan.palette.layer} layer of a cluster profile. The presets"
        " set values that belong together:"
        if groups
        else f"Choose `{plan.name}` as the {plan.palette.layer} layer of a cluster profile.",
        *(_group(group) for group in groups),
        *_notes(plan),
    ]
    return "\n\n".join(parts)


def _group(group: Group) -> str:
    lines = [f"**{group.name}**", ""]
    for choice in group.choices:
        mark = " (default)" if choice is group.default else ""
        lines.append(f"- `{choice.name}`: {choice.display_name}{mark}")
    return "\n".join(lines)


def _notes(plan: Plan) -> Iterator[str]:
    """Yield the notes that are plain text, with the words of their conditions."""
    for live_note in plan.derived.notes:
        text = live_note.note.text
        if live_note.note.always and text is not None and not isinstance(text, Text):
            yield _note(plan, live_note, text)


def _note(plan: Plan, live_note: LiveNote, text: str) -> str:
    kind = "CAUTION" if live_note.note.level is Level.WARNING else "NOTE"
    when = "" if live_note.condition is None else f"With {_condition(plan, live_note.condition)}: "
    return f"> [!{kind}]\n> {when}{plan.in_palettes_words(' '.join(text.split()))}"


def _condition(plan: Plan, condition: Condition) -> str:
    return words(condition, lambda name: _called(plan, name), plan.cloud_title)


def _called(plan: Plan, name: str) -> str:
    """Return what people call a parameter, or a feature."""
    feature = plan.build.features.get(name)
    return feature.title if feature else f"`{'.'.join(plan.path(name))}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _bullets(texts: Iterator[str]) -> str:
    return "\n".join(f"- {' '.join(text.split())}" for text in texts)
