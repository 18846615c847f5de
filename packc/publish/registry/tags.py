"""tags: tags that several writers add to, and those that none may move; a registry helps neither.

There is no compare-and-set. Whoever writes waits and reads back: what somebody else overwrote at
the same time is then written again, or told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.checked import artifact_of, descriptor_of, json_of, unreadable
from packc.publish.manifest import CONTENT, TITLE, VERSION
from packc.publish.model import INDEX, Artifact, Blob, Descriptor, canonical
from packc.publish.registry.faults import unexpected
from packc.publish.registry.protocol import Manifest, Registry
from packc.publish.signing import simple

_ROUNDS: Final = 20
Change = Callable[[Manifest | None], Manifest | None]
"""Takes what a tag names, and returns what it shall name; None where that is right already."""


def fallback_tag(digest: str) -> str:
    """Return the tag of the list of referrers, where the registry keeps none itself."""
    return digest.replace(":", "-")


def update(registry: Registry, tag: str, change: Change) -> bool:
    """Change what a tag names until the change stays; return whether there was one to make."""
    changed = False
    for _ in range(_ROUNDS):
        wanted = change(registry.manifest(tag))
        if wanted is None:
            return changed
        registry.push_manifest(wanted, tag)
        changed = True
        registry.wait_for_others()
    what = f"does not keep the tag '{tag}': others write it all the time"
    raise unexpected(registry.place.partition("/")[0], what, "publish again when they are done")


# --- lists of referrers -----------------------------------------------------------------------


def add_referrers(registry: Registry, digest: str, new: Sequence[Descriptor]) -> bool:
    """Add to the list of referrers under the fallback tag; return whether one was missing."""

    def with_new(found: Manifest | None) -> Manifest | None:
        entries = listed(found, registry.place)
        missing = {each.digest: each.as_json() for each in new}.keys() - entries.keys()
        if not missing:
            return None
        entries |= {each.digest: each.as_json() for each in new if each.digest in missing}
        return _index(entries)

    return update(registry, fallback_tag(digest), with_new)


def referrers_of(registry: Registry, digest: str) -> tuple[Descriptor, ...]:
    """Return what is listed as referring to a manifest, by the registry or under the tag."""
    found = registry.referrers(digest)
    if found is not None:
        return found
    entries = listed(registry.manifest(fallback_tag(digest)), registry.place)
    return tuple(descriptor_of(entry, registry.place) for entry in entries.values())


def listed(found: Manifest | None, shown: str) -> dict[str, dict[str, Any]]:
    """Return the entries of an index by digest; raise PK613 where it is none."""
    if found is None:
        return {}
    data = json_of(found.content, shown)
    entries = data.get("manifests")
    if not isinstance(entries, list) or data.get("mediaType", INDEX) != INDEX:
        raise unreadable(shown, "the list of referrers is no OCI index")
    return {descriptor_of(entry, shown).digest: entry for entry in entries}


def _index(entries: Mapping[str, Mapping[str, Any]]) -> Manifest:
    data = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [entries[digest] for digest in sorted(entries)],
    }
    return Manifest(canonical(data), INDEX)


# --- signatures under a tag -------------------------------------------------------------------


def add_signature(registry: Registry, ours: Artifact) -> bool:
    """Add a signature of cosign's older form; those of others stay. Return whether it was new."""

    def with_ours(found: Manifest | None) -> Manifest | None:
        there = _layers(registry, found)
        new = [layer for layer in ours.blobs[1:] if layer not in there]
        if not new:
            return None
        joined = simple.joined((*there, *new), ours.tag)
        for blob in joined.blobs:
            registry.push_blob(blob)
        return Manifest(joined.content, joined.media_type)

    return update(registry, ours.tag, with_ours)


def has_signature(registry: Registry, ours: Artifact) -> bool:
    """Return whether a signature of cosign's older form is there, with those of others or alone."""
    there = _layers(registry, registry.manifest(ours.tag))
    return all(layer in there for layer in ours.blobs[1:])


def _layers(registry: Registry, found: Manifest | None) -> tuple[Blob, ...]:
    return artifact(registry, found).blobs[1:] if found is not None else ()


