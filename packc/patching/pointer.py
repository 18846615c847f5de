"""pointer: paths into an object, RFC 6901 with steps that name a list item by key.

A path is a row of steps, each behind a slash. A step is a member of a map, an index of a list, `-`
for the end of a list, or a key in brackets: /spec/containers/[name=calico-node]/image. A slash in
brackets stands for itself, so [mountPath=/lib/modules] needs no escape. Everywhere `~0` stands for
a tilde, `~1` for a slash, `~2` for a closing bracket, and `~3` for an opening one; only a `]` in a
key's value and a `[` at the start of a member need the last two.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError, Span


@frozen(cache_hash=True)
class Key:
    """A step that names the one item of a list whose `field` has this value."""

    field: str
    value: str

    def __str__(self) -> str:
        value = self.value.replace("~", "~0").replace("]", "~2")
        return f"[{self.field}={value}]"


Step: TypeAlias = str | int | Key
Path: TypeAlias = tuple[Step, ...]
Pointer: TypeAlias = tuple[str | int, ...]

_FIELD: Final = r"[A-Za-z0-9_.-]+"
_SEGMENT: Final = re.compile(
    rf"/(?:\[(?P<field>{_FIELD})=(?P<value>[^\]]*)\](?=/|\Z)|(?P<member>[^/\[][^/]*|(?=/|\Z)))"
)
_ESCAPE: Final = re.compile(r"~(.?)", re.DOTALL)
_MEANING: Final = {"0": "~", "1": "/", "2": "]", "3": "["}


class _Malformed(ValueError):
    """What is wrong with a path, and the hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def parse(path: str, span: Span | None = None) -> tuple[str | Key, ...]:
    """Return the steps of a path; digits stay text, since only the data can say what they are.

    A path that breaks the syntax is PK301 at `span`.
    """
    if not isinstance(path, str):
        raise PackcError(Diagnostic("PK301", f"a path is text, found {type(path).__name__}", span))
    try:
        return _steps(path)
    except _Malformed as malformed:
        message = f"{malformed} in path {_shortened(path)}"
        raise PackcError(Diagnostic("PK301", message, span, hint=malformed.hint)) from None


def format_path(steps: Path) -> str:
    """Return the path that `parse` reads as these steps (an index comes back as its digits)."""
    return "".join(f"/{_written(step)}" for step in steps)


def format_pointer(steps: Pointer) -> str:
    """Return the plain RFC 6901 pointer, which any other tool reads."""
    return "".join(f"/{_escaped(str(step))}" for step in steps)


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str | Key, ...]:
    if path and not path.startswith("/"):
        raise _Malformed("no slash at the start", "a path is empty or begins with '/'")
    steps: list[str | Key] = []
    position = 0
    while position < len(path):
        segment = _SEGMENT.match(path, position)
        if segment is None:
            raise _bad_bracket(path[position + 1 :])
        steps.append(_step(segment))
        position = segment.end()
    return tuple(steps)


def _step(segment: re.Match[str]) -> str | Key:
    field, value, member = segment.group("field", "value", "member")
    if field is None:
        return _unescaped(member)
    return Key(field, _unescaped(value))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_meaning, text) if "~" in text else text


def _meaning(escape: re.Match[str]) -> str:
    meaning = _MEANING.get(escape[1])
    if meaning is None:
        raise _Malformed(f"unknown escape '{escape[0]}'", "write ~0 for '~' and ~1 for '/'")
    return meaning


def _bad_bracket(rest: str) -> _Malformed:
    return _Malformed(
        f"unfinished keyed step {_shortened(rest)}",
        "a keyed step reads [name=value], with ~2 for a ']' in the value; "
        "write ~3 for a member that begins with '['",
    )


def _written(step: Step) -> str:
    if isinstance(step, str):
        text = _escaped(step)
        return f"~3{text[1:]}" if text.startswith("[") else text
    return str(step)


def _escaped(member: str) -> str:
    return member.replace("~", "~0").replace("/", "~1")


def _shortened(text: str) -> str:
    return f"'{text}'" if len(text) <= 120 else f"'{text[:120]}…'"
