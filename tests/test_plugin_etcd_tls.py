"""The plugin etcd-tls: its parameters and patches, and what it finds in certificates and keys."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from attrs import evolve, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from packc.model import (
    Cloud,
    Distribution,
    Feature,
    FileContent,
    Finding,
    Level,
    NewObject,
    Note,
    Patch,
    Variant,
)
from packc.parameters import problems
from packc.plugins import Found, Host
from packc.spec import Parameter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY
SETTINGS = {
    "secret": "Secret/kube-system/calico-etcd-secrets",
    "config": "ConfigMap/kube-system/calico-config",
    "directory": "/calico-secrets",
}
HTTPS = ("https://10.0.0.1:2379",)
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
ANY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])


# --- certificates made here -----------------------------------------------------------------------


@frozen
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return pem_of(self.key)


@frozen
class Files:
    """The texts of the three files."""

    ca: str
    cert: str
    key: str

    def values(self) -> dict[str, FileContent]:
        return {
            "etcd.ca": FileContent("pki/ca.pem", self.ca),
            "etcd.cert": FileContent("pki/client.pem", self.cert),
            "etcd.key": FileContent("pki/client-key.pem", self.key),
        }


def pem_of(
    key: Any, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None
) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, form, encryption).decode())


@cache
def key_of(name: str) -> Any:
    """Return a key of that kind; the word before the dash names the kind, the rest only the key."""
    match name.partition("-")[0]:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "dsa":
            return dsa.generate_private_key(1024)
        case "x25519":
            return x25519.X25519PrivateKey.generate()
        case "koblitz":
            return ec.generate_private_key(ec.SECP256K1())
        case _:
            return ec.generate_private_key(ec.SECP256R1())


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    key: str | None = None,
    ca: bool = False,
    path_length: int | None = None,
    signs: bool = True,
    usage: x509.ExtendedKeyUsage | None = None,
    start: datetime = NOW - YEAR,
    end: datetime = NOW + YEAR,
) -> Issued:
    """Return a certificate of that name; without an issuer it signs itself."""
    own = key_of(key or f"ec-{name}")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    )
    if not signs:
        nothing = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        purposes = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
            **nothing,
        )
        builder = builder.add_extension(purposes, critical=True)
    if usage:
        builder = builder.add_extension(usage, critical=False)
    signer = issuer.key if issuer else own
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Issued(builder.sign(signer, digest), own)


def version_1(name: str, issuer: Issued | None = None) -> Issued:
    """Return a CA of X.509 version 1, which no library makes any more: without any extensions."""
    modern = issue(name, issuer, ca=True)
    _, *fields = elements(modern.certificate.tbs_certificate_bytes)
    tbs = sequence(*fields[:-1])  # all but the version at the start and the extensions at the end
    signature = (issuer or modern).key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    algorithm = elements(modern.certificate.public_bytes(Encoding.DER))[1]
    bits = element(0x03, b"\0" + signature)
    return Issued(x509.load_der_x509_certificate(sequence(tbs, algorithm, bits)), modern.key)


def elements(der: bytes) -> list[bytes]:
    """Return the DER elements of a DER sequence."""
    found, at = [], header_size(der)
    while at < len(der):
        size = header_size(der[at:])
        long_form = int.from_bytes(der[at + 2 : at + size], "big")
        end = at + size + (der[at + 1] if size == 2 else long_form)
        found.append(der[at:end])
        at = end
    return found


def header_size(der: bytes) -> int:
    return 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)


def sequence(*parts: bytes) -> bytes:
    return element(0x30, b"".join(parts))


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    width = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 0x80 else bytes([0x80 | width]) + size.to_bytes(width, "big")
    return bytes([tag]) + length + content


CA = issue("ca", ca=True)
MIDDLE = issue("middle", CA, ca=True, path_length=0)
FIRST_VERSION = version_1("first version", CA)
LEAF = issue("client", CA, usage=CLIENT)
BELOW = issue("below", MIDDLE, usage=CLIENT)
GOOD = Files(CA.pem, LEAF.pem, LEAF.key_pem)


def files_of(leaf: Issued, ca: Issued = CA, *between: Issued) -> Files:
    return Files(ca.pem, leaf.pem + "".join(one.pem for one in between), leaf.key_pem)


# --- asking the plugin ----------------------------------------------------------------------------


def etcd_tls() -> Host:
    entry = EntryPoint("etcd-tls", "packc_etcd_tls", "packc")
    found = Found("etcd-tls", entry.value, Distribution("packc", "0"), entry)
    return Host(installed={"etcd-tls": (found,)})


HOST = etcd_tls()


def variant_of(files: dict[str, FileContent], endpoints: tuple[str, ...] = HTTPS) -> Variant:
    values = {"etcd.endpoints": endpoints, **files}
    return Variant(
        "calico", "3.32.1", Cloud("aws", "AWS"), ("etcd-tls",), values, {"etcd-tls": SETTINGS}
    )


def ask(hook: str, kind: type, **arguments: Any) -> list[Any]:
    return list(HOST.ask(HOST.load("etcd-tls"), hook, kind, **arguments))


def check(
    files: Files | dict[str, FileContent],
    endpoints: tuple[str, ...] = HTTPS,
    now: datetime = NOW,
) -> list[Finding]:
    given = files.values() if isinstance(files, Files) else files
    variant = variant_of(given, endpoints)
    return ask("packc_check", Finding, variant=variant, objects=(), now=now)


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    """Return code and parameter of each finding; a warning's code is in lower case."""
    return [
        (f.code if f.severity == "error" else f.code.lower(), f.parameter or "") for f in findings
    ]


