"""upload: publish a bundle: nothing is tagged before all that belongs to it is there and signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import field, frozen

from packc.diagnostics import PackcError
from packc.publish.model import Artifact, Bundle
from packc.publish.registry import tags
from packc.publish.registry.protocol import Manifest, Registry

Say = Callable[[str], None]
"""Is told each step when it begins."""


@frozen
class Wanted:
    """How to publish. `also` are tags that may move; `force` moves that of the version, too."""

    also: tuple[str, ...] = ()
    force: bool = False
    allow_equivalent: bool = False
    dry_run: bool = False


@frozen
class TagState:
    """A tag that names the pack now, and whether it did not before; `before` is what it named."""

    tag: str
    changed: bool
    before: str = ""


@frozen
class Published:
    """What a publication came to. `digest` is that of the pack that the tag of its version names.

    It is another one than the pack's own where an equivalent pack was there already.
    """

    digest: str
    tags: tuple[TagState, ...]
    changed: bool = field(default=False)


def publish(registry: Registry, bundle: Bundle, wanted: Wanted, say: Say) -> Published:
    """Upload a bundle: blobs, manifest by digest, signatures, referrers, the tag; then other tags.

    What is there already is not sent again. Raises PK631 where the tag names another pack, and what
    a registry may answer. After an error no tag names what is not complete.
    """
    pack, version = bundle.pack, bundle.version
    say(f"looking for {registry.place}:{version}")
    try:
        is_tagged = wanted.force or tags.refuse_other(registry, version, pack)
    except PackcError:
        found = registry.manifest(version)
        if found and wanted.allow_equivalent and tags.is_equivalent(found, pack):
            return Published(found.digest, (TagState(version, changed=False),))
        raise
    if not wanted.force:
        for tag in wanted.also:
            tags.refuse_version(registry, tag, pack)
    if wanted.dry_run:
        states = tuple(_plan(registry, bundle, wanted, say))
        return Published(pack.digest, states, any(state.changed for state in states))
    changed = _upload(registry, bundle, say)
    if not wanted.force and not is_tagged:
        is_tagged = tags.refuse_other(registry, version, pack)
    states = tuple(_tag(registry, pack, (version, *wanted.also), say))
    return Published(pack.digest, states, changed or any(state.changed for state in states))


def _plan(registry: Registry, bundle: Bundle, wanted: Wanted, say: Say) -> Iterator[TagState]:
    for tag in dict.fromkeys((bundle.version, *wanted.also)):
        state = _state(registry, bundle.pack, tag)
        say(f"would be {_said(state)}" if state.changed else f"{tag} is there already")
        yield state
    say("nothing was sent")


def _upload(registry: Registry, bundle: Bundle, say: Say) -> bool:
    """Store everything of a bundle but its tags, and return whether something was new."""
    pack = bundle.pack
    say(f"uploading {bundle.name} {bundle.version}, {pack.digest}")
    changed = _store(registry, pack)
    for signature in bundle.signatures:
        say(f"uploading signature {signature.digest}")
        tags.upload(registry, signature.blobs)
        changed |= tags.add_signature(registry, signature)
    return _attach(registry, pack, bundle.referrers, say) or changed


def _attach(registry: Registry, pack: Artifact, referrers: Sequence[Artifact], say: Say) -> bool:
    """Store what refers to the pack and is not there yet; return whether there was any."""
    known = {each.digest for each in tags.referrers_of(registry, pack.digest)}
    missing = [
        each
        for each in referrers
        if each.digest not in known or registry.manifest(each.digest) is None
    ]
    unlisted = []
    for each in missing:
        say(f"uploading {each.artifact_type} {each.digest}")
        tags.upload(registry, each.blobs)
        if not registry.push_manifest(Manifest(each.content, each.media_type), each.digest):
            unlisted.append(each.descriptor)
    if unlisted:
        say("listing the referrers")
        tags.add_referrers(registry, pack.digest, unlisted)
    return bool(missing)


def _store(registry: Registry, pack: Artifact) -> bool:
    """Store the pack by its digest, and return whether it was new."""
    new = tags.upload(registry, pack.blobs)
    if registry.manifest(pack.digest) is not None:
        return new > 0
    registry.push_manifest(Manifest(pack.content, pack.media_type), pack.digest)
    return True


def _tag(registry: Registry, pack: Artifact, names: Sequence[str], say: Say) -> Iterator[TagState]:
    for tag in dict.fromkeys(names):
        state = _state(registry, pack, tag)
        if state.changed:
            say(_said(state))
            tags.set_tag(registry, tag, pack)
        yield state


def _state(registry: Registry, pack: Artifact, tag: str) -> TagState:
    found = registry.manifest(tag)
    before = found.digest if found else ""
    return TagState(tag, before != pack.digest, before)


def _said(state: TagState) -> str:
    named = f", which named {state.before}" if state.before else ""
    return f"tagging {state.tag}{named}"
