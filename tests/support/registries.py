"""registries: what tests of registries stand on: a real one, a server of tokens, and a bad network.

All of it is on the loopback interface, on free ports, and stops with its block.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import Factory, define
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

USERNAME, PASSWORD = "ci", "s3cret:pass-word"

_CONFIG = """\
version: 0.1
log: {level: info, formatter: json, accesslog: {disabled: true}}
storage: {inmemory: {}, delete: {enabled: true}}
http: {addr: "127.0.0.1:0", secret: test%s}
%s
"""


@contextmanager
def docker_registry(folder: Path, *, auth: str = "", tls: str = "") -> Iterator[str]:
    """Run Debian's registry, its storage in memory, and yield its HOST:PORT."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conf.yml").write_text(_CONFIG % (tls, auth))
    environment = os.environ | {"OTEL_TRACES_EXPORTER": "none"}
    with subprocess.Popen(
        ["docker-registry", "serve", folder / "conf.yml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            match = next(m for line in lines if (m := re.search(r"listening on (\S+?)[\",]", line)))
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield match[1]
        finally:
            process.kill()


def htpasswd(folder: Path) -> str:
    """Return the configuration of a registry that asks for USERNAME and PASSWORD."""
    folder.mkdir(parents=True, exist_ok=True)
    line = subprocess.check_output(["htpasswd", "-Bbn", USERNAME, PASSWORD], text=True)
    (folder / "htpasswd").write_text(line)
    return f"auth: {{htpasswd: {{realm: basic-realm, path: {folder}/htpasswd}}}}"


def certificate(folder: Path) -> str:
    """Make a CA, `ca.pem`, with a certificate for this machine; return the configuration of TLS."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca = ["req", "-x509", *ec, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"]
    request = ["req", *ec, "-subj", "/CN=localhost", "-keyout", "tls.key", "-out", "tls.csr"]
    sign = ["x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key"]
    extra = ["-CAcreateserial", "-extfile", "names", "-out", "tls.pem"]
    for command in (ca, request, [*sign, *extra]):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return f", tls: {{certificate: {folder}/tls.pem, key: {folder}/tls.key}}"


# --- servers ----------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status: int, headers: Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Print nothing: a client that leaves is a part of the tests."""


@contextmanager
def served(answer: Callable[[Any], None]) -> Iterator[str]:
    """Serve with a function that is given each request's handler; yield HOST:PORT."""
    methods = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH")
    handler = type("Handler", (_Handler,), {f"do_{method}": answer for method in methods})
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@define
class Tokens:
    """What a server of tokens was asked, and the configuration of a registry that trusts it."""

    host: str = ""
    auth: str = ""
    scopes: list[str] = Factory(list)
    logins: list[str] = Factory(list)