def patches_of(variant: Variant) -> dict[str, dict[str, Any]]:
    """Return for each object what is added to it, by path."""
    return {
        patch.object: {operation.path: operation.value for operation in patch.operations}
        for patch in ask("packc_patches", Patch, variant=variant)
    }


# --- what it provides -----------------------------------------------------------------------------


def test_the_feature_is_told_where_the_packs_secret_and_config_are() -> None:
    [feature] = ask("packc_features", Feature)

    assert (feature.name, set(feature.settings)) == ("etcd-tls", set(SETTINGS))


def test_the_default_of_every_parameter_fits_its_type() -> None:
    parameters = ask("packc_parameters", Parameter)

    assert [p.name for p in parameters] == ["etcd.endpoints", "etcd.ca", "etcd.cert", "etcd.key"]
    assert [p.name for p in parameters if p.secret] == ["etcd.key"]
    assert problems(parameters[0], parameters[0].default) == []


def test_the_secret_holds_the_files_byte_for_byte() -> None:
    crlf = evolve(GOOD, cert="# mine: schön\r\n" + GOOD.cert.replace("\n", "\r\n"))

    secret = patches_of(variant_of(crlf.values()))[SETTINGS["secret"]]

    assert {path: b64decode(value) for path, value in secret.items()} == {
        "/data/etcd-ca": crlf.ca.encode(),
        "/data/etcd-cert": crlf.cert.encode(),
        "/data/etcd-key": crlf.key.encode(),
    }


def test_every_write_names_the_parameter_that_it_comes_from() -> None:
    patches = ask("packc_patches", Patch, variant=variant_of(GOOD.values()))

    assert {o.path: o.parameter for patch in patches for o in patch.operations} == {
        "/data/etcd-ca": "etcd.ca",
        "/data/etcd-cert": "etcd.cert",
        "/data/etcd-key": "etcd.key",
        "/data/etcd_ca": "etcd.ca",
        "/data/etcd_cert": "etcd.cert",
        "/data/etcd_key": "etcd.key",
    }


def test_the_config_names_the_files_where_the_secret_is_mounted() -> None:
    config = patches_of(variant_of(GOOD.values()))[SETTINGS["config"]]

    assert config == {
        "/data/etcd_ca": "/calico-secrets/etcd-ca",
        "/data/etcd_cert": "/calico-secrets/etcd-cert",
        "/data/etcd_key": "/calico-secrets/etcd-key",
    }


def test_the_secret_is_made_where_the_pack_says() -> None:
    [secret] = ask("packc_objects", NewObject, variant=variant_of({}))

    assert secret.data == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "calico-etcd-secrets", "namespace": "kube-system"},
        "type": "Opaque",
        "data": {},
    }


