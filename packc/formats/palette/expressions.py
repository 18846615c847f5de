"""expressions: regular expressions as an entry of schema.yaml can hold them.

Braces end a placeholder there, `"` ends a format and `/` an expression, so none may stand in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

MOST_REPEATED: Final = 16
ANY: Final = r"[\s\S]"
"""Any character, line breaks included."""

_SPELT: Final = {'"': r"\x22", "/": r"\x2f", "{": r"\x7b", "}": r"\x7d", "\n": r"\n"}
_AWKWARD: Final = re.compile(r"\\(.)|[\"/{}\n]", re.DOTALL)
_ATOM: Final = re.compile(
    r"(?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.)"
    r"(?P<repeated>\{(?P<least>\d+)(?P<more>,(?P<most>\d*))?\}\??)?",
    re.DOTALL,
)
_DIGIT: Final = "[0-9]"


def whole(expression: str | None) -> str | None:
    """Return `:/^(expression)$/`; None where the grammar of schema.yaml cannot hold it."""
    parts = [] if expression is None else [_written_out(m) for m in _ATOM.finditer(expression)]
    if not parts or None in parts:
        return None
    text = "".join(part for part in parts if part is not None)
    return f":/^({_AWKWARD.sub(_spelt, text)})$/"


def of_length(least: int | None, most: int | None) -> str | None:
    """Return the expression of texts with so many characters; None for any number of them."""
    if least is None and most is None:
        return None
    return f"{ANY}{{{least or 0},{'' if most is None else most}}}"


def of_integers(least: int | None, most: int | None) -> str:
    """Return the expression of the integers between two limits; either may be missing.

    Two limits on the same side of zero hold only one of them: that which is farther from it.
    """
    zero = ["0"] if (least or 0) <= 0 <= (most or 0) else []
    return "|".join((*_below_zero(least, most), *zero, *_above_zero(least, most)))


def _written_out(match: re.Match[str]) -> str | None:
    """Return an atom as often as it is repeated, without braces; None where that gets too long."""
    atom = match["atom"]
    if match["repeated"] is None:
        return atom
    least = int(match["least"])
    most = int(match["most"] or least)
    if atom == ")" or max(least, most) > MOST_REPEATED:
        return None
    rest = f"{atom}*" if match["more"] == "," else f"{atom}?" * (most - least)
    return atom * least + rest


def _spelt(match: re.Match[str]) -> str:
    return _SPELT.get(match[1] or match[0], match[0])


def _above_zero(least: int | None, most: int | None) -> Iterator[str]:
    if most is None:
        yield from _from(max(1, least or 1))
    elif most > 0:
        yield from _up_to(most)


def _below_zero(least: int | None, most: int | None) -> Iterator[str]:
    if least is None:
        yield from (f"-{each}" for each in _from(max(1, -(most if most is not None else 0))))
    elif least < 0:
        yield from (f"-{each}" for each in _up_to(-least))


def _from(least: int) -> Iterator[str]:
    """Yield the expressions of the integers from one above zero on."""
    digits = str(least)
    for index, digit in enumerate(digits):
        if digit != "9":
            yield digits[:index] + f"[{int(digit) + 1}-9]" + _DIGIT * (len(digits) - index - 1)
    yield digits
    yield "[1-9]" + _DIGIT * len(digits) + f"{_DIGIT}*"


def _up_to(most: int) -> Iterator[str]:
    """Yield the expressions of the integers from 1 to one above zero."""
    digits = str(most)
    for size in range(1, len(digits)):
        yield "[1-9]" + _DIGIT * (size - 1)
    for index, digit in enumerate(digits):
        first = 0 if index else 1
        if int(digit) > first:
            rest = _DIGIT * (len(digits) - index - 1)
            yield digits[:index] + f"[{first}-{int(digit) - 1}]" + rest
    yield digits
