"""layout: write a pack and all that refers to it as an OCI image layout, a folder or one file."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.archive import tar
from packc.model import OutputFile
from packc.publish.model import INDEX, Artifact, Bundle, canonical

ARCHIVE: Final = ".oci.tar"
REFERENCE: Final = "org.opencontainers.image.ref.name"
MARKER: Final = "oci-layout"
INDEX_FILE: Final = "index.json"
BLOBS: Final = "blobs/sha256/"
_VERSION: Final = b'{"imageLayoutVersion":"1.0.0"}'
_PUBLIC, _PRIVATE = 0o666, 0o600


def write_layout(bundle: Bundle, out: Path, *, private: bool = False) -> None:
    """Write a layout: into one file where the name ends in .oci.tar, else into a folder.

    It is there whole or not at all. The umask says who may read it; where it is private, its owner
    alone may. Raises PK503 where it cannot be written, PK504 where something stands there that is
    no layout.
    """
    files = layout_files(bundle)
    mode = _PRIVATE if private else _PUBLIC
    try:
        _refuse_strangers(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.name.endswith(ARCHIVE):
            _write_archive(tar(files), out, mode)
        else:
            _write_folder(files, out, mode)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "choose another place with -o, or check permissions and space"
        text = f"cannot write '{out}': {reason}"
        raise PackcError(Diagnostic("PK503", text, hint=hint)) from error


def layout_files(bundle: Bundle) -> list[OutputFile]:
    """Return the files of the layout, sorted: the index names all manifests, the pack first.

    The pack and what has a tag are named by it; a referrer has none, so that tools which read by
    tag, such as skopeo, find the pack alone.
    """
    blobs = {blob.digest: blob.content for each in bundle.artifacts for blob in each.blobs}
    blobs |= {each.digest: each.content for each in bundle.artifacts}
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [_entry(bundle.pack), *_entries(bundle)],
    }
    return [
        *(OutputFile(f"{BLOBS}{name.partition(':')[2]}", blobs[name]) for name in sorted(blobs)),
        OutputFile(INDEX_FILE, canonical(index)),
        OutputFile(MARKER, _VERSION),
    ]


def _entries(bundle: Bundle) -> list[dict[str, Any]]:
    rest = {each.digest: each for each in (*bundle.referrers, *bundle.signatures)}
    return [_entry(rest[digest]) for digest in sorted(rest)]


def _entry(artifact: Artifact) -> dict[str, Any]:
    name = {REFERENCE: artifact.tag} if artifact.tag else {}
    annotations = {**artifact.annotations, **name} if artifact.subject else name
    return evolve(artifact.descriptor, annotations=annotations).as_json()


def _refuse_strangers(out: Path) -> None:
    if not os.path.lexists(out):
        return
    is_archive = out.name.endswith(ARCHIVE)
    if is_archive and out.is_file() and not out.is_symlink():
        return
    if not is_archive and out.is_dir() and not out.is_symlink():
        if (out / MARKER).is_file() or not any(out.iterdir()):
            return
        text = f"'{out}' is a folder with something else in it"
    else:
        text = f"'{out}' is {'no file' if is_archive else 'no folder'}"
    hint = "move it away, or choose another place with -o"
    raise PackcError(Diagnostic("PK504", text, hint=hint))


def _write_archive(content: bytes, out: Path, mode: int) -> None:
    with _staging(out) as staging:
        _write(content, staging / "new", mode)
        (staging / "new").replace(out)


def _write_folder(files: list[OutputFile], out: Path, mode: int) -> None:
    with _staging(out) as staging:
        new, old = staging / "new", staging / "old"
        (new / BLOBS).mkdir(parents=True)
        for file in files:
            _write(file.content, new / file.name, mode)
        if out.exists():
            out.rename(old)
        new.rename(out)


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Yield a folder beside the place to be written, which is gone afterwards."""
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(content: bytes, path: Path, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
