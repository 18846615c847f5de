"""transport: one exchange over HTTP, limited in time and size; it neither repeats nor redirects."""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from attrs import Factory, define, field, frozen
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from packc import __version__
from packc.diagnostics import Diagnostic, PackcError
from packc.publish.registry.faults import Transient, unexpected, unreachable
from packc.publish.registry.patience import Deadline

_CHUNK: Final = 64 * 1024
_CONNECT_SECONDS: Final = 10.0
_UNTRUSTED: Final = "its certificate is not trusted"
_NO_TLS: Final = "it does not speak TLS"
_UNKNOWN: Final = "its name is not known"
_NO_PROXY: Final = "the name of the proxy is not known"
_PROXY_HINT: Final = "check HTTPS_PROXY and HTTP_PROXY"
_FINAL: Final = {
    _UNTRUSTED: "name the file with the registry's CA with --ca",
    _NO_TLS: "add --plain-http, if it is one for tests",
    _UNKNOWN: "check the name of the registry, and that this machine can resolve names",
    _NO_PROXY: _PROXY_HINT,
}
"""What is final, and a way out of it."""
# Not every system has the second one. EAI_AGAIN, that the server of names is away, may pass.
_NO_NAME: Final = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
_AGENT: Final = f"packc/{__version__}"


@frozen
class Answer:
    """What a server answered; its body is whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(default=b"", repr=False)


@define
class Transport:
    """Connections, which are kept open. `idle` is how many seconds a server may be silent."""

    context: ssl.SSLContext | None
    proxies: Mapping[str, str]
    idle: float
    _managers: dict[str, Any] = Factory(dict)
    _sockets: list[tuple[Any, socket.socket]] = Factory(list)

    def __attrs_post_init__(self) -> None:
        weakref.finalize(self, _close_twins, self._sockets)  # as urllib3 closes its own

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        limit: int,
        deadline: Deadline,
    ) -> Answer:
        """Send a request and return the answer; what fails on the way is Transient.

        Raises PK634 where a certificate is not trusted or a name is not known, PK635 for a body of
        more than `limit`, and for the name of a server that can be none.
        """
        host = _host(url)
        if deadline.left <= 0:
            raise Transient(unreachable(host, "the time is over"))
        with self._limited(deadline) as is_over:
            try:
                return self._exchange(method, url, headers, body, limit, deadline)
            except (HTTPError, OSError, ValueError) as error:
                why = "the time is over" if is_over() else _reason(error)
                if hint := _FINAL.get(why):
                    raise unreachable(host, why, hint) from None
                is_name = isinstance(error, ValueError) and not isinstance(error, OSError)
                if is_name and not is_over():
                    raise unexpected(host, "is no name of a server") from None
                raise Transient(unreachable(host, why)) from None

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        limit: int,
        deadline: Deadline,
    ) -> Answer:
        seconds = max(0.01, min(self.idle, deadline.left))
        response = self._manager(url).urlopen(
            method,
            url,
            headers={"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers},
            body=body or None,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=min(seconds, _CONNECT_SECONDS), read=seconds),
        )
        try:
            content = b"".join(_chunks(response, limit, _host(url)))
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return Answer(response.status, response.headers, content)

    @contextmanager
    def _limited(self, deadline: Deadline) -> Iterator[Any]:
        """Cut the connections when the time is over: a server may send a byte now and then."""
        over = threading.Event()

        def cut() -> None:
            over.set()
            for _, twin in list(self._sockets):
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, deadline.left), cut)
        timer.daemon = True
        timer.start()
        try:
            yield over.is_set
        finally:
            timer.cancel()
            self._let_go()

    def _let_go(self) -> None:
        closed = [entry for entry in self._sockets if entry[0].sock is None]
        for entry in closed:
            self._sockets.remove(entry)
        _close_twins(closed)

    def _manager(self, url: str) -> Any:
        proxy = self._proxy(url)
        if proxy not in self._managers:
            try:
                self._managers[proxy] = self._new_manager(proxy)
            except ValueError:
                why = "the address of its proxy is none that is understood"
                raise unreachable(_host(url), why, _PROXY_HINT) from None
        return self._managers[proxy]

    def _proxy(self, url: str) -> str:
        """Return the proxy for an address, or nothing; as in Go, never one for this machine."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host == "localhost" or host.startswith("127.") or host == "::1":
            return ""
        if proxy_bypass(host):
            return ""
        return self.proxies.get(parts.scheme, "")

    def _new_manager(self, proxy: str) -> Any:
        manager: Any
        if proxy:
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            login = f"{parts.username}:{parts.password or ''}" if parts.username else None
            manager = urllib3.ProxyManager(
                f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
                proxy_headers=urllib3.make_headers(proxy_basic_auth=login),
                ssl_context=self.context,
            )
        else:
            manager = urllib3.PoolManager(ssl_context=self.context)
        manager.pool_classes_by_scheme = _watched_pools(self._sockets)
        return manager


