"""package: from a built folder to the bundle that is published: pack, signatures, statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.model import MARKER
from packc.publish import referrers
from packc.publish.archive import Compression, files_of, unpacked
from packc.publish.built import SOURCE_MAP, Built, Shape, read_built
from packc.publish.folder import refuse_twins
from packc.publish.manifest import pack_artifact
from packc.publish.model import Artifact, Bundle
from packc.publish.private import private_findings
from packc.publish.references import check_tag
from packc.publish.signing import bundle, simple
from packc.publish.signing.keys import PrivateKey


@frozen
class Wish:
    """What is wanted of a package. `place` is host and repository, for signatures that name it."""

    shape: Shape | None = None
    tag: str = ""
    created: str | None = None
    compression: Compression = "none"
    annotations: Mapping[str, str] = field(factory=dict)
    key: PrivateKey | None = None
    place: str = ""
    sbom: bool = False
    provenance: bool = False


@frozen
class Packaged:
    """A bundle, and what is to be said about it. A private one holds the value of a secret."""

    bundle: Bundle
    warnings: tuple[Diagnostic, ...] = ()
    private: bool = False


def package(folder: str, wish: Wish) -> Packaged:
    """Return what a build wrote into a folder as a bundle, without a clock and a network.

    Raises PackcError for a folder that cannot be packaged, or whose content must not be published.
    """
    built = read_built(folder, wish.shape)
    refuse_twins(built.files)
    _refuse_keys(built)
    tag = _tag(built, wish.tag)
    if wish.provenance and not built.records:
        text = f"'{folder}' has no {MARKER}, so nothing is known about how it was built"
        hint = "build it with packc, or leave --provenance out"
        raise PackcError(Diagnostic("PK607", text, hint=hint))
    pack = pack_artifact(
        built,
        tag=tag,
        created=wish.created,
        compression=wish.compression,
        annotations=wish.annotations,
    )
    signatures: tuple[Artifact, ...] = ()
    if wish.key is not None and wish.place:
        signatures = (simple.signature_artifact(pack.digest, wish.place, wish.key),)
    secrets = tuple(built.secrets)
    return Packaged(
        Bundle(
            pack=pack,
            name=built.name,
            version=tag,
            shape=built.shape,
            referrers=tuple(_referrers(pack, built, wish)),
            signatures=signatures,
        ),
        secrets,
        private=bool(secrets),
    )


def signed(pack: Bundle, key: PrivateKey | None, place: str) -> Bundle:
    """Return the bundle with the key's signatures for a place, in both forms; each one once."""
    if key is None:
        return pack
    older = simple.signature_artifact(pack.pack.digest, place, key)
    newer = bundle.signature_artifact(pack.pack, key)
    return evolve(
        pack,
        signatures=_with(older, pack.signatures),
        referrers=_with(newer, pack.referrers),
    )


def _with(new: Artifact, others: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    return others if new in others else (new, *others)


def refuse_keys_of(packaged: Bundle, shown: str) -> None:
    """Raise PK608 for each private key in a pack that somebody packaged."""
    files = files_of(unpacked(packaged.pack.blobs[-1].content))
    found = tuple(private_findings({f"{shown}/{file.name}": file.content for file in files}))
    if found:
        raise PackcError(*found)


def _tag(built: Built, wanted: str) -> str:
    """Return the tag of the pack: its version, or what is wanted instead."""
    check_tag(wanted or built.version, "" if wanted else "the version")
    if built.shape == "palette" and wanted not in ("", built.version):
        text = f"Palette finds a pack by its version: found the tag '{wanted}'"
        hint = f"leave --tag out; it is {built.version}"
        raise PackcError(Diagnostic("PK611", f"{text}, expected '{built.version}'", hint=hint))
    return wanted or built.version


def _referrers(pack: Artifact, built: Built, wish: Wish) -> Iterator[Artifact]:
    if wish.key is not None:
        yield bundle.signature_artifact(pack, wish.key)
    if wish.sbom:
        yield from referrers.sbom(pack, built, wish.key)
    if wish.provenance:
        yield from referrers.provenance(pack, built, wish.annotations, wish.key)
    yield from referrers.source_maps(pack, built)


def _refuse_keys(built: Built) -> None:
    """Raise PK608 for each private key in all that would be published."""
    files = {built.place_of(file): file.content for file in built.files}
    for record in built.records:
        files["/".join(part for part in (built.folder, record.folder, MARKER) if part)] = (
            record.content
        )
    for variant, content in built.source_maps.items():
        files[f"{SOURCE_MAP} of {variant}"] = content
    found = tuple(private_findings(files))
    if found:
        raise PackcError(*found)
