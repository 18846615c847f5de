"""record: the build record of a variant, what went in and what came out: no clock, no host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packc import __version__
from packc.model import (
    MARKER,
    Distribution,
    FileContent,
    Level,
    Note,
    Object,
    OutputFile,
    Source,
    Value,
)
from packc.pack import InputFile, Pack
from packc.values import Resolved

SECRET = "(secret)"
FORMAT = 1


def record(
    pack: Pack,
    resolved: Resolved,
    values_files: Sequence[InputFile],
    plugins: Mapping[str, Distribution],
    objects: Sequence[Object],
    images: Iterable[str],
    notes: Sequence[Note],
    outputs: Sequence[OutputFile],
) -> OutputFile:
    """Return the file `build.json`: sorted keys, no time, no host, no folder, no secret."""
    data = {
        "format": FORMAT,
        "packc": __version__,
        "edition": pack.spec.packc,
        "pack": {"name": pack.spec.name, "version": pack.spec.version},
        "variant": {
            "name": resolved.variant.name,
            "cloud": resolved.variant.cloud.name,
            "listed": pack.lists(resolved.variant.cloud.name),
            "features": list(resolved.variant.features),
        },
        "inputs": [input_record(entry) for entry in pack.inputs],
        "valuesFiles": [input_record(entry) for entry in values_files],
        "plugins": [plugin_record(name, plugins[name]) for name in sorted(plugins)],
        "parameters": {
            name: value_record(value) for name, value in sorted(resolved.values.items())
        },
        "objects": [_identity(data) for data in objects],
        "images": sorted(set(images)),
        "notes": {level: sum(note.level is level for note in notes) for level in Level},
        "outputs": {file.name: output_record(file) for file in outputs},
    }
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    return OutputFile(MARKER, f"{text}\n".encode())


def shown(value: Value) -> Any:
    """Return a value as it may be shown: never a secret, and of a file its own name only."""
    if value.secret:
        return SECRET
    if isinstance(value.value, FileContent):
        return value.value.path.rpartition("/")[2]
    return value.value


def sha256(content: bytes) -> str:
    """Return the digest in the form that OCI uses."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def input_record(entry: InputFile) -> dict[str, str]:
    return {"name": entry.name, "digest": f"sha256:{entry.digest}"}


def plugin_record(name: str, distribution: Distribution) -> dict[str, str]:
    return {
        "name": name,
        "distribution": distribution.name,
        "version": distribution.version,
        "digest": f"sha256:{distribution.digest}",
    }


def value_record(value: Value) -> dict[str, Any]:
    return {"value": shown(value), "source": dict(_source(value.source))}


def _source(source: Source) -> Iterator[tuple[str, Any]]:
    yield "kind", source.kind.value
    if source.name:
        yield "name", source.name
    if source.span is not None:
        yield "line", source.span.line


def _identity(data: Object) -> dict[str, str]:
    metadata = data["metadata"]
    found = {"apiVersion": data["apiVersion"], "kind": data["kind"], "name": metadata["name"]}
    if "namespace" in metadata:
        found["namespace"] = metadata["namespace"]
    return found


def output_record(file: OutputFile) -> dict[str, Any]:
    return {"bytes": len(file.content), "digest": sha256(file.content)}
