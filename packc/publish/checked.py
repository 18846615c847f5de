"""checked: a manifest with its blobs, each of the digest and size that is said; and what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from packc.diagnostics import Diagnostic, PackcError
from packc.model import OutputFile
from packc.publish.archive import content_of, files_of, unpacked
from packc.publish.manifest import CONTENT, PACK, PALETTE_CONFIG, TITLE, VERSION
from packc.publish.model import DIGEST, MANIFEST, Artifact, Blob, Descriptor, digest_of


def artifact_of(content: bytes, blobs: Mapping[str, bytes], shown: str) -> Artifact:
    """Return the artifact of a manifest; `blobs` holds what it names, by digest.

    Raises PK613 for what is no manifest of packc's kind, PK614 where a blob is missing or another.
    `shown` says in messages where it all comes from.
    """
    data = json_of(content, shown)
    layers = data.get("layers")
    if data.get("schemaVersion") != 2 or data.get("mediaType") != MANIFEST:
        raise damaged(shown, "found a manifest of another kind", MANIFEST)
    if not isinstance(layers, list):
        raise damaged(shown, "found a manifest without layers", "a list of them")
    described = [descriptor_of(each, shown) for each in (data.get("config"), *layers)]
    subject = data.get("subject")
    artifact_type = data.get("artifactType", "")
    if not isinstance(artifact_type, str):
        raise unreadable(shown, "an artifactType is no text")
    return Artifact(
        content=content,
        blobs=tuple(_blob(each, blobs, shown) for each in described),
        artifact_type=artifact_type,
        annotations=_annotations(data.get("annotations"), shown),
        subject=descriptor_of(subject, shown).digest if subject is not None else "",
    )


def shape_of(artifact: Artifact) -> str:
    """Return the shape of a pack, or nothing for an artifact that is none."""
    if artifact.subject or len(artifact.blobs) != 2:
        return ""
    if artifact.artifact_type == PACK:
        return "oci"
    config, layer = artifact.blobs
    is_archive = layer.annotations.get(TITLE, "").endswith(".tar.gz")
    return "palette" if config.media_type == PALETTE_CONFIG and is_archive else ""


def identity_of(pack: Artifact, shown: str) -> tuple[str, str]:
    """Return name and version of a pack, after a check that its content is what it says.

    Raises PK613 for an archive that no pack has, PK614 where content and manifest differ. The
    version has to be the tag that the pack was found by: else an old one could be served as new.
    """
    layer = pack.blobs[-1]
    content = unpacked(layer.content)
    files = files_of(content)
    if shape_of(pack) == "oci":
        name, version = _oci_identity(pack, content, files, shown)
    else:
        name, version = _palette_identity(layer, files, shown)
    if pack.tag and pack.tag != version:
        raise damaged(shown, f"found version '{version}' under the tag '{pack.tag}'", "it there")
    return name, version


def _oci_identity(
    pack: Artifact, content: bytes, files: Sequence[OutputFile], shown: str
) -> tuple[str, str]:
    name, version = (pack.annotations.get(key, "") for key in (TITLE, VERSION))
    if not name or not version:
        raise damaged(shown, "found no name or no version", f"{TITLE} and {VERSION}")
    found, expected = digest_of(content), pack.annotations.get(CONTENT, "none")
    if found != expected:
        raise damaged(shown, f"the layer unpacks to {found}", expected)
    if content_of(files) != content:
        raise damaged(shown, "the layer is no archive as packc writes them", "its order and modes")
    return name, version


def _palette_identity(layer: Blob, files: Sequence[OutputFile], shown: str) -> tuple[str, str]:
    stem = layer.annotations.get(TITLE, "").removesuffix(".tar.gz")
    about = {file.name: file.content for file in files}.get(f"{stem}/pack.json", b"")
    data = json_of(about, shown)
    name, version = str(data.get("name", "")), str(data.get("version", ""))
    if f"{name}-{version}" != stem:
        raise damaged(shown, f"the layer is named '{stem}'", f"'{name}-{version}' as in pack.json")
    return name, version


# --- parts of a manifest ----------------------------------------------------------------------


def descriptor_of(data: Any, shown: str) -> Descriptor:
    """Return a descriptor from JSON; its digest is safe to be a part of a path or an address."""
    if not isinstance(data, dict):
        raise unreadable(shown, "a descriptor is no object")
    digest, size, kind = (data.get(key) for key in ("digest", "size", "mediaType"))
    is_digest = isinstance(digest, str) and DIGEST.fullmatch(digest)
    if not is_digest or type(size) is not int or size < 0 or not isinstance(kind, str):
        raise unreadable(shown, "a descriptor lacks a type, a sha256 digest or a size")
    artifact_type = data.get("artifactType", "")
    if not isinstance(artifact_type, str):
        raise unreadable(shown, "an artifactType is no text")
    annotations = _annotations(data.get("annotations"), shown)
    return Descriptor(kind, str(digest), size, annotations, artifact_type)


def checked(descriptor: Descriptor, content: bytes | None, shown: str) -> bytes:
    """Return the content that a descriptor names; raise PK614 where it is missing or another."""
    if content is None:
        raise damaged(shown, "a blob is missing", descriptor.digest)
    if digest_of(content) != descriptor.digest:
        raise damaged(shown, f"found a blob with {digest_of(content)}", descriptor.digest)
    if len(content) != descriptor.size:
        text = f"a blob has {len(content):,} bytes"
        raise damaged(shown, text, f"{descriptor.size:,} for {descriptor.digest}")
    return content


def json_of(content: bytes, shown: str) -> dict[str, Any]:
    """Return a JSON object; raise PK613 where there is none."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise unreadable(shown, "a part of it is no JSON object")
    return data


def _blob(descriptor: Descriptor, blobs: Mapping[str, bytes], shown: str) -> Blob:
    content = checked(descriptor, blobs.get(descriptor.digest), shown)
    return Blob(descriptor.media_type, content, descriptor.annotations)


def _annotations(data: Any, shown: str) -> Mapping[str, str]:
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise unreadable(shown, "annotations are no texts")
    return data


# --- what is wrong ----------------------------------------------------------------------------


def unreadable(shown: str, why: str) -> PackcError:
    """Return PK613: what stands there is no pack of packc's, whole or damaged."""
    hint = "name a folder or *.oci.tar that `packc package` wrote"
    return PackcError(Diagnostic("PK613", f"'{shown}' holds no pack: {why}", hint=hint))


def damaged(shown: str, found: str, expected: str) -> PackcError:
    """Return PK614: a part of a pack is not what another part says of it."""
    hint = "it was damaged or changed: package the pack again"
    text = f"in '{shown}' {found}, expected {expected}"
    return PackcError(Diagnostic("PK614", text, hint=hint))
