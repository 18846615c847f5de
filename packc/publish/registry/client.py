"""client: a registry over HTTP: manifests, blobs and referrers, tried again where that may help."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from attrs import evolve, field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.publish.checked import descriptor_of, json_of
from packc.publish.folder import MAX_TOTAL
from packc.publish.model import DIGEST, INDEX, Blob, Descriptor, digest_of
from packc.publish.references import RESERVED, Reference
from packc.publish.registry.auth import RETRIED, Authorizer
from packc.publish.registry.credentials import Login, find_login
from packc.publish.registry.faults import (
    Transient,
    another_content,
    error_code,
    malformed,
    unauthorized,
    unexpected,
    unreachable,
)
from packc.publish.registry.patience import Deadline, Patience, retry_after
from packc.publish.registry.protocol import ACCEPTED, Manifest
from packc.publish.registry.transport import Answer, Transport, is_address, new_transport

PULL: Final = "pull"
PUSH: Final = "pull,push"

_HUB: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
_LARGEST_MANIFEST: Final = 4 * 1024 * 1024
_MAX_REDIRECTS: Final = 5
_MAX_PAGES: Final = 20
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_TAKEN: Final = (409, 412)


@frozen
class Connection:
    """How to reach a registry: in plain HTTP or not, with which CA, login and patience."""

    environment: Mapping[str, str] = field(repr=False)
    login: Login | None = None
    is_plain: bool = False
    ca_file: str | None = None
    patience: Patience = field(factory=Patience)


def open_registry(reference: Reference, connection: Connection, actions: str) -> HttpRegistry:
    """Return the repository of a reference; nothing is sent before it is used."""
    host = _HUB.get(reference.host, reference.host)
    transport = new_transport(connection.ca_file, connection.patience.idle)

    def login() -> Login | None:
        if connection.login is not None:
            return connection.login
        return find_login(reference.host, reference.repository, connection.environment)

    return HttpRegistry(
        reference=evolve(reference, tag="", digest=""),
        base=f"{'http' if connection.is_plain else 'https'}://{host}/v2/{reference.repository}/",
        patience=connection.patience,
        transport=transport,
        authorizer=Authorizer(
            host=reference.host,
            repository=reference.repository,
            actions=actions,
            is_plain=connection.is_plain,
            find_login=login,
            send=lambda method, url, headers, body, limit, deadline: transport.exchange(
                method, url, headers=headers, body=body, limit=limit, deadline=deadline
            ),
        ),
    )


@frozen
class HttpRegistry:
    """One repository of a registry, by the OCI distribution protocol 1.1 and as 1.0 had it."""

    reference: Reference
    base: str
    patience: Patience
    transport: Transport = field(repr=False)
    authorizer: Authorizer = field(repr=False)

    @property
    def place(self) -> str:
        return self.reference.place

    @property
    def _host(self) -> str:
        return self.reference.host

    def wait_for_others(self) -> None:
        self.patience.wait_for_others()

    # --- manifests ----------------------------------------------------------------------------

    def manifest(self, name: str) -> Manifest | None:
        headers = {"Accept": ", ".join(ACCEPTED)}
        url = f"{self.base}manifests/{name}"

        def get(deadline: Deadline) -> Manifest | None:
            answer = self._once("GET", url, deadline, headers=headers, limit=_LARGEST_MANIFEST)
            if answer.status == 404:
                return None
            self._expect(answer, "a manifest", 200)
            self._refuse_another(answer, name)
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            return Manifest(answer.content, kind)

        return self.patience.again(get)

    def _refuse_another(self, answer: Answer, name: str) -> None:
        """Raise PK636 for a manifest of another digest than was asked for, or is said; it may pass.

        Where a tag was asked for, only the registry says which digest it has.
        """
        digest = digest_of(answer.content)
        for expected in (name, answer.headers.get("Docker-Content-Digest", "")):
            if DIGEST.fullmatch(expected) and digest != expected:
                error = another_content(self._host, f"a manifest with {digest}", expected)
                raise Transient(error)

    def push_manifest(self, manifest: Manifest, name: str) -> bool:
        headers = {"Content-Type": manifest.media_type}
        url = f"{self.base}manifests/{name}"
        answer = self._send("PUT", url, headers=headers, body=manifest.content)
        if answer.status in _TAKEN:
            if self.manifest(name) == manifest:  # by a PUT before, whose answer was lost
                return False
            text = f"'{self._host}' does not let the tag '{name}' move"
            hint = "it keeps tags for ever: publish a new version"
            if name.startswith(RESERVED):
                hint = (
                    "signatures and lists of referrers change: let its rule for tags spare sha256-*"
                )
            raise PackcError(Diagnostic("PK631", text, hint=hint))
        self._expect(answer, "a manifest to be stored", 200, 201, 202)
        return "OCI-Subject" in answer.headers

    # --- blobs --------------------------------------------------------------------------------

    def blob(self, descriptor: Descriptor) -> bytes | None:
        if descriptor.size > MAX_TOTAL:
            text = f"names a blob of {descriptor.size:,} bytes"
            raise unexpected(self._host, text, "no pack is that large")
        url = f"{self.base}blobs/{descriptor.digest}"

        def get(deadline: Deadline) -> bytes | None:
            answer = self._once("GET", url, deadline, limit=max(descriptor.size, 64 * 1024))
            if answer.status == 404:
                return None
            self._expect(answer, "a blob", 200)
            found = digest_of(answer.content)
            if found != descriptor.digest or len(answer.content) != descriptor.size:
                what = f"a blob of {len(answer.content):,} bytes with {found}"
                expected = f"{descriptor.size:,} bytes with {descriptor.digest}"
                raise Transient(another_content(self._host, what, expected))
            return answer.content

        return self.patience.again(get)

    def has_blob(self, digest: str) -> bool:
        return self._has_blob(digest, None)

    def push_blob(self, blob: Blob) -> bool:
        """Store a blob whole.

        A PUT that fails may have stored it, and may have used its upload up: so it is not repeated.
        It is asked whether the blob is there by now, and if not, another upload is begun.
        """
        headers = {"Content-Type": "application/octet-stream"}

        def push(deadline: Deadline) -> bool:
            if self._has_blob(blob.digest, deadline):
                return False
            url = f"{self._new_upload(deadline)}{urlencode({'digest': blob.digest})}"
            done = self._once("PUT", url, deadline, headers=headers, body=blob.content)
            if done.status in (400, 404, 416):  # the upload has expired, or came in damaged
                raise Transient(self._refused(done, "a blob to be stored"))
            self._expect(done, "a blob to be stored", 201, 204)
            return True

        return self.patience.again(push)

    def _new_upload(self, deadline: Deadline) -> str:
        """Return the address of a new upload, to which the digest is to be added."""
        uploads = f"{self.base}blobs/uploads/"
        started = self._send("POST", uploads, deadline)
        self._expect(started, "an upload to begin", 202)
        location = started.headers.get("Location", "")
        if not location:
            raise unexpected(self._host, "does not say where to upload to")
        return f"{_joined(uploads, location, self._host)}{'&' if '?' in location else '?'}"

    def _has_blob(self, digest: str, deadline: Deadline | None) -> bool:
        answer = self._send("HEAD", f"{self.base}blobs/{digest}", deadline)
        if answer.status != 404:
            self._expect(answer, "to hear whether a blob is there", 200)
        return answer.status == 200

    # --- referrers ----------------------------------------------------------------------------

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        found: list[Descriptor] = []
        url = f"{self.base}referrers/{digest}"
        for _ in range(_MAX_PAGES):
            answer = self._page(url)
            kind = answer.headers.get("Content-Type", "").partition(";")[0]
            if answer.status == 404 or kind != INDEX:
                return None
            entries = json_of(answer.content, self.place).get("manifests")
            if not isinstance(entries, list):
                raise unexpected(self._host, "sends a list of referrers that is none")
            found += [descriptor_of(entry, self.place) for entry in entries]
            following = _next_page(answer.headers.get("Link", ""), url, self._host)
            if not following:
                return tuple(found)
            url = following
        raise unexpected(self._host, "sends a list of referrers without an end")

    def _page(self, url: str) -> Answer:
        answer = self._send("GET", url, headers={"Accept": INDEX}, limit=_LARGEST_MANIFEST)
        if answer.status != 404:
            self._expect(answer, "a list of referrers", 200)
        return answer

    # --- requests -----------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        url: str,
        deadline: Deadline | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = 64 * 1024,
    ) -> Answer:
        """Send a request, again where that may help: only what may be repeated without harm."""

        def send(deadline: Deadline) -> Answer:
            return self._once(method, url, deadline, headers=headers, body=body, limit=limit)

        return self.patience.again(send, deadline)

    def _once(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = 64 * 1024,
    ) -> Answer:
        """Send a request, logged in where that is asked for; raise Transient for what may pass."""

        def follow() -> Answer:
            return self._follow(method, url, deadline, headers or {}, body, limit)

        answer = follow()
        if answer.status == 401:
            challenge = answer.headers.get("WWW-Authenticate", "")
            self.patience.again(partial(self.authorizer.answer, challenge), deadline)
            answer = follow()
        if answer.status in (401, 403):
            code = error_code(answer.content)
            raise unauthorized(self._host, f"the login may not do this ({code or answer.status})")
        if answer.status in RETRIED:
            error = unreachable(self._host, f"it answers with {answer.status}", "try again later")
            raise Transient(error, retry_after(answer.headers.get("Retry-After")))
        return answer

    def _follow(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: bytes,
        limit: int,
    ) -> Answer:
        """Send a request and follow redirects; nobody else than the registry gets the login."""
        for _ in range(_MAX_REDIRECTS):
            self._refuse_plain(url)
            login = self.authorizer.header if _origin(url) == _origin(self.base) else ""
            answer = self.transport.exchange(
                method,
                url,
                headers={**headers, **({"Authorization": login} if login else {})},
                body=body,
                limit=limit,
                deadline=deadline,
            )
            location = answer.headers.get("Location", "")
            if answer.status == 401 and _origin(url) != _origin(self.base):
                raise unexpected(self._host, "redirects to a server that asks for a login")
            if answer.status not in _REDIRECTS or not location:
                return answer
            url = _joined(url, location, self._host)
        raise unexpected(self._host, "redirects without an end")

    def _refuse_plain(self, url: str) -> None:
        schemes = ("https", "http") if self.base.startswith("http:") else ("https",)
        if urlsplit(url).scheme not in schemes:
            raise unexpected(self._host, "redirects to an address without https")

    def _expect(self, answer: Answer, what: str, *statuses: int) -> None:
        if answer.status not in statuses:
            raise self._refused(answer, what)

    def _refused(self, answer: Answer, what: str) -> PackcError:
        code = error_code(answer.content)
        shown = f"{answer.status} {code}".strip()
        if answer.status == 404:
            hint = "create the repository first: some registries, such as ECR, do not by themselves"
        elif answer.status == 405:
            hint = "it may be read-only for now"
        else:
            hint = "check the name of the registry and the repository"
        return unexpected(self._host, f"answers {shown}, expected {what}", hint)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _joined(url: str, location: str, host: str) -> str:
    """Return the address that a registry names; raise PK635 where it is none."""
    if not is_address(location):
        raise malformed(host)
    return urljoin(url, location)


def _next_page(link: str, url: str, host: str) -> str:
    """Return the address of the next page that a header Link names; only of the same origin."""
    target, _, attributes = link.partition(">")
    if 'rel="next"' not in attributes:
        return ""
    following = _joined(url, target.strip().removeprefix("<"), host)
    return following if _origin(following) == _origin(url) else ""