def artifact(registry: Registry, found: Manifest) -> Artifact:
    """Return a manifest with its blobs, each of the digest and the size that is said.

    Raises PK613 for what is no manifest of a known kind, PK614 where a blob is missing.
    """
    blobs = {}
    for descriptor in descriptors(found, registry.place):
        content = registry.blob(descriptor)
        if content is not None:
            blobs[descriptor.digest] = content
    return artifact_of(found.content, blobs, registry.place)


def descriptors(found: Manifest, shown: str) -> tuple[Descriptor, ...]:
    """Return what a manifest names: its config and its layers."""
    data = json_of(found.content, shown)
    layers = data.get("layers")
    if not isinstance(layers, list) or len(layers) > 1000:
        raise unreadable(shown, "a manifest has no list of layers, or far too many")
    return tuple(descriptor_of(each, shown) for each in (data.get("config"), *layers))


# --- tags of versions -------------------------------------------------------------------------


def refuse_other(registry: Registry, tag: str, pack: Artifact) -> bool:
    """Return whether a tag names the pack already; raise PK631 where it names something else."""
    found = registry.manifest(tag)
    if found is None:
        return False
    if found.digest == pack.digest:
        return True
    text = f"the tag '{tag}' is taken in '{registry.place}': found {found.digest}"
    hint = "give the pack a new version, or move the tag with --force"
    if is_equivalent(found, pack):
        hint = "its content is the same, packed in another way: --allow-equivalent leaves it there"
    raise PackcError(Diagnostic("PK631", f"{text}, expected {pack.digest}", hint=hint))


def refuse_version(registry: Registry, tag: str, pack: Artifact) -> None:
    """Raise PK631 where a tag that may move is the version of another pack that is there."""
    found = registry.manifest(tag)
    if found is None or found.digest == pack.digest or not _has_version(found, tag):
        return
    text = f"the tag '{tag}' is the version of a pack in '{registry.place}': found {found.digest}"
    hint = "choose a tag that is no version; --force takes it from that pack"
    raise PackcError(Diagnostic("PK631", f"{text}, expected {pack.digest}", hint=hint))


def _has_version(found: Manifest, version: str) -> bool:
    """Return whether a manifest says that it is a pack of a version, in either shape."""
    try:
        data = json_of(found.content, "")
    except PackcError:
        return False
    layers = data.get("layers")
    first = layers[0] if isinstance(layers, list) and layers else None
    notes = [each.get("annotations") for each in (data, first) if isinstance(each, dict)]
    titles = [note.get(TITLE) for note in notes if isinstance(note, dict)]
    versions = [note.get(VERSION) for note in notes if isinstance(note, dict)]
    return version in versions or any(f"{each}".endswith(f"-{version}.tar.gz") for each in titles)


def is_equivalent(found: Manifest, pack: Artifact) -> bool:
    """Return whether a manifest says that it has the content of the pack."""
    content = pack.annotations.get(CONTENT)
    try:
        stated = json_of(found.content, "").get("annotations")
    except PackcError:
        return False
    return bool(content) and isinstance(stated, dict) and stated.get(CONTENT) == content


def set_tag(registry: Registry, tag: str, pack: Artifact) -> None:
    """Let a tag name the pack, and see that it stays; raise PK631 where somebody moved it."""
    registry.push_manifest(Manifest(pack.content, pack.media_type), tag)
    registry.wait_for_others()
    found = registry.manifest(tag)
    if found is None or found.digest != pack.digest:
        shown = found.digest if found else "nothing"
        text = f"somebody else moved the tag '{tag}' in '{registry.place}' at the same time"
        hint = "find out who publishes this version, then publish again"
        raise PackcError(
            Diagnostic("PK631", f"{text}: found {shown}, expected {pack.digest}", hint=hint)
        )


def upload(registry: Registry, blobs: Sequence[Blob]) -> int:
    """Store blobs, and return how many were new."""
    once = {blob.digest: blob for blob in blobs}
    return sum(registry.push_blob(blob) for blob in once.values())
