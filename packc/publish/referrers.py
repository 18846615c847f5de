"""referrers: what hangs on a pack: its source maps, bill of materials, provenance and signature."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from packc.publish import provenance as slsa
from packc.publish import sbom as cyclonedx
from packc.publish.built import Built
from packc.publish.manifest import referrer
from packc.publish.model import Artifact, Blob
from packc.publish.signing import bundle
from packc.publish.signing.keys import PrivateKey

SOURCE_MAP: Final = "application/vnd.packc.source-map.v1+json"
VARIANT: Final = "dev.packc.variant"


def source_maps(pack: Artifact, built: Built) -> Iterator[Artifact]:
    """Yield the source map of each variant that was built with one."""
    for variant, content in sorted(built.source_maps.items()):
        yield referrer(pack, Blob(SOURCE_MAP, content), {VARIANT: variant})


def sbom(pack: Artifact, built: Built, key: PrivateKey | None) -> Iterator[Artifact]:
    """Yield the bill of materials as scanners read it, and signed where there is a key."""
    content = cyclonedx.sbom(built, pack.digest)
    yield referrer(pack, Blob(cyclonedx.CYCLONEDX, content), {})
    if key is not None:
        yield bundle.attestation(pack, cyclonedx.PREDICATE, json.loads(content), key)


def provenance(
    pack: Artifact, built: Built, annotations: Mapping[str, str], key: PrivateKey | None
) -> Iterator[Artifact]:
    """Yield the provenance: signed where there is a key, else as a plain statement."""
    predicate = slsa.provenance(built, annotations)
    if key is not None:
        yield bundle.attestation(pack, slsa.PREDICATE, predicate, key)
        return
    content = slsa.statement(slsa.PREDICATE, predicate, pack.digest)
    yield referrer(pack, Blob(slsa.IN_TOTO, content), {bundle.PREDICATE_TYPE: slsa.PREDICATE})
