"""documents: parsed YAML, kept by content; an entry holds one document of a file, or the whole.

A file is taken apart where a line begins with '---', so that after an edit of one document only
that one is parsed. Where that is not sure to give the same, the file is parsed and kept as one.
"""

from __future__ import annotations

import marshal
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from zlib import crc32

from attrs import evolve

from packc import yamlio
from packc.cache.keys import digest, key
from packc.cache.secret import holds_secret
from packc.cache.state import INSTALLED, State
from packc.cache.store import Store
from packc.cache.watching import unwatched
from packc.diagnostics import Diagnostic, PackcError, Related, Severity, Span
from packc.yamlio import Document, MarkedDict, MarkedList, Parsed, Source

PARSER = ("packc.yamlio", "packc.diagnostics", "packc.cache.documents", "packc.cache.secret")
LIBRARIES = "ruamel ruamel_yaml_clib _ruamel_yaml yaml"
PART = 16 * 1024
"""Bytes that a part has on average: an entry for each small document would cost more than it saves.

Whether a part ends behind a document is for that document's content to say, so that an edit moves
no other end.
"""

_BEGIN = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NOT_APART = (b"&", b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\n---\t")
"""Anchors, whose copies are counted over the whole file, and what only some readers take for the
end of a line, or for the begin of a document."""
_NOT_APART_AT_END = b"\n---"
_NOT_APART_IN_FRONT = (b"%", b"...", b"\xef\xbb\xbf")
"""What begins a line of a file that is not taken apart: directives, the end of a document."""

_MAPPING, _LIST = 0, 1


class Documents:
    """Parses files, and keeps what came of it in a cache. Without one it only parses."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = Store(None) if store is None else store
        self._parser = b""

    def parse(self, content: bytes, file: str, *, marks: bool) -> Parsed:
        """Return what `yamlio.parse` returns, or raise what it raises."""
        if not self.store.used:
            return yamlio.parse(content, file, marks=marks)
        parts = list(_parts(content))
        if len(parts) > 1:
            try:
                joined = self._joined(parts, content, file, marks)
            except PackcError:  # which is worded for the file as a whole
                return yamlio.parse(content, file, marks=marks)
            if joined is not None:
                return joined
        return self._parsed(content, file, marks)

    def _joined(self, parts: list[bytes], content: bytes, file: str, marks: bool) -> Parsed | None:
        """Return the documents of all parts; None where they have to be read as one."""
        source, line = Source(content, file), 0
        documents: list[Document] = []
        diagnostics: list[Diagnostic] = []
        for part in parts:
            parsed = self._parsed(part, file, marks, line)
            if parsed.is_pure:  # so the whole file is to be read by that parser
                return None
            for each in parsed.documents:
                documents.append(evolve(each, index=len(documents), source=source))
            diagnostics.extend(parsed.diagnostics)
            line += part.count(b"\n")
        return Parsed(tuple(documents), tuple(diagnostics))

    def _parsed(self, content: bytes, file: str, marks: bool, line: int = 0) -> Parsed:
        """Return the documents of a whole file, or of a part that begins below so many lines."""
        name = key("documents", digest(content), marks, self._parser_state())
        with unwatched():
            kept = self.store.get(name)
        if kept is None:
            parsed = yamlio.parse(content, file, marks=marks)
            kept = marshal.dumps(_packed(parsed))
            if not any(holds_secret(each.data) for each in parsed.documents):
                with unwatched():
                    self.store.put(name, kept)
            if not line:
                return parsed
        return _unpacked(marshal.loads(kept), content, _Shift(file, line))

    def _parser_state(self) -> bytes:
        """Return the digest of the code that parses: packc's own, and the libraries."""
        if not self._parser:
            modules = [("file", path) for name in PARSER for path in _sources(sys.modules[name])]
            with unwatched():
                self._parser = State().digest([*modules, (INSTALLED, LIBRARIES)])
        return self._parser


def _sources(module: Any) -> list[str]:
    """Return the files of a module, or of all modules of a package."""
    path = module.__file__
    if not path.endswith("__init__.py"):
        return [path]
    folder = os.path.dirname(path)
    return sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(".py"))


