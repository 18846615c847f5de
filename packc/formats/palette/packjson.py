"""packjson: pack.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from packc.formats.palette.plan import Plan
from packc.spec import PaletteDependency


def pack_json(plan: Plan) -> str:
    """Return pack.json, its keys in the order that people read them in."""
    palette = plan.palette
    data: dict[str, Any] = {
        "name": plan.name,
        "displayName": plan.title,
        "version": plan.version,
        "layer": palette.layer,
        "addonType": palette.addonType,
        "cloudTypes": [*plan.cloud_types()],
        "kubeManifests": [plan.manifest_file],
        "annotations": {name: palette.annotations[name] for name in sorted(palette.annotations)},
        "constraints": dict(_constraints(palette.dependencies)),
    }
    filled = {name: value for name, value in data.items() if value not in (None, {})}
    return json.dumps(filled, indent=2, ensure_ascii=False) + "\n"


def _constraints(
    dependencies: tuple[PaletteDependency, ...],
) -> Iterator[tuple[str, list[Mapping[str, str]]]]:
    if dependencies:
        yield "dependencies", [_dependency(each) for each in dependencies]


def _dependency(dependency: PaletteDependency) -> dict[str, str]:
    data = {
        "packName": dependency.packName,
        "layer": dependency.layer,
        "type": dependency.type,
        "minVersion": dependency.minVersion,
        "maxVersion": dependency.maxVersion,
    }
    return {name: value for name, value in data.items() if value is not None}
