"""observe: compiles every combination with watched values, to learn what plugins ask of them.

What a plugin compares an open value with is tried in its place, and watched again: the answer may
lead to code that asks something else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.calls import Calls
from packc.formats.space import Combination
from packc.formats.watch import NOTES, OUTPUT, Look, Watch, unique, watched
from packc.formats.witness import ORDINARY, Witnesses, beside, fits
from packc.spec import Parameter

Pick = Callable[[str, Witnesses], Any]
Compile = Callable[[Combination, Pick], object]

MOST_TRIED = 48
"""How many sets of values are tried in one combination for what plugins compare with."""

OF_VALUES = "PK135"
"""The code of a constraint between values: another witness may keep it."""

_OF_PLUGINS = ("PK205", "PK206", "PK207")
"""The codes of hooks that fail."""


@define
class Observer:
    """Compiles combinations with watched values.

    `specials` are the values that have combinations of their own, by parameter. `directed` are the
    sets of values that comparisons have led to, for each combination; `failures` say which plugins
    fail for values that are watched.
    """

    parameters: Mapping[str, Parameter]
    specials: Mapping[str, Sequence[Any]]
    compile: Compile
    watch: Watch = field(factory=Watch)
    directed: dict[Combination, list[dict[str, Any]]] = field(factory=dict)
    failures: list[Diagnostic] = field(factory=list)
    _calls: Calls = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._calls = Calls(self.watch)

    @property
    def is_refused(self) -> bool:
        """Return whether no template can be known to be right."""
        return bool(self.watch.looks or self.failures)

    @property
    def looks(self) -> tuple[Look, ...]:
        return tuple(self.watch.looks)

    @property
    def note_looks(self) -> tuple[Look, ...]:
        return tuple(self.watch.note_looks)

    def words(self, parameter: str) -> tuple[str, ...]:
        """Return the words in code that has to do with a parameter.

        It names the parameter, makes texts of its value, or looks into that for a note.
        """
        words = self._calls.words
        looked = {look.parameter for look in self.note_looks}
        return tuple(words) if parameter in {*words, *self.watch.touched, *looked} else ()

    def observe(self, combination: Combination) -> None:
        """Compile a combination with ordinary values, and with what these are compared with."""
        for number in range(ORDINARY):
            values = self._compiled(combination, partial(ordinary, number))
            if values is not None:
                self._follow(combination, values)
                return

    def _follow(self, combination: Combination, first: dict[str, Any]) -> None:
        queue = deque(self._next(first))
        tried = {repr(first)}
        while queue:
            values = queue.popleft()
            if repr(values) in tried:
                continue
            if len(tried) > MOST_TRIED:
                self.watch.give_up()
                return
            tried.add(repr(values))
            self.directed.setdefault(combination, []).append(values)
            if self._compiled(combination, partial(stated, values)) is not None:
                queue.extend(self._next(values))

    def _compiled(self, combination: Combination, pick: Pick) -> dict[str, Any] | None:
        """Return the values of a combination that is accepted; None for one that is refused."""
        values: dict[str, Any] = {}
        self.watch.compared.clear()

        def watched_pick(name: str, witness: Witnesses) -> Any:
            values[name] = pick(name, witness)
            return watched(name, values[name], self.watch)

        try:
            with self._calls.seen(values):
                self.compile(combination, watched_pick)
        except PackcError as error:
            if not self._is_of_watching(error, combination, pick):
                return None
        finally:
            self.watch.finish()
        return values

    def _is_of_watching(self, error: PackcError, combination: Combination, pick: Pick) -> bool:
        """Return whether a plugin fails for watched values only: it asks for their exact type.

        Raises PackcError where the pack itself is wrong: no other values would be better.
        """
        if not is_of_pack(error):
            return False
        try:
            self.compile(combination, pick)
        except PackcError as same:
            if is_of_pack(same) and not self.directed:
                raise
            return False
        first = error.diagnostics[0]
        if first.code in _OF_PLUGINS and first.message.startswith(OUTPUT):
            self.failures.append(first)
        return first.code in _OF_PLUGINS and first.message.startswith((*OUTPUT, NOTES))

    def _next(self, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield sets of values in which one is what it was compared with, or beside that."""
        for name, constants in {**self.watch.compared}.items():
            for constant in unique(constants):
                for value in _variants(values[name], constant):
                    if value not in self.specials.get(name, ()) and fits(
                        self.parameters[name], value
                    ):
                        yield {**values, name: value}


def is_of_pack(error: PackcError) -> bool:
    """Return whether an error says what is wrong with the pack, and not with its values."""
    return any(d.code.startswith("PK") and d.code != OF_VALUES for d in error.diagnostics)


def ordinary(number: int, name: str, witness: Witnesses) -> Any:
    return witness.number(number)


def stated(values: Mapping[str, Any], name: str, witness: Witnesses) -> Any:
    return values[name]


def _variants(value: Any, constant: Any) -> Iterator[Any]:
    """Yield a value in which a constant stands, for collections as an item, a name or a value."""
    match value:
        case list() | tuple():
            yield from ([constant], [*value, constant], [constant, *value[1:]])
        case dict():
            yield {**value, str(constant): next(iter(value.values()), str(constant))}
            yield {**value, next(iter(value), "name"): constant}
        case _:
            yield from (constant, *beside(constant))
