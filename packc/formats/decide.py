"""decide: the fewest and shortest conditions that tell combinations apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations as subsets
from typing import Any, Generic, TypeVar

from attrs import Factory, define, frozen

from packc.formats.space import Combination, Dimension

MOST_TRIED = 4
"""Up to so many dimensions all sets are tried; beyond, one is left out after the other."""


@frozen
class Atom:
    """A dimension has one of these values."""

    dimension: Dimension
    values: tuple[Any, ...]


@frozen
class Condition:
    """One of the rows holds, in which all atoms hold; or with `negated`, none of them."""

    rows: tuple[tuple[Atom, ...], ...]
    negated: bool = False

    @property
    def size(self) -> tuple[int, int, bool]:
        """Return what makes one condition longer than another."""
        return (sum(len(row) for row in self.rows), len(self.rows), self.negated)


Label = TypeVar("Label", bound=Hashable)


@frozen
class Branch(Generic[Label]):
    """A label and when it is right; the last branch has no condition."""

    condition: Condition | None
    label: Label


Cell = tuple[Any, ...]
"""The values of some dimensions."""


@define
class Decider:
    """Decides between labels, given the combinations that can occur."""

    dimensions: Sequence[Dimension]
    combinations: Sequence[Combination]
    _memory: dict[Any, Any] = Factory(dict)

    def branches(
        self, members: Sequence[int], options: Sequence[Sequence[Label]]
    ) -> tuple[Branch[Label], ...]:
        """Return the branches that give each member one of its options.

        Members are indices of combinations; an option that stands first is liked better.
        """
        key = (tuple(members), tuple(map(tuple, options)))
        if key not in self._memory:
            self._memory[key] = tuple(self._branches(members, options))
        found: tuple[Branch[Label], ...] = self._memory[key]
        return found

    def condition(self, members: Sequence[int], holds: Sequence[bool]) -> Condition | None:
        """Return when it holds; None where that is always. It holds for one member at least."""
        key = (tuple(members), tuple(holds))
        if key not in self._memory:
            chosen, cells = self._fewest(members, [(each,) for each in holds])
            labels = _labels(cells)
            everywhere = all(labels.values())
            self._memory[key] = None if everywhere else self._shortest(chosen, labels, True)
        found: Condition | None = self._memory[key]
        return found

    def _branches(
        self, members: Sequence[int], options: Sequence[Sequence[Label]]
    ) -> Iterator[Branch[Label]]:
        chosen, cells = self._fewest(members, options)
        labels = _labels(cells)
        while len(set(labels.values())) > 1:
            condition, label = min(
                (
                    (self._shortest(chosen, labels, each), each)
                    for each in dict.fromkeys(labels.values())
                ),
                key=lambda pair: pair[0].size,
            )
            yield Branch(condition, label)
            labels = {cell: each for cell, each in labels.items() if each != label}
        yield Branch(None, next(iter(labels.values())))

    # --- which dimensions ---------------------------------------------------------------------

    def _fewest(
        self, members: Sequence[int], options: Sequence[Sequence[Label]]
    ) -> tuple[tuple[int, ...], dict[Cell, list[Label]]]:
        """Return the fewest dimensions that decide, with the labels that fit each cell."""
        everything = tuple(range(len(self.dimensions)))
        for size in range(min(MOST_TRIED, len(everything)) + 1):
            for chosen in subsets(everything, size):
                cells = self._cells(chosen, members, options)
                if cells is not None:
                    return chosen, cells
        for index in everything:
            fewer = tuple(each for each in everything if each != index)
            if self._cells(fewer, members, options) is not None:
                everything = fewer
        cells = self._cells(everything, members, options)
        assert cells is not None  # all dimensions together tell every combination apart
        return everything, cells

    def _cells(
        self, chosen: Sequence[int], members: Sequence[int], options: Sequence[Sequence[Label]]
    ) -> dict[Cell, list[Label]] | None:
        """Return the labels that fit all members of each cell; None where a cell has none."""
        cells: dict[Cell, list[Label]] = {}
        for member, fitting in zip(members, options, strict=True):
            cell = tuple(self.combinations[member][index] for index in chosen)
            before = cells.get(cell)
            cells[cell] = [*fitting] if before is None else [b for b in before if b in fitting]
            if not cells[cell]:
                return None
        return cells

    # --- which condition ----------------------------------------------------------------------

    def _shortest(
        self, chosen: Sequence[int], labels: Mapping[Cell, Label], label: Label
    ) -> Condition:
        yes = [cell for cell, each in labels.items() if each == label]
        no = [cell for cell, each in labels.items() if each != label]
        dimensions = [self.dimensions[index] for index in chosen]
        plain = Condition(tuple(_rows(dimensions, yes, no)))
        negated = Condition(tuple(_rows(dimensions, no, yes)), True)
        return min(plain, negated, key=lambda condition: condition.size)


def _labels(cells: Mapping[Cell, Sequence[Label]]) -> dict[Cell, Label]:
    """Return one label for each cell, of as few labels as can be seen at once."""
    left = dict(cells)
    chosen: dict[Cell, Label] = {}
    while left:
        count = Counter(label for fitting in left.values() for label in fitting)
        liked = [label for fitting in left.values() for label in fitting]
        label = max(dict.fromkeys(liked), key=lambda each: count[each])
        taken = [cell for cell, fitting in left.items() if label in fitting]
        chosen |= dict.fromkeys(taken, label)
        left = {cell: fitting for cell, fitting in left.items() if cell not in taken}
    return {cell: chosen[cell] for cell in cells}


def _rows(
    dimensions: Sequence[Dimension], yes: Sequence[Cell], no: Sequence[Cell]
) -> Iterator[tuple[Atom, ...]]:
    """Yield rows of atoms that together cover all cells of `yes` and none of `no`."""
    left = [*yes]
    while left:
        cover = max(
            (_widened(dimensions, cell, yes, no) for cell in left),
            key=lambda sets: (sum(_covers(sets, cell) for cell in left), -_atoms(dimensions, sets)),
        )
        yield tuple(_row(dimensions, cover))
        left = [cell for cell in left if not _covers(cover, cell)]


Sets = tuple[frozenset[Any], ...]


def _widened(
    dimensions: Sequence[Dimension], cell: Cell, yes: Sequence[Cell], no: Sequence[Cell]
) -> Sets:
    """Return sets of values around a cell, as wide as they can be without a cell of `no`."""
    sets = tuple(frozenset({value}) for value in cell)
    for index, dimension in enumerate(dimensions):
        wide = (*sets[:index], frozenset(dimension.domain), *sets[index + 1 :])
        if not any(_covers(wide, other) for other in no):
            sets = wide
    for index, dimension in enumerate(dimensions):
        for value in _occurring(dimension.domain, index, yes):
            wide = (*sets[:index], sets[index] | {value}, *sets[index + 1 :])
            if not any(_covers(wide, other) for other in no):
                sets = wide
    return sets


def _occurring(values: Iterable[Any], index: int, cells: Sequence[Cell]) -> Iterator[Any]:
    found = {cell[index] for cell in cells}
    return (value for value in values if value in found)


def _covers(sets: Sets, cell: Cell) -> bool:
    return all(value in allowed for value, allowed in zip(cell, sets, strict=True))


def _atoms(dimensions: Sequence[Dimension], sets: Sets) -> int:
    return len([*_row(dimensions, sets)])


def _row(dimensions: Sequence[Dimension], sets: Sets) -> Iterator[Atom]:
    for dimension, allowed in zip(dimensions, sets, strict=True):
        if not allowed.issuperset(dimension.domain):
            yield Atom(dimension, tuple(v for v in dimension.domain if v in allowed))
