"""private: find private keys in what is about to be published: plain, in UTF-16, in base64."""

from __future__ import annotations

import base64
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from packc.diagnostics import Diagnostic, Span

_PEM: Final = re.compile(rb"-----BEGIN (?P<kind>[A-Z0-9/ ]*PRIVATE KEY)(?: BLOCK)?-----")
_MARK: Final = re.compile(rb"-----(?:BEGIN|END)")
# What follows tells a key from a page that speaks of one: a line of the key, soon or behind headers
# (RFC 1421, RFC 4880), which hold hyphens. The end of a line may be written as JSON writes it.
_LINE: Final = re.compile(rb"[A-Za-z0-9+/]{40}")
_NEAR: Final = re.compile(rb"[^-]{0,400}?[A-Za-z0-9+/]{40}")
_HEADER: Final = re.compile(
    rb"(?P<before>(?:\\{1,8}[nrt]|[^A-Za-z])*+)(?P<name>[A-Za-z][A-Za-z0-9-]*+):"
)
_FIRST_HEADER: Final = b"Proc-Type"
_OTHER_TEXT: Final = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{58}")
_LENGTH: Final = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_BINARY: Final = (
    (  # of version 0, or 1 with the public key (RFC 5958)
        "private key (PKCS#8)",
        re.compile(rb"\x30" + _LENGTH + rb"\x02\x01[\x00\x01]\x30.\x06", re.S),
    ),
    (
        "private key (PKCS#8)",
        re.compile(
            rb"\x30" + _LENGTH + rb"\x30.\x06\x09\x2a\x86\x48\x86"
            rb"\xf7\x0d\x01\x05",
            re.S,
        ),
    ),
    ("private key (PKCS#1)", re.compile(rb"\x30" + _LENGTH + rb"\x02\x01\x00\x02\x82", re.S)),
    ("private key (SEC 1)", re.compile(rb"\x30" + _LENGTH + rb"\x02\x01\x01\x04", re.S)),
    ("key store (PKCS#12)", re.compile(rb"\x30(?:" + _LENGTH + rb"|\x80)\x02\x01\x03\x30", re.S)),
    ("key store (Java)", re.compile(rb"\xfe\xed\xfe\xed|\xce\xce\xce\xce")),
)
_BASE64: Final = re.compile(
    rb"[A-Za-z0-9+/]{40,}(?:(?:\\n|\r?\n)[ \t]*[A-Za-z0-9+/]{4,})*(?:={1,2})?"
)
# ASCII as UTF-16 writes it, little-endian or big-endian; a byte order mark does not matter.
_WIDE: Final = re.compile(rb"(?:[\t\r\n\x20-\x7e]\0){40,}|(?:\0[\t\r\n\x20-\x7e]){40,}")
_DEPTH: Final = 3
"""How often base64 may be wrapped in base64: a Secret holds it once, a values file may twice."""

_HINT: Final = (
    "whoever may pull the pack has the key: build it without, and put the key into the cluster"
)


def private_findings(files: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    """Yield an error for each private key in the files, at its line; the key itself is not shown.

    Knows PEM of all kinds, PKCS#8, PKCS#1, SEC 1, PKCS#12, Java's key stores and age, also where
    they are encrypted, as they are, in UTF-16 and in base64.
    """
    for name, content in files.items():
        line, counted = 1, 0
        seen: set[int] = set()
        for offset, kind in sorted(_keys(content), key=itemgetter(0)):
            line += content.count(b"\n", counted, offset)
            counted = offset
            if line not in seen:
                seen.add(line)
                place = Span(name, line)
                text = f"the pack holds {_with_article(kind)}"
                yield Diagnostic("PK608", text, place, _HINT, quote=False)


def _with_article(kind: str) -> str:
    """Return 'a private key', 'an encrypted private key'; of RSA and EC the letters are spoken."""
    return f"{'an' if kind.startswith(('a', 'e', 'o', 'rsa')) else 'a'} {kind}"


def _keys(content: bytes, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the offset and the kind of each key, also of those inside of base64."""
    for name, pattern in _BINARY:
        if pattern.match(content):
            yield 0, name
    starts, ends = [0], [0]
    for match in _PEM.finditer(content):
        mark = _MARK.search(content, match.end())
        end = mark.start() if mark else len(content)
        if _has_body(content, match.end(), end):
            starts.append(match.start())
            ends.append(end)
            yield match.start(), match["kind"].decode().lower()
    for match in _OTHER_TEXT.finditer(content):
        yield match.start(), "private key of age"
    for match in _WIDE.finditer(content):
        for offset, kind in _keys(match[0].replace(b"\0", b""), depth):
            yield match.start() + 2 * offset, kind
    if depth == _DEPTH:
        return
    for match in _BASE64.finditer(content):
        if match.start() < ends[bisect_left(starts, match.start()) - 1]:
            continue  # of the key before it
        text = re.sub(rb"\\n|\s", b"", match[0])
        inner = base64.b64decode(text[: len(text) // 4 * 4])
        for _, kind in _keys(inner, depth + 1):
            yield match.start(), f"{kind} in base64".replace(" in base64 in base64", " in base64")


def _has_body(content: bytes, start: int, end: int) -> bool:
    """Return whether a line of a key stands between two marks, with headers before it or not."""
    header = _HEADER.match(content, start, end)
    if header and (header["name"] == _FIRST_HEADER or re.search(rb"\n|\\n", header["before"])):
        return _LINE.search(content, header.end(), end) is not None
    return _NEAR.match(content, start, end) is not None