@pytest.mark.parametrize(
    "name",
    ["", "Secret", "Secret/name", "Secret//name", "Secret/a/", "ConfigMap/a/b", "Secret/a/b/c"],
)
def test_a_setting_that_names_no_secret_is_an_error_and_makes_none(name: str) -> None:
    named = {"etcd-tls": SETTINGS | {"secret": name}}
    variant = evolve(variant_of({}), settings=named)

    findings = ask("packc_check", Finding, variant=variant, objects=(), now=NOW)

    assert ask("packc_objects", NewObject, variant=variant) == []
    assert ("ETCD116", "") in codes(findings)


def test_without_files_the_config_names_none_and_the_secret_stays_empty() -> None:
    patches = patches_of(variant_of({}))

    assert patches == {
        SETTINGS["config"]: {"/data/etcd_ca": "", "/data/etcd_cert": "", "/data/etcd_key": ""}
    }


# --- notes ----------------------------------------------------------------------------------------


def test_without_files_a_warning_says_what_to_fill_in_and_where() -> None:
    [note] = ask("packc_notes", Note, variant=variant_of({}))

    assert note.level is Level.WARNING
    assert [
        word
        for word in ("`etcd-ca`", "`etcd-cert`", "`etcd-key`", *SETTINGS.values(), "restart")
        if word not in note.text
    ] == []
    assert "`etcd_key` to `/calico-secrets/etcd-key`" in note.text


def test_plain_http_without_files_is_warned_about_as_open_to_all() -> None:
    variant = variant_of({}, ("http://10.0.0.1:2379",))

    [note] = ask("packc_notes", Note, variant=variant)

    assert note.level is Level.WARNING
    assert "whoever reaches its port" in note.text


def test_with_files_the_notes_speak_of_the_key_and_of_renewal() -> None:
    notes = ask("packc_notes", Note, variant=variant_of(GOOD.values()))

    assert [note.level for note in notes] == [Level.NOTE, Level.NOTE]
    assert "private key" in notes[0].text
    assert "restart" in notes[1].text


# --- endpoints and completeness -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoints", "with_files", "expected"),
    [
        (HTTPS, True, []),
        (HTTPS, False, ["etcd112"]),
        (("http://10.0.0.1:2379",), False, []),
        (("http://10.0.0.1:2379",), True, ["ETCD111"]),
        (("https://a:2379", "http://b:2379", "http://c:2379"), True, ["ETCD111", "ETCD111"]),
        (("https://etcd.example.invalid:2379",), True, ["etcd113"]),
        (("https://etcd.example.invalid:2379",), False, ["etcd113", "etcd112"]),
        (("https://invalid.example.org:2379",), True, []),
    ],
)
def test_endpoints_are_held_against_the_files(
    endpoints: tuple[str, ...], with_files: bool, expected: list[str]
) -> None:
    findings = check(GOOD if with_files else {}, endpoints)

    assert codes(findings) == [(code, "etcd.endpoints") for code in expected]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["etcd.ca"], "etcd.ca given without etcd.cert and etcd.key"),
        (["etcd.ca", "etcd.cert"], "etcd.ca and etcd.cert given without etcd.key"),
        (["etcd.key"], "etcd.key given without etcd.ca and etcd.cert"),
    ],
)
def test_the_files_come_together_or_not_at_all(given: list[str], message: str) -> None:
    files = {name: content for name, content in GOOD.values().items() if name in given}

    [finding] = check(files)

    assert codes([finding]) == [("ETCD101", given[0])]
    assert finding.message.startswith(message)


# --- files that are fine --------------------------------------------------------------------------

EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n"
EXPIRED_TWIN = issue("ca", key="ec-old-ca", ca=True, end=NOW - DAY)
RENEWED = issue("ca", key="ec-ca", ca=True, end=NOW - DAY)
RSA_CA = issue("rsa ca", key="rsa-ca", ca=True)
EDWARDS_CA = issue("edwards ca", key="ed25519-ca", ca=True)

VERSION_1_CA = version_1("version 1")

