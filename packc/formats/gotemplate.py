"""gotemplate: trees with holes and conditions as YAML with Go template actions.

Constant parts are written by `emit`, so that they read as packc's own output does. What renders is
always the same data: no value is spliced into YAML unquoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from attrs import define

from packc.emit import LEADING_KEYS, emit_object
from packc.formats.decide import Atom, Condition
from packc.formats.gotests import (
    Call,
    Test,
    all_of,
    any_of,
    argument,
    is_negative,
    negated,
    quoted,
    written,
)
from packc.formats.holes import Hole, Text
from packc.formats.merge import Entry, Fork, Item, Items, Map
from packc.formats.space import Dimension, Mark
from packc.patching.jsondata import is_list, is_map
from packc.spec import Parameter

_INDENT = "  "
_RANKS = {key: rank for rank, key in enumerate(LEADING_KEYS)}


_Group = tuple[Condition | None, Sequence[str]]
"""Lines, and the condition that they are there on."""


class Access(Protocol):
    """How the templates of a format reach what the user has chosen."""

    def value(self, parameter: str) -> str:
        """Return the expression of a parameter's value, its default included."""

    def is_on(self, feature: str) -> str:
        """Return the expression that is true where a feature is on."""

    def cloud(self) -> str:
        """Return the expression of the cloud's name."""

    def data(self, expression: str) -> str:
        """Return the expression of a list, map or number as YAML in one line."""


