"""A real etcd server with TLS answers a client that has nothing but the built objects."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_etcd = pytest.mark.tool("etcd")

ROOT = Path(__file__).parent.parent
LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 30
REFUSED = (ssl.SSLError, ConnectionResetError)
"""How TLS refuses a client; a server that is not there is another error."""

BOTH_SIDES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
CLIENTS_ONLY = [ExtendedKeyUsageOID.CLIENT_AUTH]


# --- certificates ---------------------------------------------------------------------------------


@frozen
class Authority:
    """A CA; its file is what clients and servers trust."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"


@frozen
class Pair:
    """The files of a certificate and of its key."""

    certificate: Path
    key: Path

    def key_words(self) -> list[str]:
        """Return what gives the key away: its lines, and those of its base64 in a Secret."""
        content = self.key.read_bytes()
        encoded = b64encode(content).decode()
        pieces = [encoded[i : i + 40] for i in range(0, len(encoded) - 40, 40)]
        # The first piece of each is the header that all keys begin with.
        return [*content.decode().splitlines()[1:-1], *pieces[1:]]


def make_authority(folder: Path, name: str) -> Authority:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    names = _name(name)
    builder = _builder(names, names, public)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return Authority(folder, certificate, key)


def make_pair(ca: Authority, name: str, purposes: list[x509.ObjectIdentifier]) -> Pair:
    """Write a certificate for 127.0.0.1 and its key beside the CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    address = x509.IPAddress(ip_address(LOOPBACK))
    issuer = ca.key.public_key()
    certificate = (
        _builder(_name(name), ca.certificate.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(key_cert_sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    pair = Pair(ca.folder / f"{name}.pem", ca.folder / f"{name}-key.pem")
    pair.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pair


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(*, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- the server -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("pki") / "etcd", "etcd ca")


@pytest.fixture(scope="module")
def client(authority: Authority) -> Pair:
    return make_pair(authority, "calico", CLIENTS_ONLY)


@pytest.fixture(scope="module")
def server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an etcd that takes clients with a certificate of its CA alone."""
    # etcd's JSON gateway is a client of etcd with the server's certificate, hence both purposes.
    pair = make_pair(authority, "server", BOTH_SIDES)
    with running_etcd(authority, pair, tmp_path_factory.mktemp("etcd")) as url:
        yield url


@contextmanager
def running_etcd(authority: Authority, pair: Pair, folder: Path) -> Iterator[str]:
    client_port, peer_port = free_ports(2)
    url, peer = f"https://{LOOPBACK}:{client_port}", f"http://{LOOPBACK}:{peer_port}"
    command = {
        "name": "test",
        "data-dir": str(folder / "data"),
        "listen-client-urls": url,
        "advertise-client-urls": url,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"test={peer}",
        "cert-file": str(pair.certificate),
        "key-file": str(pair.key),
        "trusted-ca-file": str(authority.file),
    }
    flags = [f"--{name}={value}" for name, value in command.items()]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["etcd", "--client-cert-auth", *flags], stdout=output, stderr=output
        )
        try:
            wait_until_it_listens(process, client_port, log)
            yield url
        finally:
            process.terminate()
            process.wait(SECONDS_TO_START)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"etcd does not listen:\n{log.read_text()[-2000:]}")


# --- packc, and a client made of what it built ----------------------------------------------------


