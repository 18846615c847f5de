"""values: values.yaml of a Palette pack, with the parameters' descriptions as comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from packc.formats.helm.values import comment_lines, member_lines
from packc.formats.palette.manifest import Manifest
from packc.formats.palette.plan import Plan
from packc.formats.palette.presets import Group, header
from packc.model import Feature

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
    return "\n".join(lines) + "\n"


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
    build = evolve(plan.build, parameters=plan.parameters)
    for name, below in _tree(plan).items():
        yield [*member_lines(build, name, below, _INDENT)]


def _feature(plan: Plan, feature: Feature) -> Iterator[str]:
    indent = _INDENT + "  "
    yield from comment_lines(f"{feature.title}. {feature.description}".strip(), indent)
    yield f"{indent}{feature.name}: {str(feature.name in plan.build.chosen).lower()}"


def _tree(plan: Plan) -> dict[str, Any]:
    """Return the parameters by the steps of their paths below the manifest."""
    root: dict[str, Any] = {}
    for parameter in plan.parameters:
        *parents, last = plan.path(parameter.name)
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = parameter
    return root