@define
class Printer:
    """Prints trees; `parameters` are those that holes may name."""

    access: Access
    parameters: Mapping[str, Parameter]

    def document(self, node: Any, condition: Condition | None) -> str:
        """Return an object as a file that renders to it, or to nothing where it is not there."""
        lines = [*self._map(_entries(node), "")]
        if condition is not None:
            lines = [f"{{{{- if {self.test(condition)} }}}}", *lines, "{{- end }}"]
        return "\n".join(lines) + "\n"

    def test(self, condition: Condition) -> str:
        """Return the expression of a condition."""
        return written(self._test(condition))

    def text(self, text: str | Text) -> str:
        """Return plain text with actions in it, for files that are no YAML."""
        pieces = text.pieces if isinstance(text, Text) else (text,)
        return "".join(
            _before_action(escaped(piece), is_last=index == len(pieces) - 1)
            if isinstance(piece, str)
            else f"{{{{ {self._string(piece)} }}}}"
            for index, piece in enumerate(pieces)
        )

    # --- maps and lists -----------------------------------------------------------------------

    def _map(self, entries: Iterable[Entry], indent: str) -> Iterator[str]:
        ordered = sorted(entries, key=lambda e: (_RANKS.get(e.key, len(_RANKS)), e.key))
        groups = groupby(ordered, key=lambda entry: entry.condition)
        yield from self._guarded(
            [
                (condition, [line for e in group for line in self._entry(e.key, e.node, indent)])
                for condition, group in groups
            ],
            indent,
        )

    def _entry(self, key: str, node: Any, indent: str) -> Iterator[str]:
        match node:
            case Fork():
                yield from self._fork(
                    [(c, [*self._entry(key, each, indent)]) for c, each in node.branches], indent
                )
            case Hole() | Text():
                yield f"{indent}{escaped(_key(key))} {self._action(node)}"
            case Items() | Map():
                yield f"{indent}{escaped(_key(key))}"
                yield from self._below(node, indent)
            case _ if node and (is_map(node) or is_list(node)) and _has_holes(node):
                yield f"{indent}{escaped(_key(key))}"
                yield from self._below(node, indent)
            case _:
                yield from _constant({key: node}, indent)

    def _below(self, node: Any, indent: str) -> Iterator[str]:
        """Yield what stands below a key; the items of a list are not indented."""
        if isinstance(node, Items) or is_list(node):
            yield from self._list(_items(node), indent)
        else:
            yield from self._map(_entries(node), indent + _INDENT)

    def _list(self, items: Iterable[Item], indent: str) -> Iterator[str]:
        groups = groupby(items, key=lambda item: item.condition)
        yield from self._guarded(
            [
                (condition, [line for item in group for line in self._item(item.node, indent)])
                for condition, group in groups
            ],
            indent,
        )

    def _item(self, node: Any, indent: str) -> Iterator[str]:
        match node:
            case Fork():
                yield from self._fork(
                    [(c, [*self._item(each, indent)]) for c, each in node.branches], indent
                )
            case Hole() | Text():
                yield f"{indent}- {self._action(node)}"
            case Map() | Items():
                yield from self._nested(node, indent)
            case _ if node and (is_map(node) or is_list(node)) and _has_holes(node):
                yield from self._nested(node, indent)
            case _:
                yield from _constant({"x": [node]}, indent, skip=1)

    def _nested(self, node: Any, indent: str) -> Iterator[str]:
        inner = indent + _INDENT
        if isinstance(node, Items) or is_list(node):
            lines = [*self._list(_items(node), inner)]
        else:
            lines = [*self._map(_entries(node), inner)]
        if lines[0].startswith(f"{inner}{{{{-"):
            yield f"{indent}-"
        else:
            yield f"{indent}- {lines.pop(0).removeprefix(inner)}"
        yield from lines

    # --- conditions ---------------------------------------------------------------------------

    def _guarded(self, groups: Iterable[_Group], indent: str) -> Iterator[str]:
        """Yield groups of lines on their conditions; one that is another's opposite is its else."""
        left = self._tests(groups)
        while left:
            test, lines = left.pop(0)
            if test is None:
                yield from lines
            elif left and left[0][0] == negated(test):
                yield from _choice([(test, lines), (None, left.pop(0)[1])], indent)
            else:
                yield from _choice([(test, lines)], indent)

    def _fork(self, branches: Iterable[_Group], indent: str) -> Iterator[str]:
        return _choice(self._tests(branches), indent)

    def _tests(self, groups: Iterable[_Group]) -> list[tuple[Test | None, Sequence[str]]]:
        return [(None if c is None else self._test(c), lines) for c, lines in groups]

    def _test(self, condition: Condition) -> Test:
        whole = any_of(all_of(self._atom(atom) for atom in row) for row in condition.rows)
        return negated(whole) if condition.negated else whole

    def _atom(self, atom: Atom) -> Test:
        dimension, values = atom.dimension, atom.values
        match dimension.kind:
            case "feature":
                on = self.access.is_on(dimension.name)
                return on if values == (True,) else negated(on)
            case "cloud":
                return _among(self.access.cloud(), dimension, values)
        return self._parameter_atom(dimension, values)

    def _parameter_atom(self, dimension: Dimension, values: Sequence[Any]) -> Test:
        """Return the test of a parameter, which has no value while its feature is off."""
        if Mark.UNSET in values:
            others = tuple(value for value in dimension.domain if value not in values)
            return negated(self._parameter_atom(dimension, others))
        tests: list[Test] = []
        if dimension.owner is not None:
            tests.append(self.access.is_on(dimension.owner))
        if Mark.UNSET in dimension.values:
            given = self.access.value(dimension.name)
            tests.append(negated(Call("kindIs", (quoted("invalid"), given))))
        if set(values) != set(dimension.domain) - {Mark.UNSET}:
            tests.append(self._is_one_of(dimension, values))
        return all_of(tests)

    def _is_one_of(self, dimension: Dimension, values: Sequence[Any]) -> Test:
        parameter = self.parameters[dimension.name]
        expression = self.access.value(dimension.name)
        if parameter.type == "boolean":
            return expression if values == (True,) else negated(expression)
        if Mark.OTHER in values:
            others = tuple(_others(dimension, values))
            return negated(self._is_one_of(dimension, others))
        return _among(_typed(expression, parameter), dimension, values)

    # --- holes --------------------------------------------------------------------------------

    def _action(self, node: Hole | Text) -> str:
        return f"{{{{ {self._expression(node)} }}}}"

    def _expression(self, node: Hole | Text) -> str:
        match node:
            case Hole():
                return self._typed_value(node.parameter)
            case Text(pieces=(Hole() as hole,)):
                return f"{self._string(hole)} | quote"
        form = "".join(p.replace("%", "%%") if isinstance(p, str) else "%v" for p in node.pieces)
        holes = (piece for piece in node.pieces if isinstance(piece, Hole))
        arguments = " ".join(argument(self._string(hole)) for hole in holes)
        return f"printf {quoted(form)} {arguments} | quote"

    def _typed_value(self, name: str) -> str:
        parameter, expression = self.parameters[name], self.access.value(name)
        match parameter.type:
            case "integer":
                return f"int64 {argument(expression)}"
            case "boolean":
                return expression
            case _:
                return self.access.data(argument(expression))

    def _string(self, hole: Hole) -> str:
        """Return the expression of what a value is printed from."""
        parameter, expression = self.parameters[hole.parameter], self.access.value(hole.parameter)
        if hole.form == "comma-list":
            inner = parameter.items.type if parameter.items else "string"
            if inner in ("integer", "boolean"):
                return f'toJson {argument(expression)} | trimAll "[]"'
            return f'join "," {argument(expression)}'
        if parameter.type == "integer":
            return f"int64 {argument(expression)}"
        return expression


