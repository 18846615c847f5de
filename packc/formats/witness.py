"""witness: values of open parameters to compile with, so that their places in the output show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_network
from itertools import cycle, islice, pairwise, permutations
from random import Random
from typing import Any

from attrs import evolve, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.pieces import numbers, pieces
from packc.formats.shapes import shapes
from packc.model import MISSING
from packc.parameters import problems
from packc.spec import Items, Parameter

ORDINARY = 8
"""How many ordinary witnesses a parameter has, if its values are that many."""

_TRIES = 400
_STEP = 2.0**-20
_LETTERS = "bcdfghjkmnpqrstvwxz"


@frozen
class Witnesses:
    """Values of one parameter: ordinary ones, all different, and those at the edges of its type.

    Edges are the default, the least and the greatest value, and the neighbours of all that count
    as special: a plugin that treats one value in its own way is told from one with a threshold.
    The `single` ones may be treated in their own way; another edge stands for many values like it.
    """

    ordinary: tuple[Any, ...]
    edges: tuple[Any, ...]
    single: tuple[Any, ...] = ()

    def unlike(self, taken: set[tuple[str, ...]]) -> Witnesses:
        """Return the same in an order whose beginning is not taken yet, and take it.

        Parameters with the same few values would else have the same one in every sample; that the
        first differs is best, since holes are found by it.
        """
        for size in (1, _FEWEST):
            for order in islice(permutations(self.ordinary), _TRIES):
                beginning = tuple(str(value) for value in order[:_FEWEST])
                if beginning[:size] not in {each[:size] for each in taken}:
                    taken.add(beginning)
                    return evolve(self, ordinary=order)
        return self

    def number(self, index: int) -> Any:
        return self.ordinary[index % len(self.ordinary)]

    def edge(self, index: int) -> Any:
        return self.edges[index % len(self.edges)]


MOST_EDGES = 20
"""How many edges are tried beside those that plugins compare with."""

MOST_WORDED = 96
"""How many texts are tried that are made of the words in the code of plugins."""

MOST_PIECES = 64
"""How many parts of these words are tried."""

_FEWEST = 3


def witnesses(
    parameter: Parameter,
    without: Sequence[Any],
    noticed: Sequence[Any] = (),
    words: Sequence[str] = (),
) -> Witnesses:
    """Return witnesses of a parameter that are none of the values in `without`.

    The values in `noticed`, which plugins compare with, are edges if they fit, and so are texts
    made of `words`, which stand in the code of plugins. Raises PackcError (PK903) where fewer
    than three can be found.
    """
    apart = [*without, *([] if parameter.default is MISSING else [parameter.default])]
    found: list[Any] = []
    for value in islice(_candidates(parameter), _TRIES):
        if value not in apart and value not in found and fits(parameter, value):
            found.append(value)
        if len(found) == ORDINARY:
            break
    if len(found) < _FEWEST:
        text = f"no values of '{parameter.name}' to compile with were found"
        hint = "give it a default that fits its limits; others are made by changing that"
        raise PackcError(Diagnostic("PK903", text, parameter.span, hint))
    special = (*noticed, *without)
    taken = [*without]
    asked = [*_distinct(parameter, _asked(parameter, found, special), taken)]
    further = _distinct(parameter, _further(parameter, found, special), taken)
    more = [*islice(further, MOST_EDGES)]
    cut = _distinct(parameter, _cut(parameter, found, words), taken)
    parts = [*islice(cut, MOST_PIECES)]
    worded = islice(_distinct(parameter, _worded(parameter, found, words), taken), MOST_WORDED)
    # A number has neighbours, which are tried as well: one that is special there is a threshold.
    single = [*asked, *more] if parameter.type in ("integer", "number") else asked
    edges = (*asked, *more, *parts, *worded)
    return Witnesses(tuple(found), edges or (found[0],), tuple(single))


def _distinct(parameter: Parameter, values: Iterable[Any], taken: list[Any]) -> Iterator[Any]:
    """Yield the values that fit and are not taken yet, and take them."""
    for value in values:
        if value not in taken and fits(parameter, value):
            taken.append(value)
            yield value


def fits(parameter: Parameter, value: Any) -> bool:
    """Return whether a parameter may have a value, as far as that one alone decides."""
    return not problems(parameter, value) and not any(
        ip_network(value).overlaps(ip_network(rule.excludes))
        for rule in parameter.constraints
        if rule.excludes is not None
    )


def beside(value: Any) -> tuple[Any, ...]:
    """Return the numbers just beside one, which a threshold tells from it."""
    match value:
        case bool() | str():
            return ()
        case int():
            return (value + 1, value - 1)
        case float():
            step = max(abs(value), 1.0) * _STEP
            return (value + step, value - step)
        case _:
            return ()


def _asked(parameter: Parameter, found: Sequence[Any], special: Sequence[Any]) -> Iterator[Any]:
    """Yield the default and all that is special, with the values beside it."""
    yield found[0] if parameter.default is MISSING else _loose(parameter.default)
    yield from ([value] for value in special) if parameter.type == "list" else special
    if parameter.type in ("integer", "number"):
        for value in special:
            yield from beside(value)


def _further(parameter: Parameter, found: Sequence[Any], special: Sequence[Any]) -> Iterator[Any]:
    """Yield the limits, what is beside them and the default, and values of many forms."""
    if parameter.type in ("integer", "number"):
        default = () if parameter.default is MISSING else (parameter.default,)
        limits = [n for n in (parameter.minimum, parameter.maximum) if n is not None]
        yield from limits
        for value in (*default, *limits):
            yield from beside(value)
    yield from shapes(parameter, found)


def _worded(parameter: Parameter, found: Sequence[Any], words: Sequence[str]) -> Iterator[Any]:
    """Yield values with words in them: alone, at the beginning, at the end, and before a number."""
    for word in words:
        match parameter.type:
            case "string":
                yield from (word, f"{word}{found[0]}", f"{found[0]}{word}", f"{word}7")
            case "url":
                yield from (word, f"{found[0]}{word}", found[0].replace("://", f"://{word}", 1))
            case "list":
                yield from ([word], [f"{word}{found[0][0]}"], [f"{found[0][0]}{word}"])
            case "map":
                yield from ({word: each} for each in list(found[0].values())[:1])


def _cut(parameter: Parameter, found: Sequence[Any], words: Sequence[str]) -> Iterator[Any]:
    """Yield values that are part of a word, or have one as an item."""
    match parameter.type:
        case "integer" | "number":
            yield from numbers(words)
        case "list":
            yield from ([piece] for piece in pieces(words))
        case "map":
            names, items = found[0].keys(), found[0].values()
            for piece in pieces(words):
                yield from ({piece: each} for each in [*items][:1])
                yield from ({each: piece} for each in [*names][:1])
        case _:
            yield from pieces(words)


def _loose(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default


# --- candidates, one function a type ----------------------------------------------------------


def _candidates(items: Items) -> Iterator[Any]:
    random = Random(f"packc {getattr(items, 'name', items.type)}")
    yield from _MAKERS[items.type](items, random)


def _strings(items: Items, random: Random) -> Iterator[str]:
    default = getattr(items, "default", MISSING)
    if isinstance(default, str) and default:
        yield from ("".join(_changed(c, random) for c in default) for _ in range(_TRIES // 2))
    lengths = range(max(items.minLength or 1, 1), min(items.maxLength or 24, 64) + 1)
    preferred = [size for size in lengths if size >= 9] or [*lengths]
    while True:
        size = random.choice(preferred)
        yield _word(random, size)


def _changed(character: str, random: Random) -> str:
    if character.isdigit():
        return str(random.randrange(1, 10))
    if character.isalpha() and character.isascii():
        letter = random.choice(_LETTERS)
        return letter.upper() if character.isupper() else letter
    return character


def _word(random: Random, size: int) -> str:
    return "".join(random.choice(_LETTERS) for _ in range(size))


def _integers(items: Items, random: Random) -> Iterator[int]:
    least = int(items.minimum if items.minimum is not None else -(10**6))
    most = int(items.maximum if items.maximum is not None else least + 2 * 10**6)
    thirds = [least + (most - least) * n // 3 for n in range(4)]
    while True:
        yield from (random.randint(low, high) for low, high in pairwise(thirds))


def _numbers(items: Items, random: Random) -> Iterator[float]:
    least = float(items.minimum if items.minimum is not None else -1000)
    most = float(items.maximum if items.maximum is not None else least + 2000)
    while True:
        yield round(random.uniform(least, most), 3)


def _networks(items: Items, random: Random) -> Iterator[str]:
    while True:
        if items.family == "ipv6":
            yield f"fd{random.randrange(16, 256):x}:{random.randrange(4096, 65536):x}::/48"
        else:
            ten, other = f"10.{random.randrange(256)}", f"172.{random.randrange(16, 32)}"
            yield f"{random.choice((ten, other))}.0.0/{random.randrange(16, 20)}"


def _addresses(items: Items, random: Random) -> Iterator[str]:
    while True:
        if items.family == "ipv6":
            yield f"fd00::{random.randrange(4096, 65536):x}"
        else:
            yield f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def _urls(items: Items, random: Random) -> Iterator[str]:
    schemes = items.schemes or ("https", "http")
    while True:
        for scheme in schemes:
            yield f"{scheme}://{_word(random, 9)}.example.org:{random.randrange(2000, 9000)}"


def _lists(items: Items, random: Random) -> Iterator[list[Any]]:
    for size, inner in _sizes(items):
        yield [next(inner) for _ in range(size)]


def _maps(items: Items, random: Random) -> Iterator[dict[str, Any]]:
    for size, inner in _sizes(items):
        yield {_word(random, 8): next(inner) for _ in range(size)}


def _sizes(items: Items) -> Iterator[tuple[int, Iterator[Any]]]:
    """Yield sizes of a collection and what makes its items; neighbours differ where they can."""
    assert isinstance(items, Parameter)
    inner = items.items or Items(type="string")
    # One list, one scheme: what a plugin makes of http shows where there is no https beside it.
    kinds = [evolve(inner, schemes=(each,)) for each in inner.schemes] or [inner]
    makers = cycle([_fitting(kind) for kind in kinds])
    least = max(items.minItems or 1, 1)
    most = min(items.maxItems if items.maxItems is not None else least + 2, least + 2)
    while True:
        yield from ((size, next(makers)) for size in range(least, most + 1))


def _fitting(items: Items) -> Iterator[Any]:
    return (value for value in _candidates(items) if not problems(items, value))


_MAKERS: dict[str, Callable[[Any, Random], Iterator[Any]]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "cidr": _networks,
    "ip": _addresses,
    "url": _urls,
    "list": _lists,
    "map": _maps,
    "enum": lambda items, random: iter([each.value for each in items.values] * _TRIES),
    "boolean": lambda items, random: iter([True, False] * _TRIES),
}
