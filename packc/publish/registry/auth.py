"""auth: answer a registry's challenge: Basic, or a token from the server that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from attrs import define, field

from packc.diagnostics import PackcError
from packc.publish.registry.credentials import Login
from packc.publish.registry.faults import (
    Transient,
    error_code,
    malformed,
    unauthorized,
    unexpected,
)
from packc.publish.registry.patience import Deadline
from packc.publish.registry.transport import Answer, is_address

RETRIED: Final = (408, 425, 429, 500, 502, 503, 504)
_PARAMETER: Final = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_LARGEST: Final = 1024 * 1024

Send = Callable[[str, str, Mapping[str, str], bytes, int, Deadline], Answer]
"""Takes method, address, headers, body, the largest answer, and until when."""


@define
class Authorizer:
    """Knows the header Authorization for one repository, once the registry has asked for one.

    `actions` are asked for at once: a token for reading is of no use for the upload after it.
    """

    host: str
    repository: str
    actions: str
    is_plain: bool
    find_login: Callable[[], Login | None] = field(repr=False)
    send: Send = field(repr=False)
    header: str = field(default="", repr=False)

    def answer(self, challenge: str, deadline: Deadline) -> None:
        """Set the header that a challenge asks for; raise PK632 where there is none to give."""
        login = self.find_login()
        kind, parameters = _parsed(challenge)
        if kind == "bearer":
            self.header = f"Bearer {self._token(parameters, login, deadline)}"
        elif kind == "basic" and login is not None and not login.identity_token:
            self.header = login.basic
        elif kind == "basic":
            raise unauthorized(self.host, "it asks for a name and a password")
        else:
            raise unexpected(self.host, "asks for a login of an unknown kind")

    def _token(self, parameters: Mapping[str, str], login: Login | None, deadline: Deadline) -> str:
        realm = parameters.get("realm", "")
        if not is_address(realm):
            raise malformed(self.host)
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (self.is_plain and parts.scheme == "http"):
            what = "names a server of tokens without https"
            raise unexpected(self.host, what, "use another registry, or --plain-http in a test")
        query = {
            "service": parameters.get("service", ""),
            "scope": f"repository:{self.repository}:{self.actions}",
        }
        answer = self._ask(realm, query, login, deadline)
        if answer.status in RETRIED:
            raise Transient(unexpected(parts.netloc, f"answers with {answer.status}"))
        if answer.status != 200:
            raise self._refusal(answer, login)
        return _token_of(answer, parts.netloc)

    def _ask(
        self, realm: str, query: Mapping[str, str], login: Login | None, deadline: Deadline
    ) -> Answer:
        if login is not None and login.identity_token:
            form = {
                **query,
                "grant_type": "refresh_token",
                "client_id": "packc",
                "refresh_token": login.identity_token,
            }
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self.send("POST", realm, headers, urlencode(form).encode(), _LARGEST, deadline)
        headers = {"Authorization": login.basic} if login is not None else {}
        separator = "&" if "?" in realm else "?"
        address = f"{realm}{separator}{urlencode(query)}"
        return self.send("GET", address, headers, b"", _LARGEST, deadline)

    def _refusal(self, answer: Answer, login: Login | None) -> PackcError:
        if login is None:
            return unauthorized(self.host, "it gives nothing without a login")
        code = error_code(answer.content)
        why = f"it does not take the login ({code or answer.status})"
        return unauthorized(self.host, why)


def _parsed(challenge: str) -> tuple[str, dict[str, str]]:
    """Return the kind of the best challenge in a header, and its parameters."""
    for kind in ("bearer", "basic"):
        match = re.search(rf"(?i)(?:^|,\s*){kind}\b", challenge)
        if match:
            return kind, dict(_PARAMETER.findall(challenge[match.end() :]))
    return "", {}


def _token_of(answer: Answer, host: str) -> str:
    try:
        data: Any = json.loads(answer.content)
        token = data.get("token") or data.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        token = None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise unexpected(host, "gives no token")
    return token
