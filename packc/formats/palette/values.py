"""values: values.yaml of a Palette pack, with the parameters' descriptions as comments.

Palette merges maps and packc replaces them, so the default of a map stands in its comment alone:
what the user sets is then all that there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve

from packc.build import Build
from packc.formats.helm.values import comment_lines, default, member_lines
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.palette.presets import Group, header
from packc.model import MISSING, Feature
from packc.patching.jsondata import plain
from packc.spec import Parameter

_INDENT = "    "
CLOUD = '"{{ .spectro.system.cloud.type }}"'
"""The macro that Palette fills in before it renders the manifest."""


def values_yaml(
    plan: Plan, manifest: Manifest, groups: Sequence[Group], images: Sequence[str]
) -> str:
    """Return values.yaml: presets, pack, images and every parameter with its default."""
    first = header(groups)
    lines = [
        *([first] if first else []),
        *comment_lines(f"{plan.title} {plan.version}. What is commented out is not set.", ""),
        "",
        *_pack(plan, images),
        "",
        "manifests:",
        f"  {plan.stem}:",
        *_manifest(plan, manifest),
    ]
    return "".join(f"{_without_macros(line)}\n" for line in lines)


def _without_macros(line: str) -> str:
    """Return a line so that Palette, which fills in macros everywhere, finds none in a comment."""
    return line.replace("{{", "{ {") if line.lstrip().startswith("#") else line


def _pack(plan: Plan, images: Sequence[str]) -> Iterator[str]:
    yield "pack:"
    if plan.palette.namespace:
        yield from comment_lines("What has no namespace of its own is installed here.", "  ")
        yield f'  namespace: "{plan.palette.namespace}"'
    yield "  content:"
    if images:
        text = "The images of all variants; with another registry in the values, correct them here."
        yield from comment_lines(text, "    ")
    yield f"    images:{'' if images else ' []'}"
    yield from (f"    - image: {image}" for image in images)


def _manifest(plan: Plan, manifest: Manifest) -> Iterator[str]:
    blocks = [*_blocks(plan, manifest)]
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from block
    if not blocks:
        yield f"{_INDENT}{{}}"


def _blocks(plan: Plan, manifest: Manifest) -> Iterator[list[str]]:
    if manifest.asks_cloud:
        known = ", ".join(plan.cloud_types())
        text = f"The cloud that the cluster runs on, one of {known}; Palette fills it in."
        yield [*comment_lines(text, _INDENT), f"{_INDENT}cloud: {CLOUD}"]
    if manifest.features:
        yield [
            f"{_INDENT}features:",
            *(line for f in manifest.features for line in _feature(plan, f)),
        ]
    # Enums are shown with the values that work on these clouds.
    parameters = tuple(_as_shown(plan, parameter) for parameter in plan.parameters)
    unset = {p.name for p in parameters if p.type == "map" and p.default is MISSING}
    settings = {name: value for name, value in plan.build.settings.items() if name not in unset}
    build = evolve(plan.build, parameters=parameters, settings=settings)
    for name, below in _tree(plan, parameters).items():
        yield [*_member(build, name, below, _INDENT)]


def _member(build: Build, name: str, below: Any, indent: str) -> Iterator[str]:
    """Yield a parameter, or a branch; one that sets nothing is a comment as a whole."""
    if isinstance(below, Parameter):
        yield from member_lines(build, name, below, indent)
    elif not _sets_something(build, below):
        yield from (f"{indent}# {line}" for line in _to_uncomment(build, name, below))
    else:
        yield f"{indent}{name}:"
        for index, (inner, each) in enumerate(below.items()):
            if index:
                yield ""
            yield from _member(build, inner, each, f"{indent}  ")


def _to_uncomment(build: Build, name: str, below: Any) -> Iterator[str]:
    """Yield what is not set as it stands once it is no comment any more."""
    if isinstance(below, Parameter):
        *comments, setting = member_lines(build, name, below, "")
        yield from (*comments, setting.removeprefix("# "))
    else:
        yield f"{name}:"
        for inner, each in below.items():
            yield from (f"  {line}" for line in _to_uncomment(build, inner, each))


def _sets_something(build: Build, below: Any) -> bool:
    if isinstance(below, Parameter):
        return default(build, below) is not MISSING
    return any(_sets_something(build, each) for each in below.values())


def _feature(plan: Plan, feature: Feature) -> Iterator[str]:
    indent = _INDENT + "  "
    yield from comment_lines(f"{feature.title}. {feature.description}".strip(), indent)
    yield f"{indent}{feature.name}: {str(feature.name in plan.build.chosen).lower()}"


def _as_shown(plan: Plan, parameter: Parameter) -> Parameter:
    """Return a parameter as values.yaml has it: a map with a default is not set, and says so."""
    value = default(plan.build, parameter)
    if parameter.type != "map" or not value or value is MISSING:
        return parameter
    text = json.dumps(plain(value), ensure_ascii=False)
    said = f"Left out, it is {text}; what is set here replaces all of that, and {{}} empties it."
    description = f"{parameter.description.strip()} {said}"
    return evolve(parameter, default=MISSING, required=False, description=description)


def _tree(plan: Plan, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the parameters by the steps of their paths below the manifest."""
    root: dict[str, Any] = {}
    for parameter in parameters:
        *parents, last = plan.path(parameter.name)
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = parameter
    return root
