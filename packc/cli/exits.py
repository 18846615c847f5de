"""exits: the exit codes of the commands that speak with registries, by what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from packc.cli import WRONG
from packc.diagnostics import Diagnostic, Severity

TAKEN, REFUSED, UNREACHABLE, NOT_VERIFIED = 3, 4, 5, 6

_BY_CODE: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("PK610", "PK611", "PK630", "PK640", "PK641"), WRONG),
        "PK631": TAKEN,
        "PK632": REFUSED,
        "PK633": REFUSED,
        "PK634": UNREACHABLE,
        "PK635": UNREACHABLE,
        **dict.fromkeys(("PK613", "PK614", "PK620", "PK621", "PK622", "PK623"), NOT_VERIFIED),
        **dict.fromkeys(("PK636", "PK637", "PK638", "PK642", "PK643"), NOT_VERIFIED),
    }
)


def exit_code(diagnostics: Iterable[Diagnostic], otherwise: int = WRONG) -> int:
    """Return the exit code of the first error that has one of its own."""
    codes = [each.code for each in diagnostics if each.severity is Severity.ERROR]
    return next((_BY_CODE[code] for code in codes if code in _BY_CODE), otherwise)
