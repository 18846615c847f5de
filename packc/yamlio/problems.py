"""problems: say in plain words why a file is not YAML text, and where."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from packc.diagnostics import Diagnostic, PackcError, Related, Span
from packc.yamlio.marks import Places

UNREADABLE = "PK101"
NOT_TEXT = "PK102"
SYNTAX = "PK103"

_BYTE_ORDER_MARK = "\ufeff"
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# All but YAML's printable characters, and the byte order mark. It takes a tenth of the time to make
# that a negated class of the others takes; the class of ASCII is the fastest to search with.
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_FORBIDDEN_ASCII = re.compile(f"[{_CONTROLS}]")
_FORBIDDEN = re.compile(f"[{_CONTROLS}\x80-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


class Problem(NamedTuple):
    """What the parser stumbled over: offsets in the text, and the parser's own words."""

    text: str
    offset: int
    begun_at: int | None = None


class _Wording(NamedTuple):
    fragment: str
    message: str
    hint: str
    begun: str | None = None
    at_beginning: bool = False


_TAB = _Wording(
    "a tab character",
    "a tab in the indentation",
    "indent with spaces: YAML does not allow tabs here",
)

# The first entry whose fragment occurs in the parser's words is used. libyaml and the pure Python
# parser word some problems differently. `begun` says what began at the second place;
# `at_beginning` puts the diagnostic there, where the parser noticed the mistake only far below.
_WORDINGS = (
    _TAB,
    _Wording(
        "unexpected end of stream",
        "a quoted text is never closed",
        "close it with the quote it began with",
        at_beginning=True,
    ),
    _Wording(
        "unexpected document",
        "a quoted text is not closed before the document ends",
        "close it with the quote it began with",
        at_beginning=True,
    ),
    _Wording(
        "',' or ']'",
        "expected ',' or ']' in a list",
        "close the list with ']'",
        begun="the list begins here",
    ),
    _Wording(
        "',' or '}'",
        "expected ',' or '}' in a mapping",
        "close the mapping with '}'",
        begun="the mapping begins here",
    ),
    _Wording(
        "expected ':'",
        "a key without ':'",
        "write 'key: value', or indent or quote a text of several lines",
        at_beginning=True,
    ),
    _Wording(
        "expected key",
        "expected a key of the mapping, in the same column as its other keys",
        "check the indentation, and quote a value that holds quotes or brackets",
        begun="the mapping begins here",
    ),
    _Wording(
        "'-' indicator",
        "expected '-', as the list goes on here",
        "begin each item with '-', in the same column",
        begun="the list begins here",
    ),
    _Wording(
        "expected <block end>",
        "this does not belong to the mapping or list it stands in",
        "check the indentation, and quote a value that holds quotes or brackets",
        begun="the mapping or list begins here",
    ),
    _Wording(
        "mapping values are not",
        "a ':' cannot stand here",
        "check the indentation, put a space after a key's ':', or quote a value that holds ': '",
    ),
    _Wording(
        "sequence entries are not",
        "a list item '-' cannot stand here",
        "begin the list on a line of its own, or quote the value",
    ),
    _Wording("mapping keys are not", "a key cannot stand here", "check the indentation"),
    _Wording(
        "cannot start any token",
        "a plain value cannot begin with this character",
        "quote the value",
    ),
    _Wording(
        "directive",
        "a directive that cannot be read",
        "remove the line that begins with '%'",
        at_beginning=True,
    ),
    _Wording(
        "alphabetic or numeric",
        "expected a name after '*' or '&'",
        "quote a value that begins with '*' or '&'",
        at_beginning=True,
    ),
    _Wording(
        "unknown escape",
        "unknown escape in a double-quoted text",
        r"write a backslash as '\\', or quote the text with ' instead",
    ),
    _Wording(
        "decimal number",
        "an escape in a double-quoted text lacks hexadecimal digits",
        r"write '\x' with 2 digits, '\u' with 4 or '\U' with 8",
    ),
    _Wording(
        "escape code",
        "an escape in a double-quoted text is not a character",
        "write the character itself: a pair of surrogates such as '\\ud83d\\ude00' is not YAML",
    ),
    _Wording("node content", "expected a value", "write the value, or null"),
    _Wording("unexpected ':'", "a ':' cannot stand here", "quote a value that holds ':'"),
    _Wording(
        "document start>",
        "expected the end of the file or a new document",
        "check the indentation, and begin a new document with '---'",
    ),
    _Wording("tag handle", "a tag with an undeclared prefix", "remove the tag"),
    _Wording(
        "scanning a tag",
        "a tag that is not complete",
        "quote a value that begins with '!', or remove the tag",
        at_beginning=True,
    ),
    _Wording(
        "parsing a tag",
        "a tag that is not complete",
        "quote a value that begins with '!', or remove the tag",
        at_beginning=True,
    ),
    _Wording(
        "equal to 0",
        "an indentation of 0 after '|' or '>'",
        "remove the digit: the indentation is then that of the first line",
    ),
    _Wording("incompatible YAML", "this version of YAML is not supported", "remove the %YAML line"),
    _Wording(
        "comment or line break",
        "expected the end of the line after '|' or '>'",
        "begin the text on the next line",
    ),
    _Wording(
        "chomping or indentation",
        "expected the end of the line after '|' or '>'",
        "begin the text on the next line",
    ),
)
_UNKNOWN = _Wording("", "not YAML", "check the indentation, the quotes and the brackets here")


