"""The client keeps to the protocol on a real registry, and on networks that are bad or hostile."""

from __future__ import annotations

import base64
import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from registries import (
    PASSWORD,
    USERNAME,
    Fault,
    Proxy,
    Weather,
    certificate,
    docker_registry,
    htpasswd,
    proxy,
    served,
    token_server,
)

from packc.diagnostics import PackcError
from packc.publish.model import Blob, Descriptor, canonical, digest_of
from packc.publish.references import Reference
from packc.publish.registry.auth import _parsed
from packc.publish.registry.client import PULL, PUSH, Connection, HttpRegistry, open_registry
from packc.publish.registry.credentials import Login, find_login
from packc.publish.registry.patience import Patience, retry_after
from packc.publish.registry.protocol import Manifest
from packc.publish.registry.tags import add_referrers, fallback_tag, listed
from packc.publish.registry.transport import _is_no_name

pytestmark = pytest.mark.tool("docker-registry", "htpasswd", "openssl")

QUICK = Patience(total=3.0, idle=1.0, first_pause=0.01, longest_pause=0.05, settle=0.05, tries=5)
BLOB = Blob("application/octet-stream", b"some content of a blob")
EMPTY: Mapping[str, str] = {}
LOGIN = Login(USERNAME, PASSWORD)


def client(
    host: str, login: Login | None = None, actions: str = PUSH, **changes: Any
) -> HttpRegistry:
    connection = Connection(EMPTY, login, is_plain=True, patience=QUICK)
    reference = Reference.parse(f"oci://{host}/packs/demo")
    return open_registry(reference, evolve(connection, **changes), actions)


def failure(call: Callable[[], Any]) -> str:
    with pytest.raises(PackcError) as caught:
        call()
    return str(caught.value)


def manifest(registry: HttpRegistry, blob: Blob = BLOB) -> Manifest:
    """Store a blob, and return a manifest that names it."""
    registry.push_blob(blob)
    data = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob.descriptor.as_json(),
        "layers": [],
    }
    return Manifest(canonical(data))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("plain")) as host:
        yield host


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[Proxy]:
    """A bad network before a registry that is empty."""
    with docker_registry(tmp_path / "registry") as host, proxy(host) as state:
        yield state


# --- the protocol -----------------------------------------------------------------------------


def test_what_is_stored_is_read_back(plain: str) -> None:
    registry = client(plain)
    stored = manifest(registry)
    registry.push_manifest(stored, "1.0.0")

    assert registry.manifest("1.0.0") == stored
    assert registry.manifest(stored.digest) == stored
    assert registry.blob(BLOB.descriptor) == BLOB.content
    assert registry.push_blob(BLOB) is False


def test_what_is_absent_is_none(plain: str) -> None:
    registry = client(plain)

    assert registry.manifest("9.9.9") is None
    assert registry.blob(Blob("", b"unknown").descriptor) is None
    assert registry.referrers(digest_of(b"unknown")) is None


