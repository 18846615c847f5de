"""marks: where each value of a file stands, and containers that remember it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from io import StringIO
from itertools import accumulate, islice
from typing import Any

from packc.diagnostics import Span

_LINES_AT_ONCE = 500


class Places:
    """Turns an offset in a text into a line and a column, both counted in characters.

    Lines end at LF, CRLF and CR, as editors count them. The parser's own line numbers also end
    lines at U+0085, U+2028 and U+2029, so only its offsets are used.
    """

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._lines: Iterator[str] | None = None
        self._line_starts = [0]

    def span(self, offset: int) -> Span:
        starts = self._line_starts
        while starts[-1] <= offset and self._read_on():
            pass
        line = bisect_right(starts, offset)
        return Span(self._file, line, offset - starts[line - 1] + 1)

    def _read_on(self) -> bool:
        """Note where more lines begin; return whether there are any. Most places are near the top.

        A line begins also behind the last end of a line, and nowhere else at the end of the text.
        """
        if self._lines is None:
            self._lines = StringIO(self._text, newline="")
        lines = list(islice(self._lines, _LINES_AT_ONCE))
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines.pop()
        self._line_starts.extend(accumulate(map(len, lines), initial=self._line_starts.pop()))
        return bool(lines)


class MarkedDict(dict[str, Any]):
    """A mapping that knows where it begins and where each of its keys and values stands."""

    __slots__ = ("key_spans", "span", "value_spans")

    span: Span
    key_spans: dict[str, Span]
    value_spans: dict[str, Span]

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span
        self.key_spans = {}
        self.value_spans = {}

    def put(self, key: str, value: object, key_span: Span, value_span: Span) -> None:
        self[key] = value
        self.key_spans[key] = key_span
        self.value_spans[key] = value_span


class MarkedList(list[Any]):
    """A list that knows where it begins and where each of its items stands."""

    __slots__ = ("item_spans", "span")

    span: Span
    item_spans: list[Span]

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span
        self.item_spans = []

    def put(self, value: object, span: Span) -> None:
        self.append(value)
        self.item_spans.append(span)


def plain(value: Any) -> Any:
    """Return a deep copy of `value` in exact dicts and lists, without marks."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def independent(value: Any) -> Any:
    """Return a deep copy of `value` that keeps its marks, where it has any."""
    match value:
        case MarkedDict():
            mapping = MarkedDict(value.span)
            for key, item in value.items():
                spans = value.key_spans[key], value.value_spans[key]
                mapping.put(key, independent(item), *spans)
            return mapping
        case MarkedList():
            items = MarkedList(value.span)
            for item, span in zip(value, value.item_spans, strict=True):
                items.put(independent(item), span)
            return items
        case _:
            return plain(value)