FINE: dict[str, Files] = {
    "EC": GOOD,
    "RSA": files_of(issue("client", RSA_CA, key="rsa-client", usage=CLIENT), RSA_CA),
    "Ed25519": files_of(issue("client", EDWARDS_CA, key="ed25519-client"), EDWARDS_CA),
    "any purpose": files_of(issue("client", CA, usage=ANY)),
    "no purpose stated": files_of(issue("client", CA)),
    "an intermediate": files_of(BELOW, CA, MIDDLE),
    "the CA as well in the chain": files_of(BELOW, CA, MIDDLE, CA),
    "the intermediate as the CA": files_of(BELOW, MIDDLE),
    "an old CA beside the new": evolve(GOOD, ca=EXPIRED_TWIN.pem + CA.pem),
    "the same CA, expired and renewed": evolve(GOOD, ca=RENEWED.pem + CA.pem),
    "a CA of version 1": files_of(issue("client", VERSION_1_CA), VERSION_1_CA),
    "a CA that is its own client": files_of(CA, CA),
    "CRLF": Files(*(text.replace("\n", "\r\n") for text in (GOOD.ca, GOOD.cert, GOOD.key))),
    "words before the certificate": evolve(GOOD, cert=f"subject=CN = client\n{GOOD.cert}"),
    "traditional EC key with parameters": evolve(
        GOOD, key=EC_PARAMETERS + pem_of(LEAF.key, PrivateFormat.TraditionalOpenSSL)
    ),
    "certificate in the key file": evolve(GOOD, key=GOOD.cert + GOOD.key),
}


@pytest.mark.parametrize("name", FINE)
def test_files_that_fit_are_accepted(name: str) -> None:
    assert check(FINE[name]) == []


# --- files that are not ---------------------------------------------------------------------------

STRANGER = issue("stranger", ca=True)
IMPOSTOR = issue("ca", key="ec-impostor", ca=True)
NOT_A_CA = issue("no ca")
NO_SIGNER = issue("no signer", ca=True, signs=False)
SHORT_CA = issue("short ca", ca=True, path_length=0)
UNDER_SHORT = issue("under short", SHORT_CA, ca=True)
OLD_CA = issue("old ca", ca=True, end=NOW - DAY)
OLD_MIDDLE = issue("old middle", CA, ca=True, end=NOW - DAY)
CUT = GOOD.cert.replace("-----END CERTIFICATE-----", "")
GARBAGE = (
    "-----BEGIN CERTIFICATE-----\nc2VjcmV0IGdhcmJhZ2UgaW4gaGVyZQ==\n-----END CERTIFICATE-----\n"
)
KEY_GARBAGE = GARBAGE.replace("CERTIFICATE", "PRIVATE KEY")
PUBLIC = (
    LEAF.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)
ENCRYPTED = pem_of(LEAF.key, password=b"hunter2")
OLD_ENCRYPTED = pem_of(LEAF.key, PrivateFormat.TraditionalOpenSSL, b"hunter2")

