"""Signatures hold for the pack and the key alone, and other implementations agree."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from packc.cli import main
from packc.diagnostics import PackcError
from packc.model import OutputFile
from packc.publish.built import Built
from packc.publish.layout import write_layout
from packc.publish.manifest import pack_artifact, referrer
from packc.publish.model import Artifact, Blob, Bundle, canonical, digest_of
from packc.publish.provenance import IN_TOTO, statement
from packc.publish.reading import read_bundle
from packc.publish.signing import bundle as bundles
from packc.publish.signing import simple
from packc.publish.signing.keys import PrivateKey, PublicKey, read_private_key, read_public_key
from packc.publish.verify import verify

ROOT = Path(__file__).parent.parent
READER = ROOT / "tests" / "readers" / "sigstore.cjs"
DIGEST = digest_of(b"a manifest")
OTHER = digest_of(b"another manifest")
PLACE = "registry.example.org/packs/demo"
SLSA = "https://slsa.dev/provenance/v1"

GOLDEN_BUNDLE = "sha256:dcfda58caa47265a21dcc3aa1d28c13ebf62bae289483ecb7cd1d21af3f7f3a3"
GOLDEN_SIMPLE = "sha256:d83140d2bdac7d90f6faa4897765742215a212626629852660f3b94979c9b04d"

PLAIN = form.NoEncryption()
# No key stands in this repository: one that is made of a small number is nobody's secret.
SECRET = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
STRANGER = ec.derive_private_key(0xBADBEEF, ec.SECP256R1())


def pem(key: Any, encryption: Any = PLAIN) -> str:
    text: bytes = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption)
    return text.decode()


def public_pem(key: Any) -> str:
    kind = form.PublicFormat.SubjectPublicKeyInfo
    text: bytes = key.public_key().public_bytes(form.Encoding.PEM, kind)
    return text.decode()


def private(key: Any = SECRET) -> PrivateKey:
    return read_private_key("env://KEY", {"KEY": pem(key)})


def public(key: Any = SECRET) -> PublicKey:
    return read_public_key("env://KEY", {"KEY": public_pem(key)})


@pytest.fixture
def pack() -> Artifact:
    files = (OutputFile("manifests.yaml", b"kind: ConfigMap\n"),)
    return pack_artifact(Built("demo", "1.0.0", "oci", files), tag="1.0.0")


def bundle_of(pack: Artifact, *referrers: Artifact, signatures: Any = ()) -> Bundle:
    return Bundle(pack, "demo", "1.0.0", "oci", referrers, tuple(signatures))


def refusal(content: bytes, **changes: Any) -> str:
    arguments = {"key": public(), "digest": DIGEST, "predicate_type": bundles.SIGNATURE, **changes}
    with pytest.raises(PackcError) as caught:
        bundles.verify(content, **arguments)
    return caught.value.diagnostics[0].code


def signed(digest: str = DIGEST, predicate_type: str = bundles.SIGNATURE) -> bytes:
    return bundles.sign(statement(predicate_type, {}, digest), private())


# --- keys -------------------------------------------------------------------------------------


def test_a_key_signs_the_same_bytes_the_same_way() -> None:
    """RFC 6979: a second publication makes no second signature."""
    assert private().sign(b"content") == private().sign(b"content")
    assert public().accepts(private().sign(b"content"), b"content")


def test_a_signature_is_fixed_for_ever() -> None:
    assert digest_of(signed()) == GOLDEN_BUNDLE
    artifact = simple.signature_artifact(DIGEST, PLACE, private())
    assert artifact.digest == GOLDEN_SIMPLE


def test_the_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    text = pem(SECRET, form.BestAvailableEncryption(b"pass word"))
    (tmp_path / "password").write_text("pass word\n")

    first = read_private_key("env://KEY", {"KEY": text, "PACKC_KEY_PASSWORD": "pass word"})
    second = read_private_key("env://KEY", {"KEY": text}, str(tmp_path / "password"))

    assert first.public.hint == second.public.hint == public().hint


def test_the_hint_is_the_one_of_cosign() -> None:
    """The SHA-256 of the key in DER, in base64, as openssl gives it."""
    kind = form.PublicFormat.SubjectPublicKeyInfo
    der = SECRET.public_key().public_bytes(form.Encoding.DER, kind)
    done = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True)

    assert base64.b64decode(public().hint) == done.stdout


ENCRYPTED = pem(SECRET, form.BestAvailableEncryption(b"right"))
BROKEN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "is no private key": ("no key", {}),
    "expected one of P-256": (pem(ec.derive_private_key(7, ec.SECP384R1())), {}),
    "a key of secp256k1": (pem(ec.derive_private_key(7, ec.SECP256K1())), {}),
    "Ed25519": (pem(ed25519.Ed25519PrivateKey.generate()), {}),
    "RSA": (pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)), {}),
    "there is no password": (ENCRYPTED, {}),
    "cannot be decrypted": (ENCRYPTED, {"PACKC_KEY_PASSWORD": "wrong"}),
    "is a public key, and signing needs the private one": (public_pem(SECRET), {}),
    "cosign's own form": ("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n", {}),
    "a variable that is not set": ("", {}),
}


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_no_usable_key_is_refused_with_the_reason(words: str) -> None:
    text, environment = BROKEN[words]

    with pytest.raises(PackcError, match="PK616") as caught:
        read_private_key("env://KEY", {"KEY": text, **environment})

    assert words in str(caught.value)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "nothing", pem(SECRET), pem(SECRET)[:60]])
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)

    for name in ("key", ".", "missing"):
        with pytest.raises(PackcError, match="PK616"):
            read_public_key(str(tmp_path / name), {})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("is_private", [True, False])
def test_a_key_in_another_encoding_is_refused_by_its_name(
    tmp_path: Path, encoding: str, is_private: bool
) -> None:
    """As Windows PowerShell writes what is sent into a file."""
    path = tmp_path / "key"
    path.write_text(pem(SECRET) if is_private else public_pem(SECRET), encoding=encoding)
    read = read_private_key if is_private else read_public_key

    with pytest.raises(PackcError, match="PK616") as caught:
        read(str(path), {})

    assert f"is in {encoding[:6].upper()}, and PEM is ASCII" in str(caught.value)


def test_the_hint_on_a_key_is_the_command_that_the_page_shows() -> None:
    with pytest.raises(PackcError) as caught:
        read_private_key("env://KEY", {"KEY": "no key"})

    (error,) = caught.value.diagnostics
    command = error.hint.partition("shows: ")[2]
    assert command.startswith("openssl genpkey ")
    assert f"$ {command}\n" in (ROOT / "docs" / "publish.md").read_text()


@pytest.mark.parametrize(("mode", "codes"), [(0o600, []), (0o400, []), (0o644, ["PK617"])])
def test_a_key_that_others_can_read_is_warned_about(
    tmp_path: Path, mode: int, codes: list[str]
) -> None:
    path = tmp_path / "packc.key"
    path.write_text(pem(SECRET))
    path.chmod(mode)

    found = read_private_key(str(path), {})

    assert [warning.code for warning in found.warnings] == codes


def test_no_key_shows_itself() -> None:
    assert "PrivateKey(" in repr(private())
    assert "PRIVATE" not in repr(private())


# --- bundles ----------------------------------------------------------------------------------


def test_a_bundle_holds_for_its_key_digest_and_type_alone() -> None:
    content = signed()

    assert bundles.verify(content, public(), DIGEST, bundles.SIGNATURE) == {}
    assert refusal(content, key=public(STRANGER)) == "PK621"
    assert refusal(content, digest=OTHER) == "PK622"
    assert refusal(content, predicate_type=SLSA) == "PK622"


def test_a_signed_provenance_is_no_signature() -> None:
    """Cosign takes it for one: whoever may attest could sign."""
    assert refusal(signed(predicate_type=SLSA)) == "PK622"


def test_every_flipped_bit_of_a_bundle_is_refused() -> None:
    content = signed()
    accepted = []
    for position in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[position] ^= 1 << bit
            try:
                bundles.verify(bytes(changed), public(), DIGEST, bundles.SIGNATURE)
                accepted.append((position, bytes(changed[position - 9 : position + 9])))
            except PackcError:
                pass

    assert accepted == []


def test_every_cut_bundle_is_refused() -> None:
    content = signed()

    for length in range(len(content)):
        assert refusal(content[:length]) == "PK620"


def _nested(bundle: dict[str, Any], path: str, value: Any) -> bytes:
    *parents, last = path.split("/")
    inner: Any = bundle
    for name in parents:
        inner = inner[int(name) if name.isdecimal() else name]
    inner[last] = value
    return canonical(bundle)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.2"),
        ("verificationMaterial", {"certificate": {"rawBytes": ""}}),
        ("verificationMaterial", None),
        ("verificationMaterial/publicKey", {"hint": "other"}),
        ("dsseEnvelope", []),
        ("dsseEnvelope/payloadType", "application/json"),
        ("dsseEnvelope/signatures", []),
        ("dsseEnvelope/signatures", [{"sig": ""}]),
        ("dsseEnvelope/signatures", [{"sig": None}]),
        ("dsseEnvelope/signatures", ["x"]),
        ("dsseEnvelope/payload", "=="),
        ("messageSignature", {}),
    ],
)
def test_a_bundle_of_another_form_is_refused(path: str, value: Any) -> None:
    content = _nested(json.loads(signed()), path, value)

    assert refusal(content) in ("PK620", "PK621")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'{"_type":"https://in-toto.io/Statement/v1"}',
        b'{"_type":"https://in-toto.io/Statement/v1","_type":"x","subject":[]}',
        b"[" * 100_000,
    ],
)
def test_a_signed_payload_that_is_no_statement_is_refused(payload: bytes) -> None:
    assert refusal(bundles.sign(payload, private())) in ("PK620", "PK622")


@given(st.binary(max_size=400))
def test_no_bytes_make_verification_fall_over(content: bytes) -> None:
    assert refusal(content) == "PK620"


# --- cosign's older form ----------------------------------------------------------------------


def test_a_simple_signature_holds_for_its_key_and_digest_alone() -> None:
    layer = simple.signature_artifact(DIGEST, PLACE, private()).blobs[1]

    assert simple.verify(layer, public(), DIGEST) == PLACE
    for key, digest, code in (
        (public(STRANGER), DIGEST, "PK621"),
        (public(), OTHER, "PK622"),
    ):
        with pytest.raises(PackcError, match=code):
            simple.verify(layer, key, digest)


def test_every_flipped_bit_of_a_simple_signature_is_refused() -> None:
    layer = simple.signature_artifact(DIGEST, PLACE, private()).blobs[1]
    encoded = layer.annotations[simple.SIGNATURE].encode()
    changed = [evolve(layer, content=each) for each in _flips(layer.content)]
    changed += [
        evolve(layer, annotations={simple.SIGNATURE: each.decode("latin-1")})
        for each in _flips(encoded)
    ]

    for each in changed:
        with pytest.raises(PackcError, match="PK62"):
            simple.verify(each, public(), DIGEST)


def _flips(content: bytes) -> list[bytes]:
    found = []
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        found.append(bytes(changed))
    return found


@pytest.mark.parametrize(
    "payload", [b"", b"null", b'{"critical":[]}', b'{"critical":{"image":1}}', b"[" * 100_000]
)
def test_a_signed_payload_of_another_form_is_refused(payload: bytes) -> None:
    signature = base64.b64encode(private().sign(payload)).decode()
    layer = Blob(simple.PAYLOAD, payload, {simple.SIGNATURE: signature})

    with pytest.raises(PackcError, match="PK620"):
        simple.verify(layer, public(), DIGEST)


def test_a_new_key_signs_beside_the_old_one() -> None:
    """Rotation: the layers that are there stay, and nothing is signed twice."""
    old = simple.signature_artifact(DIGEST, PLACE, private(STRANGER))
    both = simple.signature_artifact(DIGEST, PLACE, private(), old.blobs[1:])
    again = simple.signature_artifact(DIGEST, PLACE, private(), both.blobs[1:])

    assert simple.verify(both.blobs[1], public(STRANGER), DIGEST) == PLACE
    assert simple.verify(both.blobs[2], public(), DIGEST) == PLACE
    assert again == both
    assert both.tag == f"sha256-{DIGEST.removeprefix('sha256:')}.sig"


# --- a pack and all that hangs on it ----------------------------------------------------------


def test_one_of_several_keys_and_one_of_two_forms_is_enough(pack: Artifact) -> None:
    new = bundles.signature_artifact(pack, private())
    old = simple.signature_artifact(pack.digest, PLACE, private())

    for bundle in (bundle_of(pack, new), bundle_of(pack, signatures=[old])):
        found = verify(bundle, [public(STRANGER), public()])
        assert [each.signed for each in found] == [True]


def test_an_unsigned_pack_is_not_verified(pack: Artifact) -> None:
    with pytest.raises(PackcError, match="PK623"):
        verify(bundle_of(pack), [public()])


def test_a_pack_signed_by_a_stranger_is_not_verified(pack: Artifact) -> None:
    stranger = bundles.signature_artifact(pack, private(STRANGER))

    with pytest.raises(PackcError, match="PK621"):
        verify(bundle_of(pack, stranger), [public()])


def test_a_signature_of_another_pack_is_not_verified(pack: Artifact) -> None:
    """The bundle of one pack, hung on another one by whoever may write to the registry."""
    other = evolve(pack, content=pack.content + b" ")
    moved = evolve(bundles.signature_artifact(other, private()), subject=pack.digest)
    old = evolve(
        simple.signature_artifact(other.digest, PLACE, private()), tag=simple.tag_of(pack.digest)
    )

    with pytest.raises(PackcError, match="PK622"):
        verify(bundle_of(pack, moved, signatures=[old]), [public()])


def test_a_provenance_that_claims_to_be_a_signature_is_not_verified(pack: Artifact) -> None:
    provenance = bundles.attestation(pack, SLSA, {}, private())
    renamed = {**provenance.annotations, bundles.PREDICATE_TYPE: bundles.SIGNATURE}

    with pytest.raises(PackcError, match="PK622"):
        verify(bundle_of(pack, evolve(provenance, annotations=renamed)), [public()])
    with pytest.raises(PackcError, match="PK623"):
        verify(bundle_of(pack, provenance), [public()])


def test_a_stranger_s_statement_does_not_hide_the_signature(pack: Artifact) -> None:
    ours = bundles.signature_artifact(pack, private())
    theirs = bundles.attestation(pack, SLSA, {}, private(STRANGER))

    found = verify(bundle_of(pack, ours, theirs), [public()])

    assert {each.kind: each.signed for each in found} == {bundles.SIGNATURE: True, SLSA: False}


def test_an_unsigned_statement_counts_where_a_signed_one_holds_the_same(pack: Artifact) -> None:
    kind = "https://cyclonedx.org/bom"
    ours = bundles.signature_artifact(pack, private())
    bill = bundles.attestation(pack, kind, {"version": 1}, private())
    same = referrer(pack, Blob("a/json", canonical({"version": 1})), {})
    other = referrer(pack, Blob("b/json", canonical({"version": 2})), {})

    found = verify(bundle_of(pack, ours, bill, same, other), [public()])

    assert {each.kind: each.signed for each in found if each.kind != bundles.SIGNATURE} == {
        kind: True,
        "a/json": True,
        "b/json": False,
    }


# --- the commands -----------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with packc.key, packc.pub and stranger.pub."""
    (tmp_path / "packc.key").write_text(pem(SECRET))
    (tmp_path / "packc.key").chmod(0o600)
    (tmp_path / "packc.pub").write_text(public_pem(SECRET))
    (tmp_path / "stranger.pub").write_text(public_pem(STRANGER))
    return tmp_path


