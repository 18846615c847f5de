"""bundle: signed statements as Sigstore bundles v0.3: what cosign 3 writes and reads with a key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.manifest import referrer
from packc.publish.model import Artifact, Blob, canonical
from packc.publish.provenance import IN_TOTO, STATEMENT, statement
from packc.publish.signing.keys import PrivateKey, PublicKey

BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGNATURE: Final = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of a statement that says: this is the pack, and no more."""

CONTENT: Final = "dev.sigstore.bundle.content"
PREDICATE_TYPE: Final = "dev.sigstore.bundle.predicateType"

_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "bundle": frozenset({"mediaType", "verificationMaterial", "dsseEnvelope"}),
    "material": frozenset({"publicKey", "tlogEntries", "timestampVerificationData"}),
    "envelope": frozenset({"payload", "payloadType", "signatures"}),
    "signature": frozenset({"sig", "keyid"}),
    "statement": frozenset({"_type", "subject", "predicateType", "predicate"}),
}


def signature_artifact(pack: Artifact, key: PrivateKey) -> Artifact:
    """Return the signature of a pack: an empty statement about its digest, as cosign signs."""
    return attestation(pack, SIGNATURE, {}, key)


def attestation(
    pack: Artifact, predicate_type: str, predicate: Mapping[str, Any], key: PrivateKey
) -> Artifact:
    """Return a signed statement about a pack, as a referrer of it."""
    content = sign(statement(predicate_type, predicate, pack.digest), key)
    annotations = {CONTENT: "dsse-envelope", PREDICATE_TYPE: predicate_type}
    return referrer(pack, Blob(BUNDLE, content), annotations)


def sign(payload: bytes, key: PrivateKey) -> bytes:
    """Return the bundle of an in-toto statement, signed with a local key and logged nowhere."""
    signature = key.sign(_to_be_signed(payload))
    return canonical(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": key.public.hint}, "tlogEntries": []},
            "dsseEnvelope": {
                "payload": _base64(payload),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": _base64(signature)}],
            },
        }
    )


def verify(content: bytes, key: PublicKey, digest: str, predicate_type: str) -> dict[str, Any]:
    """Return the predicate that the key's owner signed about the manifest with this digest.

    The type of the predicate is demanded, too: cosign itself takes any signed statement for a
    signature. Raises PK620 for what is no bundle, PK621 for a signature that does not hold, PK622
    for a statement about something else.
    """
    payload = _signed_payload(content, key)
    found = _object(_parsed(payload, "statement"), "statement")
    subjects = found.get("subject")
    if found.get("_type") != STATEMENT or not isinstance(subjects, list):
        raise _malformed("it holds no in-toto statement")
    if found.get("predicateType") != predicate_type:
        raise _about(f"found a statement of type {found.get('predicateType')}", predicate_type)
    digests = [each.get("digest") for each in subjects if isinstance(each, dict)]
    if {"sha256": digest.removeprefix("sha256:")} not in digests:
        raise _about("the signature is of another manifest", digest)
    predicate = found.get("predicate")
    if not isinstance(predicate, dict):
        raise _malformed("its statement has no predicate")
    return predicate


def _signed_payload(content: bytes, key: PublicKey) -> bytes:
    """Return the payload of a bundle that the key signed, whatever it says."""
    bundle = _object(_parsed(content, "bundle"), "bundle")
    if bundle.get("mediaType") != BUNDLE:
        raise _malformed(f"its type is {str(bundle.get('mediaType', 'not given'))[:100]}")
    material = _object(bundle.get("verificationMaterial"), "material")
    hint = material.get("publicKey")
    if not isinstance(hint, dict) or not hint.keys() <= {"hint"}:
        raise _malformed("it is not signed with a key")
    if hint.get("hint") not in (None, "", key.hint):
        raise _invalid("it names another key")
    envelope = _object(bundle.get("dsseEnvelope"), "envelope")
    signatures = envelope.get("signatures")
    if envelope.get("payloadType") != IN_TOTO or not isinstance(signatures, list):
        raise _malformed("it holds no in-toto statement")
    payload = _decoded(envelope.get("payload"))
    for entry in signatures:
        if key.accepts(_decoded(_object(entry, "signature").get("sig")), _to_be_signed(payload)):
            return payload
    raise _invalid("the key did not sign it")


def _to_be_signed(payload: bytes) -> bytes:
    """Return the pre-authentication encoding of DSSE version 1."""
    kind = IN_TOTO.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _parsed(content: bytes, what: str) -> Any:
    """Return JSON in which no key stands twice: of two, readers choose differently."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        return json.loads(content, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise _malformed(f"the {what} is no JSON, or has a key twice") from None


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= _KEYS[what]:
        raise _malformed(f"its {what} is not as Sigstore writes it")
    return value


def _decoded(value: Any) -> bytes:
    """Return what base64 holds, in its one spelling."""
    try:
        content = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("it is damaged") from None
    if _base64(content) != value:
        raise _malformed("it is damaged")
    return content


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _malformed(why: str) -> PackcError:
    hint = "sign the pack again, or leave such a bundle to cosign"
    return PackcError(Diagnostic("PK620", f"this is no bundle of a key: {why}", hint=hint))


def _invalid(why: str) -> PackcError:
    hint = "check that --key is the public key of who signed the pack"
    return PackcError(Diagnostic("PK621", f"the signature does not hold: {why}", hint=hint))


def _about(found: str, expected: str) -> PackcError:
    hint = "it may have been moved here from another pack: trust it for nothing"
    return PackcError(Diagnostic("PK622", f"{found}, expected {expected}", hint=hint))
