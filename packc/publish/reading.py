"""reading: read an OCI image layout, from a folder or from one file; every digest is checked."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.checked import (
    artifact_of,
    checked,
    damaged,
    descriptor_of,
    identity_of,
    json_of,
    shape_of,
    unreadable,
)
from packc.publish.folder import MAX_FILES, MAX_TOTAL
from packc.publish.layout import ARCHIVE, BLOBS, INDEX_FILE, MARKER, REFERENCE
from packc.publish.model import INDEX, MANIFEST, Artifact, Bundle, Descriptor, digest_of
from packc.publish.signing.simple import tag_of

_LARGEST: Final = 2 * MAX_TOTAL


@frozen
class Layout:
    """What a layout holds: what its index lists, and the blobs by digest, each one checked."""

    shown: str
    manifests: tuple[Descriptor, ...]
    blobs: Mapping[str, bytes] = field(repr=False)


def is_layout(path: Path) -> bool:
    """Return whether this looks like a layout: a name in .oci.tar, or a folder with oci-layout."""
    return path.name.endswith(ARCHIVE) or (path / MARKER).is_file()


def read_bundle(path: str, tag: str = "") -> Bundle:
    """Return the pack in a layout with all that refers to it; every digest and size is checked.

    Without a tag the layout has to hold one pack. Raises PK613 for what cannot be read as a layout,
    PK614 where a digest, a size, a type or a name is not as it is said. Signatures are not checked.
    """
    return bundle_of(read_layout(path), tag)


def read_layout(path: str) -> Layout:
    """Return the layout of a folder or a file; each blob has the digest that is its name.

    Raises PK101 where nothing is there.
    """
    if not os.path.lexists(path):
        hint = "name a folder or *.oci.tar that `packc package` wrote"
        text = f"'{path}' cannot be read: no such file or folder"
        raise PackcError(Diagnostic("PK101", text, hint=hint))
    files = _files(Path(path), path)
    if json_of(files.get(MARKER, b""), path).get("imageLayoutVersion") != "1.0.0":
        raise unreadable(path, f"its file {MARKER} is not of version 1.0.0")
    index = json_of(files.get(INDEX_FILE, b""), path)
    entries = index.get("manifests")
    is_index = index.get("schemaVersion") == 2 and index.get("mediaType", INDEX) == INDEX
    if not is_index or not isinstance(entries, list):
        raise unreadable(path, f"its {INDEX_FILE} is no OCI index")
    blobs = {f"sha256:{n.removeprefix(BLOBS)}": files[n] for n in files if n.startswith(BLOBS)}
    for digest, content in blobs.items():
        if digest_of(content) != digest:
            raise damaged(path, f"a blob has the digest {digest_of(content)}", digest)
    return Layout(path, tuple(descriptor_of(entry, path) for entry in entries), blobs)


def bundle_of(layout: Layout, tag: str = "") -> Bundle:
    """Return the pack with this tag, or the only one, and all that refers to it."""
    artifacts = [_artifact(descriptor, layout) for descriptor in layout.manifests]
    packs = [each for each in artifacts if shape_of(each)]
    chosen = [each for each in packs if not tag or each.tag == tag]
    if len(chosen) != 1:
        raise _not_one(layout.shown, [each.tag or each.digest for each in packs], tag)
    (pack,) = chosen
    name, version = identity_of(pack, layout.shown)
    return Bundle(
        pack=pack,
        name=name,
        version=version,
        shape=shape_of(pack),
        referrers=tuple(each for each in artifacts if each.subject == pack.digest),
        signatures=tuple(each for each in artifacts if each.tag == tag_of(pack.digest)),
    )


def _not_one(shown: str, tags: list[str], tag: str) -> PackcError:
    if tag or not tags:
        text = f"'{shown}' holds no pack" + (f" with the tag '{tag}'" if tag else "")
    else:
        text = f"'{shown}' holds {len(tags)} packs, expected one"
    hint = f"it has {', '.join(tags)}" if tags else "name what `packc package` wrote"
    return PackcError(Diagnostic("PK613", text, hint=hint))


def _artifact(descriptor: Descriptor, layout: Layout) -> Artifact:
    shown = layout.shown
    content = checked(descriptor, layout.blobs.get(descriptor.digest), shown)
    if descriptor.media_type != MANIFEST:
        raise damaged(shown, f"found a manifest of type {descriptor.media_type}", MANIFEST)
    artifact = artifact_of(content, layout.blobs, shown)
    # Only OCI 1.1 knows the field: an older tool may have left it out of the index.
    if descriptor.artifact_type not in ("", artifact.artifact_type):
        expected = f"'{artifact.artifact_type}'"
        raise damaged(shown, f"the index names the type '{descriptor.artifact_type}'", expected)
    return evolve(artifact, tag=descriptor.annotations.get(REFERENCE, ""))


# --- files ------------------------------------------------------------------------------------


def _files(path: Path, shown: str) -> dict[str, bytes]:
    try:
        if path.is_dir():
            return dict(_files_of_folder(path, shown))
        status = path.stat()
        if status.st_size > _LARGEST or not stat.S_ISREG(status.st_mode):
            raise unreadable(shown, "it is too large, or no regular file")
        with tarfile.open(path, mode="r:") as archive:
            return dict(_files_of_archive(archive, shown))
    except (tarfile.TarError, EOFError) as error:
        raise unreadable(shown, f"it is no tar: {error}".lower()) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise unreadable(shown, reason) from None


def _files_of_folder(path: Path, shown: str) -> Iterator[tuple[str, bytes]]:
    places = [path / MARKER, path / INDEX_FILE, *sorted((path / BLOBS).iterdir())]
    total = 0
    for place in places:
        if place.is_symlink() or not place.is_file():
            raise unreadable(shown, f"'{place.name}' is no regular file")
        total += place.stat().st_size
        if total > _LARGEST or len(places) > MAX_FILES:
            raise unreadable(shown, "it holds more than any pack")
        yield place.relative_to(path).as_posix(), place.read_bytes()


def _files_of_archive(archive: tarfile.TarFile, shown: str) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in archive:
        if member.isdir():
            continue
        name = member.name.removeprefix("./")
        if not member.isreg() or name in seen:
            raise unreadable(shown, f"'{name}' is no regular file, or is there twice")
        if len(seen) > MAX_FILES:
            raise unreadable(shown, "it holds more than any pack")
        seen.add(name)
        stream = archive.extractfile(member)
        yield name, stream.read() if stream else b""
