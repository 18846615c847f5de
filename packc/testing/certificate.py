"""certificate: an in-toto statement that a wheel keeps the rules, and how to find it again.

A wheel cannot hold a statement about its own digest, so a certificate is a file beside it. It names
the digest of the plugin's installed files as well, by which an installed plugin is told to be the
one that was certified, without the wheel.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from packc import __version__
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.hookspecs import API_LEVEL
from packc.installed import package_digest
from packc.plugins import Found
from packc.testing.certify import FAILED, Report, Result
from packc.testing.subject import Subject

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://packc.dev/plugin-certificate/v1"
LARGEST: Final = 1 << 20
"""Bytes of a certificate; a real one has a few thousand."""


@frozen
class Certificate:
    """What a certificate says: of which wheel and which plugin, and how each rule came out."""

    wheel: str
    sha256: str
    plugin: str
    version: str
    digest: str
    packc: str
    api_level: int
    rules: Mapping[str, str]

    @property
    def skipped(self) -> tuple[str, ...]:
        return tuple(name for name, result in self.rules.items() if result == "skipped")

    def is_about(self, found: Found) -> bool:
        """Return whether it is about exactly the files of an installed plugin."""
        try:
            return (self.plugin, self.digest) == (found.name, package_digest(found.module))
        except OSError:
            return False


# --- writing ----------------------------------------------------------------------------------


def statement(report: Report, wheel: Path) -> bytes:
    """Return the certificate of a passing run: the same bytes for the same wheel and results.

    Raises PackcError (PK243) where the run did not pass, or the wheel is not what is installed.
    """
    if not report.has_passed:
        failed = ", ".join(result.rule.name for result in report.of(FAILED)) or "all are skipped"
        hint = "mend what breaks the rules; a certificate is for a run without failures"
        raise PackcError(Diagnostic("PK243", f"no certificate is written: {failed}", hint=hint))
    digest = _verified(report.subject, wheel)
    data = {
        "_type": STATEMENT,
        "subject": [{"name": wheel.name, "digest": {"sha256": digest}}],
        "predicateType": PREDICATE,
        "predicate": _predicate(report),
    }
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _predicate(report: Report) -> dict[str, Any]:
    found = report.subject.found
    return {
        "packc": __version__,
        "apiLevel": API_LEVEL,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "plugin": {
            "name": found.name,
            "group": report.subject.group,
            "distribution": found.distribution.name,
            "version": found.distribution.version,
            "digest": {"sha256": package_digest(found.module)},
        },
        "packs": [
            {"name": pack.name, "version": pack.version, "digest": {"sha256": pack.digest}}
            for pack in report.packs
        ],
        "rules": [_rule(result) for result in report.results],
    }


def _rule(result: Result) -> dict[str, str]:
    data = {"name": result.rule.name, "result": result.outcome}
    return {**data, "reason": result.reason} if result.reason else data


def _verified(subject: Subject, wheel: Path) -> str:
    """Return the sha256 of the wheel, whose files have to be those that are installed."""
    try:
        content = wheel.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            problem = next(_differences(subject, archive), None)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
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


# --- reading ----------------------------------------------------------------------------------


def read_certificate(path: Path) -> Certificate:
    """Return what a certificate says. Raises PackcError (PK244) where it is none."""
    try:
        with path.open("rb") as stream:
            data = json.loads(stream.read(LARGEST))
        return _certificate(data)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "no JSON of a certificate"
        raise _unreadable(path, reason.lower()) from error
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise _unreadable(path, "no in-toto statement of packc") from error


def _certificate(data: Any) -> Certificate:
    if data["_type"] != STATEMENT or data["predicateType"] != PREDICATE:
        raise TypeError
    (subject,) = data["subject"]
    predicate = data["predicate"]
    plugin = predicate["plugin"]
    certificate = Certificate(
        wheel=subject["name"],
        sha256=subject["digest"]["sha256"],
        plugin=plugin["name"],
        version=plugin["version"],
        digest=plugin["digest"]["sha256"],
        packc=predicate["packc"],
        api_level=predicate["apiLevel"],
        rules={rule["name"]: rule["result"] for rule in predicate["rules"]},
    )
    words = (certificate.sha256, certificate.digest, certificate.plugin, certificate.packc)
    if not all(isinstance(word, str) for word in words) or "failed" in certificate.rules.values():
        raise TypeError
    return certificate


def _unreadable(path: Path, reason: str) -> PackcError:
    hint = "write it with `packc plugin certify NAME --wheel FILE --certificate FILE`"
    text = f"found {reason}, expected a certificate"
    return PackcError(Diagnostic("PK244", text, Span(str(path)), hint))


def certified(found: Found, folder: Path) -> Certificate | None:
    """Return the certificate in a folder that is about exactly the files of an installed plugin.

    Files that are no certificates are passed over; of several, the first by name counts.
    """
    for path in sorted(folder.glob("*.json")):
        with suppress(PackcError):
            certificate = read_certificate(path)
            if certificate.is_about(found):
                return certificate
    return None
