"""verify: whether one of the keys given signed a pack, and what else they signed about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.checked import json_of
from packc.publish.model import Artifact, Blob, Bundle, canonical, digest_of
from packc.publish.provenance import records_of
from packc.publish.signing import bundle as bundles
from packc.publish.signing import simple
from packc.publish.signing.keys import PublicKey

SIGNATURES: Final = (bundles.SIGNATURE, simple.PAYLOAD)
"""The kinds of statements that say: this is the pack."""


@frozen
class Statement:
    """What hangs on a pack. `signed` is whether one of the keys signed it, as what it claims.

    What is no signature itself is signed where a signed statement holds the same content, as that
    of a bill of materials, or its digest, as a provenance does for a source map.
    """

    kind: str
    digest: str
    signed: bool
    predicate: dict[str, Any] = field(factory=dict, repr=False)


def verify(bundle: Bundle, keys: Sequence[PublicKey]) -> tuple[Statement, ...]:
    """Return the signatures of a pack, then its statements, each sorted by kind.

    Raises PackcError where none of the keys signed the pack: PK623 where nobody did, else the
    reasons. What somebody else signed is no error: it is not `signed`, and so worth nothing.
    """
    problems: list[Diagnostic] = []
    found = (*_signatures(bundle, keys, problems), *_statements(bundle, keys))
    if keys and not any(each.signed and each.kind in SIGNATURES for each in found):
        if problems:
            raise PackcError(*problems)
        text = f"{bundle.name} {bundle.version} has no signature"
        hint = "package or publish it with --key"
        raise PackcError(Diagnostic("PK623", text, hint=hint))
    return tuple(sorted(found, key=lambda each: (each.kind not in SIGNATURES, each.kind)))


def _signatures(
    bundle: Bundle, keys: Sequence[PublicKey], problems: list[Diagnostic]
) -> Iterator[Statement]:
    for artifact in bundle.signatures:
        for layer in artifact.blobs[1:]:

            def check(key: PublicKey, layer: Blob = layer) -> dict[str, Any]:
                simple.verify(layer, key, bundle.pack.digest)
                return {}

            predicate = _first(keys, check, problems)
            yield Statement(simple.PAYLOAD, artifact.digest, predicate is not None)
    for artifact in _bundles(bundle):
        kind = artifact.annotations.get(bundles.PREDICATE_TYPE, "")
        if kind == bundles.SIGNATURE:
            predicate = _signed(artifact, kind, bundle, keys, problems)
            yield Statement(kind, artifact.digest, predicate is not None)


def _statements(bundle: Bundle, keys: Sequence[PublicKey]) -> Iterator[Statement]:
    known: set[str] = set()
    for artifact in _bundles(bundle):
        kind = artifact.annotations.get(bundles.PREDICATE_TYPE, "")
        if kind != bundles.SIGNATURE:
            predicate = _signed(artifact, kind, bundle, keys, [])
            known.update(_digests(predicate or {}))
            yield Statement(kind, artifact.digest, predicate is not None, predicate or {})
    for artifact in bundle.referrers:
        if artifact.artifact_type != bundles.BUNDLE:
            kind = artifact.annotations.get(bundles.PREDICATE_TYPE, artifact.artifact_type)
            yield Statement(kind, artifact.digest, artifact.blobs[-1].digest in known)


def _digests(predicate: dict[str, Any]) -> Iterator[str]:
    """Yield the digest of a signed predicate, and those of a build that a provenance names."""
    if predicate:
        yield digest_of(canonical(predicate))
    for content in records_of(predicate):
        outputs = json_of(content, "the provenance").get("outputs")
        for output in outputs.values() if isinstance(outputs, dict) else ():
            if isinstance(output, dict):
                yield str(output.get("digest"))


def _bundles(bundle: Bundle) -> Iterator[Artifact]:
    return (each for each in bundle.referrers if each.artifact_type == bundles.BUNDLE)


def _signed(
    artifact: Artifact,
    kind: str,
    bundle: Bundle,
    keys: Sequence[PublicKey],
    problems: list[Diagnostic],
) -> dict[str, Any] | None:
    content = artifact.blobs[-1].content
    return _first(
        keys, lambda key: bundles.verify(content, key, bundle.pack.digest, kind), problems
    )


def _first(
    keys: Sequence[PublicKey],
    check: Callable[[PublicKey], dict[str, Any]],
    problems: list[Diagnostic],
) -> dict[str, Any] | None:
    """Return what the first key that fits has signed, or None; the reasons go to `problems`."""
    for key in keys:
        try:
            return check(key)
        except PackcError as error:
            problems.extend(error.diagnostics)
    return None
