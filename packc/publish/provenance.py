"""provenance: how a pack was made, as an in-toto statement with a SLSA v1 predicate."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from packc import __version__
from packc.model import MARKER
from packc.publish.built import Built, Record
from packc.publish.manifest import REVISION, SOURCE
from packc.publish.model import canonical, digest_of

IN_TOTO: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "https://packc.dev/build/v1"
BUILDER: Final = "https://packc.dev/builder/local"


def statement(predicate_type: str, predicate: Mapping[str, Any], digest: str) -> bytes:
    """Return an in-toto statement about the manifest with this digest."""
    return canonical(
        {
            "_type": STATEMENT,
            "subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def provenance(built: Built, annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the predicate: parameters, inputs and plugins as the build recorded them; no time.

    `byproducts` holds the build record itself, which names the digest of each file of the build.
    """
    records = built.records
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "pack": {"name": built.name, "version": built.version},
                "shape": built.shape,
                "variants": [_parameters(record) for record in records],
            },
            "resolvedDependencies": _resolved(records, annotations or {}),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"packc": __version__}},
            "byproducts": [_byproduct(record) for record in records],
        },
    }


def records_of(predicate: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the build records that the predicate of a provenance holds, for whoever rebuilds it."""
    details = predicate.get("runDetails")
    found = details.get("byproducts") if isinstance(details, dict) else None
    for entry in found if isinstance(found, list) else ():
        content = entry.get("content") if isinstance(entry, dict) else None
        if isinstance(content, str) and str(entry.get("name")).endswith(MARKER):
            with suppress(ValueError):
                yield base64.b64decode(content, validate=True)


def _parameters(record: Record) -> dict[str, Any]:
    """Return what the caller of the build chose."""
    data = record.data
    variant = data.get("variant") or {"format": data.get("format"), "clouds": data.get("clouds")}
    chosen = {"edition": data.get("edition"), **variant}
    for name in ("features", "parameters"):
        if name in data:
            chosen[name] = data[name]
    return chosen


def _resolved(records: Iterable[Record], annotations: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what went in, each once, sorted by name and digest."""
    found = [*_repository(annotations), *(d for record in records for d in _dependencies(record))]
    by_text = {json.dumps(entry, sort_keys=True): entry for entry in found}
    return sorted(
        by_text.values(),
        key=lambda entry: (entry.get("name", ""), json.dumps(entry, sort_keys=True)),
    )


def _dependencies(record: Record) -> Iterator[dict[str, Any]]:
    data = record.data
    yield {"uri": f"pkg:pypi/packc@{data.get('packc')}"}
    for key in ("inputs", "valuesFiles"):
        for entry in data.get(key, ()):
            yield {"name": entry["name"], "digest": _digest(entry), "annotations": {"kind": key}}
    for entry in data.get("plugins", ()):
        yield {
            "name": entry["name"],
            "uri": f"pkg:pypi/{entry['distribution']}@{entry['version']}",
            "digest": _digest(entry),
            "annotations": {"kind": "plugins"},
        }


def _repository(annotations: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    source, revision = annotations.get(SOURCE), annotations.get(REVISION)
    if source and revision:
        yield {"uri": f"git+{source}", "digest": {"gitCommit": revision}}


def _byproduct(record: Record) -> dict[str, Any]:
    return {
        "name": "/".join(part for part in (record.folder, MARKER) if part),
        "mediaType": "application/json",
        "digest": {"sha256": digest_of(record.content).removeprefix("sha256:")},
        "content": base64.b64encode(record.content).decode(),
    }


def _digest(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"sha256": str(entry["digest"]).removeprefix("sha256:")}
