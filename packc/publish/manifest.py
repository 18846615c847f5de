"""manifest: the manifest of a pack in its two shapes, and those of what refers to a pack."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.archive import TIME
from packc.publish.archive import Compression, content_of, packed
from packc.publish.built import Built
from packc.publish.model import (
    EMPTY_BLOB,
    MANIFEST,
    Artifact,
    Blob,
    Descriptor,
    canonical,
    digest_of,
)

PACK: Final = "application/vnd.packc.pack.v1"
CONFIG: Final = "application/vnd.packc.pack.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
PALETTE_CONFIG: Final = "application/vnd.unknown.config.v1+json"
PALETTE_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"

TITLE: Final = "org.opencontainers.image.title"
VERSION: Final = "org.opencontainers.image.version"
CREATED: Final = "org.opencontainers.image.created"
SOURCE: Final = "org.opencontainers.image.source"
REVISION: Final = "org.opencontainers.image.revision"
CONTENT: Final = "dev.packc.content.digest"
IMAGES: Final = "dev.packc.images"
VARIANTS: Final = "dev.packc.variants"
RESERVED: Final = (TITLE, VERSION, CREATED, "dev.packc.")

# Registries refuse manifests of more than 4 MiB; an annotation is for people and short.
_LONGEST: Final = 64 * 1024
_USER: Final = re.compile(r"(?<=://)[^/@]*@")


def created_at(environment: Mapping[str, str]) -> str | None:
    """Return SOURCE_DATE_EPOCH as RFC 3339, or None; raise PK615 where it is no time.

    The time of a git commit is not taken: a commit that does not touch the pack would give it
    another digest, and its version tag would be refused.
    """
    text = environment.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
            raise ValueError
        return _rfc3339(int(text))
    except (ValueError, OverflowError, OSError):
        message = f"found SOURCE_DATE_EPOCH={text[:40]}, expected seconds since 1970"
        hint = "set it as in SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), or not at all"
        raise PackcError(Diagnostic("PK615", message, hint=hint)) from None


def pack_artifact(
    built: Built,
    *,
    tag: str,
    created: str | None = None,
    compression: Compression = "none",
    annotations: Mapping[str, str] | None = None,
) -> Artifact:
    """Return the pack as an artifact: its bytes depend on the arguments alone."""
    content = content_of(built.files)
    layer = packed(content, compression)
    given = {name: _USER.sub("", text) for name, text in (annotations or {}).items()}
    if built.shape == "palette":
        return _palette(built, layer, created, given, tag)
    return _oci(built, layer, digest_of(content), created, given, tag)


def _palette(
    built: Built, layer: bytes, created: str | None, given: Mapping[str, str], tag: str
) -> Artifact:
    """Return what `oras push` 1.0.0 makes of NAME-VERSION.tar.gz, key by key: Palette reads that.

    ORAS always writes `created`; without a time given it is the one that the archive's files have.
    """
    config = Blob(PALETTE_CONFIG, b"{}")
    blob = Blob(PALETTE_LAYER, layer, {TITLE: built.archive})
    annotations = {**given, CREATED: created or _rfc3339(TIME)}
    data = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor.as_json(),
        "layers": [blob.descriptor.as_json()],
        "annotations": dict(sorted(annotations.items())),
    }
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Artifact(content, (config, blob), annotations=annotations, tag=tag)


def _oci(
    built: Built,
    layer: bytes,
    content_digest: str,
    created: str | None,
    given: Mapping[str, str],
    tag: str,
) -> Artifact:
    """Return an OCI 1.1 artifact with one layer of the standard type: Flux and Argo CD take it."""
    about = {
        "name": built.name,
        "version": built.version,
        "variants": list(built.variants),
        "contentDigest": content_digest,
        "images": list(built.images),
    }
    annotations = {
        **given,
        TITLE: built.name,
        VERSION: tag,
        VARIANTS: ",".join(built.variants),
        CONTENT: content_digest,
    }
    images = ",".join(built.images)
    if images and len(images) <= _LONGEST:
        annotations[IMAGES] = images
    if created:
        annotations[CREATED] = created
    return artifact(
        PACK, Blob(CONFIG, canonical(about)), [Blob(LAYER, layer)], annotations, tag=tag
    )


def artifact(
    artifact_type: str,
    config: Blob,
    layers: list[Blob],
    annotations: Mapping[str, str],
    *,
    subject: Descriptor | None = None,
    tag: str = "",
) -> Artifact:
    """Return an artifact with a manifest in canonical JSON."""
    data = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor.as_json(),
        "layers": [layer.descriptor.as_json() for layer in layers],
    }
    if artifact_type:
        data["artifactType"] = artifact_type
    if annotations:
        data["annotations"] = dict(annotations)
    if subject is not None:
        data["subject"] = subject.as_json()
    return Artifact(
        content=canonical(data),
        blobs=(config, *layers),
        artifact_type=artifact_type,
        annotations=annotations,
        subject=subject.digest if subject else "",
        tag=tag,
    )


def referrer(pack: Artifact, layer: Blob, annotations: Mapping[str, str]) -> Artifact:
    """Return an artifact of one layer that refers to a pack; its type is the layer's."""
    return artifact(
        layer.media_type, EMPTY_BLOB, [layer], annotations, subject=pack.bare_descriptor
    )


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
