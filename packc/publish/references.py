"""references: oci://HOST/REPOSITORY[:TAG][@DIGEST], read and checked."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Final

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.model import DIGEST

SCHEME: Final = "oci://"
FORM: Final = "write oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]"
RESERVED: Final = ("sha256-", ".sig", ".att", ".sbom")

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?P<numbers>[0-9a-f:.]+)\])(?::(?P<port>\d{{1,5}}))?",
    re.I | re.ASCII,
)
_LARGEST_PORT: Final = 65_535
_LONGEST_HOST: Final = 253
_REPOSITORY: Final = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*", re.ASCII
)
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_PRE_RELEASE: Final = re.compile(
    # What SemVer has behind a '-', and what PEP 440 writes without one.
    r"v?\d+(?:\.\d+)*(?:-.+|[._]?(?:a|b|c|rc|alpha|beta|pre|dev)[._]?\d*)",
    re.I | re.ASCII,
)
_LONGEST: Final = 255


@frozen
class Reference:
    """Where a pack is, or will be. `tag` and `digest` are empty where they are not named."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Return the reference; raise PK610 or PK611 with what is wrong and what to write."""
        if not text.startswith(SCHEME):
            raise _wrong(text, f"it does not begin with {SCHEME}")
        rest, at, digest = text.removeprefix(SCHEME).partition("@")
        host, slash, path = rest.partition("/")
        if at and not DIGEST.fullmatch(digest):
            # `user:password@host` would show a password: say nothing of what was found.
            raise _wrong(_shown(text), "behind @ it has no sha256: with 64 digits of 0-9 and a-f")
        if why := _about_host(host):
            raise _wrong(text, f"'{host}' {why}")
        repository, colon, tag = path.partition(":")
        if not slash or not _REPOSITORY.fullmatch(repository) or len(repository) > _LONGEST:
            raise _wrong(text, _about_repository(repository))
        if colon:
            check_tag(tag)
        return cls(host, repository, tag, digest)

    @property
    def place(self) -> str:
        """Return host and repository, as signatures name the place."""
        return f"{self.host}/{self.repository}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{SCHEME}{self.place}{tag}{digest}"


def check_tag(tag: str, whence: str = "") -> None:
    """Raise PK611 for what no registry takes as a tag, and for tags that tools use themselves.

    `whence` says where a tag comes from that nobody typed, such as "the version of the pack".
    """
    subject = f"{whence} '{tag}'" if whence else f"'{tag}'"
    if "+" in tag:
        text, hint = f"{subject} has a '+', which no tag can have", "write '-' where '+' stands"
    elif not _TAG.fullmatch(tag):
        text = f"{subject} is no tag: found {_described(tag)}"
        hint = "use up to 128 letters, digits, '.', '_' and '-', and begin with none of '.' and '-'"
    elif tag.startswith(RESERVED[0]) or tag.endswith(RESERVED[1:]):
        text, hint = f"{subject} is a tag that signing tools use", "choose another one"
    else:
        return
    if whence:
        hint += ", with --tag or in the pack"
    raise PackcError(Diagnostic("PK611", text, hint=hint))


def is_pre_release(version: str) -> bool:
    """Return whether a version comes before a release: 2.0.0-rc.1 does, and 2.0.0rc1."""
    return _PRE_RELEASE.fullmatch(version) is not None


def _described(tag: str) -> str:
    if not tag:
        return "nothing"
    if len(tag) > 128:
        return f"{len(tag)} characters"
    strange = sorted({c for c in tag if not re.fullmatch(r"[A-Za-z0-9._-]", c, re.ASCII)})
    return repr(strange[0]) if strange else f"{tag[0]!r} as its first character"


def _about_host(host: str) -> str:
    """Return why a host cannot be one, with its port; nothing if it can."""
    found = _HOST.fullmatch(host)
    if not found or len(host) > _LONGEST_HOST or not _is_ipv6(found["numbers"] or "::"):
        return "is no name of a host"
    if found["port"] and not 1 <= int(found["port"]) <= _LARGEST_PORT:
        return f"has no port from 1 to {_LARGEST_PORT}"
    return ""


def _is_ipv6(numbers: str) -> bool:
    try:
        IPv6Address(numbers)
    except ValueError:
        return False
    return True


def _about_repository(repository: str) -> str:
    if not repository:
        return "it names no repository"
    if len(repository) > _LONGEST:
        return f"the repository has more than {_LONGEST} characters"
    if repository != repository.lower():
        return f"the repository '{repository}' has capitals"
    return f"'{repository}' is no name of a repository"


def _shown(text: str) -> str:
    """Return what may be shown of a text that may begin with a password."""
    return f"{SCHEME}…@…" if ":" in text.removeprefix(SCHEME).partition("@")[0] else text


def _wrong(text: str, why: str) -> PackcError:
    return PackcError(Diagnostic("PK610", f"'{text}' is no reference: {why}", hint=FORM))