def escaped(text: str) -> str:
    """Return constant text so that no part of it is taken for an action."""
    return text.replace("{{", '{{ "{{" }}')


def _before_action(text: str, *, is_last: bool) -> str:
    """Return escaped text whose last bracket is not read together with those of an action."""
    return text if is_last or not text.endswith("{") else f'{text[:-1]}{{{{ "{{" }}}}'


def _choice(branches: Sequence[tuple[Test | None, Sequence[str]]], indent: str) -> Iterator[str]:
    """Yield the lines of the first test that holds; of two, the one without `not` stands first."""
    match branches:
        case [(test, lines), (None, others)] if test is not None and is_negative(test):
            branches = [(negated(test), others), (None, lines)]
    word = "if"
    for test, lines in branches:
        head = "else" if test is None else f"{word} {written(test)}"
        yield f"{indent}{{{{- {head} }}}}"
        yield from lines
        word = "else if"
    yield f"{indent}{{{{- end }}}}"


def _among(expression: str, dimension: Dimension, values: Sequence[Any]) -> Test:
    """Return the test that an expression is one of some values, or none of the others."""
    others = [*_others(dimension, values)]
    has_rest = Mark.OTHER in dimension.values
    if len(others) == 1 and len(values) > 1 and not has_rest:
        return Call("ne", (expression, quoted(others[0])))
    return Call("eq", (expression, *map(quoted, values)))


def _others(dimension: Dimension, values: Sequence[Any]) -> Iterator[Any]:
    return (v for v in dimension.values if v not in values and not isinstance(v, Mark))


def _typed(expression: str, parameter: Parameter) -> str:
    match parameter.type:
        case "integer":
            return f"int64 {argument(expression)}"
        case "number":
            return f"float64 {argument(expression)}"
        case _:
            return expression


def _entries(node: Any) -> tuple[Entry, ...]:
    if isinstance(node, Map):
        return node.entries
    return tuple(Entry(key, value) for key, value in node.items())


def _items(node: Any) -> tuple[Item, ...]:
    return node.items if isinstance(node, Items) else tuple(Item(value) for value in node)


def _has_holes(node: Any) -> bool:
    if is_map(node):
        return any(_has_holes(value) for value in node.values())
    if is_list(node):
        return any(_has_holes(item) for item in node)
    return isinstance(node, Hole | Text)


def _key(key: str) -> str:
    return emit_object({key: None}).removesuffix(" null\n")


def _constant(data: Mapping[str, Any], indent: str, skip: int = 0) -> Iterator[str]:
    for line in emit_object(data).splitlines()[skip:]:
        yield escaped(indent + line) if line else ""