def packc(
    *arguments: str, endpoint: str, ca: Path, client: Pair
) -> subprocess.CompletedProcess[str]:
    """Run packc on Calico for AWS with etcd-tls and those files."""
    command, *rest = arguments
    values = {
        "etcd.endpoints": endpoint,
        "etcd.ca": ca,
        "etcd.cert": client.certificate,
        "etcd.key": client.key,
    }
    sets = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    variant = ("packs/calico", "--cloud", "aws", "--feature", "etcd-tls")
    return subprocess.run(
        [sys.executable, "-m", "packc", command, *variant, *sets, *rest],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@frozen
class Etcd:
    """A client of etcd's JSON gateway."""

    endpoint: str
    context: ssl.SSLContext

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        url = urlsplit(self.endpoint)
        assert url.hostname is not None
        connection = HTTPSConnection(url.hostname, url.port, timeout=10, context=self.context)
        try:
            connection.request("POST", path, json.dumps(body))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, answer
        return answer

    def put(self, key: str, value: str) -> None:
        self.post("/v3/kv/put", {"key": _encoded(key), "value": _encoded(value)})

    def get(self, key: str) -> list[str]:
        answer = self.post("/v3/kv/range", {"key": _encoded(key)})
        return [b64decode(pair["value"]).decode() for pair in answer.get("kvs", [])]


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def client_from_manifests(manifests: str, folder: Path) -> Etcd:
    """Return a client as calico-node is: the ConfigMap names the files that the Secret holds."""
    objects = list(yaml.safe_load_all(manifests))
    [config] = [o["data"] for o in objects if o["metadata"]["name"] == "calico-config"]
    [secret] = [o["data"] for o in objects if o["metadata"]["name"] == "calico-etcd-secrets"]
    files = {}
    for key in ("etcd_ca", "etcd_cert", "etcd_key"):
        files[key] = folder / key
        files[key].write_bytes(b64decode(secret[Path(config[key]).name], validate=True))
    context = ssl.create_default_context(cafile=files["etcd_ca"])
    context.load_cert_chain(files["etcd_cert"], files["etcd_key"])
    return Etcd(config["etcd_endpoints"], context)


@pytest.fixture
def from_manifests(server: str, authority: Authority, client: Pair, tmp_path: Path) -> Etcd:
    done = packc("render", endpoint=server, ca=authority.file, client=client)
    assert done.returncode == 0, done.stderr
    return client_from_manifests(done.stdout, tmp_path)


# --- tests ----------------------------------------------------------------------------------------


@needs_etcd
def test_etcd_answers_a_client_that_has_only_the_built_objects(from_manifests: Etcd) -> None:
    from_manifests.put("/calico/test", "written by the built client")

    assert from_manifests.get("/calico/test") == ["written by the built client"]


@needs_etcd
def test_etcd_refuses_a_client_without_a_certificate(
    from_manifests: Etcd, authority: Authority
) -> None:
    bare = Etcd(from_manifests.endpoint, ssl.create_default_context(cafile=authority.file))

    with pytest.raises(REFUSED):
        bare.put("/calico/test", "must not be written")

    assert "must not be written" not in from_manifests.get("/calico/test")


@needs_etcd
def test_etcd_refuses_a_client_of_another_ca(
    from_manifests: Etcd, authority: Authority, tmp_path: Path
) -> None:
    other = make_pair(make_authority(tmp_path / "other", "etcd ca"), "calico", CLIENTS_ONLY)
    context = ssl.create_default_context(cafile=authority.file)
    context.load_cert_chain(other.certificate, other.key)

    with pytest.raises(REFUSED):
        Etcd(from_manifests.endpoint, context).put("/calico/test", "must not be written")

    assert "must not be written" not in from_manifests.get("/calico/test")


def test_packc_refuses_what_etcd_would_refuse(authority: Authority, tmp_path: Path) -> None:
    other = make_pair(make_authority(tmp_path / "other", "etcd ca"), "calico", CLIENTS_ONLY)

    done = packc("render", endpoint="https://x:2379", ca=authority.file, client=other)

    assert (done.returncode, done.stdout) == (1, "")
    assert "ETCD106" in done.stderr


@pytest.mark.parametrize("volume", [(), ("--verbose",)])
def test_rendering_says_nothing_of_the_key(
    volume: tuple[str, ...], authority: Authority, client: Pair
) -> None:
    endpoint = f"https://{LOOPBACK}:2379"

    done = packc("render", *volume, endpoint=endpoint, ca=authority.file, client=client)

    assert done.returncode == 0, done.stderr
    assert [word for word in client.key_words() if word in done.stderr] == []


def test_an_error_says_nothing_of_the_key(authority: Authority, client: Pair) -> None:
    other = make_pair(authority, "other", CLIENTS_ONLY)
    mixed = Pair(client.certificate, other.key)

    done = packc("render", endpoint="https://x:2379", ca=authority.file, client=mixed)

    assert "ETCD105" in done.stderr
    assert [word for word in other.key_words() if word in done.stderr + done.stdout] == []


def test_only_the_manifests_hold_the_key_and_only_their_owner_reads_them(
    authority: Authority, client: Pair, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    endpoint = f"https://{LOOPBACK}:2379"

    done = packc("build", "-o", str(out), endpoint=endpoint, ca=authority.file, client=client)

    assert done.returncode == 0, done.stderr
    [folder] = out.glob("calico/*/aws+etcd-tls")
    files = {file.name: file for file in folder.iterdir()}
    assert set(files) == {"NOTES.md", "build.json", "manifests.yaml"}
    assert files["manifests.yaml"].stat().st_mode & 0o777 == 0o600
    texts = {str(file): file.read_text() for file in out.rglob("*") if file.is_file()}
    leaking = {name for name, text in texts.items() if any(w in text for w in client.key_words())}
    assert leaking == {str(files["manifests.yaml"])}
    assert [word for word in client.key_words() if word in done.stdout + done.stderr] == []
