"""simple: signatures in cosign's older form, the tag sha256-<hex>.sig: cosign 2, skopeo, CRI-O."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Final

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.manifest import artifact
from packc.publish.model import Artifact, Blob, canonical, digest_of
from packc.publish.signing.keys import PrivateKey, PublicKey

PAYLOAD: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
SIGNATURE: Final = "dev.cosignproject.cosign/signature"
TYPE: Final = "cosign container image signature"


def tag_of(digest: str) -> str:
    """Return the tag under which the signatures of a manifest are found."""
    return f"{digest.replace(':', '-')}.sig"


def signature_artifact(
    digest: str, place: str, key: PrivateKey, others: tuple[Blob, ...] = ()
) -> Artifact:
    """Return the signature of a manifest at a place (host and repository, no tag).

    `others` are layers that are there already, of other keys; they stay, in front.
    """
    payload = payload_of(digest, place)
    signature = base64.b64encode(key.sign(payload)).decode()
    layer = Blob(PAYLOAD, payload, {SIGNATURE: signature})
    layers = [*others, *([] if layer in others else [layer])]
    return joined(layers, tag_of(digest))


def joined(layers: Sequence[Blob], tag: str) -> Artifact:
    """Return the artifact that holds several signatures, each a layer of its own."""
    config = {
        "architecture": "",
        "os": "",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(each.content) for each in layers]},
    }
    return artifact("", Blob(CONFIG, canonical(config)), list(layers), {}, tag=tag)


def payload_of(digest: str, place: str) -> bytes:
    """Return what is signed: simple signing's claim that this digest belongs to this place."""
    return canonical(
        {
            "critical": {
                "identity": {"docker-reference": place},
                "image": {"docker-manifest-digest": digest},
                "type": TYPE,
            },
            "optional": None,
        }
    )


def verify(layer: Blob, key: PublicKey, digest: str) -> str:
    """Return the place that the key's owner signed this manifest for.

    Raises PK620 for what is no such signature, PK621 where it does not hold, PK622 where it is
    about another manifest.
    """
    encoded = layer.annotations.get(SIGNATURE, "")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if layer.media_type != PAYLOAD or base64.b64encode(signature).decode() != encoded:
        raise _wrong("PK620", "this is no signature of cosign", "sign the pack again")
    if not key.accepts(signature, layer.content):
        hint = "check that --key is the public key of who signed the pack"
        raise _wrong("PK621", "the signature does not hold: the key did not sign it", hint)
    claimed, place, kind = _claim(layer.content)
    if kind != TYPE or claimed != digest:
        hint = "it may have been moved here from another pack: trust it for nothing"
        raise _wrong("PK622", f"the signature is of another manifest, expected {digest}", hint)
    return place


def _claim(payload: bytes) -> tuple[Any, str, Any]:
    """Return the digest, the place and the type that a signed payload names."""
    try:
        critical = json.loads(payload)["critical"]
        digest = critical["image"]["docker-manifest-digest"]
        return digest, str(critical["identity"]["docker-reference"]), critical["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        hint = "sign the pack again"
        raise _wrong("PK620", "the signed payload is not of cosign's form", hint) from None


def _wrong(code: str, text: str, hint: str) -> PackcError:
    return PackcError(Diagnostic(code, text, hint=hint))
