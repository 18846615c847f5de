"""certificate: reads the in-toto statement that a wheel keeps the rules, and compares it.

A wheel cannot hold a statement about its own digest, so a certificate is a file beside it. It names
the digest of the plugin's installed files as well, by which an installed plugin is told to be the
one that was certified, without the wheel. It is not signed: whoever can write the file can write
what he likes, so it says no more than where it came from is worth.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from packc import __version__
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.hookspecs import API_LEVEL
from packc.installed import package_digest
from packc.plugins import Found
from packc.testing.certify import FAILED, SKIPPED
from packc.testing.rules import RULES
from packc.testing.subject import Subject
from packc.testing.wheel import wheel_digest

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://packc.dev/plugin-certificate/v1"
LARGEST: Final = 1 << 20
"""Bytes of a certificate; a real one has a few thousand."""

_AGAIN: Final = "certify it again with this packc, all rules and a pack that takes it"


@frozen
class Certificate:
    """What a certificate says: of which wheel and which plugin, and how each rule came out."""

    wheel: str
    sha256: str
    plugin: str
    group: str
    distribution: str
    version: str
    digest: str
    packc: str
    api_level: int
    rules: Mapping[str, str]

    @property
    def skipped(self) -> tuple[str, ...]:
        return tuple(name for name, result in self.rules.items() if result == SKIPPED)

    def is_about(self, found: Found) -> bool:
        """Return whether it is about exactly the files of an installed plugin."""
        installed = (found.name, found.distribution.name, found.distribution.version)
        try:
            is_same = self.digest == package_digest(found.module)
        except OSError:
            return False
        return is_same and (self.plugin, self.distribution, self.version) == installed


# --- comparing --------------------------------------------------------------------------------


def verify(path: Path, subject: Subject, wheel: Path | None) -> Certificate:
    """Return a certificate that is about an installed plugin, and about the wheel if one is given.

    Raises PackcError: PK243 the wheel is not what is installed, PK244 the certificate is none, or
    is about something else.
    """
    certificate = read_certificate(path)
    problem = next(_differences(certificate, subject), None)
    if problem is None and wheel is not None and wheel_digest(subject, wheel) != certificate.sha256:
        problem = f"is about another wheel than '{wheel.name}'"
    if problem is not None:
        hint = f"install {certificate.wheel}, or {_AGAIN}"
        raise PackcError(Diagnostic("PK244", f"the certificate {problem}", Span(str(path)), hint))
    return certificate


def _differences(certificate: Certificate, subject: Subject) -> Iterator[str]:
    found = subject.found
    here = f"{found.distribution.name} {found.distribution.version}"
    there = f"{certificate.distribution} {certificate.version}"
    if (certificate.plugin, certificate.group) != (found.name, subject.group):
        yield f"is about the plugin '{certificate.plugin}' of {certificate.group}, not {subject}"
    if there != here:
        yield f"is about {there}, and {here} is installed"
    if not certificate.is_about(found):
        yield f"is not about the installed files of {subject}"
    if (certificate.packc, certificate.api_level) != (__version__, API_LEVEL):
        level = f"packc {certificate.packc} with level {certificate.api_level} of the API"
        yield f"is of {level}, and this is packc {__version__} with level {API_LEVEL}"


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


# --- reading ----------------------------------------------------------------------------------


def read_certificate(path: Path) -> Certificate:
    """Return what a certificate says. Raises PackcError (PK244) where it is none.

    It is none either where it does not say of every rule of this packc that the rule was kept, or
    skipped for a reason that the rule allows.
    """
    hint = "write it with `packc plugin certify NAME --wheel FILE --certificate FILE`"
    try:
        with path.open("rb") as stream:
            data = json.loads(stream.read(LARGEST), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "no JSON of a certificate"
        text = f"found {reason}, expected a certificate"
        raise PackcError(Diagnostic("PK244", text, Span(str(path)), hint)) from error
    problem = next(_misfits(data), None)
    if problem is not None:
        text = f"found {problem}, expected a certificate"
        raise PackcError(Diagnostic("PK244", text, Span(str(path)), hint))
    problem = next(_shortcomings(data["predicate"]), None)
    if problem is not None:
        text = f"the certificate proves too little: {problem}"
        raise PackcError(Diagnostic("PK244", text, Span(str(path)), _AGAIN))
    return _certificate(data)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; raise ValueError where it has a name twice."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError
    return data


def _certificate(data: Mapping[str, Any]) -> Certificate:
    [subject] = data["subject"]
    predicate = data["predicate"]
    plugin = predicate["plugin"]
    return Certificate(
        wheel=subject["name"],
        sha256=subject["digest"]["sha256"],
        plugin=plugin["name"],
        group=plugin["group"],
        distribution=plugin["distribution"],
        version=plugin["version"],
        digest=plugin["digest"]["sha256"],
        packc=predicate["packc"],
        api_level=predicate["apiLevel"],
        rules={rule["name"]: rule["result"] for rule in predicate["rules"]},
    )


# --- the shape --------------------------------------------------------------------------------

_WORDS: Final = re.compile(r"[^\x00-\x1f\x7f]{1,500}")
_DIGEST: Final = {"sha256": re.compile(r"[0-9a-f]{64}")}
_SUBJECT: Final = {"name": _WORDS, "digest": _DIGEST}
_PLUGIN: Final = {
    "name": _WORDS,
    "group": _WORDS,
    "distribution": _WORDS,
    "version": _WORDS,
    "digest": _DIGEST,
}
_PACK: Final = {"name": _WORDS, "version": _WORDS, "digest": _DIGEST}
_RULE: Final = {"name": _WORDS, "result": re.compile("passed|failed|skipped"), "reason?": _WORDS}
_PREDICATE: Final = {
    "packc": _WORDS,
    "apiLevel": int,
    "python": _WORDS,
    "plugin": _PLUGIN,
    "packs": [_PACK],
    "rules": [_RULE],
}
_SHAPE: Final = {
    "_type": _WORDS,
    "predicateType": _WORDS,
    "subject": [_SUBJECT],
    "predicate": _PREDICATE,
}
"""A map has these fields and no others, but for those with a question mark; a list any number."""


def _misfits(data: Any) -> Iterator[str]:
    """Yield in what data is no certificate of packc about one wheel."""
    kinds = (data.get("_type"), data.get("predicateType")) if isinstance(data, dict) else ()
    if kinds != (STATEMENT, PREDICATE):
        yield "no in-toto statement of packc"
    yield from _odd(data, _SHAPE, "")
    if len(data["subject"]) != 1:
        yield f"{len(data['subject']) or 'no'} wheels as its subject"


def _odd(data: Any, shape: Any, place: str) -> Iterator[str]:
    """Yield where data does not have a shape."""
    match shape:
        case dict() if isinstance(data, dict):
            known = {name.removesuffix("?"): inner for name, inner in shape.items()}
            for name in sorted(data.keys() - known):
                yield f"the unknown field '{name[:60]}' in {place or 'the statement'}"
            for name, inner in known.items():
                if name in data:
                    yield from _odd(data[name], inner, f"{place}.{name}".lstrip("."))
                elif f"{name}?" not in shape:
                    yield f"no field '{name}' in {place or 'the statement'}"
        case [inner] if isinstance(data, list):
            for index, item in enumerate(data):
                yield from _odd(item, inner, f"{place}[{index}]")
        case re.Pattern() if isinstance(data, str) and shape.fullmatch(data):
            return
        case type() if type(data) is shape:
            return
        case _:
            yield f"another kind of value at {place or 'the top'}"


def _shortcomings(predicate: Mapping[str, Any]) -> Iterator[str]:
    """Yield why what a certificate says is not enough."""
    results = predicate["rules"]
    counts = Counter(rule["name"] for rule in results)
    for words, names in (
        ("does not speak of", [name for name in RULES if name not in counts]),
        ("speaks of unknown rules:", sorted(counts.keys() - RULES)),
        ("speaks twice of", [name for name, count in counts.items() if count > 1]),
        ("says that these failed:", [rule["name"] for rule in results if rule["result"] == FAILED]),
    ):
        if names:
            yield f"it {words} {', '.join(names)}"
    for rule in results:
        reason = rule.get("reason")
        if rule["result"] == SKIPPED and reason not in RULES[rule["name"]].allowed:
            yield f"{rule['name']} was skipped{f', since {reason}' if reason else ''}"
    if not predicate["packs"]:
        yield "it names no pack that the plugin was tried with"
