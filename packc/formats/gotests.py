"""gotests: tests of Go templates, written the way a person would write them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import frozen


@frozen(cache_hash=True)
class Call:
    """A function with its arguments, which are expressions or calls themselves."""

    function: str
    arguments: tuple[str | Call, ...]


Test = str | Call

_OPPOSITES: Final = {"eq": "ne", "ne": "eq"}


def negated(test: Test) -> Test:
    """Return the opposite of a test; `eq` has one where it is given two arguments."""
    match test:
        case Call("not", (inner,)):
            return inner
        case Call("eq" | "ne" as function, (one, other)):
            return Call(_OPPOSITES[function], (one, other))
        case _:
            return Call("not", (test,))


def is_negative(test: Test) -> bool:
    """Return whether a test reads better the other way round."""
    return isinstance(test, Call) and test.function in ("not", "ne")


def all_of(tests: Iterable[Test]) -> Test:
    return _joined("and", tests)


def any_of(tests: Iterable[Test]) -> Test:
    return _joined("or", tests)


def written(test: Test) -> str:
    """Return a test as it stands behind `if`."""
    if isinstance(test, str):
        is_group = test.startswith("(") and argument(test) == test
        return test[1:-1] if is_group else test
    arguments = (argument(a if isinstance(a, str) else written(a)) for a in test.arguments)
    return " ".join((test.function, *arguments))


def argument(expression: str) -> str:
    """Return an expression as one argument of a function."""
    is_simple = re.fullmatch(r'[.$\w]+|\(.*\)|"(?:[^"\\]|\\.)*"', expression, re.DOTALL) is not None
    return expression if is_simple and not _two_groups(expression) else f"({expression})"


def quoted(value: Any) -> str:
    """Return a Go literal: JSON escapes line breaks, which Go refuses inside quotes."""
    return json.dumps(value, ensure_ascii=False).replace("\u007f", "\\u007f")


def _joined(function: str, tests: Iterable[Test]) -> Test:
    parts = tuple(dict.fromkeys(part for test in tests for part in _parts(function, test)))
    return parts[0] if len(parts) == 1 else Call(function, parts)


def _parts(function: str, test: Test) -> Iterator[Test]:
    if isinstance(test, Call) and test.function == function:
        yield from test.arguments
    else:
        yield test


def _two_groups(expression: str) -> bool:
    """Return whether the brackets at both ends are not a pair."""
    depth = 0
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    for index, character in enumerate(bare):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ")" and depth == 0 and index < len(bare) - 1:
            return True
    return False
