"""yamlio: read YAML as kubectl reads it, with a place for every value.

What an author may rely on:

- Scalars are typed as kubectl types them (YAML 1.1: `0400` is 256, `yes` is true, dates are text).
  A spelling that other common readers take otherwise is read so and warned about.
- Keys are text. A duplicate key, a key that is not text, a tag other than YAML's own scalar and
  collection tags, infinities and NaN are errors.
- Anchors and aliases are expanded into independent copies, within a budget. `<<` merges as in
  kubectl: the keys of its own mapping win when they follow it.
- A file is UTF-8. A byte order mark may begin it, and lines end with LF, CRLF or CR.
- A document that holds only comments is skipped, as in kubectl. `---` with nothing after it is a
  document whose data is None.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError, Span
from packc.yamlio.marks import MarkedDict, MarkedList, plain
from packc.yamlio.problems import UNREADABLE, text_of

__all__ = [
    "MAX_DEPTH",
    "Document",
    "MarkedDict",
    "MarkedList",
    "Parsed",
    "Source",
    "parse",
    "plain",
    "read",
    "read_bytes",
]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100

Step = str | int


class Source:
    """The content of a file, parsed again with marks when a place is first asked for."""

    def __init__(self, content: bytes | str, file: str) -> None:
        self.content = content
        self.file = file
        self.marked: list[Any] | None = None

    def root(self, index: int) -> Any:
        if self.marked is None:
            documents = parse(self.content, self.file, marks=True).documents
            self.marked = [document.data for document in documents]
        return self.marked[index] if index < len(self.marked) else None


@frozen
class Document:
    """One document of a file. `span` is where its value begins."""

    data: Any
    file: str
    span: Span
    _index: int = field(repr=False, eq=False)
    _source: Source = field(repr=False, eq=False)

    def locate(self, path: Sequence[Step]) -> Span:
        """Return where the value at `path` begins, or its nearest parent that exists."""
        span, value = self.span, self._marked()
        for step in path:
            entry = _entry(value, step)
            if entry is None:
                break
            span, value = entry
        return span

    def locate_key(self, path: Sequence[Step]) -> Span:
        """Return where the key at the end of `path` stands; for a list item, where it begins."""
        parent = self._marked()
        for step in path[:-1]:
            entry = _entry(parent, step)
            if entry is None:
                return self.locate(path)
            parent = entry[1]
        if path and isinstance(parent, MarkedDict) and path[-1] in parent:
            return parent.key_spans[str(path[-1])]
        return self.locate(path)

    def _marked(self) -> Any:
        if isinstance(self.data, MarkedDict | MarkedList):
            return self.data
        return self._source.root(self._index)


class Parsed(NamedTuple):
    """The documents of a file, in its order, and the warnings about it.

    `is_pure` says that libyaml could not read it, and the pure parser could.
    """

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
    is_pure: bool = False


def read(path: Path, file: str, *, marks: bool = False) -> Parsed:
    """Parse the file at `path`. Diagnostics name it `file`."""
    return parse(read_bytes(path, file), file, marks=marks)


def read_bytes(path: Path, file: str, *, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; raise PK101 otherwise."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "folder" if stat.S_ISDIR(mode) else "special file"
            _refuse(
                file, f"found a {kind}, expected a regular file", "name a file; pipes are not read"
            )
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except FileNotFoundError:
        _refuse(file, "the file does not exist", "check the name")
    except PermissionError:
        _refuse(file, "the file may not be read", "check its permissions")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _refuse(file, f"the file cannot be read: {reason.lower()}", "check the name and the disk")
    if len(content) > limit:
        _refuse(file, f"the file is larger than {limit:,} bytes", "make it smaller, or split it")
    return content


def parse(content: bytes | str, file: str, *, marks: bool = False) -> Parsed:
    """Return the documents of `content`, in marked containers or in exact dicts and lists.

    Raises PackcError with every error found: PK102 where the content is not text, PK103 where it
    is not YAML, PK104 to PK106 where it is YAML that a manifest cannot hold.
    """
    from packc.yamlio.build import DUPLICATE, Builder  # ruamel.yaml is slow to import

    text = text_of(content, file)
    builder, is_pure = Builder(text, file, marks=marks), False
    try:
        found = builder.documents()
    except PackcError as error:
        if builder.stopped_at_colon:
            # The C parser stops at [https://host], which kubectl and the pure parser read.
            builder, is_pure = Builder(text, file, marks=marks, pure=True), True
            try:
                found = builder.documents()
            except PackcError:
                raise error from None
        elif marks or all(each.code != DUPLICATE for each in error.diagnostics):
            raise
        else:
            return parse(text, file, marks=True)  # which knows where the first of the two stands
    source = Source(text, file)
    documents = (
        Document(data, file, span, index, source) for index, (data, span) in enumerate(found)
    )
    return Parsed(tuple(documents), tuple(builder.findings.items), is_pure)


def _entry(value: Any, step: Step) -> tuple[Span, Any] | None:
    match value, step:
        case MarkedDict(), str() if step in value:
            return value.value_spans[step], value[step]
        case MarkedList(), int() if 0 <= step < len(value):
            return value.item_spans[step], value[step]
        case _:
            return None


def _refuse(file: str, message: str, hint: str) -> NoReturn:
    raise PackcError(Diagnostic(UNREADABLE, message, Span(file), hint)) from None
