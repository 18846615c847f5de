"""holes: where the values of open parameters stand in the output, found by comparing samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import Factory, define, field, frozen

from packc.bind import convert
from packc.patching.jsondata import equal, is_list, is_map
from packc.patching.pointer import Pointer

Form = Literal["value", "string", "comma-list"]


@frozen(cache_hash=True)
class Hole:
    """A place that holds a parameter's value: as it is, as text, or as a list with commas."""

    parameter: str
    form: Form = "value"


@frozen(cache_hash=True)
class Text:
    """A string with holes in it."""

    pieces: tuple[str | Hole, ...]


@frozen
class Computed:
    """A place that depends on open values in a way that is no hole."""

    pointer: Pointer
    found: tuple[Any, ...] = field(repr=False)


_NEVER, _AS_A_WORD, _BESIDE_NO_DIGIT = "(?!){}", r"(?<![\w.]){}(?![\w.])", r"(?<!\d){}(?!\d)"

Values = Mapping[str, Any]
"""The values of the open parameters of one sample."""


@define
class Unifier:
    """Finds the tree that gives every sample's data when its holes are filled with its values.

    What no tree can give is kept in `computed`.
    """

    samples: Sequence[Values]
    computed: list[Computed] = Factory(list)
    _tokens: list[tuple[str, Hole]] = field(init=False)
    _holes: dict[str, Hole] = Factory(dict)
    _patterns: list[re.Pattern[str]] = Factory(list)

    def __attrs_post_init__(self) -> None:
        tokens = [pair for name, value in self.samples[0].items() for pair in _tokens(name, value)]
        self._tokens = sorted(tokens, key=lambda pair: -len(pair[0]))

    def unify(self, nodes: Sequence[Any], pointer: Pointer = ()) -> Any:
        """Return data in which `Hole` and `Text` stand for what differs between the nodes."""
        first, *others = nodes
        if all(node is first or equal(node, first, exact=True) for node in others):
            return first
        hole = self._whole(nodes)
        if hole is not None:
            return hole
        if all(is_map(node) and node.keys() == first.keys() for node in nodes):
            return {key: self.unify([n[key] for n in nodes], (*pointer, key)) for key in first}
        if all(is_list(node) and len(node) == len(first) for node in nodes):
            return [
                self.unify(items, (*pointer, index))
                for index, items in enumerate(zip(*nodes, strict=True))
            ]
        text = self.text(nodes) if all(isinstance(node, str) for node in nodes) else None
        if text is None:
            self.computed.append(Computed(pointer, tuple(nodes)))
        return text

    def text(self, texts: Sequence[str]) -> Text | None:
        """Return the text with holes that gives each text from its sample's values."""
        for found in self.split(texts[0]):
            if all(
                filled(found, values) == text
                for text, values in zip(texts, self.samples, strict=True)
            ):
                return found
        return None

    def split(self, text: str) -> Iterator[Text]:
        """Yield a text of the first sample with holes for the values found in it.

        Numbers are short, and stand in texts by chance: they count as the whole text, else not at
        all, else as words, else wherever no other digit is beside them.
        """
        for token, hole in self._tokens:
            if token == text:
                yield Text((hole,))
        if not any(token in text for token, _ in self._tokens):
            yield Text((text,) if text else ())
            return
        for pattern in self._compiled():
            parts = pattern.split(text)
            pieces = (self._holes.get(p, p) if i % 2 else p for i, p in enumerate(parts))
            yield Text(tuple(piece for piece in pieces if piece != ""))

    def _compiled(self) -> Sequence[re.Pattern[str]]:
        """Return the patterns of all values: with numbers nowhere, as words, and anywhere else."""
        if not self._patterns:
            self._holes = dict(reversed(self._tokens))
            self._patterns = [
                re.compile(f"({'|'.join(_pattern(token, number) for token, _ in self._tokens)})")
                for number in (_NEVER, _AS_A_WORD, _BESIDE_NO_DIGIT)
            ]
        return self._patterns

    def _whole(self, nodes: Sequence[Any]) -> Hole | None:
        """Return the parameter that the nodes are the values of, unless they are text."""
        if isinstance(nodes[0], str):
            return None
        for name in self.samples[0]:
            pairs = zip(nodes, self.samples, strict=True)
            if all(equal(node, values[name], exact=True) for node, values in pairs):
                return Hole(name)
        return None


def filled(node: Any, values: Values) -> Any:
    """Return data with its holes filled."""
    match node:
        case Hole():
            return convert(values[node.parameter], node.form)
        case Text():
            return "".join(p if isinstance(p, str) else filled(p, values) for p in node.pieces)
        case _ if is_map(node):
            return {key: filled(value, values) for key, value in node.items()}
        case _ if is_list(node):
            return [filled(item, values) for item in node]
        case _:
            return node


def _tokens(name: str, value: Any) -> list[tuple[str, Hole]]:
    """Return the texts that a value may stand as.

    A number with a fraction has none: templates write some of them in another way than packc.
    """
    match value:
        case str() | int() if value != "":
            return [(str(convert(value, "string")), Hole(name, "string"))]
        case list() | tuple() if value and all(isinstance(item, str | int) for item in value):
            return [(str(convert(value, "comma-list")), Hole(name, "comma-list"))]
        case _:
            return []


def _pattern(token: str, number: str) -> str:
    return number.format(token) if _is_number(token) else re.escape(token)


def _is_number(token: str) -> bool:
    return re.fullmatch(r"-?\d+", token) is not None
