"""upload: publish a bundle: nothing is tagged before all that belongs to it is there and signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import frozen

from packc.diagnostics import PackcError
from packc.publish.model import Artifact, Bundle
from packc.publish.registry import tags
from packc.publish.registry.protocol import Manifest, Registry
from packc.publish.signing.bundle import PREDICATE_TYPE

Say = Callable[[str], None]
"""Is told each step when it begins."""

_PACK: Final = "pack"
_SIGNATURE: Final = "signature"


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
class Sent:
    """What a publication sends: the pack, a signature or a statement, and its digest."""

    kind: str
    digest: str


@frozen
class Published:
    """What a publication came to. `digest` is that of the pack that the tag of its version names.

    It is another one than the pack's own where an equivalent pack was there already. `sent` is what
    was not there before; of a dry run, what would be sent.
    """

    digest: str
    tags: tuple[TagState, ...]
    sent: tuple[Sent, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.sent) or any(state.changed for state in self.tags)


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
        return _plan(registry, bundle, wanted, say)
    sent = tuple(_upload(registry, bundle, say))
    if not wanted.force and not is_tagged:
        is_tagged = tags.refuse_other(registry, version, pack)
    states = tuple(_tag(registry, pack, (version, *wanted.also), say))
    return Published(pack.digest, states, sent)


# --- a dry run --------------------------------------------------------------------------------


def _plan(registry: Registry, bundle: Bundle, wanted: Wanted, say: Say) -> Published:
    """Say what would be sent and tagged, and send nothing."""
    sent = tuple(_absent(registry, bundle))
    for each in sent:
        say(f"would be uploading {each.kind} {each.digest}")
    names = dict.fromkeys((bundle.version, *wanted.also))
    states = tuple(_state(registry, bundle.pack, tag) for tag in names)
    for state in states:
        say(f"would be {_said(state)}" if state.changed else f"{state.tag} is there already")
    plan = Published(bundle.pack.digest, states, sent)
    say("nothing was sent" if plan.changed else "nothing is to be sent")
    return plan


def _absent(registry: Registry, bundle: Bundle) -> Iterator[Sent]:
    """Yield what `_upload` would find missing."""
    pack = bundle.pack
    if _lacks_blobs(registry, pack) or registry.manifest(pack.digest) is None:
        yield Sent(_PACK, pack.digest)
    for each in bundle.signatures:
        if _lacks_blobs(registry, each) or not tags.has_signature(registry, each):
            yield Sent(_SIGNATURE, each.digest)
    for each in _missing(registry, pack, bundle.referrers):
        yield Sent(_kind(each), each.digest)


def _lacks_blobs(registry: Registry, artifact: Artifact) -> bool:
    return not all(registry.has_blob(blob.digest) for blob in artifact.blobs)


def _missing(registry: Registry, pack: Artifact, referrers: Sequence[Artifact]) -> list[Artifact]:
    """Return what refers to the pack and is not listed, or is listed and lost."""
    known = {each.digest for each in tags.referrers_of(registry, pack.digest)}
    return [
        each
        for each in referrers
        if each.digest not in known or registry.manifest(each.digest) is None
    ]


def _kind(referrer: Artifact) -> str:
    """Return the kind of a referrer: of a bundle, that of the statement in it."""
    return referrer.annotations.get(PREDICATE_TYPE, referrer.artifact_type)


# --- uploading --------------------------------------------------------------------------------


def _upload(registry: Registry, bundle: Bundle, say: Say) -> Iterator[Sent]:
    """Store everything of a bundle but its tags, and yield what was new."""
    pack = bundle.pack
    say(f"uploading {bundle.name} {bundle.version}, {pack.digest}")
    if _store(registry, pack):
        yield Sent(_PACK, pack.digest)
    for signature in bundle.signatures:
        say(f"uploading {_SIGNATURE} {signature.digest}")
        blobs = tags.upload(registry, signature.blobs)
        if tags.add_signature(registry, signature) or blobs:
            yield Sent(_SIGNATURE, signature.digest)
    yield from _attach(registry, pack, bundle.referrers, say)


def _attach(
    registry: Registry, pack: Artifact, referrers: Sequence[Artifact], say: Say
) -> Iterator[Sent]:
    """Store what refers to the pack and is not there yet."""
    unlisted = []
    for each in _missing(registry, pack, referrers):
        say(f"uploading {_kind(each)} {each.digest}")
        tags.upload(registry, each.blobs)
        if not registry.push_manifest(Manifest(each.content, each.media_type), each.digest):
            unlisted.append(each.descriptor)
        yield Sent(_kind(each), each.digest)
    if unlisted:
        say("listing the referrers")
        tags.add_referrers(registry, pack.digest, unlisted)


def _store(registry: Registry, pack: Artifact) -> bool:
    """Store the pack by its digest, and return whether it was new."""
    new = tags.upload(registry, pack.blobs)
    if registry.manifest(pack.digest) is not None:
        return new > 0
    registry.push_manifest(Manifest(pack.content, pack.media_type), pack.digest)
    return True


# --- tags -------------------------------------------------------------------------------------


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