@contextmanager
def token_server(folder: Path) -> Iterator[Tokens]:
    """Serve tokens to USERNAME with PASSWORD, or with the identity token `identity`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root = _self_signed(key)
    (folder / "tokens.pem").write_bytes(root.public_bytes(Encoding.PEM))
    tokens = Tokens()

    def answer(handler: _Handler) -> None:
        form = parse_qs(handler.body().decode()) if handler.command == "POST" else {}
        query = form or parse_qs(urlsplit(handler.path).query)
        basic = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        is_known = query.get("refresh_token") == ["identity"]
        if not is_known and handler.headers.get("Authorization") != f"Basic {basic}":
            handler.reply(401, {}, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
            return
        tokens.scopes.append(query["scope"][0])
        tokens.logins.append("identity" if is_known else "basic")
        token = _token(key, root, query["scope"][0])
        handler.reply(200, {}, json.dumps({"access_token": token}).encode())

    with served(answer) as host:
        tokens.host = host
        tokens.auth = (
            f"auth: {{token: {{realm: 'http://{host}/token', service: registry, issuer: tests,"
            f" rootcertbundle: {folder}/tokens.pem}}}}"
        )
        yield tokens


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tokens")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _token(key: rsa.RSAPrivateKey, root: x509.Certificate, scope: str) -> str:
    kind, name, actions = scope.split(":")
    now = int(time.time())
    head = {
        "alg": "RS256",
        "typ": "JWT",
        "x5c": [base64.b64encode(root.public_bytes(Encoding.DER)).decode()],
    }
    claims = {
        "iss": "tests",
        "aud": "registry",
        "sub": USERNAME,
        "exp": now + 60,
        "nbf": now - 60,
        "iat": now,
        "jti": str(now),
        "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
    }
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (head, claims))
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


# --- a bad network ----------------------------------------------------------------------------


@define
class Fault:
    """What happens to the next `times` requests whose `METHOD path` matches, after `skip` others.

    `kind` is a status (with `headers`), or drop, lose, cut, corrupt, shorten, relative or trickle.
    """

    pattern: str
    kind: str | int
    times: int = 1
    headers: Mapping[str, str] = Factory(dict)
    skip: int = 0

    def takes(self, request: str) -> bool:
        if self.times == 0 or not re.search(self.pattern, request):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@define
class Weather(Fault):
    """A fault that happens to a share of the matching requests; the same ones with each seed."""

    share: float = 0.25
    seed: int = 0
    dice: random.Random = Factory(lambda self: random.Random(self.seed), takes_self=True)

    def takes(self, request: str) -> bool:
        return re.search(self.pattern, request) is not None and self.dice.random() < self.share


@define
class Proxy:
    """A proxy before a registry: its own HOST:PORT, the requests it saw, the faults it makes."""

    host: str = ""
    requests: list[str] = Factory(list)
    headers: list[Mapping[str, str]] = Factory(list)
    faults: list[Fault] = Factory(list)
    lock: Any = Factory(threading.Lock)

    def fault(self, request: str) -> Fault | None:
        with self.lock:
            return next((fault for fault in self.faults if fault.takes(request)), None)


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Stand between a client and a registry."""
    state = Proxy()

    def answer(handler: _Handler) -> None:
        request = f"{handler.command} {handler.path}"
        body = handler.body()
        state.requests.append(request)
        state.headers.append(dict(handler.headers))
        fault = state.fault(request)
        kind = fault.kind if fault else ""
        if kind == "drop":
            handler.close_connection = True
            return
        if isinstance(kind, int):
            handler.reply(kind, fault.headers if fault else {})
            return
        _relay(handler, kind, *_forward(upstream, handler, body))

    with served(answer) as host:
        state.host = host
        yield state


def _forward(upstream: str, handler: _Handler, body: bytes) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(upstream, timeout=10)
    try:
        connection.request(handler.command, handler.path, body or None, dict(handler.headers))
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def _relay(
    handler: _Handler, kind: str, status: int, headers: dict[str, str], content: bytes
) -> None:
    headers = {name: text for name, text in headers.items() if name != "Content-Length"}
    if kind == "lose":
        handler.close_connection = True
    elif kind == "corrupt":
        handler.reply(status, headers, content[:-1] + bytes([content[-1] ^ 1]))
    elif kind == "shorten":
        handler.reply(status, headers, content[:-1])
    elif kind == "relative":
        path = urlsplit(headers["Location"])
        handler.reply(status, {**headers, "Location": f"{path.path}?{path.query}"}, content)
    elif kind in ("cut", "trickle"):
        _send_slowly(handler, kind, status, headers, content)
    elif handler.command == "HEAD":
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
    else:
        handler.reply(status, headers, content)


def _send_slowly(
    handler: _Handler, kind: str, status: int, headers: dict[str, str], content: bytes
) -> None:
    """Send half of the body and stop, or a byte of the headers now and then."""
    handler.close_connection = True
    if kind == "cut":
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        return
    with suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.02)


# --- packs ------------------------------------------------------------------------------------


def key_pair(folder: Path, name: str = "k", number: int = 0xC0FFEE) -> tuple[str, str]:
    """Write a private key and its public one, and return their files; none is in the repository."""
    secret = ec.derive_private_key(number, ec.SECP256R1())
    private = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = folder / f"{name}.key", folder / f"{name}.pub"
    for file, content in zip(files, (private, public), strict=True):
        file.write_bytes(content)
        file.chmod(0o600)
    return str(files[0]), str(files[1])
