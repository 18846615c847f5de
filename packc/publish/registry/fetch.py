"""fetch: a pack from a registry with all that refers to it, every digest and size checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from packc.diagnostics import Diagnostic, PackcError, Severity
from packc.publish.checked import checked, damaged, identity_of, shape_of, unreadable
from packc.publish.folder import MAX_TOTAL
from packc.publish.model import MANIFEST, Artifact, Bundle, Descriptor
from packc.publish.references import Reference
from packc.publish.registry import tags
from packc.publish.registry.protocol import Manifest, Registry
from packc.publish.signing.simple import CONFIG, tag_of

_MAX_REFERRERS: Final = 200


@frozen
class Fetched:
    """A pack as it was fetched, and what is to be said about it."""

    bundle: Bundle
    warnings: tuple[Diagnostic, ...] = ()


def fetch(registry: Registry, reference: Reference) -> Fetched:
    """Return the pack of a reference. Its tag is read once; from then on only digests count.

    Raises PK637 where there is none, PK638 where the tag is not the version of the pack, PK613,
    PK614 and PK636 for what is damaged, and what a registry may answer. Signatures are not checked.
    """
    name = reference.digest or reference.tag
    if not name:
        text = f"'{reference}' names neither a tag nor a digest"
        raise PackcError(Diagnostic("PK610", text, hint="add :VERSION or @sha256:DIGEST"))
    found = registry.manifest(name)
    if found is not None and reference.digest:
        checked(Descriptor(MANIFEST, reference.digest, len(found.content)), found.content, name)
    if found is None:
        hint = "check the name; a pack has the tag of its version"
        raise PackcError(Diagnostic("PK637", f"there is no pack '{reference}'", hint=hint))
    shown = str(reference)
    _refuse_large(found, shown)
    pack = tags.artifact(registry, found)
    if not shape_of(pack):
        raise unreadable(shown, "it is something else, such as an image")
    pack_name, version = identity_of(pack, shown)
    if reference.tag not in ("", version):
        raise _floating(reference, version)
    missing: list[Diagnostic] = []
    return Fetched(
        Bundle(
            pack=evolve(pack, tag=version),
            name=pack_name,
            version=version,
            shape=shape_of(pack),
            referrers=tuple(_referrers(registry, found.digest, missing)),
            signatures=tuple(_signatures(registry, found.digest)),
        ),
        tuple(missing),
    )


def _refuse_large(found: Manifest, shown: str) -> None:
    if _size(found, shown) > MAX_TOTAL:
        raise unreadable(shown, f"it names more than {MAX_TOTAL:,} bytes")


def _size(found: Manifest, shown: str) -> int:
    return sum(each.size for each in tags.descriptors(found, shown))


def _floating(reference: Reference, version: str) -> PackcError:
    text = f"found version '{version}' under the tag '{reference.tag}'"
    hint = f"a tag that moves promises nothing: name :{version}, or the digest"
    return PackcError(Diagnostic("PK638", text, hint=hint))


def _signatures(registry: Registry, digest: str) -> Iterator[Artifact]:
    found = registry.manifest(tag_of(digest))
    if found is None:
        return
    _refuse_large(found, registry.place)
    artifact = tags.artifact(registry, found)
    kind = artifact.blobs[0].media_type
    if kind != CONFIG:
        raise damaged(registry.place, f"found signatures with a config of type {kind}", CONFIG)
    yield evolve(artifact, tag=tag_of(digest))


def _referrers(registry: Registry, digest: str, missing: list[Diagnostic]) -> Iterator[Artifact]:
    entries = tags.referrers_of(registry, digest)
    if len(entries) > _MAX_REFERRERS:
        raise unreadable(registry.place, f"{len(entries)} referrers are listed")
    total = 0
    for entry in entries:
        if entry.media_type != MANIFEST:
            continue
        found = registry.manifest(entry.digest)
        if found is None:
            missing.append(_gone(entry))
            continue
        checked(entry, found.content, registry.place)
        total += _size(found, registry.place)
        if total > MAX_TOTAL:
            raise unreadable(registry.place, "its referrers are larger than any pack")
        artifact = tags.artifact(registry, found)
        if entry.artifact_type not in ("", artifact.artifact_type):
            text = f"the list of referrers names the type '{entry.artifact_type}'"
            raise damaged(registry.place, text, f"'{artifact.artifact_type}'")
        if artifact.subject == digest:
            yield artifact


def _gone(entry: Descriptor) -> Diagnostic:
    text = f"the registry lists {entry.digest}, and does not have it"
    hint = "its garbage collection may have removed what has no tag: publish the pack again"
    return Diagnostic("PK639", text, hint=hint, severity=Severity.WARNING)
