"""pem: which blocks a PEM text holds, without a look into them."""

from __future__ import annotations

import re
from itertools import pairwise

from attrs import field, frozen

BEGIN = re.compile(r"^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?$", re.MULTILINE)

# Known labels only: a stranger's label is part of a file, and no part of a file is shown.
KINDS = {
    "CERTIFICATE": "a certificate",
    "CERTIFICATE REQUEST": "a certificate request",
    "DSA PRIVATE KEY": "a private key",
    "EC PRIVATE KEY": "a private key",
    "ENCRYPTED PRIVATE KEY": "a private key",
    "NEW CERTIFICATE REQUEST": "a certificate request",
    "OPENSSH PRIVATE KEY": "a private key of OpenSSH",
    "PKCS7": "a PKCS#7 bundle",
    "PRIVATE KEY": "a private key",
    "PUBLIC KEY": "a public key",
    "RSA PRIVATE KEY": "a private key",
    "RSA PUBLIC KEY": "a public key",
    "TRUSTED CERTIFICATE": "a trusted certificate of OpenSSL",
    "X509 CRL": "a revocation list",
}


@frozen
class Block:
    """One block of a PEM text, from its first line to its last."""

    label: str = field(repr=False)
    text: str = field(repr=False)

    @property
    def kind(self) -> str:
        """Return for people what the label promises."""
        return KINDS.get(self.label, "something else")

    @property
    def is_private_key(self) -> bool:
        return self.label.endswith("PRIVATE KEY")

    @property
    def is_encrypted(self) -> bool:
        return self.label == "ENCRYPTED PRIVATE KEY" or "Proc-Type: 4,ENCRYPTED" in self.text


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks in the order of the text; one that does not end stops before the next."""
    begins = list(BEGIN.finditer(text))
    ends = [begin.start() for begin in begins] + [len(text)]
    return tuple(
        Block(begin[1], _up_to_its_end(text[start:stop], begin[1]))
        for begin, (start, stop) in zip(begins, pairwise(ends), strict=True)
    )


def _up_to_its_end(text: str, label: str) -> str:
    body, end, _ = text.partition(f"-----END {label}-----")
    return f"{body}{end}\n"
