"""assets: do CA, certificate and key fit each other, and the time; every finding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from packc.api import FileContent, Finding, Severity
from packc_etcd_tls.certificates import (
    Certificate,
    RefusedError,
    read_certificates,
    read_public_key,
)
from packc_etcd_tls.chain import Path, find_path, why_no_path

LARGEST_SECRET = 1024 * 1024
"""Bytes: what the API server accepts as the data of one Secret."""

LONGEST_CHAIN = 10
MOST_AUTHORITIES = 200
"""Certificates in etcd.cert and etcd.ca: more than anybody has, and few enough to try them all."""

SOON = timedelta(days=30)

T = TypeVar("T")


@frozen
class Assets:
    """The three files as they were given."""

    ca: FileContent
    cert: FileContent
    key: FileContent


def check_assets(assets: Assets, now: datetime) -> list[Finding]:
    """Return what is wrong with the files at that time (UTC), or soon will be."""
    size = sum(len(file.text.encode()) for file in (assets.ca, assets.cert, assets.key))
    if size > LARGEST_SECRET:
        text = f"the three files hold {size} bytes, expected at most {LARGEST_SECRET}"
        hint = "keep only the CA that signed etcd's and the client's certificate"
        return [Finding("ETCD115", text, parameter="etcd.ca", hint=hint)]
    findings: list[Finding] = []
    anchors = _read("etcd.ca", assets.ca, _read_authorities, findings)
    chain = _read("etcd.cert", assets.cert, _read_chain, findings)
    public_key = _read("etcd.key", assets.key, read_public_key, findings)
    if chain:
        findings += _purpose(assets, chain[0])
        findings += _pair(assets, chain, public_key) if public_key else ()
        findings += _chain(assets, chain, anchors or (), now)
    return findings


def _read(
    parameter: str,
    file: FileContent,
    reader: Callable[[FileContent], T],
    findings: list[Finding],
) -> T | None:
    try:
        return reader(file)
    except RefusedError as error:
        findings.append(Finding(error.code, error.message, parameter=parameter, hint=error.hint))
        return None


def _read_authorities(file: FileContent) -> tuple[Certificate, ...]:
    return read_certificates(file, MOST_AUTHORITIES)


def _read_chain(file: FileContent) -> tuple[Certificate, ...]:
    return read_certificates(file, LONGEST_CHAIN)


def _purpose(assets: Assets, leaf: Certificate) -> Iterator[Finding]:
    if not leaf.serves_clients:
        yield Finding(
            "ETCD110",
            f"the certificate in '{assets.cert.path}' is not meant for TLS clients:"
            " its extended key usage lacks clientAuth",
            Severity.WARNING,
            "etcd.cert",
            "etcd will most likely refuse it: have one made with clientAuth",
        )


def _pair(assets: Assets, chain: tuple[Certificate, ...], public_key: bytes) -> Iterator[Finding]:
    match [number for number, one in enumerate(chain, 1) if one.public_key == public_key]:
        case [1, *_]:
            return
        case [number, *_]:
            text = (
                f"the key in '{assets.key.path}' belongs to certificate {number} in"
                f" '{assets.cert.path}', expected the first"
            )
            hint = "put the client's certificate first, then those that lead to the CA"
        case _:
            text = f"the key in '{assets.key.path}' does not belong to '{assets.cert.path}'"
            hint = (
                "`openssl pkey -in KEY -pubout` and `openssl x509 -in CERTIFICATE -noout -pubkey`"
                " must print the same"
            )
    yield Finding("ETCD105", text, parameter="etcd.key", hint=hint)


def _chain(
    assets: Assets, chain: tuple[Certificate, ...], anchors: tuple[Certificate, ...], now: datetime
) -> Iterator[Finding]:
    """Yield what is wrong with the way to the CA, and with the times of what lies on it."""
    leaf, *between = chain
    path = _path(leaf, between, anchors, now)
    if anchors and not path:
        reason = why_no_path(leaf, between, anchors)
        text = f"'{assets.cert.path}' does not lead to a CA in '{assets.ca.path}': {reason}"
        hint = (
            "give the CA that signed the certificate;"
            " certificates between the two follow the client's in etcd.cert"
        )
        yield Finding("ETCD106", text, parameter="etcd.cert", hint=hint)
    cert = f"the certificate in '{assets.cert.path}'"
    yield from _times(leaf, cert, "etcd.cert", now)
    for number, issuer in enumerate(path[1:-1], start=1):
        yield from _times(issuer, f"issuer {number} of {cert}", "etcd.cert", now)
    if path:
        yield from _times(path[-1], f"the CA in '{assets.ca.path}'", "etcd.ca", now)


def _path(
    leaf: Certificate,
    between: Sequence[Certificate],
    anchors: Sequence[Certificate],
    now: datetime,
) -> Path:
    """Return a way that is valid now, else any: a bundle may keep an old CA beside the new one."""
    valid = [[one for one in some if one.is_valid_at(now)] for some in (between, anchors)]
    return find_path(leaf, *valid) or find_path(leaf, between, anchors)


def _times(certificate: Certificate, name: str, parameter: str, now: datetime) -> Iterator[Finding]:
    end, start = certificate.not_after, certificate.not_before
    if now > end:
        text, hint = f"{name} expired on {end:%Y-%m-%d}", "have it renewed"
        yield Finding("ETCD107", text, parameter=parameter, hint=hint)
    elif now < start:
        text = f"{name} is not valid before {start:%Y-%m-%d %H:%M} UTC"
        yield Finding("ETCD108", text, parameter=parameter, hint="is the clock of this host right?")
    elif end - now < SOON:
        text = f"{name} expires on {end:%Y-%m-%d}, in {_days(end - now)}"
        yield Finding(
            "ETCD109", text, Severity.WARNING, parameter, "have it renewed, then build again"
        )


def _days(left: timedelta) -> str:
    match left.days:
        case 0:
            return "less than a day"
        case 1:
            return "1 day"
        case days:
            return f"{days} days"
