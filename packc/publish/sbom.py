"""sbom: the bill of materials of a pack in CycloneDX 1.6: its files and the images that it runs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from packc import __version__
from packc.publish.built import Built
from packc.publish.model import canonical, digest_of

CYCLONEDX: Final = "application/vnd.cyclonedx+json"
PREDICATE: Final = "https://cyclonedx.org/bom"

_IMAGE: Final = re.compile(
    r"(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?",
    re.ASCII,
)


def sbom(built: Built, digest: str) -> bytes:
    """Return the bill of materials of the pack with this digest: no clock, no random number."""
    reference = f"pkg:oci/{quote(built.name.lower())}@{quote(digest, safe='')}"
    parts = [*_files(built), *_images(built)]
    return canonical(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
            "version": 1,
            "metadata": {
                "component": {
                    "type": "application",
                    "bom-ref": reference,
                    "name": built.name,
                    "version": built.version,
                    "purl": reference,
                    "hashes": [_sha256(digest)],
                },
                "tools": {
                    "components": [{"type": "application", "name": "packc", "version": __version__}]
                },
            },
            "components": parts,
            "dependencies": [
                {"ref": reference, "dependsOn": sorted(part["bom-ref"] for part in parts)},
                *({"ref": part["bom-ref"]} for part in parts),
            ],
        }
    )


def _files(built: Built) -> Iterator[dict[str, Any]]:
    for file in built.files:
        yield {
            "type": "file",
            "bom-ref": f"file:{file.name}",
            "name": file.name,
            "hashes": [_sha256(digest_of(file.content))],
        }


def _images(built: Built) -> Iterator[dict[str, Any]]:
    for image in built.images:
        component: dict[str, Any] = {"type": "container", "bom-ref": f"image:{image}"}
        match = _IMAGE.fullmatch(image)
        if match is None:  # a macro of Palette's, such as {{.registry}}/name
            yield {**component, "name": image}
            continue
        component["name"] = match["name"]
        if match["tag"] or match["digest"]:
            component["version"] = match["tag"] or f"sha256:{match['digest']}"
        if match["digest"]:
            component["hashes"] = [{"alg": "SHA-256", "content": match["digest"]}]
        yield {**component, "purl": _purl(match)}


def _purl(match: re.Match[str]) -> str:
    """Return the package URL of an image; a registry that is not named is Docker Hub."""
    name = match["name"]
    first, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    digest = f"@sha256%3A{match['digest']}" if match["digest"] else ""
    tag = f"&tag={match['tag']}" if match["tag"] else ""
    short = quote(name.rpartition("/")[2].lower(), safe="")
    return f"pkg:oci/{short}{digest}?repository_url={quote(name, safe='/:')}{tag}"


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest.removeprefix("sha256:")}