def test_a_registry_with_a_ca_of_its_own_is_reached_with_the_ca(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    with docker_registry(tmp_path / "registry", tls=tls) as host:
        trusting = client(host, is_plain=False, ca_file=str(tmp_path / "ca.pem"))

        assert trusting.push_blob(BLOB)
        text = failure(lambda: client(host, is_plain=False).manifest("1"))
        assert "PK634" in text
        assert "its certificate is not trusted" in text


def test_a_registry_without_tls_is_not_spoken_to_in_plain_by_itself(plain: str) -> None:
    text = failure(lambda: client(plain, is_plain=False).manifest("1"))

    assert "PK634" in text
    assert "does not speak TLS" in text


# --- logins -----------------------------------------------------------------------------------


def test_a_registry_that_asks_for_a_password_gets_it(tmp_path: Path) -> None:
    with docker_registry(tmp_path, auth=htpasswd(tmp_path)) as host:
        assert client(host, LOGIN).push_blob(BLOB)
        assert "PK632" in failure(lambda: client(host).push_blob(BLOB))
        wrong = failure(lambda: client(host, Login(USERNAME, "wrong-word")).push_blob(BLOB))
        assert "PK632" in wrong
        assert "wrong-word" not in wrong


@pytest.mark.parametrize("login", [LOGIN, Login(identity_token="identity")])
def test_a_token_for_writing_is_asked_for_at_once(tmp_path: Path, login: Login) -> None:
    """A token for reading, which a HEAD would be content with, is refused by the POST after it."""
    with (
        token_server(tmp_path) as tokens,
        docker_registry(tmp_path / "registry", auth=tokens.auth) as host,
    ):
        assert client(host, login).push_blob(BLOB)

        assert tokens.scopes == ["repository:packs/demo:pull,push"]
        assert tokens.logins == ["identity" if login.identity_token else "basic"]
        assert client(host, login, PULL).blob(BLOB.descriptor) == BLOB.content
        assert "PK632" in failure(lambda: client(host, Login("ci", "no")).manifest("1"))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/t",service="s"', "bearer"),
        ('Basic realm="https://basic-realm/"', "basic"),
        ('Basic realm="r", Bearer realm="https://a/t"', "bearer"),
        ("Negotiate", ""),
        ("", ""),
    ],
)
def test_a_challenge_is_understood(header: str, expected: str) -> None:
    assert _parsed(header)[0] == expected


def test_a_realm_without_tls_gets_no_password(tmp_path: Path) -> None:
    """The registry is spoken to over TLS; it names a server of tokens that is not."""
    seen: list[str] = []

    def answer(handler: Any) -> None:
        seen.append(handler.headers.get("Authorization", ""))
        handler.reply(401, {"WWW-Authenticate": f'Bearer realm="http://{handler.headers["Host"]}"'})

    with served(answer) as host:
        registry = client(host, LOGIN)
        strict = evolve(registry, authorizer=registry.authorizer)
        strict.authorizer.is_plain = False

        assert "without https" in failure(lambda: strict.manifest("1"))
        assert seen == [""]


def test_another_host_never_gets_the_login(tmp_path: Path) -> None:
    seen: list[str | None] = []

    def elsewhere(handler: Any) -> None:
        seen.append(handler.headers.get("Authorization"))
        handler.reply(200, {}, BLOB.content)

    with served(elsewhere) as other:

        def answer(handler: Any) -> None:
            if "Authorization" not in handler.headers:
                handler.reply(401, {"WWW-Authenticate": 'Basic realm="r"'})
            else:
                handler.reply(307, {"Location": f"http://{other}/storage"})

        with served(answer) as host:
            assert client(host, LOGIN).blob(BLOB.descriptor) == BLOB.content

    assert seen == [None]


def test_another_host_cannot_ask_for_the_login() -> None:
    def elsewhere(handler: Any) -> None:
        handler.reply(401, {"WWW-Authenticate": 'Basic realm="r"'})

    with (
        served(elsewhere) as other,
        served(lambda handler: handler.reply(307, {"Location": f"http://{other}/"})) as host,
    ):
        assert "asks for a login" in failure(lambda: client(host, LOGIN).manifest("1"))


# --- where logins are found -------------------------------------------------------------------


