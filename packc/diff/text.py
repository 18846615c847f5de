"""text: a comparison for a person at a terminal, by object, with colour if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import Any, Final

from attrs import frozen

from packc.diff.compare import Comparison, ObjectRows, Row
from packc.diff.impacts import ImpactClass
from packc.diff.side import Pairing
from packc.diff.words import (
    cause_texts,
    only_text,
    path_text,
    printable,
    reasons,
    setting_text,
    side_values,
    summary,
    title,
)
from packc.model import MISSING

_RED, _GREEN, _YELLOW, _BOLD, _DIM = "31", "32", "33", "1", "2"
_LOUD: Final = {
    ImpactClass.COSMETIC: _DIM,
    ImpactClass.IN_PLACE: _DIM,
    ImpactClass.CREATES: _GREEN,
    ImpactClass.RESTARTS: _YELLOW,
}
_CONTEXT: Final = 2


def comparison_text(
    pairing: Pairing, comparisons: tuple[Comparison, ...], *, colour: bool = False
) -> str:
    """Return all pairs as text, with a blank line between objects."""
    painter = _Painter(colour)
    lines = [line for comparison in comparisons for line in painter.comparison(comparison)]
    lines.extend(only_text("left", pairing.only_left))
    lines.extend(only_text("right", pairing.only_right))
    return "\n".join(lines).strip("\n")


@frozen
class _Painter:
    colour: bool

    def comparison(self, comparison: Comparison) -> Iterator[str]:
        name = title(comparison)
        yield from [self._paint(_BOLD, name)] if name else []
        yield self._paint(_RED, f"--- {printable(str(comparison.left))}")
        yield self._paint(_GREEN, f"+++ {printable(str(comparison.right))}")
        yield summary(comparison)
        yield from self._settings(comparison)
        for entry in comparison.objects:
            yield from self._object(entry)
        yield ""

    def _settings(self, comparison: Comparison) -> Iterator[str]:
        if comparison.settings:
            yield ""
            yield self._paint(_BOLD, "parameters")
        for name, left, right in comparison.settings:
            yield f"  {name}"
            yield self._paint(_RED, f"    - {setting_text(left)}")
            yield self._paint(_GREEN, f"    + {setting_text(right)}")

    def _object(self, entry: ObjectRows) -> Iterator[str]:
        yield ""
        yield self._paint(_BOLD, printable(str(entry.identity)))
        said: set[str] = set()
        for row in entry.rows:
            yield from self._row(row)
            for reason in reasons(row, said):
                yield self._paint(_DIM, f"    ! {reason}")

    def _row(self, row: Row) -> Iterator[str]:
        kinds = ", ".join(dict.fromkeys(impact.kind.words for impact in row.impacts))
        yield f"  {path_text(row.change)}  {self._paint(_LOUD.get(row.worst, _RED), f'[{kinds}]')}"
        yield from self._values(row) if row.change.path else self._whole(row)

    def _whole(self, row: Row) -> Iterator[str]:
        causes = row.right if row.before is MISSING else row.left
        others = row.left if row.before is MISSING else row.right
        for text in (*cause_texts(causes), *cause_texts(others)):
            yield self._paint(_DIM, f"      {text}")

    def _values(self, row: Row) -> Iterator[str]:
        if _is_text(row.before) and _is_text(row.after):
            yield from self._lines(row.before, row.after)
            yield from self._causes("-", row.left)
            yield from self._causes("+", row.right)
            return
        before, after = side_values(row)
        yield self._paint(_RED, f"    - {before}")
        yield from self._causes(" ", row.left)
        yield self._paint(_GREEN, f"    + {after}")
        yield from self._causes(" ", row.right)

    def _causes(self, mark: str, causes: Any) -> Iterator[str]:
        for text in cause_texts(causes):
            yield self._paint(_DIM, f"    {mark}   {text}")

    def _lines(self, before: str, after: str) -> Iterator[str]:
        found = unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=_CONTEXT)
        for line in list(found)[2:]:
            code = {"-": _RED, "+": _GREEN, "@": _DIM}.get(line[0], "")
            shown = line if line.startswith("@@") else f"{line[0]} {line[1:]}".rstrip()
            yield self._paint(code, f"    {printable(shown)}")

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour and code else text


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value
