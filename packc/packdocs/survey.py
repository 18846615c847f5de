"""survey: every variant of a pack, and which of them have what."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from attrs import field, frozen

from packc.build import Build, Built
from packc.diagnostics import PackcError
from packc.formats.decide import Decider
from packc.formats.space import Combination, Dimension, Mark, Space, is_finite, live, may_be_unset
from packc.formats.witness import witnesses
from packc.model import Note
from packc.packdocs.words import spoken
from packc.spec import Parameter

Row = TypeVar("Row", bound=Hashable)


@frozen
class Variant:
    """A variant with its choices, in the order of the survey's dimensions."""

    combination: Combination
    cloud: str
    features: tuple[str, ...]
    values: Mapping[str, Any] = field(repr=False)
    built: Built = field(repr=False)


@frozen
class Survey:
    """All variants that a pack accepts: its clouds, sets of features, and finite values.

    Parameters with open values have their defaults.
    """

    build: Build = field(repr=False)
    variants: tuple[Variant, ...] = field(repr=False)
    _decider: Decider = field(repr=False)

    @classmethod
    def of(cls, build: Build) -> Survey:
        """Compile all variants; raise PackcError where there are too many, or none."""
        space = Space.of(build, {})
        order = sorted(_decisive(space), key=lambda index: _rank(space.dimensions[index]))
        variants: list[Variant] = []
        refusal: PackcError | None = None
        for combination in space.combinations():
            if Mark.OTHER in combination or space.reasons(combination):
                continue
            features, cloud = space.features(combination), space.cloud(combination).name
            values = {**_required(build, features), **space.at(combination)}
            try:
                built = build.compile(cloud, features, values)
            except PackcError as error:
                refusal = refusal or error
                continue
            chosen = tuple(combination[index] for index in order)
            variants.append(Variant(chosen, cloud, features, values, built))
        if not variants and refusal is not None:
            raise refusal
        variants.sort(key=lambda variant: len(variant.features))
        dimensions = tuple(space.dimensions[index] for index in order)
        decider = Decider(dimensions, tuple(variant.combination for variant in variants))
        return cls(build, tuple(variants), decider)

    def rows(self, of: Callable[[Built], Iterable[Row]]) -> Iterator[tuple[Row, str]]:
        """Yield each row that some variant has, and in words which variants have it.

        Rows with the same first cell stand together.
        """
        having = [frozenset(of(variant.built)) for variant in self.variants]
        every = dict.fromkeys(row for variant in self.variants for row in of(variant.built))
        for row in _together(every):
            yield row, self.when([row in some for some in having])

    def when(self, holds: Sequence[bool]) -> str:
        """Return in words which variants are meant, one truth for each."""
        return spoken(self._decider.condition(range(len(holds)), holds))

    def notes_of_other_values(self) -> Iterator[tuple[Note, str, str]]:
        """Yield notes that come up with other values of an open parameter, and with which one.

        Its value is replaced by the parameter's name in braces. A note that merely says something
        else with another value is none of these.
        """
        for parameter in live(self.build):
            if not is_finite(parameter) and not may_be_unset(parameter):
                found = [self._fresh(variant, parameter) for variant in self.variants]
                for note in dict.fromkeys(note for some in found for note in some):
                    yield note, parameter.name, self.when([note in some for some in found])

    def _fresh(self, variant: Variant, parameter: Parameter) -> tuple[Note, ...]:
        value = witnesses(parameter, ()).number(0)
        values = {**variant.values, parameter.name: value}
        try:
            built = self.build.compile(variant.cloud, variant.features, values)
        except PackcError:
            return ()
        if len(built.notes) <= len(variant.built.notes):
            return ()
        return tuple(
            Note(note.text.replace(str(value), f"{{{parameter.name}}}"), note.level, note.origin)
            for note in built.notes
            if note not in variant.built.notes
        )


def _decisive(space: Space) -> Iterator[int]:
    """Yield the dimensions that variants differ in; open values are at their defaults."""
    return (index for index, each in enumerate(space.dimensions) if each.kind != "open")


def _rank(dimension: Dimension) -> int:
    """Return how late a dimension is named: a cloud says more than the value that it brings."""
    return ("cloud", "feature", "choice").index(dimension.kind)


def _required(build: Build, features: Sequence[str]) -> dict[str, Any]:
    """Return values for the parameters that cannot do without."""
    return {
        parameter.name: witnesses(parameter, ()).number(0)
        for parameter in live(build)
        if parameter.required and build.owners.get(parameter.name) in (None, *features)
    }


def _together(rows: Iterable[Row]) -> list[Row]:
    known = list(rows)
    heads = dict.fromkeys(_head(row) for row in known)
    rank = {head: number for number, head in enumerate(heads)}
    return sorted(known, key=lambda row: rank[_head(row)])


def _head(row: Hashable) -> Hashable:
    return row[0] if isinstance(row, tuple) else row
