"""build: turn the parser's events into values, in one pass.

libyaml's events come through ruamel.yaml.clib. Where that has no build for the interpreter, the
same events come from ruamel.yaml's pure Python parser, some twenty times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from packc.diagnostics import Diagnostic, Findings, PackcError, Related, Severity, Span
from packc.yamlio import MAX_DEPTH, scalars
from packc.yamlio.marks import MarkedDict, MarkedList, Places, independent
from packc.yamlio.problems import Problem, syntax

try:
    from _ruamel_yaml import CParser
except ImportError:
    CParser = None

_COLON = "unexpected ':'"

DUPLICATE = "PK104"
LIMIT = "PK105"
UNSUPPORTED = "PK106"
DISPUTED = "PK108"

ALIAS_BUDGET = 1_000_000

_CORE_TAGS = "tag:yaml.org,2002:"
_SCALAR_TAGS = ("str", "int", "float", "bool", "null")
_TAG_HINT = "remove the tag; only !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are read"

_REFUSED = object()  # stands for a value that has an error of its own
_MERGE = object()  # the key '<<'
_OPEN = object()  # an anchor whose value is still being read
_UNREAD = object()  # a text that has no value yet


class Builder:
    """Reads one text.

    A value that cannot be read is noted and replaced, so that one run finds every such value. Only
    a syntax error and a broken limit end the reading.
    """

    def __init__(self, text: str, file: str, *, marks: bool, pure: bool = False) -> None:
        self.findings = Findings()
        self._text = text
        self._places = Places(text, file)
        self._marks = marks
        self._next = _events(text, pure)
        self.stopped_at_colon = False
        self._agreed: dict[str, scalars.Scalar] = {}
        self._anchors: dict[str, Any] = {}
        self._copied = 0

    def documents(self) -> list[tuple[Any, Span]]:
        """Return each document's value and place. Raises PackcError with all errors found."""
        documents: list[tuple[Any, Span]] = []
        try:
            while (event := self._next()) is not None:
                if isinstance(event, DocumentStartEvent):
                    documents.extend(self._document(event))
        except YAMLError as error:
            problem = _problem(error)
            self.stopped_at_colon = _COLON in problem.text
            self.findings.add(syntax(problem, self._text, self._places))
        self.findings.raise_if_failed()
        return documents

    def _document(self, start: Any) -> Iterator[tuple[Any, Span]]:
        self._anchors.clear()
        event = self._next()
        value = self._scalar(event) if event.__class__ is ScalarEvent else self._nested(event, 1)
        if not self._only_comments(start, event):
            yield value, self._span(event)

    def _only_comments(self, start: Any, root: Any) -> bool:
        if not isinstance(root, ScalarEvent) or root.value or not root.implicit[0]:
            return False
        return "#" in self._text[start.start_mark.index : root.start_mark.index]

    # Scalars

    def _scalar(self, event: Any) -> Any:
        if event.ctag is not None:
            value = self._tagged(event)
        elif not event.implicit[0]:
            value = event.value
        elif (value := self._agreed.get(event.value, _UNREAD)) is _UNREAD:
            value = self._plain(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _plain(self, event: Any) -> Any:
        text: str = event.value
        if scalars.is_text(text):
            self._agreed[text] = text
            return text
        value = scalars.resolve(text)
        if isinstance(value, float) and not isfinite(value):
            message = f"'{text}' cannot be stored: JSON has no such number"
            return self._refuse(message, event, f"write a number, or quote it: '{text}'")
        if scalars.disputed(text, value):
            self._warn_disputed(text, value, event)
        else:
            self._agreed[text] = value
        return value

    def _tagged(self, event: Any) -> Any:
        if event.tag == "!":
            return event.value
        name = event.tag.removeprefix(_CORE_TAGS)
        if name not in _SCALAR_TAGS:
            return self._refuse_tag(event, "scalar")
        try:
            value = scalars.resolve_as(name, event.value)
        except ValueError as error:
            return self._refuse(str(error), event, "correct the value, or remove the tag")
        if isinstance(value, float) and not isfinite(value):
            return self._plain(event)
        if name != "str" and scalars.disputed(event.value, value):
            self._warn_disputed(event.value, value, event)
        return value

    def _refuse_tag(self, event: Any, kind: str) -> object:
        shown = scalars.shortened(event.tag.replace(_CORE_TAGS, "!!", 1))
        if event.tag.removeprefix(_CORE_TAGS) in (*_SCALAR_TAGS, "map", "seq"):
            return self._refuse(f"tag {shown} does not fit a {kind}", event, "remove the tag")
        return self._refuse(f"unsupported tag {shown}", event, _TAG_HINT)

    def _warn_disputed(self, text: str, value: scalars.Scalar, event: Any) -> None:
        shown = scalars.shortened(text)
        if value is None or isinstance(value, str):
            reading, hint = "text", f"quote it: '{shown}'"
        else:
            reading = scalars.spelled(value)
            hint = f"write {reading}, or quote it where text is meant: '{shown}'"
        message = f"'{shown}' is {reading} for kubectl, and not for every YAML reader"
        self._warn(message, event, hint)

    # Collections

    # Nearly all events are scalars: the loops below ask for them first, to spare a call for each.

    def _nested(self, event: Any, depth: int) -> Any:
        if event.__class__ is AliasEvent:
            return self._alias(event, depth)
        if depth > MAX_DEPTH:
            self._stop(f"nested more than {MAX_DEPTH} levels deep", event, "flatten the data")
        is_mapping = event.__class__ is MappingStartEvent
        if event.ctag is not None:
            self._check_tag(event, is_mapping)
        if event.anchor is not None:
            self._anchors[event.anchor] = _OPEN
        value = self._mapping(event, depth) if is_mapping else self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _check_tag(self, event: Any, is_mapping: bool) -> None:
        if event.tag not in ("!", _CORE_TAGS + ("map" if is_mapping else "seq")):
            self._refuse_tag(event, "mapping" if is_mapping else "list")

    def _sequence(self, start: Any, depth: int) -> Any:
        items: Any = MarkedList(self._span(start)) if self._marks else []
        following, scalar, nested = self._next, self._scalar, self._nested
        while (event := following()).__class__ is not SequenceEndEvent:
            value = scalar(event) if event.__class__ is ScalarEvent else nested(event, depth + 1)
            if self._marks:
                items.put(value, self._span(event))
            else:
                items.append(value)
        return items

    def _mapping(self, start: Any, depth: int) -> Any:
        data: Any = MarkedDict(self._span(start)) if self._marks else {}
        following, scalar, nested = self._next, self._scalar, self._nested
        merged: set[str] = set()
        while (event := following()).__class__ is not MappingEndEvent:
            key = self._key(event, depth)
            at = following()
            value = scalar(at) if at.__class__ is ScalarEvent else nested(at, depth + 1)
            if key is _MERGE:
                merged |= self._merge(data, value, event, at)
            elif key is _REFUSED:
                continue
            elif key in data and key not in merged:
                self._refuse_duplicate(data, key, event)
            else:
                merged.discard(key)
                if self._marks:
                    data.put(key, value, self._span(event), self._span(at))
                else:
                    data[key] = value
        return data

    def _key(self, event: Any, depth: int) -> Any:
        if event.__class__ is ScalarEvent:
            if event.value == "<<" and event.implicit[0]:
                return _MERGE
            key = self._scalar(event)
        else:
            key = self._nested(event, depth + 1)
        if key.__class__ is str or key is _REFUSED:
            return key
        return self._refuse_key(key, event)

    def _refuse_key(self, key: Any, event: Any) -> object:
        if isinstance(key, dict | list):
            found = "mapping" if isinstance(key, dict) else "list"
            return self._refuse(f"a key must be text, found a {found}", event, "write it as text")
        reading = "null" if key is None else scalars.spelled(key)
        if event.__class__ is AliasEvent:
            message = f"key '*{scalars.shortened(event.anchor)}' is {reading}, not text"
            return self._refuse(message, event, "write the key out, in quotes")
        if event.implicit[0] and scalars.disputed(event.value, key):
            self.findings.items.pop()  # the warning just noted: the error says more
        text = scalars.shortened(event.value)
        return self._refuse(f"key '{text}' is {reading}, not text", event, f"quote it: '{text}'")

    def _refuse_duplicate(self, data: dict[str, Any], key: str, event: Any) -> None:
        first = data.key_spans[key] if isinstance(data, MarkedDict) else None
        shown = scalars.shortened(key)
        self.findings.add(
            Diagnostic(
                DUPLICATE,
                f"key '{shown}' is set twice in one mapping",
                self._span(event),
                "remove one of the two",
                related=(Related("first set here", first),),
            )
        )

    def _merge(self, data: dict[str, Any], value: Any, key: Any, event: Any) -> set[str]:
        """Add what '<<' names to `data`; return the keys. Of two mappings the first wins."""
        sources = value if isinstance(value, list) else [value]
        if value is _REFUSED or not all(isinstance(source, dict) for source in sources):
            if value is not _REFUSED:
                self._refuse("'<<' needs a mapping or a list of mappings", event, "name an alias")
            return set()
        names = {name for source in sources for name in source}
        if replaced := sorted(names & data.keys()):
            message = f"'<<' replaces '{scalars.shortened(replaced[0])}' for kubectl, and not for"
            self._warn(f"{message} every YAML reader", key, "put '<<' first in its mapping")
        for source in reversed(sources):
            data.update(source)
            if isinstance(data, MarkedDict) and isinstance(source, MarkedDict):
                data.key_spans |= source.key_spans
                data.value_spans |= source.value_spans
        return names

    # Aliases

    def _alias(self, event: Any, depth: int) -> Any:
        if event.anchor not in self._anchors:
            message = f"alias '*{event.anchor}' has no anchor above it"
            return self._refuse(message, event, f"add '&{event.anchor}' to a value above", LIMIT)
        value = self._anchors[event.anchor]
        if value is _OPEN:
            message = f"alias '*{event.anchor}' stands inside the value that it names"
            return self._refuse(message, event, "write the value out", LIMIT)
        self._charge(value, depth, event)
        return independent(value)

    def _charge(self, value: Any, depth: int, event: Any) -> None:
        """Count what an alias copies: the characters of its texts, and one for any other value."""
        if depth > MAX_DEPTH:
            self._stop(f"aliases nest more than {MAX_DEPTH} levels deep", event, "flatten the data")
        self._copied += len(value) if isinstance(value, str) else 1
        if self._copied > ALIAS_BUDGET:
            message = f"aliases expand to more than {ALIAS_BUDGET:,} characters"
            self._stop(message, event, "use fewer aliases, or split the file")
        if isinstance(value, dict):
            self._copied += sum(map(len, value))
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                self._charge(item, depth + 1, event)

    # Findings

    def _span(self, event: Any) -> Span:
        return self._places.span(event.start_mark.index)

    def _warn(self, message: str, event: Any, hint: str) -> None:
        span = self._span(event)
        self.findings.add(Diagnostic(DISPUTED, message, span, hint, Severity.WARNING))

    def _refuse(self, message: str, event: Any, hint: str, code: str = UNSUPPORTED) -> object:
        self.findings.add(Diagnostic(code, message, self._span(event), hint))
        return _REFUSED

    def _stop(self, message: str, event: Any, hint: str) -> NoReturn:
        self._refuse(message, event, hint, LIMIT)
        raise PackcError(*self.findings.items)


def _problem(error: YAMLError) -> Problem:
    if not isinstance(error, MarkedYAMLError):
        return Problem("", 0)
    at, begun = error.problem_mark, error.context_mark
    words = f"{error.context}: {error.problem}"
    return Problem(words, at.index if at else 0, begun.index if begun else None)


def _events(text: str, pure: bool) -> Callable[[], Any]:
    """Return a function that gives the next event, and None after the last one."""
    if CParser is not None and not pure:
        get_event: Callable[[], Any] = CParser(text).get_event
        return get_event
    events = _pure_events(text)
    return lambda: next(events, None)


def _pure_events(text: str) -> Iterator[Any]:
    """Yield the events of the pure parser, with the checks of escapes that libyaml makes."""
    mark = None
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            mark = event.start_mark
            if isinstance(event, ScalarEvent):
                event.value.encode()
            yield event
            mark = event.end_mark
    except (ValueError, OverflowError) as error:
        problem = "found invalid Unicode character escape code"
        raise MarkedYAMLError(problem=problem, problem_mark=mark) from error
