"""faults: what goes wrong with a registry, as errors: by their codes the exit code is chosen.

None of them holds a text that a server chose, or an address with a query: both may hold a secret.
"""

from __future__ import annotations

import json
import re
from typing import Final

from packc.diagnostics import Diagnostic, PackcError

_CODE: Final = re.compile(r"[A-Z][A-Z_]{2,40}", re.ASCII)


class Transient(Exception):
    """What may go away when it is tried again. `pause` is how long the server asks to wait."""

    def __init__(self, error: PackcError, pause: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause = pause


def unreachable(host: str, why: str, hint: str = "check the network, and try again") -> PackcError:
    """Return PK634: nobody knows what the registry would have answered."""
    return PackcError(Diagnostic("PK634", f"'{host}' cannot be reached: {why}", hint=hint))


def unexpected(host: str, what: str, hint: str = "check the name of the registry") -> PackcError:
    """Return PK635: the registry answers, but not as the protocol says."""
    return PackcError(Diagnostic("PK635", f"'{host}' {what}", hint=hint))


def malformed(host: str) -> PackcError:
    """Return PK635 for an address that is none, without it: it may hold a secret."""
    return unexpected(host, "names an address that is none")


def unauthorized(host: str, why: str) -> PackcError:
    hint = f"log in as with `docker login {host}`, or give --username and --password-stdin"
    return PackcError(Diagnostic("PK632", f"'{host}' refuses: {why}", hint=hint))


def another_content(host: str, what: str, expected: str) -> PackcError:
    """Return PK636: what was received is not what was asked for."""
    hint = "trust it for nothing; a proxy or the registry changes what is stored there"
    text = f"'{host}' sent {what}, expected {expected}"
    return PackcError(Diagnostic("PK636", text, hint=hint))


def error_code(content: bytes) -> str:
    """Return the registry's own code of an error, such as DENIED, or nothing."""
    try:
        code = json.loads(content)["errors"][0]["code"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
