"""model: what is published, as bytes with digests: descriptors, blobs, artifacts, a bundle.

Whatever has a digest is kept as bytes from the moment it is made; nothing is written a second time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


def digest_of(content: bytes) -> str:
    """Return the digest in OCI's form: sha256: and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def canonical(data: Any) -> bytes:
    """Return JSON in its one form here: UTF-8, sorted keys, no spaces, no line end."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


@frozen
class Descriptor:
    """How one content names another: its type, digest and size in bytes.

    `artifact_type` and `annotations` repeat what the manifest says that is named.
    """

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(factory=dict)
    artifact_type: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the descriptor as OCI writes it; what is empty is left out."""
        data: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.artifact_type:
            data["artifactType"] = self.artifact_type
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        return data


@frozen
class Blob:
    """A config or a layer: bytes with a type, and the annotations that its manifest gives it."""

    media_type: str
    content: bytes = field(repr=False)
    annotations: Mapping[str, str] = field(factory=dict)

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.content), self.annotations)


EMPTY_BLOB: Final = Blob(EMPTY, b"{}")
"""The config of an artifact that has none (OCI image specification 1.1)."""


@frozen
class Artifact:
    """A manifest and the blobs that it names, its config first.

    Upload the blobs in any order, then `content` as it is, under `digest`. `subject` is the digest
    of the manifest that this one refers to, for a signature, an SBOM, a provenance or a source map.
    `tag` is set where an artifact is found by a tag: the version of a pack, or `sha256-<hex>.sig`.
    """

    content: bytes = field(repr=False)
    blobs: tuple[Blob, ...] = field(repr=False)
    media_type: str = MANIFEST
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(factory=dict)
    subject: str = ""
    tag: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    @property
    def descriptor(self) -> Descriptor:
        """Return how an index names this manifest: with its type and its annotations."""
        return Descriptor(
            self.media_type, self.digest, len(self.content), self.annotations, self.artifact_type
        )

    @property
    def bare_descriptor(self) -> Descriptor:
        """Return how a `subject` names this manifest: type, digest and size, nothing else."""
        return Descriptor(self.media_type, self.digest, len(self.content))


@frozen
class Bundle:
    """A pack with all that refers to it: what a layout holds and what `publish` uploads.

    `name`, `version` (which is its tag) and `shape` say what the pack is. `signatures` are found by
    a tag (cosign's older form), `referrers` by their subject. Publish the pack's manifest by
    digest, then the signatures and the referrers, and tag the pack last.
    """

    pack: Artifact
    name: str
    version: str
    shape: str
    referrers: tuple[Artifact, ...] = ()
    signatures: tuple[Artifact, ...] = ()

    @property
    def artifacts(self) -> Iterator[Artifact]:
        """Yield the pack, its referrers and its signatures."""
        yield self.pack
        yield from self.referrers
        yield from self.signatures