def text_of(content: bytes | str, file: str) -> str:
    """Return the text without its leading byte order mark; raise PK102 where it is not text."""
    text = _decoded(content, file) if isinstance(content, bytes) else content
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if (_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN).search(text):
        _refuse_characters(text, file)
    return text


def syntax(problem: Problem, text: str, places: Places) -> Diagnostic:
    """Return PK103 for what the parser could not read."""
    tab = _indentation_tab(text, problem.offset)
    if tab is not None:
        return Diagnostic(SYNTAX, _TAB.message, places.span(tab), _TAB.hint)
    wording = next((each for each in _WORDINGS if each.fragment in problem.text), _UNKNOWN)
    begun_at = problem.offset if problem.begun_at is None else problem.begun_at
    offset = begun_at if wording.at_beginning else problem.offset
    related = (Related(wording.begun, places.span(begun_at)),) if wording.begun else ()
    return Diagnostic(SYNTAX, wording.message, places.span(offset), wording.hint, related=related)


def _indentation_tab(text: str, offset: int) -> int | None:
    """Return the offset of a tab in the indentation of the line at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    blanks = re.compile(r"[ \t]*").match(text, start)
    tab = text.find("\t", start, blanks.end() if blanks else start)
    return tab if tab >= 0 else None


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if content.startswith(_UTF_16_OR_32):
            found, hint = "the file is UTF-16 or UTF-32", "save it as UTF-8"
        else:
            found = f"byte 0x{content[error.start]:02x} is not UTF-8"
            hint = "save the file as UTF-8"
        before = content[: error.start].decode().removeprefix(_BYTE_ORDER_MARK)
        span = Places(before, file).span(len(before))
        raise PackcError(Diagnostic(NOT_TEXT, found, span, hint)) from None


def _refuse_characters(text: str, file: str) -> NoReturn:
    """Raise PK102 for each character that YAML forbids, at the first place it stands."""
    places = Places(text, file)
    first: dict[str, int] = {}
    for match in _FORBIDDEN.finditer(text):
        first.setdefault(match[0], match.start())
    raise PackcError(*(_forbidden(each, places.span(at)) for each, at in first.items()))


def _forbidden(character: str, span: Span) -> Diagnostic:
    name = f"U+{ord(character):04X}"
    if character == _BYTE_ORDER_MARK:
        message = f"a byte order mark ({name}) inside the file"
        return Diagnostic(NOT_TEXT, message, span, "remove it: it may only begin a file")
    hint = f'remove it, or write it as "\\x{ord(character):02x}" in double quotes'
    if ord(character) > 0xFF:
        hint = "remove it"
    return Diagnostic(NOT_TEXT, f"character {name} is not allowed in YAML", span, hint)