BROKEN: dict[str, tuple[Files, list[tuple[str, str]]]] = {
    "nothing in any file": (
        Files("", "", ""),
        [("ETCD102", "etcd.ca"), ("ETCD102", "etcd.cert"), ("ETCD103", "etcd.key")],
    ),
    "garbage in every file": (
        Files(GARBAGE, GARBAGE, KEY_GARBAGE),
        [("ETCD102", "etcd.ca"), ("ETCD102", "etcd.cert"), ("ETCD103", "etcd.key")],
    ),
    "binary": (
        Files("\0\x01\ufffd" * 99, "\0" * 999, "\x1b[31m"),
        [("ETCD102", "etcd.ca"), ("ETCD102", "etcd.cert"), ("ETCD103", "etcd.key")],
    ),
    "a certificate that does not end": (evolve(GOOD, cert=CUT), [("ETCD102", "etcd.cert")]),
    "the second certificate is broken": (
        evolve(GOOD, ca=GOOD.ca + GARBAGE),
        [("ETCD102", "etcd.ca")],
    ),
    "certificate and key swapped": (
        Files(GOOD.ca, GOOD.key, GOOD.cert),
        [("ETCD102", "etcd.cert"), ("ETCD103", "etcd.key")],
    ),
    "a public key": (evolve(GOOD, key=PUBLIC), [("ETCD103", "etcd.key")]),
    "two keys": (evolve(GOOD, key=GOOD.key + CA.key_pem), [("ETCD103", "etcd.key")]),
    "an OpenSSH key": (
        evolve(GOOD, key=pem_of(LEAF.key, PrivateFormat.OpenSSH)),
        [("ETCD103", "etcd.key")],
    ),
    "a DSA key": (evolve(GOOD, key=pem_of(key_of("dsa"))), [("ETCD103", "etcd.key")]),
    "an X25519 key": (evolve(GOOD, key=pem_of(key_of("x25519"))), [("ETCD103", "etcd.key")]),
    "a curve that Go lacks": (
        evolve(GOOD, key=pem_of(key_of("koblitz"))),
        [("ETCD103", "etcd.key")],
    ),
    "an encrypted key": (evolve(GOOD, key=ENCRYPTED), [("ETCD104", "etcd.key")]),
    "an encrypted key, the old way": (evolve(GOOD, key=OLD_ENCRYPTED), [("ETCD104", "etcd.key")]),
    "another key": (evolve(GOOD, key=CA.key_pem), [("ETCD105", "etcd.key")]),
    "the client's certificate last": (
        Files(CA.pem, MIDDLE.pem + BELOW.pem, BELOW.key_pem),
        [("ETCD105", "etcd.key")],
    ),
    "another CA": (evolve(GOOD, ca=STRANGER.pem), [("ETCD106", "etcd.cert")]),
    "a CA of the same name": (evolve(GOOD, ca=IMPOSTOR.pem), [("ETCD106", "etcd.cert")]),
    "the client's certificate as the CA": (evolve(GOOD, ca=LEAF.pem), [("ETCD106", "etcd.cert")]),
    "an issuer that is no CA": (
        files_of(issue("client", NOT_A_CA), NOT_A_CA),
        [("ETCD106", "etcd.cert")],
    ),
    "a CA that may not sign": (
        files_of(issue("client", NO_SIGNER), NO_SIGNER),
        [("ETCD106", "etcd.cert")],
    ),
    "a certificate that signs itself and is no CA": (
        files_of(NOT_A_CA, NOT_A_CA),
        [("ETCD106", "etcd.cert")],
    ),
    "the intermediate is missing": (files_of(BELOW, CA), [("ETCD106", "etcd.cert")]),
    "an intermediate of version 1": (
        files_of(issue("client", FIRST_VERSION), CA, FIRST_VERSION),
        [("ETCD106", "etcd.cert")],
    ),
    "the intermediate's issuer is missing": (
        files_of(BELOW, STRANGER, MIDDLE),
        [("ETCD106", "etcd.cert")],
    ),
    "more between than the CA allows": (
        files_of(issue("client", UNDER_SHORT), SHORT_CA, UNDER_SHORT),
        [("ETCD106", "etcd.cert")],
    ),
    "expired": (files_of(issue("client", CA, end=NOW - DAY)), [("ETCD107", "etcd.cert")]),
    "an expired CA": (files_of(issue("client", OLD_CA), OLD_CA), [("ETCD107", "etcd.ca")]),
    "an expired intermediate": (
        files_of(issue("client", OLD_MIDDLE), CA, OLD_MIDDLE),
        [("ETCD107", "etcd.cert")],
    ),
    "not valid yet": (files_of(issue("client", CA, start=NOW + DAY)), [("ETCD108", "etcd.cert")]),
    "expires soon": (files_of(issue("client", CA, end=NOW + 3 * DAY)), [("etcd109", "etcd.cert")]),
    "for servers": (files_of(issue("client", CA, usage=SERVER)), [("etcd110", "etcd.cert")]),
    "a key in the certificate's file": (
        evolve(GOOD, cert=GOOD.cert + GOOD.key),
        [("ETCD114", "etcd.cert")],
    ),
    "the CA's key in the CA's file": (
        evolve(GOOD, ca=GOOD.ca + CA.key_pem),
        [("ETCD114", "etcd.ca")],
    ),
    "more than a Secret holds": (
        evolve(GOOD, ca=GOOD.ca + "#" * 1024 * 1024),
        [("ETCD115", "etcd.ca")],
    ),
    "more CAs than anybody has": (evolve(GOOD, ca=201 * CA.pem), [("ETCD102", "etcd.ca")]),
    "a chain without end": (
        evolve(GOOD, cert=GOOD.cert + 10 * MIDDLE.pem),
        [("ETCD102", "etcd.cert")],
    ),
    "everything at once": (
        Files(STRANGER.pem, issue("client", CA, usage=SERVER, end=NOW - DAY).pem, CA.key_pem),
        [
            ("etcd110", "etcd.cert"),
            ("ETCD105", "etcd.key"),
            ("ETCD106", "etcd.cert"),
            ("ETCD107", "etcd.cert"),
        ],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_do_not_fit_are_reported(name: str) -> None:
    files, expected = BROKEN[name]

    assert codes(check(files)) == expected


@pytest.mark.parametrize("name", BROKEN)
def test_messages_name_files_and_show_nothing_of_them(name: str) -> None:
    files, _ = BROKEN[name]
    said = [(finding.message, finding.hint or "") for finding in check(files)]

    assert all("pki/" in message or "three files" in message for message, _ in said)
    assert [text for text in flat(said) if shows(text, files)] == []


def flat(said: list[tuple[str, str]]) -> Iterator[str]:
    for message, hint in said:
        yield from (message, hint)


def shows(text: str, files: Files) -> bool:
    """Return whether a text has a word of the files' own in it: base64 or a name."""
    words = set(re.findall(r"[A-Za-z0-9+/=]{12,}", files.ca + files.cert + files.key))
    return any(word in text for word in words - {"CERTIFICATE"}) or "hunter2" in text


def test_the_way_out_of_an_encrypted_key_is_named() -> None:
    [finding] = check(evolve(GOOD, key=ENCRYPTED))

    assert "openssl pkey" in (finding.hint or "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("another CA", "carries the name of its issuer"),
        ("a CA of the same name", "another key made the signature"),
        ("an issuer that is no CA", "is no CA"),
        ("a CA that may not sign", "is no CA"),
        ("the intermediate's issuer is missing", "do not lead there"),
    ],
)
def test_a_chain_that_fails_says_why(name: str, reason: str) -> None:
    [finding] = check(BROKEN[name][0])

    assert reason in finding.message


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(seconds=-1), [("ETCD107", "etcd.cert")]),
        (timedelta(0), [("etcd109", "etcd.cert")]),
        (30 * DAY - timedelta(seconds=1), [("etcd109", "etcd.cert")]),
        (30 * DAY, []),
    ],
)
def test_the_last_thirty_days_are_warned_about(
    left: timedelta, expected: list[tuple[str, str]]
) -> None:
    end = NOW + 100 * DAY
    files = files_of(issue("client", CA, end=end))

    assert codes(check(files, now=end - left)) == expected


