"""wheel: the digest of a wheel, whose files have to be exactly those that are installed."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from packc.diagnostics import Diagnostic, PackcError
from packc.testing.subject import Subject


def wheel_digest(subject: Subject, wheel: Path) -> str:
    """Return the sha256 of a wheel; raise PK243 where it is not what is installed."""
    try:
        content = wheel.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            problem = next(_differences(subject, archive), None)
    except (
        OSError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        NotImplementedError,
        zlib.error,
    ) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = f"the wheel '{wheel.name}' cannot be read: {reason.lower()}"
        raise PackcError(Diagnostic("PK243", text, hint="give the file with --wheel")) from error
    if problem is not None:
        hint = f"install it: pip install --force-reinstall {wheel.name}"
        text = f"the wheel '{wheel.name}' is not what is installed: {problem}"
        raise PackcError(Diagnostic("PK243", text, hint=hint))
    return hashlib.sha256(content).hexdigest()


def _differences(subject: Subject, archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield how the files in a wheel's RECORD differ from those that are installed."""
    installed = subject.installed
    records = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
    if installed is None or len(records) != 1:
        yield "it has no RECORD"
        return
    distribution = subject.found.distribution
    folder = records[0].partition("/")[0].lower().replace("-", "_")
    expected = f"{distribution.name}_{distribution.version}.dist_info".lower().replace("-", "_")
    if folder.replace(".", "_") != expected.replace(".", "_"):
        yield f"it holds {folder}, expected {expected}"
    known = set()
    for name, digest, _ in csv.reader(io.StringIO(archive.read(records[0]).decode())):
        if ".dist-info/" in name or not digest:
            continue
        here = Path(str(installed.locate_file(name)))
        known.add(here.resolve())
        if _record_digest(archive.read(name)) != digest:
            yield f"{name} is not what its RECORD says"
        elif not here.is_file() or _record_digest(here.read_bytes()) != digest:
            yield f"{name} is another file"
    for file in subject.files:
        if file.resolve() not in known:
            yield f"it has no {subject.shown(file)}"


def _record_digest(content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={encoded.rstrip(b'=').decode()}"
