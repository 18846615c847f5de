"""marks: where each value of a file stands, and containers that remember it."""

from __future__ import annotations

from bisect import bisect_right
from io import StringIO
from itertools import accumulate
from typing import Any

from packc.diagnostics import Span


class Places:
    """Turns an offset in a text into a line and a column, both counted in characters.

    Lines end at LF, CRLF and CR, as editors count them. The parser's own line numbers also end
    lines at U+0085, U+2028 and U+2029, so only its offsets are used.
    """

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._line_starts: list[int] = []

    def span(self, offset: int) -> Span:
        if not self._line_starts:
            lines = list(StringIO(self._text, newline=""))
            if not lines or lines[-1].endswith(("\n", "\r")):
                lines.append("")
            self._line_starts = list(accumulate(map(len, lines[:-1]), initial=0))
        line = bisect_right(self._line_starts, offset)
        return Span(self._file, line, offset - self._line_starts[line - 1] + 1)


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
