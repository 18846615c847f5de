"""keys: read keys from files and variables, sign and check with them. P-256 and SHA-256 only."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError, Severity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

ENVIRONMENT: Final = "env://"
PASSWORD: Final = "PACKC_KEY_PASSWORD"
_LARGEST: Final = 64 * 1024
_MAKE_ONE: Final = (
    "make one as docs/publish.md shows: "
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out packc.key"
)
_MARK: Final = "-----BEGIN "
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@frozen
class PublicKey:
    """A P-256 key to check signatures with. `hint` names it in bundles, as cosign does."""

    _key: EllipticCurvePublicKey = field(repr=False)
    hint: str

    def accepts(self, signature: bytes, content: bytes) -> bool:
        """Return whether the signature (in DER) is of this key, over exactly these bytes."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, content, _algorithm())
        except InvalidSignature:
            return False
        return True

    @property
    def pem(self) -> str:
        from cryptography.hazmat.primitives import serialization

        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_bytes(serialization.Encoding.PEM, form).decode()


@frozen
class PrivateKey:
    """A P-256 key to sign with."""

    _key: EllipticCurvePrivateKey = field(repr=False)
    public: PublicKey
    warnings: tuple[Diagnostic, ...] = ()

    def sign(self, content: bytes) -> bytes:
        """Return the signature in DER: the same for the same bytes (RFC 6979) where OpenSSL can."""
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            return self._key.sign(content, _algorithm(deterministic=True))
        except UnsupportedAlgorithm:  # OpenSSL before 3.2
            return self._key.sign(content, _algorithm())


def read_private_key(
    source: str, environment: Mapping[str, str], password_file: str | None = None
) -> PrivateKey:
    """Return the key of a PEM file, or of a variable as in env://NAME; raise PK616 if it is none.

    The password is that of `password_file`, else of PACKC_KEY_PASSWORD.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    content, warnings = _read(source, environment)
    if b"COSIGN PRIVATE KEY" in content or b"SIGSTORE PRIVATE KEY" in content:
        hint = "use the PEM key that was imported into cosign, or make one with openssl"
        raise _refused(source, "is a key in cosign's own form, which packc does not read", hint)
    if b"PRIVATE KEY" not in content and b"PUBLIC KEY-----" in content:
        hint = "name the private key that belongs to it, which `openssl genpkey` wrote"
        raise _refused(source, "is a public key, and signing needs the private one", hint)
    password = _password(environment, password_file) if b"ENCRYPTED" in content else None
    if b"ENCRYPTED" in content and password is None:
        hint = f"set {PASSWORD}, or name a file with --key-password-file"
        raise _refused(source, "is encrypted, and there is no password", hint)
    try:
        key: Any = serialization.load_pem_private_key(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if password is not None:
            hint = "check the password; or make the key again"
            raise _refused(source, "cannot be decrypted with the password", hint) from None
        raise _refused(source, "is no private key in PEM", _MAKE_ONE) from None
    return PrivateKey(_on_p256(key, source), _public(key.public_key()), warnings)


def read_public_key(source: str, environment: Mapping[str, str]) -> PublicKey:
    """Return the public key of a PEM file or variable; raise PK616 where it is none of P-256."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    content, _ = _read(source, environment, is_private=False)
    if b"PRIVATE KEY" in content:
        hint = "`openssl pkey -in KEY -pubout` prints the public one"
        raise _refused(source, "is a private key, and the public one is enough", hint)
    try:
        key: Any = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        hint = "name the file that `openssl pkey -in KEY -pubout` wrote"
        raise _refused(source, "is no public key in PEM", hint) from None
    return _public(_on_p256(key, source))


def _on_p256(key: Any, source: str) -> Any:
    curve = getattr(key, "curve", None)
    if getattr(curve, "name", None) != "secp256r1":
        found = getattr(curve, "name", None) or type(key).__name__.strip("_").removesuffix("Key")
        raise _refused(source, f"is a key of {found}, expected one of P-256", _MAKE_ONE)
    return key


def _public(key: EllipticCurvePublicKey) -> PublicKey:
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded = key.public_bytes(serialization.Encoding.DER, form)
    return PublicKey(key, base64.b64encode(hashlib.sha256(encoded).digest()).decode())


def _algorithm(*, deterministic: bool = False) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    if deterministic:
        return ec.ECDSA(SHA256(), deterministic_signing=True)
    return ec.ECDSA(SHA256())


def _read(
    source: str, environment: Mapping[str, str], *, is_private: bool = True
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    if source.startswith(ENVIRONMENT):
        name = source.removeprefix(ENVIRONMENT)
        if not environment.get(name):
            raise _refused(
                source, "names a variable that is not set", f"set {name}, or name a file"
            )
        return environment[name].encode(errors="replace"), ()
    content, mode = _file(source, "name a file in PEM, or a variable as in env://NAME")
    if encoding := next((name for name in _WIDE if _MARK.encode(name) in content), None):
        shown = encoding[:6].upper()
        hint = f"write it again in ASCII, as with `iconv -f {shown} -t ASCII`"
        raise _refused(source, f"is in {shown}, and PEM is ASCII", hint)
    if is_private and mode & (stat.S_IRGRP | stat.S_IROTH):
        text = f"the key '{source}' can be read by others"
        hint = f"chmod 600 {source}"
        return content, (Diagnostic("PK617", text, hint=hint, severity=Severity.WARNING),)
    return content, ()


def _password(environment: Mapping[str, str], file: str | None) -> bytes | None:
    if file is not None:
        content, _ = _file(file, "write the password into a file")
        return content.removesuffix(b"\n").removesuffix(b"\r")
    text = environment.get(PASSWORD)
    return text.encode(errors="surrogateescape") if text else None


def _file(name: str, hint: str) -> tuple[bytes, int]:
    """Return the content of a small file and its mode; a pipe is fine, as in <(...)."""
    try:
        with Path(name).open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _refused(name, f"cannot be read: {reason}", hint) from None
    if len(content) > _LARGEST:
        raise _refused(name, f"is larger than {_LARGEST:,} bytes", hint)
    return content, mode if stat.S_ISREG(mode) else 0


def _refused(source: str, why: str, hint: str) -> PackcError:
    return PackcError(Diagnostic("PK616", f"the key '{source}' {why}", hint=hint))
