"""explore: compiles every combination with several values of each open parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

from attrs import define, field, frozen

from packc.build import Build, Built
from packc.diagnostics import Diagnostic, PackcError
from packc.formats.observe import OF_VALUES, Observer, Pick, is_of_pack, ordinary, stated
from packc.formats.space import (
    Combination,
    Mark,
    Reason,
    Space,
    baked,
    is_finite,
    live,
    may_be_unset,
)
from packc.formats.watch import unique
from packc.formats.witness import ORDINARY, Witnesses, witnesses
from packc.spec import Parameter

SAMPLES = 3
"""How many ordinary samples each combination has: two that tell, and one that confirms."""


@frozen
class Sample:
    """One compiled variant, and the values that its open parameters had."""

    values: Mapping[str, Any]
    built: Built = field(repr=False)


@frozen
class Explored:
    """A combination with its samples: the ordinary ones, and those with values at the edges.

    One that is refused has no samples, and reasons instead.
    """

    combination: Combination
    ordinary: tuple[Sample, ...] = ()
    edges: tuple[Sample, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def is_refused(self) -> bool:
        return not self.ordinary


@define
class Explorer:
    """Compiles the combinations of a space."""

    space: Space
    edges: int = field(init=False)
    observed: Observer = field(init=False)
    _witnesses: dict[str, Witnesses] = field(init=False)

    _specials: dict[str, tuple[Any, ...]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._specials = {
            d.name: tuple(value for value in d.values if not isinstance(value, Mark))
            for d in self.space.dimensions
            if d.kind == "open"
        }
        parameters = {p.name: p for p in live(self.build)}
        self.observed = Observer(parameters, self._specials, self.sample)
        self._choose_witnesses()
        for combination in self._told("watched"):
            if not self.space.reasons(combination):
                self.observed.observe(combination)
        self._choose_witnesses()

    def _choose_witnesses(self) -> None:
        open_parameters = [p for p in live(self.build) if not is_finite(p)]
        self._witnesses = {}
        taken: set[tuple[str, ...]] = set()
        for p in open_parameters:
            noticed = unique(self.observed.watch.noticed.get(p.name, ()))
            words = self.observed.words(p.name)
            found = witnesses(p, self._specials.get(p.name, ()), noticed, words)
            self._witnesses[p.name] = found.unlike(taken)
        self.edges = max((len(each.edges) for each in self._witnesses.values()), default=0)

    @property
    def build(self) -> Build:
        return self.space.build

    def explore(self) -> Iterator[Explored]:
        """Yield every combination in the order of the space."""
        for combination in self._told("compiled"):
            yield self._explored(combination)

    def sample(self, combination: Combination, pick: Pick) -> Sample:
        """Return the variant of a combination where each open parameter has the value picked."""
        values = self._values(combination, pick)
        cloud, features = self.space.cloud(combination), self.space.features(combination)
        built = self.build.compile(cloud.name, features, values | self._baked(features))
        return Sample(self._open(combination, values), built)

    def names(self, combination: Combination) -> Iterator[str]:
        """Yield the open parameters that have one of very many values in a combination."""
        stated = self.space.at(combination)
        features = self.space.features(combination)
        for name in self._witnesses:
            owner = self.build.owners.get(name)
            is_on = owner is None or owner in features
            dimensioned = any(d.name == name for d in self.space.dimensions)
            if is_on and stated.get(name, Mark.UNSET if dimensioned else Mark.OTHER) is Mark.OTHER:
                yield name

    def witnesses(self, name: str) -> Witnesses:
        return self._witnesses[name]

    def _told(self, what: str) -> Iterator[Combination]:
        """Yield every combination, and tell how many are through."""
        every = [*self.space.combinations()]
        for number, combination in enumerate(every):
            self.build.tell(f"templates: {number} of {len(every)} combinations {what}")
            yield combination

    def _explored(self, combination: Combination) -> Explored:
        reasons = self.space.reasons(combination)
        if reasons:
            return Explored(combination, reasons=reasons)
        ordinary, refusals = self._ordinary(combination)
        if not ordinary:
            return Explored(combination, reasons=_reasons(refusals))
        edges = (self._edge(combination, pick) for pick in self._picks(combination))
        return Explored(combination, tuple(ordinary), tuple(e for e in edges if e is not None))

    def _picks(self, combination: Combination) -> Iterator[Pick]:
        """Yield what picks the values of each further sample; none where the pack is refused."""
        if not self.observed.is_refused:
            yield from (partial(_edge_witness, number) for number in range(self.edges))
            for values in self.observed.directed.get(combination, ()):
                yield partial(stated, values)

    def _ordinary(self, combination: Combination) -> tuple[list[Sample], list[Diagnostic]]:
        samples: list[Sample] = []
        refusals: list[Diagnostic] = []
        has_open = any(True for _ in self.names(combination))
        for number in range(ORDINARY if has_open else 1):
            try:
                samples.append(self.sample(combination, partial(ordinary, number)))
            except PackcError as error:
                refusals.extend(_refusals(error))
            if len(samples) == SAMPLES:
                break
        if has_open and len(samples) < SAMPLES and (samples or _depend_on_values(refusals)):
            raise PackcError(self._too_few(combination, refusals))
        self._tell_apart(samples)
        return samples, refusals

    def _tell_apart(self, samples: Sequence[Sample]) -> None:
        """Raise PackcError (PK903) where two parameters have the same values in all samples.

        Those that a constraint ties together may: one of them is then as good as the other.
        """
        rules = [(p.name, rule.equals) for p in live(self.build) for rule in p.constraints]
        tied = {name for pair in rules if pair[1] for name in pair}
        for one, other in combinations(samples[0].values if samples else (), 2):
            same = all(str(s.values[one]) == str(s.values[other]) for s in samples)
            if same and not {one, other} <= tied:
                text = f"no values tell '{one}' and '{other}' apart"
                hint = "give one of them other limits, or make both of them enums"
                raise PackcError(Diagnostic("PK903", text, hint=hint))

    def _edge(self, combination: Combination, pick: Pick) -> Sample | None:
        """Return the sample where the open values are at an edge; None where that is refused."""
        try:
            return self.sample(combination, pick)
        except PackcError:
            return None

    def _values(self, combination: Combination, pick: Pick) -> dict[str, Any]:
        values = {
            name: value
            for name, value in self.space.at(combination).items()
            if value is not Mark.OTHER
        }
        chosen = [*self.names(combination)]
        values |= {name: pick(name, self._witnesses[name]) for name in chosen}
        for parameter in live(self.build):
            for rule in parameter.constraints:
                if rule.equals in chosen and parameter.name in values:
                    values[rule.equals] = values[parameter.name]
        return values

    def _open(self, combination: Combination, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the open parameters, those that always have one first."""
        parameters = {p.name: p for p in live(self.build)}
        names = sorted(self.names(combination), key=lambda n: may_be_unset(parameters[n]))
        return {name: values[name] for name in names}

    def _baked(self, features: tuple[str, ...]) -> dict[str, Any]:
        return {
            p.name: self.build.settings[p.name].value
            for p in baked(self.build)
            if p.name in self.build.settings and _is_on(p, self.build, features)
        }

    def _too_few(self, combination: Combination, refusals: list[Diagnostic]) -> Diagnostic:
        variant = "+".join((self.space.cloud(combination).name, *self.space.features(combination)))
        text = (
            f"of {ORDINARY} sets of values for {variant}, fewer than {SAMPLES} are accepted:"
            f" {refusals[0].message}"
        )
        hint = "give the parameters of that rule defaults and limits that leave room between them"
        return Diagnostic("PK903", text, hint=hint)


def _edge_witness(number: int, name: str, witness: Witnesses) -> Any:
    return witness.edge(number)


def _refusals(error: PackcError) -> tuple[Diagnostic, ...]:
    """Return why values are refused; what is wrong with the pack itself is raised again."""
    if is_of_pack(error):
        raise error
    return error.diagnostics


def _is_on(parameter: Parameter, build: Build, features: tuple[str, ...]) -> bool:
    owner = build.owners.get(parameter.name)
    return owner is None or owner in features


def _depend_on_values(refusals: list[Diagnostic]) -> bool:
    return any(refusal.code == OF_VALUES for refusal in refusals)


def _reasons(refusals: list[Diagnostic]) -> tuple[Reason, ...]:
    """Return why all samples were refused: what the first was told."""
    return (Reason(refusals[0].message, refusals[0].hint),)
