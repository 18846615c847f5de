"""certificates: read certificates and a private key from PEM, or refuse them.

The clients of etcd are Go programs, so what Go's crypto/tls reads is what counts. No part of a
file is shown.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from packc.api import FileContent
from packc_etcd_tls.pem import Block, blocks

KEY_LABELS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
CURVES = ("secp224r1", "secp256r1", "secp384r1", "secp521r1")

E = TypeVar("E", bound=x509.ExtensionType)


class RefusedError(Exception):
    """A file that does not hold what it should: the code, the message and the way out."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@frozen
class Certificate:
    """What the checks ask of a certificate, read at once so that a broken one is found here.

    `public_key` is its SubjectPublicKeyInfo in DER. `path_length` is how many certificates may
    stand between it and the leaf, None where it does not say. Times are in UTC.
    """

    raw: x509.Certificate = field(repr=False)
    subject: x509.Name = field(repr=False)
    issuer: x509.Name = field(repr=False)
    public_key: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    may_sign: bool
    may_anchor: bool
    path_length: int | None
    serves_clients: bool

    def is_valid_at(self, now: datetime) -> bool:
        return self.not_before <= now <= self.not_after

    def is_named_issuer_of(self, other: Certificate) -> bool:
        return self.subject == other.issuer

    def signed(self, other: Certificate) -> bool:
        """Return whether it is named as the other's issuer and its key made the signature."""
        try:
            other.raw.verify_directly_issued_by(self.raw)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True


def read_certificates(file: FileContent, most: int) -> tuple[Certificate, ...]:
    """Return the certificates of a file in its order, at least one and at most so many.

    Raises RefusedError: ETCD102 there are none or too many or one is broken, ETCD114 there is a
    private key too.
    """
    found = blocks(file.text)
    certificates = [block for block in found if block.label == "CERTIFICATE"]
    if not certificates:
        message = f"'{file.path}' holds {_kinds(found)}, expected a certificate in PEM"
        raise RefusedError("ETCD102", message, "are the files of two parameters swapped?")
    if any(block.is_private_key for block in found):
        message = f"'{file.path}' holds a private key beside its certificates"
        raise RefusedError("ETCD114", message, "take it out: the key belongs into etcd.key alone")
    if len(certificates) > most:
        message = f"'{file.path}' holds {len(certificates)} certificates, expected at most {most}"
        raise RefusedError("ETCD102", message, "keep only those between the client's and its CA")
    return tuple(
        _certificate(file, number, block) for number, block in enumerate(certificates, start=1)
    )


def read_public_key(file: FileContent) -> bytes:
    """Return the public half of the one private key in a file, as SubjectPublicKeyInfo in DER.

    Raises RefusedError: ETCD103 there is no such key, ETCD104 it is encrypted.
    """
    block = _key_block(file)
    if block.is_encrypted:
        message = (
            f"the private key in '{file.path}' is encrypted, and etcd's clients have no password"
        )
        raise RefusedError("ETCD104", message, "decrypt it with `openssl pkey -in KEY -out PLAIN`")
    key = _private_key(file, block)
    if not _is_supported(key):
        message = f"the private key in '{file.path}' is of a kind that Go's TLS does not know"
        hint = "use RSA, ECDSA (P-224, P-256, P-384 or P-521) or Ed25519"
        raise RefusedError("ETCD103", message, hint)
    return _encoded(key.public_key())


def _certificate(file: FileContent, number: int, block: Block) -> Certificate:
    try:
        with warnings.catch_warnings():
            # cryptography warns of what it reads out of kindness, and Go refuses most of that.
            warnings.simplefilter("error")
            return _facts(x509.load_pem_x509_certificate(block.text.encode()))
    except Exception:  # the parser's errors are of many kinds, and some quote the file
        message = f"certificate {number} in '{file.path}' cannot be read"
        hint = "try `openssl x509 -in CERTIFICATE -noout -text`"
        raise RefusedError("ETCD102", message, hint) from None


def _facts(raw: x509.Certificate) -> Certificate:
    constraints = _extension(raw, x509.BasicConstraints)
    key_usage = _extension(raw, x509.KeyUsage)
    purposes = _extension(raw, x509.ExtendedKeyUsage)
    is_ca = constraints is not None and constraints.ca
    # A version 1 certificate has no extensions that could tell; Go takes it as a root, and only so.
    is_root = is_ca or (constraints is None and raw.version is x509.Version.v1)
    may_sign = key_usage is None or key_usage.key_cert_sign
    return Certificate(
        raw=raw,
        subject=raw.subject,
        issuer=raw.issuer,
        public_key=_encoded(raw.public_key()),
        not_before=raw.not_valid_before_utc,
        not_after=raw.not_valid_after_utc,
        may_sign=is_ca and may_sign,
        may_anchor=is_root and may_sign,
        path_length=constraints.path_length if constraints else None,
        serves_clients=purposes is None or _includes_clients(purposes),
    )


def _extension(raw: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return raw.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _includes_clients(purposes: Iterable[x509.ObjectIdentifier]) -> bool:
    either = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return not either.isdisjoint(purposes)


def _key_block(file: FileContent) -> Block:
    found = blocks(file.text)
    match [block for block in found if block.is_private_key]:
        case [block] if block.label in KEY_LABELS or block.is_encrypted:
            return block
        case [block]:
            message = f"'{file.path}' holds {block.kind} in a form that Go's TLS does not read"
            hint = "write an RSA, ECDSA or Ed25519 key as PKCS#8, as `openssl genpkey` does"
        case []:
            message = f"'{file.path}' holds {_kinds(found)}, expected a private key in PEM"
            hint = "are the files of two parameters swapped?"
        case several:
            message = f"'{file.path}' holds {len(several)} private keys, expected one"
            hint = "keep the one that belongs to the certificate in etcd.cert"
    raise RefusedError("ETCD103", message, hint)


def _private_key(file: FileContent, block: Block) -> PrivateKeyTypes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return load_pem_private_key(block.text.encode(), password=None)
    except Exception:  # as above
        message = f"the private key in '{file.path}' cannot be read"
        raise RefusedError("ETCD103", message, "try `openssl pkey -in KEY -noout -check`") from None


def _is_supported(key: PrivateKeyTypes) -> bool:
    match key:
        case EllipticCurvePrivateKey():
            return key.curve.name in CURVES
        case _:
            return isinstance(key, RSAPrivateKey | Ed25519PrivateKey)


def _encoded(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _kinds(found: tuple[Block, ...]) -> str:
    return " and ".join(dict.fromkeys(block.kind for block in found)) or "no PEM block"
