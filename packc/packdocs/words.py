"""words: conditions, tables and code as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from packc.conditions import many
from packc.formats.decide import Atom, Condition
from packc.formats.space import Mark
from packc.spec import When

ALWAYS = "always"


def spoken(condition: Condition | None) -> str:
    """Return when a condition holds: 'on azure', 'with `etcd-tls`; or `calico.mtu` is 0'."""
    if condition is None:
        return ALWAYS
    rows = "; or ".join(" and ".join(map(_atom, row)) for row in condition.rows)
    return f"except {rows}" if condition.negated else rows


def spoken_when(when: When | None) -> str:
    """Return a condition of the pack in words."""
    return " and ".join(_parts(when)) if when is not None else ALWAYS


def code(text: Any) -> str:
    """Return a value as code, whatever it holds; a bar would end the cell of a table."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    return f"`` {plain} ``" if "`" in plain else f"`{plain}`"


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def either(words: Sequence[str]) -> str:
    """Return words as a choice: a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _atom(atom: Atom) -> str:
    match atom.dimension.kind:
        case "cloud":
            return f"on {either([str(value) for value in atom.values])}"
        case "feature":
            return f"{'with' if atom.values[0] else 'without'} {code(atom.dimension.name)}"
        case _:
            return f"{code(atom.dimension.name)} is {either([_value(v) for v in atom.values])}"


def _value(value: Any) -> str:
    if value is Mark.UNSET:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parts(when: When) -> Iterator[str]:
    if when.cloud is not None:
        yield f"on {either([str(name) for name in many(when.cloud)])}"
    if when.feature is not None:
        yield f"with {either([code(name) for name in many(when.feature)])}"
    for name, wanted in when.parameters.items():
        yield f"{code(name)} is {either([_value(value) for value in many(wanted)])}"
    for inner in when.all:
        yield from _parts(inner)
    if when.any is not None:
        yield f"({' or '.join(spoken_when(inner) for inner in when.any)})"
    if when.not_ is not None:
        yield f"not ({spoken_when(when.not_)})"
