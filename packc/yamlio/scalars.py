"""scalars: give a plain scalar the value that kubectl gives it, and say who reads it otherwise.

kubectl reads YAML with sigs.k8s.io/yaml, a YAML 1.1 reader, and then carries the value through
JSON: a float without a fraction that fits 64 bits is stored as an integer, and an integer that
does not fit is stored as a float. The attempts below come in the order of that reader.
"""

from __future__ import annotations

import re
from math import isfinite

Scalar = str | int | float | bool | None

_FIRST = frozenset("+-.0123456789=<")
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
_SHOWN_CHARACTERS = 40


def _spellings(*words: str) -> tuple[str, ...]:
    return tuple(form for word in words for form in (word, word.capitalize(), word.upper()))


_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(_spellings("y", "yes", "on", "true"), True),
    **dict.fromkeys(_spellings("n", "no", "off", "false"), False),
    **dict.fromkeys(("", "~", *_spellings("null")), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}

_RADIX = re.compile(r"([+-]?)0(?:([xX])([0-9a-fA-F]+)|([bB])([01]+)|([oO]?)([0-7]+))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Go's own parser reads these: '_' stands between digits only.
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_SIGNED_BINARY = re.compile(r"0b([-+][01]+)")

# What PyYAML, ruamel.yaml, js-yaml and the Go readers all take for the same number.
_AGREED_INT = re.compile(rf"{_DECIMAL.pattern}|0x[0-9a-fA-F]+")
_AGREED_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?")
# Text for kubectl, but a number, a time, a date or an error for one of those readers.
_DISPUTED_TEXT = re.compile(
    r"""=|<<
    | [-+]?0x[0-9a-fA-F_]+
    | [-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9:.]+[ \t]*(?:Z|[-+][0-9:]+)?)?
    """,
    re.VERBOSE,
)


def is_text(text: str) -> bool:
    """Return whether every reader takes `text` for text; of what is text for kubectl, for most."""
    return text not in _WORDS and text[0] not in _FIRST


def resolve(text: str) -> Scalar:
    """Return what kubectl stores for the plain scalar `text`. Infinities and NaN come as floats."""
    value = _literal(text)
    return value if value is None or isinstance(value, bool | str) else _stored(value)


def resolve_as(tag: str, text: str) -> Scalar:
    """Return the value of `text` under the core tag `tag`, such as "int".

    Raises ValueError when the text does not fit the tag. As in kubectl an integer is a float too.
    """
    value = _literal(text)
    fits = {
        "str": True,
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
    }
    if not fits[tag]:
        raise ValueError(f"'{shortened(text)}' does not fit the tag !!{tag}")
    return text if tag == "str" else resolve(text)


def disputed(text: str, value: Scalar) -> bool:
    """Return whether common YAML readers give `text` another value than kubectl's `value`."""
    match value:
        case None:
            return False
        case bool():
            return text.lower() not in ("true", "false")
        case int():
            return not (_AGREED_INT.fullmatch(text) or _AGREED_FLOAT.fullmatch(text))
        case float():
            return not _AGREED_FLOAT.fullmatch(text)
        case str():
            return text[0] in _FIRST and _DISPUTED_TEXT.fullmatch(text) is not None


def spelled(value: bool | int | float) -> str:
    """Return the spelling of `value` that every reader takes alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    # PyYAML takes 1e+22 for text: it wants the point.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def shortened(text: str) -> str:
    """Return `text`, or its beginning where it is too long for a message."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def _literal(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _finite(text) if _DOT_FLOAT.fullmatch(text) else text
    if text[0] in "+-0123456789":
        return _number(text)
    return text


def _number(text: str) -> Scalar:
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(digits):
        return text if isinstance(_finite(digits), str) else _finite(digits)
    if signed := _SIGNED_BINARY.fullmatch(digits):
        return int(signed[1], 2)
    return text


def _integer(digits: str) -> int | None:
    """Return the integer when 64 bits hold it. A sign makes it a signed one."""
    if radix := _RADIX.fullmatch(digits):
        sign, is_hex, hexadecimal, is_binary, binary, _, octal = radix.groups()
        base = 16 if is_hex else 2 if is_binary else 8
        value = int(sign + (hexadecimal or binary or octal), base)
    elif _DECIMAL.fullmatch(digits) and len(digits) <= len("-18446744073709551615"):
        value = int(digits)
    else:
        return None
    return value if value in _INT64 or (value in _UINT64 and digits[0] != "+") else None


def _finite(text: str) -> float | str:
    """Return the number, or the text itself where it is too large for a float."""
    number = float(text)
    return number if isfinite(number) else text


def _stored(number: int | float) -> int | float:
    """Return the number as it comes out of JSON: an integer exactly where 64 bits hold it."""
    if isinstance(number, int):
        return number if number in _INT64 else float(number)
    if not isfinite(number) or not number.is_integer():
        return number
    integer = _shortest_digits(number)
    return integer if integer in _INT64 else number


def _shortest_digits(number: float) -> int:
    """Return the integer that the shortest decimal form names: 2**62 gives 4611686018427388000."""
    if abs(number) < 2**53:
        return int(number)
    from decimal import Decimal  # slow to import and rarely needed

    return int(Decimal(repr(number)))