def _parts(content: bytes) -> Iterator[bytes]:
    """Yield the content in parts, each of whole documents."""
    if b"\n---" not in content or _is_whole(content):
        yield content
        return
    begin = last = 0
    for match in _BEGIN.finditer(content):
        document = content[last : match.start()]
        if crc32(document) % PART < len(document):
            yield content[begin : match.start()]
            begin = match.start()
        last = match.start()
    yield content[begin:]


def _is_whole(content: bytes) -> bool:
    """Return whether a part might be read in another way than in its file."""
    if content.startswith((*_NOT_APART_IN_FRONT, b"---\t")) or content.endswith(_NOT_APART_AT_END):
        return True
    marks = (*_NOT_APART, *(b"\n" + mark for mark in _NOT_APART_IN_FRONT))
    return any(mark in content for mark in marks)


# --- as plain data ----------------------------------------------------------------------------


def _packed(parsed: Parsed) -> Any:
    documents = [(_data(each.data), *_place(each.span)) for each in parsed.documents]
    return documents, [_diagnostic(each) for each in parsed.diagnostics], parsed.is_pure


def _data(value: Any) -> Any:
    """Return a value as `marshal` writes it: marked containers as tuples, the rest as it is."""
    match value:
        case MarkedDict():
            return (
                _MAPPING,
                _place(value.span),
                [
                    (k, _data(v), _place(value.key_spans[k]), _place(value.value_spans[k]))
                    for k, v in value.items()
                ],
            )
        case MarkedList():
            items = zip(value, value.item_spans, strict=True)
            return _LIST, _place(value.span), [(_data(v), _place(span)) for v, span in items]
        case _:
            return value


def _place(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _diagnostic(diagnostic: Diagnostic) -> tuple[Any, ...]:
    return (
        diagnostic.code,
        diagnostic.message,
        diagnostic.span and _place(diagnostic.span),
        diagnostic.hint,
        diagnostic.severity.value,
        diagnostic.found,
        diagnostic.expected,
        [(each.message, each.span and _place(each.span)) for each in diagnostic.related],
        diagnostic.quote,
    )


# --- and back ---------------------------------------------------------------------------------


class _Shift(NamedTuple):
    """Turns places of a part into places of its file."""

    file: str
    lines: int

    def span(self, place: tuple[int, int]) -> Span:
        return Span(self.file, place[0] + self.lines, place[1])

    def maybe(self, place: tuple[int, int] | None) -> Span | None:
        return None if place is None else self.span(place)


def _unpacked(kept: Any, content: bytes, shift: _Shift) -> Parsed:
    source = Source(content, shift.file)
    documents, diagnostics, is_pure = kept
    return Parsed(
        tuple(
            Document(_value(data, shift), shift.file, shift.span((line, column)), index, source)
            for index, (data, line, column) in enumerate(documents)
        ),
        tuple(_diagnostic_of(each, shift) for each in diagnostics),
        is_pure,
    )


def _value(data: Any, shift: _Shift) -> Any:
    if not isinstance(data, tuple):
        return data
    kind, place, entries = data
    if kind == _MAPPING:
        mapping = MarkedDict(shift.span(place))
        for name, value, at_key, at_value in entries:
            mapping.put(name, _value(value, shift), shift.span(at_key), shift.span(at_value))
        return mapping
    items = MarkedList(shift.span(place))
    for value, at_item in entries:
        items.put(_value(value, shift), shift.span(at_item))
    return items


def _diagnostic_of(kept: tuple[Any, ...], shift: _Shift) -> Diagnostic:
    code, message, place, hint, severity, found, expected, related, quote = kept
    return Diagnostic(
        code,
        message,
        shift.maybe(place),
        hint,
        Severity(severity),
        found,
        expected,
        tuple(Related(text, shift.maybe(at)) for text, at in related),
        quote,
    )
