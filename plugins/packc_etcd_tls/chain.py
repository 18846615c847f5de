"""chain: the way from a certificate to one of the CAs, and why there is none."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from packc_etcd_tls.certificates import Certificate

Path = tuple[Certificate, ...]


def find_path(
    leaf: Certificate, intermediates: Sequence[Certificate], anchors: Sequence[Certificate]
) -> Path:
    """Return the shortest way from the leaf to one of the anchors, both included; () without one.

    Each step is checked: the names, the signature, and whether the issuer may sign. Times are not.
    """
    paths: deque[Path] = deque([(leaf,)])
    seen = {leaf}
    while paths:
        path = paths.popleft()
        for anchor in anchors:
            if anchor.may_anchor and _continues(path, anchor):
                return (*path, anchor)
        for certificate in intermediates:
            if certificate.may_sign and certificate not in seen and _continues(path, certificate):
                seen.add(certificate)
                paths.append((*path, certificate))
    return ()


def _continues(path: Path, issuer: Certificate) -> bool:
    between = len(path) - 1
    fits = issuer.path_length is None or between <= issuer.path_length
    return fits and issuer.signed(path[-1])


def why_no_path(
    leaf: Certificate, intermediates: Sequence[Certificate], anchors: Sequence[Certificate]
) -> str:
    """Return the reason why `find_path` found nothing, as the rest of a sentence about the leaf."""
    named = [issuer for issuer in (*anchors, *intermediates) if issuer.is_named_issuer_of(leaf)]
    signers = [issuer for issuer in named if issuer.signed(leaf)]
    if not named:
        return "no certificate given carries the name of its issuer"
    if not signers:
        return "its issuer's name is there, but another key made the signature"
    if not any(issuer.may_anchor if issuer in anchors else issuer.may_sign for issuer in signers):
        return "its issuer is no CA (basicConstraints or keyUsage say so)"
    return "the certificates between the two do not lead there"
