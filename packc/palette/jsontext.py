"""jsontext: JSON with the place of every value and key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from attrs import define, field, frozen

from packc.diagnostics import Diagnostic, PackcError, Span
from packc.palette.findings import PACK_JSON

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_HINT: Final = "write plain JSON: no comments, no comma after the last member, each key once"


@frozen
class JsonDocument:
    """The value of a JSON file, and where its parts stand."""

    data: Any
    file: str
    _text: str = field(repr=False, eq=False)
    _places: dict[tuple[str, Path], int] = field(factory=dict, init=False, repr=False, eq=False)

    def locate(self, path: Sequence[str | int], *, key: bool = False) -> Span:
        """Return the place of the value at a path, or of its key; else of the nearest parent."""
        if not self._places:  # few files are asked
            self._places.update(_Scanner(self._text).places())
        places = self._places
        wanted = tuple(path)
        if key and ("key", wanted) in places:
            return self._span(places["key", wanted])
        while ("value", wanted) not in places:
            wanted = wanted[:-1]
        return self._span(places["value", wanted])

    def _span(self, offset: int) -> Span:
        return _span(self._text, self.file, offset)


def parse_json(content: bytes, file: str) -> JsonDocument:
    """Return the document; raise PackcError (PK950) where it is none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("the file is not UTF-8 text", Span(file), found=f"byte {error.start + 1}")
    duplicates: list[str] = []
    try:
        data = json.loads(
            text,
            object_pairs_hook=lambda pairs: _members(pairs, duplicates),
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        _refuse(f"no JSON: {_lower(error.msg)}", Span(file, error.lineno, error.colno))
    except (RecursionError, ValueError) as error:
        _refuse(f"no JSON: {_lower(str(error))}", Span(file))
    if duplicates:
        _refuse(f"the key '{duplicates[0]}' is set twice in one object", Span(file))
    return JsonDocument(data, file, text)


def _members(pairs: list[tuple[str, Any]], duplicates: list[str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            duplicates.append(name)
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _refuse(message: str, span: Span, found: str | None = None) -> NoReturn:
    raise PackcError(Diagnostic(PACK_JSON, message, span, _HINT, found=found)) from None


def _span(text: str, file: str, offset: int) -> Span:
    line_start = text.rfind("\n", 0, offset) + 1
    return Span(file, text.count("\n", 0, offset) + 1, offset - line_start + 1)


@define
class _Scanner:
    """Finds the places in a text that is known to be JSON."""

    text: str
    _steps: list[str | int] = field(factory=list)
    _kinds: list[str] = field(factory=list)
    _awaits_key: bool = False
    _found: dict[tuple[str, Path], int] = field(factory=dict)

    def places(self) -> Mapping[tuple[str, Path], int]:
        for match in _TOKEN.finditer(self.text):
            self._take(match[0], match.start())
        return self._found

    def _take(self, token: str, offset: int) -> None:
        match token:
            case ":":
                return
            case ",":
                self._awaits_key = self._kinds[-1] == "{"
            case "}" | "]":
                self._kinds.pop()
                self._steps.pop()
                self._awaits_key = False
            case _ if self._awaits_key:
                self._steps[-1] = json.loads(token)
                self._awaits_key = False
                self._found["key", tuple(self._steps)] = offset
            case _:
                self._value(token, offset)

    def _value(self, token: str, offset: int) -> None:
        if self._kinds and self._kinds[-1] == "[":
            last = self._steps[-1]
            self._steps[-1] = (last if isinstance(last, int) else -1) + 1
        self._found["value", tuple(self._steps)] = offset
        if token in "{[":
            self._kinds.append(token)
            self._steps.append("" if token == "{" else -1)
            self._awaits_key = token == "{"
