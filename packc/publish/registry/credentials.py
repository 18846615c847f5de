"""credentials: find who logs in to a registry, where container tools find it; never write it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError

USERNAME: Final = "PACKC_REGISTRY_USERNAME"
PASSWORD: Final = "PACKC_REGISTRY_PASSWORD"
INLINE: Final = "DOCKER_AUTH_CONFIG"

_HUB: Final = ("docker.io", "index.docker.io", "registry-1.docker.io")
_IDENTITY: Final = "<token>"
_NONE: Final = b"credentials not found"
_HELPER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_HELPER_SECONDS: Final = 30
_LARGEST: Final = 1024 * 1024


@frozen
class Login:
    """Who logs in: a name with a password, or an identity token. Its text shows neither."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """Return the value of a header Authorization."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def find_login(host: str, repository: str, environment: Mapping[str, str]) -> Login | None:
    """Return the login for a repository, or None; raise PK633 for half a login or a broken file.

    The order is: packc's own variables, DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, Docker's file,
    Podman's file. A file names it by a helper, or itself; of its keys the longest that fits wins.
    """
    own = [environment.get(name, "") for name in (USERNAME, PASSWORD)]
    if all(own):
        return Login(*own)
    if any(own):
        raise _half(*((USERNAME, PASSWORD) if own[0] else (PASSWORD, USERNAME)))
    for shown, data in _configurations(environment):
        login = _login_of(data, host, repository, shown, environment)
        if login is not None:
            return login
    return None


def _configurations(environment: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if environment.get(INLINE):
        yield INLINE, _object(environment[INLINE], INLINE)
    for path in _files(environment):
        try:
            with path.open("rb") as stream:
                content = stream.read(_LARGEST)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise _broken(str(path), f"cannot be read: {reason}") from None
        yield str(path), _object(content.decode(errors="replace"), str(path))


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("REGISTRY_AUTH_FILE"):
        yield Path(environment["REGISTRY_AUTH_FILE"])
    if environment.get("DOCKER_CONFIG"):
        yield Path(environment["DOCKER_CONFIG"]) / "config.json"
    elif environment.get("HOME"):
        yield Path(environment["HOME"]) / ".docker" / "config.json"
    if environment.get("XDG_RUNTIME_DIR"):
        yield Path(environment["XDG_RUNTIME_DIR"]) / "containers" / "auth.json"


def _login_of(
    data: Mapping[str, Any],
    host: str,
    repository: str,
    shown: str,
    environment: Mapping[str, str],
) -> Login | None:
    keys = _keys(host, repository)
    helpers = _normalised(data.get("credHelpers"))
    store = data.get("credsStore")
    for key in keys:
        if isinstance(helpers.get(key), str):
            return _ask_helper(helpers[key], host, shown, environment)
    if isinstance(store, str) and store:
        login = _ask_helper(store, host, shown, environment)
        if login is not None:
            return login
    logins = _normalised(data.get("auths"))
    found = (_inline(logins[key], shown) for key in keys if key in logins)
    return next((login for login in found if login is not None), None)


def _keys(host: str, repository: str) -> list[str]:
    """Return what may name a repository in a file, the longest first."""
    parts = repository.split("/")
    names = _HUB if host in _HUB else (host,)
    longer = [f"{host}/{'/'.join(parts[:end])}" for end in range(len(parts), 0, -1)]
    return [*longer, *names]


def _normalised(data: Any) -> dict[str, Any]:
    """Return a map with keys as HOST or HOST/PATH: Docker also writes https://HOST/v1/."""
    if not isinstance(data, dict):
        return {}
    return {
        re.sub(r"/v[12]/?$", "", re.sub(r"^https?://", "", key)).rstrip("/"): entry
        for key, entry in data.items()
    }


def _inline(entry: Any, shown: str) -> Login | None:
    if not isinstance(entry, dict):
        return None
    texts = {name: text for name, text in entry.items() if isinstance(text, str) and text}
    if "identitytoken" in texts:
        return Login(identity_token=texts["identitytoken"])
    if "auth" in texts:
        try:
            pair = base64.b64decode(texts["auth"], validate=True).decode()
        except (binascii.Error, ValueError):
            raise _broken(shown, "has an 'auth' that is not in base64") from None
        username, colon, password = pair.partition(":")
        return Login(username, password.rstrip("\0")) if colon else None
    if "username" in texts and "password" in texts:
        return Login(texts["username"], texts["password"])
    return None


def _ask_helper(name: str, host: str, shown: str, environment: Mapping[str, str]) -> Login | None:
    """Return what `docker-credential-NAME get` says; its output is never shown."""
    if not _HELPER.fullmatch(name):
        raise _broken(shown, "names a helper with characters that no program has")
    program = f"docker-credential-{name}"
    asked = "https://index.docker.io/v1/" if host in _HUB else host
    try:
        done = subprocess.run(
            [program, "get"],
            input=f"{asked}\n".encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            env=dict(environment),
        )
    except FileNotFoundError:
        raise _broken(shown, f"names {program}, which is not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise _broken(shown, f"names {program}, which does not answer") from None
    if done.returncode != 0 and _NONE in done.stdout + done.stderr:
        return None
    if done.returncode != 0:
        raise _broken(shown, f"names {program}, which ended with {done.returncode}")
    answer = _object(done.stdout.decode(errors="replace"), program)
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        raise _broken(program, "answers without a name and a secret")
    if username == _IDENTITY:
        return Login(identity_token=secret)
    return Login(username, secret) if secret else None


def _object(text: str, shown: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise _broken(shown, "is no JSON object")
    return data


def _half(there: str, missing: str) -> PackcError:
    """Return the error for one variable of two: CI systems hand out a secret as an empty text."""
    hint = f"give {missing} to this job too, or unset {there}"
    text = f"the variable {there} is set, and {missing} is not"
    return PackcError(Diagnostic("PK633", text, hint=hint))


def _broken(shown: str, why: str) -> PackcError:
    hint = "log in again with docker or podman, or give --username and --password-stdin"
    return PackcError(Diagnostic("PK633", f"'{shown}' {why}", hint=hint))