@pytest.fixture
def built(tmp_path: Path, small: Path) -> str:
    options = ["--source-map", "--quiet", "-o", str(tmp_path / "dist")]
    assert main(["build", str(small), *options]) == 0
    return str(tmp_path / "dist" / "small" / "1.0.0" / "aws")


@pytest.mark.parametrize("name", ["layout", "layout.oci.tar"])
def test_what_package_signed_verify_accepts(
    built: str, keys: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(keys / name)
    options = ["--key", f"{keys}/packc.key", "--sbom", "--provenance"]
    place = ["--reference", f"oci://{PLACE}"]
    assert main(["package", built, "-o", out, *options, *place]) == 0
    capsys.readouterr()

    code = main(["verify", out, "--key", f"{keys}/packc.pub", "--output", "json"])

    data = json.loads(capsys.readouterr().out)
    assert code == 0
    assert {each["kind"]: each["signed"] for each in data["statements"]} == {
        simple.PAYLOAD: True,
        bundles.SIGNATURE: True,
        "https://cyclonedx.org/bom": True,
        "application/vnd.cyclonedx+json": True,
        "application/vnd.packc.source-map.v1+json": True,
        SLSA: True,
    }


def test_the_exit_code_is_6_where_a_pack_is_not_verified(
    built: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(keys / "layout")
    main(["package", built, "-o", out, "--key", f"{keys}/packc.key"])

    codes = {
        "stranger": main(["verify", out, "--key", f"{keys}/stranger.pub"]),
        "no layout": main(["verify", str(keys), "--unsigned"]),
        "nothing there": main(["verify", f"{keys}/missing.oci.tar", "--unsigned"]),
        "nothing to pull": main(["pull", f"{keys}/missing", "--no-verify", "-o", f"{keys}/new"]),
        "nothing to send": main(["publish", f"{keys}/missing.oci.tar", "oci://r.example/a"]),
        "another scheme": main(["verify", "docker://r.example/a:1", "--unsigned"]),
        "no port": main(["verify", "oci://r.example:99999/a:1", "--unsigned"]),
        "no pack to rebuild": main(["verify", out, "--unsigned", "--rebuild", f"{keys}/missing"]),
        "no key": main(["verify", out, "--key", f"{keys}/missing.pub"]),
        "nothing asked": main(["verify", out]),
        "unsigned": main(["verify", out, "--unsigned"]),
    }

    assert codes == {
        **dict.fromkeys(("stranger", "no layout", "no pack to rebuild"), 6),
        **dict.fromkeys(("nothing there", "nothing to pull", "nothing to send"), 1),
        **dict.fromkeys(("another scheme", "no port", "no key"), 1),
        "nothing asked": 2,
        "unsigned": 0,
    }
    assert "Traceback" not in capsys.readouterr().err


def test_a_second_signature_makes_the_same_layout(built: str, keys: Path) -> None:
    for name in ("first.oci.tar", "second.oci.tar"):
        options = ["--key", f"{keys}/packc.key", "--sbom", "--provenance"]
        main(["package", built, "-o", str(keys / name), *options])

    assert (keys / "first.oci.tar").read_bytes() == (keys / "second.oci.tar").read_bytes()


def test_cryptography_is_not_imported_where_nothing_is_signed(built: str, tmp_path: Path) -> None:
    program = (
        "import sys; from packc.cli import main;"
        f"main(['package', {built!r}, '-o', {str(tmp_path / 'x')!r}]);"
        "sys.exit('cryptography' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


# --- other implementations --------------------------------------------------------------------


@pytest.mark.tool("sigstore-js")
def test_sigstore_s_own_library_agrees() -> None:
    modules = Path(os.environ.get("PACKC_NODE_MODULES", "node_modules")).resolve()
    content = json.loads(signed())
    changed = json.loads(signed())
    payload = statement(bundles.SIGNATURE, {}, OTHER)
    changed["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()

    answers = {}
    for name, key in (("ours", SECRET), ("stranger's", STRANGER)):
        given_input = {"bundles": [content, changed], "key": public_pem(key)}
        done = subprocess.run(
            ["node", READER],
            input=json.dumps(given_input),
            env={**os.environ, "PACKC_NODE_MODULES": str(modules)},
            capture_output=True,
            text=True,
        )
        answers[name] = done.stdout.splitlines()

    refused = "refused: SIGNATURE_ERROR"
    assert answers == {"ours": ["accepted", refused], "stranger's": [refused, refused]}


def test_openssl_accepts_a_simple_signature(tmp_path: Path) -> None:
    layer = simple.signature_artifact(DIGEST, PLACE, private()).blobs[1]
    (tmp_path / "signature").write_bytes(base64.b64decode(layer.annotations[simple.SIGNATURE]))
    (tmp_path / "key.pub").write_text(public_pem(SECRET))

    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pub", "-signature", "signature"],
        cwd=tmp_path,
        input=layer.content,
        capture_output=True,
    )

    assert done.stdout == b"Verified OK\n"


@pytest.mark.tool("cosign")
def test_cosign_accepts_a_bundle_without_a_network(pack: Artifact, tmp_path: Path) -> None:
    """The real program, with a trusted root that trusts nobody: the key alone decides."""
    root = {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}
    (tmp_path / "root.json").write_text(json.dumps(root))
    (tmp_path / "manifest").write_bytes(pack.content)
    bundle = bundles.signature_artifact(pack, private()).blobs[1].content
    (tmp_path / "bundle").write_bytes(bundle)
    codes = {}
    for name, key in (("ours", SECRET), ("stranger's", STRANGER)):
        (tmp_path / "key.pub").write_text(public_pem(key))
        done = subprocess.run(
            ["cosign", "verify-blob-attestation", "--key", "key.pub", "--bundle", "bundle",
             "--new-bundle-format", "--trusted-root", "root.json", "--insecure-ignore-tlog=true",
             "--type", bundles.SIGNATURE, "manifest"],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        codes[name] = done.returncode

    assert codes == {"ours": 0, "stranger's": 1}


def test_securesystemslib_accepts_the_envelope() -> None:
    envelope = json.loads(signed())["dsseEnvelope"]
    for signature in envelope["signatures"]:
        signature["keyid"] = "key"
    key = SSlibKey("key", "ecdsa", "ecdsa-sha2-nistp256", {"public": public_pem(SECRET)})

    found = Envelope.from_dict(envelope)

    assert found.payload_type == IN_TOTO
    assert set(found.verify([key], 1)) == {"key"}


def test_a_layout_with_signatures_is_read_whole(pack: Artifact, tmp_path: Path) -> None:
    new = bundles.signature_artifact(pack, private())
    old = simple.signature_artifact(pack.digest, PLACE, private())
    write_layout(bundle_of(pack, new, signatures=[old]), tmp_path / "layout")

    found = read_bundle(str(tmp_path / "layout"))

    assert (found.referrers, found.signatures) == ((new,), (old,))