def new_transport(ca_file: str | None, idle: float) -> Transport:
    """Return connections that trust the system's authorities and those of a file.

    Raises PK641 where the file holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ValueError) as error:
            reason = _reason_of_file(error)
            text = f"the certificates in '{ca_file}' cannot be used: {reason}"
            hint = "name a file with the certificate of the registry's CA in PEM"
            raise PackcError(Diagnostic("PK641", text, hint=hint)) from None
    return Transport(context, getproxies(), idle)


def _reason_of_file(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return (error.strerror or "it cannot be read").lower()
    return "they are not in PEM"


def _watched_pools(sockets: list[tuple[Any, socket.socket]]) -> dict[str, Any]:
    """Return pools whose connections note a twin of their socket, by which it can be cut.

    A twin, since TLS takes the first socket over before anybody sees the second one.
    """

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            sockets.append((self, made.dup()))
            return made

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            sockets.append((self, made.dup()))
            return made

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _close_twins(sockets: list[tuple[Any, socket.socket]]) -> None:
    for _, twin in sockets:
        twin.close()


def _chunks(response: Any, limit: int, host: str) -> Iterator[bytes]:
    total = 0
    while chunk := response.read(_CHUNK):
        total += len(chunk)
        if total > limit:
            raise unexpected(host, f"sends more than {limit:,} bytes", "expected a small answer")
        yield chunk


def is_address(text: str) -> bool:
    """Return whether a text that a server chose is an address, absolute or relative."""
    try:
        parts = urlsplit(text)
        return parts.port != 0 and bool(parts.netloc or parts.scheme not in ("http", "https"))
    except ValueError:
        return False


def _host(url: str) -> str:
    """Return the host of an address, and its port; what stands before it may be a password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _is_no_name(cause: BaseException | None) -> bool:
    """Return whether the system says for good that a name has no address."""
    return isinstance(cause, socket.gaierror) and cause.errno in _NO_NAME


def _reason(error: Exception) -> str:
    """Return why an exchange failed, without the address: that may hold a secret."""
    match error:
        case NameResolutionError():
            return _UNKNOWN if _is_no_name(error.__cause__) else "names cannot be resolved now"
        case ConnectTimeoutError():
            return "it does not take connections"
        case ReadTimeoutError():
            return "it does not answer"
        case ProxyError() if _is_no_name(error.original_error.__cause__):
            return _NO_PROXY
        case ProxyError():
            return "the proxy does not connect"
        case SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return _UNTRUSTED
        case SSLError() if "WRONG_VERSION_NUMBER" in str(error):
            return _NO_TLS
        case NewConnectionError():
            cause = error.__cause__
            reason = cause.strerror if isinstance(cause, OSError) else None
            return (reason or "it does not take connections").lower()
        case _:
            return "the connection was cut"
