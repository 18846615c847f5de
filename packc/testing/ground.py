"""ground: a small pack of the kit's own, to exercise one plugin, and a cloud to build it on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from packc.api import Cloud, Fact, Feature, hookimpl

PACK: Final = "certify"
CLOUD: Final = "certify-cloud"
OBJECT: Final = "ConfigMap/certify"


@hookimpl
def packc_clouds() -> list[Cloud]:
    """Return a cloud that carries everything, so that a feature is not held back by it."""
    carried = Fact(name="pod-network-encapsulation", supports=("ipip", "vxlan"), default="vxlan")
    return [Cloud(name=CLOUD, title="The cloud of the conformance kit", facts=(carried,))]


def make_pack(folder: Path, clouds: Sequence[Cloud], features: Sequence[Feature]) -> Path:
    """Write the pack: for these clouds with a parameter for each fact, or with these features."""
    parameters = [*_PARAMETERS, *(each for cloud in clouds for each in _by_fact(cloud))]
    spec = {
        "packc": 1,
        "name": PACK,
        "version": "1.0.0",
        "title": "The pack of the conformance kit",
        "description": "A ConfigMap, with a parameter of each common type.",
        "clouds": [cloud.name for cloud in clouds] or [CLOUD],
        "features": [{"name": feature.name, "default": True} for feature in features],
        "parameters": parameters,
        "objects": [{"files": "base/objects.yaml"}],
        "bindings": [_binding(parameter) for parameter in parameters],
    }
    data = {str(parameter["name"]).rpartition(".")[2]: "" for parameter in parameters}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": PACK}, "data": data}
    (folder / "base").mkdir(parents=True)
    (folder / "pack.yaml").write_text(json.dumps(spec, indent=2), "utf-8")
    (folder / "base" / "objects.yaml").write_text(json.dumps(config, indent=2), "utf-8")
    return folder


_PARAMETERS: Final[Sequence[Mapping[str, Any]]] = (
    {"name": f"{PACK}.word", "type": "string", "description": "Any text.", "default": "word"},
    {"name": f"{PACK}.size", "type": "integer", "description": "Any number.", "default": 3},
    {"name": f"{PACK}.fast", "type": "boolean", "description": "A switch.", "default": False},
    {
        "name": f"{PACK}.secret",
        "type": "string",
        "description": "A secret.",
        "default": "none",
        "secret": True,
    },
)


def _by_fact(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Yield an enum for each fact, with everything that the fact speaks of as its values."""
    for index, fact in enumerate(cloud.facts):
        known = list(dict.fromkeys((*fact.supports, *fact.refuses)))
        if not known or fact.default not in fact.supports:
            continue  # which `facts-complete` says
        yield {
            "name": f"{PACK}.fact{'x' * index}",
            "type": "enum",
            "description": f"What the cloud says of {fact.name}.",
            "values": [{"value": value} for value in known],
            "fromCloud": {"fact": fact.name, "values": {value: value for value in known}},
        }


def _binding(parameter: Mapping[str, Any]) -> dict[str, str]:
    field = parameter["name"].rpartition(".")[2]
    how = {"as": "string"} if parameter["type"] in ("integer", "boolean") else {}
    return {"parameter": parameter["name"], "object": OBJECT, "path": f"/data/{field}", **how}
