"""protocol: what publishing and verifying need of a registry, so that a client can be swapped."""

from __future__ import annotations

from typing import Final, Protocol

from attrs import field, frozen

from packc.publish.model import INDEX, MANIFEST, Blob, Descriptor, digest_of

ACCEPTED: Final = (
    MANIFEST,
    INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""The types of manifests to ask for: without them registries say that an existing tag is absent."""


@frozen
class Manifest:
    """A manifest as it is stored."""

    content: bytes = field(repr=False)
    media_type: str = MANIFEST

    @property
    def digest(self) -> str:
        return digest_of(self.content)


class Registry(Protocol):
    """One repository of a registry. Everything raises PackcError, and says so by its code."""

    @property
    def place(self) -> str:
        """Return host and repository."""

    def manifest(self, name: str) -> Manifest | None:
        """Return the manifest of a tag or a digest, or None where there is none."""

    def blob(self, descriptor: Descriptor) -> bytes | None:
        """Return a blob with the digest and the size that the descriptor says, or None."""

    def has_blob(self, digest: str) -> bool:
        """Return whether a blob is there, without fetching it."""

    def push_blob(self, blob: Blob) -> bool:
        """Store a blob; return whether it was not there before."""

    def push_manifest(self, manifest: Manifest, name: str) -> bool:
        """Store a manifest by a tag or its digest; return whether its `subject` is listed."""

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        """Return what refers to a manifest, or None where the registry has no such list."""

    def wait_for_others(self) -> None:
        """Wait until whoever read before us has written."""
