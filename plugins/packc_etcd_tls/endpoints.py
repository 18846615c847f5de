"""endpoints: do the endpoints of etcd fit the files that were given."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from packc.api import Finding, Severity

PARAMETER = "etcd.endpoints"


def uses_tls(endpoints: Sequence[str]) -> bool:
    """Return whether any endpoint is reached over TLS."""
    return any(urlsplit(endpoint).scheme == "https" for endpoint in endpoints)


def check_endpoints(endpoints: Sequence[str], *, with_files: bool) -> list[Finding]:
    """Return what is wrong with the endpoints; `with_files` says that a certificate was given."""
    findings = [_unresolved(url) for url in endpoints if _never_resolves(url)]
    if with_files:
        findings += [_without_tls(url) for url in endpoints if urlsplit(url).scheme == "http"]
    elif uses_tls(endpoints):
        findings.append(
            Finding(
                "ETCD112",
                "an https endpoint without a client certificate: the Secret stays empty",
                Severity.WARNING,
                PARAMETER,
                "give etcd.ca, etcd.cert and etcd.key, or fill the Secret as the notes say",
            )
        )
    return findings


def _without_tls(url: str) -> Finding:
    return Finding(
        "ETCD111",
        f"'{url}' is reached without TLS, so that the certificate would not be used",
        parameter=PARAMETER,
        hint="write https://, or leave out etcd.ca, etcd.cert and etcd.key",
    )


def _never_resolves(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(".invalid")


def _unresolved(url: str) -> Finding:
    return Finding(
        "ETCD113",
        f"'{url}' never resolves: names below .invalid are reserved",
        Severity.WARNING,
        PARAMETER,
        "set etcd.endpoints to the URLs of your etcd members",
    )