def encoded(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def configuration(**data: Any) -> dict[str, str]:
    return {"DOCKER_AUTH_CONFIG": json.dumps(data)}


@pytest.mark.parametrize(
    "key", ["r.example", "https://r.example", "https://r.example/v1/", "r.example/packs"]
)
def test_a_login_is_found_by_each_spelling_of_its_key(key: str) -> None:
    environment = configuration(auths={key: {"auth": encoded("ci", "a:b")}})

    assert find_login("r.example", "packs/demo", environment) == Login("ci", "a:b")
    assert find_login("other.example", "packs/demo", environment) is None


def test_the_longest_key_wins() -> None:
    auths = {
        "r.example": {"auth": encoded("host", "1")},
        "r.example/packs/demo": {"auth": encoded("repository", "2")},
        "r.example/packs": {"auth": encoded("folder", "3")},
    }

    found = [
        find_login("r.example", path, configuration(auths=auths))
        for path in ("packs/demo", "packs/other", "other")
    ]

    assert [login.username for login in found if login] == ["repository", "folder", "host"]


def test_the_hub_is_known_by_all_of_its_names() -> None:
    auths = {"https://index.docker.io/v1/": {"auth": encoded("hub", "1")}}

    assert find_login("docker.io", "library/demo", configuration(auths=auths)) == Login("hub", "1")


def test_logins_are_looked_for_in_the_order_of_container_tools(tmp_path: Path) -> None:
    def file(path: Path, name: str) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        auths = {"r.example": {"username": name, "password": "1"}}
        path.write_text(json.dumps({"auths": auths}))
        return str(path)

    places = {
        "PACKC_REGISTRY_USERNAME": "own",
        "DOCKER_AUTH_CONFIG": json.dumps(
            {"auths": {"r.example": {"auth": encoded("inline", "1")}}}
        ),
        "REGISTRY_AUTH_FILE": file(tmp_path / "auth.json", "file"),
        "DOCKER_CONFIG": str(Path(file(tmp_path / "docker/config.json", "docker")).parent),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
    }
    file(tmp_path / "run/containers/auth.json", "podman")
    environment = {**places, "PACKC_REGISTRY_PASSWORD": "1"}

    found = []
    for place in places:
        login = find_login("r.example", "packs/demo", environment)
        found.append(login.username if login else None)
        del environment[place]
        environment.pop("PACKC_REGISTRY_PASSWORD", None)

    assert found == ["own", "inline", "file", "docker", "podman"]


@pytest.mark.parametrize("missing", ["", None])
@pytest.mark.parametrize("given", ["PACKC_REGISTRY_USERNAME", "PACKC_REGISTRY_PASSWORD"])
def test_half_a_login_is_no_reason_to_take_another(given: str, missing: str | None) -> None:
    names = {"PACKC_REGISTRY_USERNAME", "PACKC_REGISTRY_PASSWORD"}
    auths = {"r.example": {"username": "other", "password": "1"}}
    environment = configuration(auths=auths) | {given: "HUNTER2"}
    if missing is not None:
        environment |= dict.fromkeys(names - {given}, missing)

    with pytest.raises(PackcError, match="PK633") as caught:
        find_login("r.example", "packs/demo", environment)
    assert "HUNTER2" not in str(caught.value)


def helper(folder: Path, script: str) -> dict[str, str]:
    """Write a credential helper, and return the environment that finds it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "docker-credential-demo"
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


ANSWER = "import json, sys; host = sys.stdin.read().strip(); print(json.dumps({}))"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("dict(Username='ci', Secret=host)", Login("ci", "r.example")),
        ("dict(Username='<token>', Secret='t')", Login(identity_token="t")),
    ],
)
@pytest.mark.parametrize("data", [{"credsStore": "demo"}, {"credHelpers": {"r.example": "demo"}}])
def test_a_helper_is_asked(
    tmp_path: Path, answer: str, expected: Login, data: dict[str, Any]
) -> None:
    environment = helper(tmp_path, ANSWER.format(answer)) | configuration(**data)

    assert find_login("r.example", "packs/demo", environment) == expected


def test_a_helper_that_knows_nothing_is_no_error(tmp_path: Path) -> None:
    script = "print('credentials not found in native keychain'); raise SystemExit(1)"
    environment = helper(tmp_path, script) | configuration(credsStore="demo")

    assert find_login("r.example", "packs/demo", environment) is None


@pytest.mark.parametrize(
    "script", ["print('HUNTER2'); raise SystemExit(2)", "print('HUNTER2')", "print('{}')"]
)
def test_a_helper_that_fails_is_an_error_without_its_words(tmp_path: Path, script: str) -> None:
    environment = helper(tmp_path, script) | configuration(credsStore="demo")

    text = failure(lambda: find_login("r.example", "packs/demo", environment))

    assert "PK633" in text
    assert "HUNTER2" not in text


@pytest.mark.parametrize(
    "content", ["no json HUNTER2", "[]", '{"auths": {"r.example": {"auth": "HUNTER2!"}}}']
)
def test_a_broken_file_is_an_error_without_its_words(content: str) -> None:
    environment = {"DOCKER_AUTH_CONFIG": content}

    text = failure(lambda: find_login("r.example", "packs/demo", environment))

    assert "PK633" in text
    assert "HUNTER2" not in text


@given(
    st.text(max_size=40)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from(["auths", "credHelpers", "credsStore", "r.example", "auth"]), inner
        ),
    ).map(json.dumps)
)
def test_any_file_gives_a_login_or_a_reason(text: str) -> None:
    try:
        login = find_login("r.example", "packs/demo", {"DOCKER_AUTH_CONFIG": text})
    except PackcError as error:
        assert error.diagnostics[0].code == "PK633"
    else:
        assert login is None or isinstance(login, Login)


def test_the_text_of_a_login_shows_no_secret() -> None:
    text = repr(Login("ci", "HUNTER2", "HUNTER3"))

    assert "HUNTER" not in text


# --- a bad network ----------------------------------------------------------------------------

PASSING = {
    "dropped before the check": Fault("HEAD .*/blobs/", "drop", 2),
    "dropped before the upload": Fault("POST ", "drop", 2),
    "dropped in the upload": Fault("PUT ", "drop", 2),
    "lost after the upload": Fault("PUT ", "lose"),
    "lost after the start": Fault("POST ", "lose"),
    "too many requests": Fault("POST ", 429, 1, {"Retry-After": "0"}),
    "busy": Fault("PUT ", 503, 3, {"Retry-After": "0"}),
    "a bad gateway": Fault("HEAD ", 502, 3),
    "a relative location": Fault("POST ", "relative"),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_blob_is_stored_in_spite_of(bad: Proxy, name: str) -> None:
    bad.faults.append(evolve(PASSING[name]))
    registry = client(bad.host)

    registry.push_blob(BLOB)

    assert registry.blob(BLOB.descriptor) == BLOB.content


@pytest.mark.parametrize("kind", ["drop", "lose", "cut", "corrupt", "shorten", 500, 504])
def test_a_blob_is_read_in_spite_of(bad: Proxy, kind: str | int) -> None:
    registry = client(bad.host)
    registry.push_blob(BLOB)
    bad.faults.append(Fault("GET .*/blobs/", kind, 2))

    assert registry.blob(BLOB.descriptor) == BLOB.content


@pytest.mark.parametrize("kind", ["corrupt", "shorten"])
def test_a_blob_that_stays_another_is_refused(bad: Proxy, kind: str) -> None:
    registry = client(bad.host)
    registry.push_blob(BLOB)
    bad.faults.append(Fault("GET .*/blobs/", kind, 99))

    assert "PK636" in failure(lambda: registry.blob(BLOB.descriptor))


@pytest.mark.parametrize("kind", ["drop", "lose", "cut", "corrupt", "shorten", 500, 504])
def test_a_manifest_is_read_in_spite_of(bad: Proxy, kind: str | int) -> None:
    registry = client(bad.host)
    stored = manifest(registry)
    registry.push_manifest(stored, "1")
    bad.faults += [Fault("GET .*/manifests/1", kind, 2), Fault("GET .*/manifests/sha256:", kind, 2)]

    assert registry.manifest("1") == registry.manifest(stored.digest) == stored


@pytest.mark.parametrize("kind", ["corrupt", "shorten"])
def test_a_manifest_that_stays_another_is_refused(bad: Proxy, kind: str) -> None:
    registry = client(bad.host)
    registry.push_manifest(manifest(registry), "1")
    bad.faults.append(Fault("GET .*/manifests/", kind, 99))
    before = len(bad.requests)

    assert "PK636" in failure(lambda: registry.manifest("1"))
    assert len(bad.requests) == before + QUICK.tries


def test_a_manifest_is_stored_in_spite_of_a_lost_answer(bad: Proxy) -> None:
    registry = client(bad.host)
    stored = manifest(registry)
    bad.faults += [Fault("PUT .*/manifests/", "lose"), Fault("PUT .*/manifests/", "drop")]

    registry.push_manifest(stored, "1")

    assert registry.manifest("1") == stored


def test_each_request_of_an_upload_is_tried_on_its_own(bad: Proxy) -> None:
    """Together they fail more often than a request is tried."""
    failures = QUICK.tries - 1
    bad.faults += [
        Fault(f"{method} .*/blobs/", 500, failures) for method in ("HEAD", "POST", "PUT")
    ]
    registry = client(bad.host)

    assert registry.push_blob(BLOB)
    assert registry.blob(BLOB.descriptor) == BLOB.content


def test_a_blob_whose_upload_was_answered_by_nobody_is_not_sent_again(bad: Proxy) -> None:
    bad.faults.append(Fault("PUT .*/blobs/", "lose"))

    client(bad.host).push_blob(BLOB)

    assert [request.split()[0] for request in bad.requests] == ["HEAD", "POST", "PUT", "HEAD"]


def test_a_server_of_tokens_is_tried_again_on_its_own(tmp_path: Path) -> None:
    """It and the registry fail as often as a request is tried, but for once."""
    with token_server(tmp_path) as tokens, proxy(tokens.host) as between:
        auth = tokens.auth.replace(tokens.host, between.host)
        between.faults.append(Fault("", 503, QUICK.tries - 1))
        with docker_registry(tmp_path / "registry", auth=auth) as host, proxy(host) as front:
            front.faults.append(Fault("HEAD", 503, QUICK.tries - 1))

            assert client(front.host, LOGIN).push_blob(BLOB)


@pytest.mark.parametrize("kind", ["drop", "lose", 500])
def test_blobs_are_stored_and_read_in_bad_weather(bad: Proxy, kind: str | int) -> None:
    """A quarter of all requests fails; of lost answers, some are to an upload that is done."""
    bad.faults.append(Weather("", kind, seed=1))
    registry = client(bad.host)
    blobs = [Blob("text/plain", f"blob {number}".encode()) for number in range(20)]

    for blob in blobs:
        registry.push_blob(blob)

    assert [registry.blob(blob.descriptor) for blob in blobs] == [blob.content for blob in blobs]


def test_a_tag_that_is_kept_and_was_set_by_a_lost_answer_is_no_other_pack(bad: Proxy) -> None:
    registry = client(bad.host)
    stored = manifest(registry)
    bad.faults += [Fault("PUT .*/manifests/", "lose"), Fault("PUT .*/manifests/", 409)]

    registry.push_manifest(stored, "1")

    assert registry.manifest("1") == stored


@pytest.mark.parametrize("kind", ["drop", 503])
def test_it_is_given_up_after_so_many_tries(bad: Proxy, kind: str | int) -> None:
    bad.faults.append(Fault("", kind, 99))

    assert "PK634" in failure(lambda: client(bad.host).manifest("1"))
    assert len(bad.requests) == QUICK.tries


@pytest.mark.parametrize("status", [400, 404, 405, 418])
def test_what_will_not_pass_is_not_tried_again(bad: Proxy, status: int) -> None:
    bad.faults.append(Fault("POST", status, 99))

    assert "PK635" in failure(lambda: client(bad.host).push_blob(BLOB))
    assert [request[:4] for request in bad.requests] == ["HEAD", "POST"]


def test_a_wait_that_is_longer_than_the_time_is_not_begun(bad: Proxy) -> None:
    bad.faults.append(Fault("", 429, 99, {"Retry-After": "3600"}))
    begin = time.monotonic()

    assert "429" in failure(lambda: client(bad.host).manifest("1"))
    assert time.monotonic() - begin < 1


def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time(bad: Proxy) -> None:
    bad.faults.append(Fault("", "trickle", 99))
    begin = time.monotonic()

    text = failure(lambda: client(bad.host, patience=evolve(QUICK, total=0.5)).manifest("1"))

    assert "the time is over" in text
    assert time.monotonic() - begin < 2


def test_no_address_of_an_upload_is_shown(bad: Proxy) -> None:
    """It carries the state of the upload, which is a permission to write."""
    bad.faults.append(Fault("PUT", "drop", 99))

    assert "_state" not in failure(lambda: client(bad.host).push_blob(BLOB))


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), ("0", 0.0), ("soon", None), (None, None), ("-1", None)]
)
def test_the_wait_that_a_server_asks_for_is_read(text: str | None, seconds: float | None) -> None:
    assert retry_after(text) == seconds


def test_a_wait_until_a_date_is_read() -> None:
    assert retry_after("Mon, 01 Jan 2001 00:00:00 GMT") == 0.0
    assert (retry_after("Fri, 01 Jan 2100 00:00:00 GMT") or 0.0) > 1e9


@given(st.text(max_size=40))
def test_any_wait_is_a_number_or_none(text: str) -> None:
    seconds = retry_after(text)

    assert seconds is None or seconds >= 0


# --- hostile registries -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "content", "words"),
    [
        (307, {"Location": "/v2/again"}, b"", "redirects without an end"),
        (307, {"Location": "file:///etc/passwd"}, b"", "without https"),
        (200, {}, b"x" * (5 * 1024 * 1024), "sends more than"),
        (200, {"Docker-Content-Digest": digest_of(b"other")}, b"{}", "expected sha256:"),
        (401, {"WWW-Authenticate": "Kerberos"}, b"", "of an unknown kind"),
        (401, {"WWW-Authenticate": 'Bearer realm="file:///etc"'}, b"", "without https"),
        (403, {}, b'{"errors":[{"code":"DENIED\\u001b[31m"}]}', "(403)"),
        (403, {}, b'{"errors":[{"code":"DENIED"}]}', "(DENIED)"),
        (200, {"Docker-Content-Digest": "../../etc"}, b"{}", ""),
    ],
)
def test_a_hostile_answer_is_refused_in_its_own_words(
    status: int, headers: dict[str, str], content: bytes, words: str
) -> None:
    with served(lambda handler: handler.reply(status, headers, content)) as host:
        registry = client(host)
        if not words:
            assert registry.manifest("1") is not None
            return
        text = failure(lambda: registry.manifest("1"))

    assert words in text
    assert "\x1b" not in text


ADDRESSES = [
    "https://[::1/x",
    "http://127.0.0.1:99999/x",
    "http://127.0.0.1:x/x",
    "http://a..b/x",
    f"http://{'a' * 64}.example/x",
    "http:///x",
    "http://user:hunter2@127.0.0.1:0/x",
    "http://user:hunter2@a..b/x",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_is_the_error_of_a_registry_and_final(address: str) -> None:
    """As the place of an upload, behind a redirect, as the next page, as a server of tokens."""
    seen: list[str] = []
    answers = {
        "POST": (202, {"Location": address}),
        "PUT": (307, {"Location": address}),
        "GET": (401, {"WWW-Authenticate": f'Bearer realm="{address}"'}),
    }

    def answer(handler: Any) -> None:
        handler.body()
        seen.append(handler.command)
        handler.reply(*answers.get(handler.command, (404, {})))

    with served(answer) as host:
        registry = client(host)
        texts = [
            failure(lambda: registry.push_blob(BLOB)),
            failure(lambda: registry.push_manifest(Manifest(b"{}"), "1")),
            failure(lambda: registry.manifest("1")),
        ]

    assert seen == ["HEAD", "POST", "PUT", "GET"]
    assert all(text.startswith("PK635") for text in texts), texts
    assert "hunter2" not in "".join(texts)


def test_a_next_page_that_is_no_address_is_the_error_of_a_registry() -> None:
    headers = {
        "Content-Type": "application/vnd.oci.image.index.v1+json",
        "Link": '<http://[x>; rel="next"',
    }
    content = b'{"manifests": []}'
    with served(lambda handler: handler.reply(200, headers, content)) as host:
        text = failure(lambda: client(host).referrers(BLOB.digest))

    assert text.startswith("PK635")


def test_a_name_that_has_no_address_is_said_once_and_not_tried_again() -> None:
    """The interface of the address is none, which the system says without asking a server."""
    registry = evolve(client("127.0.0.1"), base="http://[fe80::1%25none]/v2/packs/demo/")
    patient = evolve(registry, patience=Patience(first_pause=30.0, longest_pause=30.0))
    begin = time.monotonic()

    text = failure(lambda: patient.manifest("1"))

    assert "PK634" in text
    assert "its name is not known" in text
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    ("number", "is_final"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)]
)
def test_a_server_of_names_that_is_away_may_come_back(number: int, is_final: bool) -> None:
    assert _is_no_name(socket.gaierror(number, "")) is is_final


def test_a_blob_larger_than_said_is_not_read_to_its_end() -> None:
    with served(lambda handler: handler.reply(200, {}, b"x" * 10_000_000)) as host:
        assert "sends more than" in failure(lambda: client(host).blob(BLOB.descriptor))


def test_a_blob_larger_than_any_pack_is_not_asked_for() -> None:
    huge = Descriptor("", digest_of(b""), 1 << 40)

    assert "PK635" in failure(lambda: client("127.0.0.1:1").blob(huge))


# --- lists of referrers -----------------------------------------------------------------------


def test_no_referrer_of_eight_at_once_is_lost(plain: str) -> None:
    subject = digest_of(b"a subject of eight")
    entries = []
    for number in range(8):
        stored = manifest(client(plain), Blob("text/plain", f"{number}".encode()))
        client(plain).push_manifest(stored, stored.digest)
        entries.append(Descriptor(stored.media_type, stored.digest, len(stored.content)))
    patient = evolve(QUICK, settle=0.2, total=30.0)
    writers = [
        threading.Thread(
            target=add_referrers, args=(client(plain, patience=patient), subject, [entry])
        )
        for entry in entries
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    found = listed(client(plain).manifest(fallback_tag(subject)), "")
    assert found.keys() == {entry.digest for entry in entries}


def test_a_registry_that_lists_referrers_itself_is_believed() -> None:
    subject = digest_of(b"subject")
    pages = {
        f"/v2/packs/demo/referrers/{subject}": (digest_of(b"1"), '</v2/next>; rel="next"'),
        "/v2/next": (digest_of(b"2"), ""),
    }

    def answer(handler: Any) -> None:
        digest, link = pages[handler.path]
        index = {"manifests": [Descriptor("m", digest, 1).as_json()]}
        headers = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
        handler.reply(200, headers | ({"Link": link} if link else {}), canonical(index))

    with served(answer) as host:
        found = client(host).referrers(subject)

    assert [each.digest for each in found or ()] == [digest_of(b"1"), digest_of(b"2")]


# --- proxies ----------------------------------------------------------------------------------


def test_a_proxy_is_used_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def answer(handler: Any) -> None:
        seen.append(f"{handler.path} {handler.headers.get('Proxy-Authorization')}")
        handler.reply(404, {})

    with served(answer) as host:
        monkeypatch.setenv("http_proxy", f"http://me:word@{host}")
        monkeypatch.setenv("no_proxy", "direct.example")
        assert client("far.example").manifest("1") is None
        assert "PK634" in failure(lambda: client("direct.example").manifest("1"))

    assert seen == [f"http://far.example/v2/packs/demo/manifests/1 Basic {encoded('me', 'word')}"]


@pytest.mark.parametrize("address", ["http://[", "socks9://127.0.0.1:1", "http://127.0.0.1:99999"])
def test_a_proxy_that_is_no_address_is_said_at_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", address)
    patient = client("far.example", patience=Patience(first_pause=30.0, longest_pause=30.0))
    begin = time.monotonic()

    text = failure(lambda: patient.manifest("1"))

    assert "PK634" in text
    assert "the address of its proxy" in text
    assert time.monotonic() - begin < 10


def test_a_proxy_whose_name_is_not_known_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://[fe80::1%25none]:1")
    patient = client("far.example", patience=Patience(first_pause=30.0, longest_pause=30.0))

    assert "the name of the proxy is not known" in failure(lambda: patient.manifest("1"))
