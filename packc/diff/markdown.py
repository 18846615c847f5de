"""markdown: a comparison for a pull request, a table for each object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from packc.diff.compare import Comparison, ObjectRows, Row
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

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#&])")


def comparison_markdown(pairing: Pairing, comparisons: tuple[Comparison, ...]) -> str:
    """Return all pairs as GitHub Markdown. Nothing in a manifest can end a table or add markup."""
    lines = [line for comparison in comparisons for line in _comparison(comparison)]
    for line in (*only_text("left", pairing.only_left), *only_text("right", pairing.only_right)):
        lines.extend((_escaped(line), ""))
    return "\n".join(lines).strip("\n")


def _comparison(comparison: Comparison) -> Iterator[str]:
    sides = f"{_code(str(comparison.left))} → {_code(str(comparison.right))}"
    name = title(comparison)
    yield f"## {_escaped(name)}: {sides}" if name else f"## {sides}"
    yield ""
    yield f"{summary(comparison)}."
    yield ""
    if comparison.settings:
        yield from _table("parameter", "left", "right")
        for parameter, left, right in comparison.settings:
            yield _line(_code(parameter), _code(setting_text(left)), _code(setting_text(right)))
        yield ""
    for entry in comparison.objects:
        yield from _object(entry)


def _object(entry: ObjectRows) -> Iterator[str]:
    yield f"### {_code(str(entry.identity))}"
    yield ""
    yield from _table("field", "before", "after", "what it does", "cause")
    said: set[str] = set()
    for row in entry.rows:
        before, after = side_values(row) if row.change.path else ("", "")
        yield _line(
            _code(path_text(row.change)),
            _code(before),
            _code(after),
            _impacts(row, said),
            _causes(row),
        )
    yield ""


def _impacts(row: Row, said: set[str]) -> str:
    kinds = dict.fromkeys(f"**{impact.kind.words}**" for impact in row.impacts)
    return "<br>".join([", ".join(kinds), *map(_escaped, reasons(row, said))])


def _causes(row: Row) -> str:
    before = [f"before: {_code(text)}" for text in cause_texts(row.left)]
    return "<br>".join([*before, *(f"after: {_code(text)}" for text in cause_texts(row.right))])


def _table(*columns: str) -> Iterator[str]:
    yield _line(*columns)
    yield _line(*("---" for _ in columns))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """Return the text as a code span, which no backtick in it ends, for a cell of a table."""
    if not text:
        return ""
    text = printable(text).replace("|", r"\|")
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
