"""knobs: what a user may choose beside the cloud: the components, and every way to combine them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from attrs import evolve, field, frozen

from packc.build import Build, Built
from packc.diagnostics import Diagnostic, PackcError
from packc.formats.kustomize.delta import Objects
from packc.formats.space import MOST_COMBINATIONS, all_values, is_finite, live
from packc.model import MISSING, Cloud
from packc.resolve import allowed_on, default_on


@frozen
class Component:
    """One choice that is not the default: a feature switched, or a parameter's value."""

    name: str
    feature: str | None = None
    parameter: str | None = None
    value: Any = None


@frozen
class Knob:
    """Components of which one at most is taken. `owner` is the feature that a parameter needs."""

    components: tuple[Component, ...]
    owner: str | None = None


@frozen
class Context:
    """A cloud and the components that are applied, in the order of their knobs."""

    cloud: str
    components: tuple[Component, ...] = ()

    @property
    def before(self) -> Context:
        """Return it without the last component."""
        return evolve(self, components=self.components[:-1])

    @property
    def steps(self) -> Iterator[Context]:
        """Yield the contexts on the way to it, itself last."""
        return (Context(self.cloud, self.components[:n]) for n in range(len(self.components) + 1))


@frozen
class Choices:
    """The knobs of a build, in the order in which their components have to be applied."""

    build: Build = field(repr=False)
    knobs: tuple[Knob, ...]

    @classmethod
    def of(cls, build: Build) -> Choices:
        """Return the knobs: values of the pack's parameters, then features, each with its own.

        A value comes before the features, so that its patches meet the same objects always.
        """
        own = [*_of_parameters(build, None)]
        features = (
            knob
            for name in build.features
            for knob in (_of_feature(build, name), *_of_parameters(build, name))
        )
        choices = cls(build, _with_unique_names((*own, *features)))
        choices._refuse_too_many()
        return choices

    def contexts(self) -> Iterator[Context]:
        """Yield every combination that makes sense, whether or not the pack accepts it."""
        for cloud in self.build.clouds.values():
            offers = ((None, *_on(cloud, knob, self.build)) for knob in self.knobs)
            for taken in product(*offers):
                if all(
                    self._is_at_home(knob, taken)
                    for knob, c in zip(self.knobs, taken, strict=True)
                    if c
                ):
                    yield Context(cloud.name, tuple(c for c in taken if c is not None))

    def features(self, components: Sequence[Component]) -> tuple[str, ...]:
        """Return the features that are on with these components."""
        switched = {each.feature for each in components if each.feature is not None}
        return tuple(sorted({*self.build.chosen} ^ switched))

    def compile(self, context: Context, others: Mapping[str, Any] | None = None) -> Built:
        """Return the variant of a context; `others` are further values."""
        features = self.features(context.components)
        given = {name: value.value for name, value in self.build.settings.items()}
        chosen = {c.parameter: c.value for c in context.components if c.parameter is not None}
        values = {
            name: value
            for name, value in {**given, **chosen, **(others or {})}.items()
            if self.build.owners.get(name) in (None, *features)
        }
        return self.build.compile(context.cloud, features, values)

    def _is_at_home(self, knob: Knob, taken: Sequence[Component | None]) -> bool:
        on = self.features([component for component in taken if component is not None])
        return knob.owner is None or knob.owner in on

    def _refuse_too_many(self) -> None:
        count = len(self.build.clouds) * prod(1 + len(knob.components) for knob in self.knobs)
        if count > MOST_COMBINATIONS:
            text = (
                f"the pack {self.build.spec.name} has {count} combinations of clouds, features and"
                f" values, expected at most {MOST_COMBINATIONS}"
            )
            raise PackcError(Diagnostic("PK902", text, hint="build fewer clouds: --cloud NAME"))


def objects_of(built: Built) -> Objects:
    """Return the objects of a variant by identity, in output order."""
    return {entry.identity: entry.data for entry in built.patched}


def slug(text: str) -> str:
    """Return a text as part of a folder name: CrossSubnet is cross-subnet."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text).lower()
    return re.sub(r"[^a-z0-9.]+", "-", apart).strip("-.") or "empty"


def _of_feature(build: Build, name: str) -> Knob:
    prefix = "without-" if name in build.chosen else ""
    return Knob((Component(f"{prefix}{name}", feature=name),))


def _of_parameters(build: Build, owner: str | None) -> Iterator[Knob]:
    for parameter in live(build):
        if (
            is_finite(parameter)
            and parameter.name not in build.settings
            and build.owners.get(parameter.name) == owner
        ):
            values = all_values(parameter)
            yield Knob(
                tuple(
                    Component(_short_name(parameter.name, value), None, parameter.name, value)
                    for value in values
                ),
                owner,
            )


def _short_name(parameter: str, value: Any) -> str:
    return f"{slug(parameter.rpartition('.')[2])}-{_text(value)}"


def _text(value: Any) -> str:
    return slug(str(value).lower() if isinstance(value, bool) else str(value))


def _on(cloud: Cloud, knob: Knob, build: Build) -> Iterator[Component]:
    """Yield the components that a cloud has: those of values that it allows, but the default."""
    parameters = {parameter.name: parameter for parameter in build.parameters}
    for component in knob.components:
        if component.parameter is None:
            yield component
            continue
        parameter = parameters[component.parameter]
        allowed = allowed_on(parameter, cloud) if parameter.fromCloud else all_values(parameter)
        default = default_on(parameter, cloud)
        is_default = default is not MISSING and component.value == default
        if component.value in allowed and not is_default:
            yield component


def _with_unique_names(knobs: Sequence[Knob]) -> tuple[Knob, ...]:
    """Return the knobs with folder names that are all different."""
    for rename in (_with_whole_parameter, _with_number):
        count = Counter(component.name for knob in knobs for component in knob.components)
        knobs = [
            evolve(
                knob,
                components=tuple(
                    rename(each, number) if count[each.name] > 1 else each
                    for number, each in enumerate(knob.components, start=1)
                ),
            )
            for knob in knobs
        ]
    return tuple(knobs)


def _with_whole_parameter(component: Component, number: int) -> Component:
    if component.parameter is None:
        return component
    return evolve(component, name=f"{slug(component.parameter)}-{_text(component.value)}")


def _with_number(component: Component, number: int) -> Component:
    return (
        component
        if component.parameter is None
        else evolve(component, name=f"{component.name}-{number}")
    )
