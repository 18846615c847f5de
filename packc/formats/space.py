"""space: what a user can choose from finitely many, and every combination of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Literal

from attrs import field, frozen

from packc.build import Build
from packc.conditions import holds, many, within
from packc.diagnostics import Diagnostic, PackcError
from packc.model import MISSING, Cloud
from packc.parameters import allowed_values
from packc.resolve import allowed_on
from packc.spec import Parameter

MOST_COMBINATIONS = 10_000
FEW_INTEGERS = 4


class Mark(Enum):
    """What stands for a value in a combination where there is none, or one of very many."""

    UNSET = "unset"
    OTHER = "other"


@frozen
class Dimension:
    """One choice: a cloud, whether a feature is on, a parameter's value.

    Of a parameter with open values the `values` are those that the pack treats specially, OTHER for
    all the rest, and UNSET where it may have none. `owner` is the feature that brings a parameter,
    whose value is UNSET while the feature is off.
    """

    kind: Literal["cloud", "feature", "choice", "open"]
    name: str
    values: tuple[Any, ...]
    owner: str | None = None

    @property
    def domain(self) -> tuple[Any, ...]:
        """Return every value that a combination may have here."""
        unset = () if self.owner is None else (Mark.UNSET,)
        return tuple(dict.fromkeys((*unset, *self.values)))


Combination = tuple[Any, ...]
"""A value for each dimension, in their order."""


@frozen
class Reason:
    """Why a combination is refused, and the way out."""

    text: str
    hint: str | None = None


@frozen
class Space:
    """The dimensions of a build. Features come first and the cloud last."""

    build: Build = field(repr=False)
    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(cls, build: Build, specials: Mapping[str, tuple[Any, ...]]) -> Space:
        """Return the space of a build; `specials` are values of open parameters to tell apart."""
        features = (Dimension("feature", name, (False, True)) for name in build.features)
        parameters = (_dimension(p, build, specials.get(p.name, ())) for p in live(build))
        cloud = Dimension("cloud", "cloud", tuple(build.clouds))
        space = cls(build, (*features, *(d for d in parameters if len(d.values) > 1), cloud))
        space._refuse_too_many()
        return space

    def combinations(self) -> Iterator[Combination]:
        """Yield every combination, those of features that are off without their parameters."""
        yield from self._below(())

    def at(self, combination: Combination) -> dict[str, Any]:
        """Return the value, or OTHER, of each parameter that has a dimension and is set."""
        pairs = zip(self.dimensions, combination, strict=True)
        return {
            d.name: value
            for d, value in pairs
            if d.kind in ("choice", "open") and value is not Mark.UNSET
        }

    def cloud(self, combination: Combination) -> Cloud:
        return self.build.clouds[combination[-1]]

    def features(self, combination: Combination) -> tuple[str, ...]:
        pairs = zip(self.dimensions, combination, strict=True)
        return tuple(sorted(d.name for d, on in pairs if d.kind == "feature" and on))

    def reasons(self, combination: Combination) -> tuple[Reason, ...]:
        """Return why the pack or its cloud refuses a combination; nothing where neither does."""
        values, cloud = self.at(combination), self.cloud(combination)
        return (
            *_reasons_of_cloud(self.build, cloud, values),
            *(
                Reason(refusal.reason, refusal.hint)
                for refusal in self.build.spec.refusals
                if holds(refusal.when, cloud.name, self.features(combination), values)
            ),
        )

    def _below(self, chosen: Combination) -> Iterator[Combination]:
        if len(chosen) == len(self.dimensions):
            yield chosen
            return
        dimension = self.dimensions[len(chosen)]
        for value in dimension.values if self._is_on(dimension, chosen) else (Mark.UNSET,):
            yield from self._below((*chosen, value))

    def _is_on(self, dimension: Dimension, chosen: Combination) -> bool:
        names = [d.name for d in self.dimensions if d.kind == "feature"]
        return dimension.owner is None or bool(chosen[names.index(dimension.owner)])

    def _refuse_too_many(self) -> None:
        count = 1
        for dimension in self.dimensions:
            count *= len(dimension.values)
        if count > MOST_COMBINATIONS:
            text = (
                f"the pack {self.build.spec.name} has {count} combinations of clouds, features and"
                f" values, expected at most {MOST_COMBINATIONS}"
            )
            raise PackcError(Diagnostic("PK902", text, hint="build fewer clouds: --cloud NAME"))


def live(build: Build) -> tuple[Parameter, ...]:
    """Return the parameters that a format can keep open: not files, and not deprecated ones."""
    return tuple(p for p in build.parameters if p.type != "file" and p.deprecated is None)


def baked(build: Build) -> tuple[Parameter, ...]:
    """Return the parameters whose value is the one of the build: files."""
    return tuple(p for p in build.parameters if p.type == "file" and p.deprecated is None)


def is_finite(parameter: Parameter) -> bool:
    """Return whether all values of a parameter are compiled, one by one."""
    return parameter.type in ("enum", "boolean") or bool(_few_integers(parameter))


def may_be_unset(parameter: Parameter) -> bool:
    """Return whether a variant may have no value of the parameter."""
    return parameter.default is MISSING and not parameter.required and parameter.fromCloud is None


def named_values(build: Build) -> dict[str, tuple[Any, ...]]:
    """Return the values that the pack's conditions name, by parameter."""
    found: dict[str, list[Any]] = {}
    for condition in build.conditions:
        for when in within(condition):
            for name, wanted in when.parameters.items():
                found.setdefault(name, []).extend(many(wanted))
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _dimension(parameter: Parameter, build: Build, specials: tuple[Any, ...]) -> Dimension:
    unset = (Mark.UNSET,) if may_be_unset(parameter) else ()
    owner = build.owners.get(parameter.name)
    if is_finite(parameter):
        return Dimension("choice", parameter.name, (*unset, *all_values(parameter)), owner)
    return Dimension("open", parameter.name, (*unset, *specials, Mark.OTHER), owner)


def all_values(parameter: Parameter) -> tuple[Any, ...]:
    match parameter.type:
        case "enum":
            return allowed_values(parameter)
        case "boolean":
            return (False, True)
        case _:
            return _few_integers(parameter)


def _few_integers(parameter: Parameter) -> tuple[int, ...]:
    least, most = parameter.minimum, parameter.maximum
    if parameter.type != "integer" or least is None or most is None or most - least >= FEW_INTEGERS:
        return ()
    return tuple(range(int(least), int(most) + 1))


def _reasons_of_cloud(build: Build, cloud: Cloud, values: Mapping[str, Any]) -> Iterator[Reason]:
    for parameter in build.parameters:
        value = values.get(parameter.name, MISSING)
        if parameter.fromCloud is None or value is MISSING or value in allowed_on(parameter, cloud):
            continue
        fact = cloud.fact(parameter.fromCloud.fact)
        refused = (name for name, mean in parameter.fromCloud.values.items() if mean == value)
        texts = (fact.refuses[name] for name in refused if fact and name in fact.refuses)
        text = next(texts, f"the cloud {cloud.name} does not support it")
        yield Reason(f"{parameter.name} cannot be {value} on {cloud.name}: {text}")
