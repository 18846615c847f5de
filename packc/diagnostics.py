"""diagnostics: what a person is told, as data; text comes last (render)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from attrs import field, frozen


class Severity(StrEnum):
    """How much a diagnostic matters. Only an error stops a build."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen(order=True)
class Span:
    """A place in a file. Line and column are 1-based; column counts characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*-----|\Z)", re.S)


def without_keys(text: str | None) -> str | None:
    """Return the text without private keys: a user may put one in any place by mistake."""
    if text is None or "PRIVATE KEY" not in text:
        return text
    return _PRIVATE_KEY.sub("(private key)", text)


@frozen
class Related:
    """A second place that a diagnostic speaks of, such as the other writer of a field."""

    message: str = field(converter=without_keys)
    span: Span | None = None


@frozen
class Diagnostic:
    """One finding.

    `quote` is False where the source line may hold a secret: then no excerpt is ever shown.
    """

    code: str
    message: str = field(converter=without_keys)
    span: Span | None = None
    hint: str | None = field(default=None, converter=without_keys)
    severity: Severity = Severity.ERROR
    found: str | None = field(default=None, converter=without_keys)
    expected: str | None = field(default=None, converter=without_keys)
    related: tuple[Related, ...] = ()
    quote: bool = True

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order by place, then code, then text; findings without a place come first."""
        place = self.span or Span("", 0, 0)
        return (place.file, place.line, place.column, self.code, self.message)


class PackcError(Exception):
    """The one exception that reaches the user: at least one diagnostic, sorted by place."""

    diagnostics: tuple[Diagnostic, ...]

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics sorted by place, each one once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda d: d.sort_key))


class Findings:
    """Gathers what one pass has to say, so that a file's errors are reported together."""

    def __init__(self) -> None:
        self.items: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        self.items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.items.extend(diagnostics)

    @property
    def failed(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.items)

    def raise_if_failed(self) -> None:
        """Raise PackcError with everything gathered so far when one of it is an error."""
        if self.failed:
            raise PackcError(*self.items)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the closest known word, or None when nothing is close."""
    import difflib  # slow to import and needed for errors only

    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else None