@pytest.mark.parametrize(
    ("left", "words"),
    [(DAY / 2, "in less than a day"), (DAY, "in 1 day"), (29.5 * DAY, "in 29 days")],
)
def test_the_days_that_are_left_are_counted(left: timedelta, words: str) -> None:
    [finding] = check(files_of(issue("client", CA, end=NOW + left)))

    assert finding.message.endswith(words)


def test_the_largest_search_ends_before_the_time_for_a_hook_is_over() -> None:
    """Every name fits and no signature does, so everything is tried."""
    twins = "".join(issue("middle", CA, key="ec-middle", ca=True).pem for _ in range(9))
    files = Files(IMPOSTOR.pem * 200, BELOW.pem + twins, BELOW.key_pem)

    assert codes(check(files)) == [("ETCD106", "etcd.cert")]


PIECES = st.sampled_from(
    [
        *(CA.pem, LEAF.pem, LEAF.key_pem, ENCRYPTED, GARBAGE, KEY_GARBAGE, CUT, PUBLIC),
        *("-----BEGIN CERTIFICATE-----\n", "-----END PRIVATE KEY-----\n", "-----BEGIN X-----\n"),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=20), max_size=4).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_no_text_whatsoever_is_more_than_a_finding(ca: str, cert: str, key: str) -> None:
    files = Files(ca, cert, key)

    for finding in check(files):
        assert re.fullmatch(r"ETCD1[0-9]{2}", finding.code)
        assert not shows(finding.message, files)


@given(st.integers(0, len(GOOD.cert) - 1), st.sampled_from("A9+/=-\n\0 é"))
def test_a_certificate_with_one_wrong_character_does_not_crash_the_check(
    place: int, character: str
) -> None:
    damaged = GOOD.cert[:place] + character + GOOD.cert[place + 1 :]

    findings = check(evolve(GOOD, cert=damaged))

    assert {parameter for _, parameter in codes(findings)} <= {"etcd.cert", "etcd.key"}


def test_the_plugin_alone_does_not_import_cryptography() -> None:
    """Only a build with files should wait for it."""
    code = "import sys, packc_etcd_tls; print('cryptography' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
