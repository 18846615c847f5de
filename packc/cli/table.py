"""table: rows in columns as wide as their content, so that nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Cell = str | int


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    """Yield the lines of a table with at least one row; numbers stand to the right."""
    texts = [headings, *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    numbers = [isinstance(cell, int) for cell in rows[0]]
    for line in texts:
        cells = zip(line, widths, numbers, strict=True)
        yield "  ".join(t.rjust(w) if number else t.ljust(w) for t, w, number in cells).rstrip()


def _text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell
