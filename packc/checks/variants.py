"""variants: which variants of a pack are checked: clouds, sets of features, values that decide.

A value decides when it selects what is built: those of an enum or boolean parameter, and those that
a condition of the pack names. Variants come in the order of their distance from the defaults: first
each cloud as it is, then one feature or value away from that, then two. So where a pack has more
variants than the limit, those are left out that differ from the defaults most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice, product
from math import prod
from typing import Any, Final

from attrs import evolve, field, frozen

from packc.activate import Active
from packc.conditions import many, within
from packc.model import MISSING, Cloud, Source, SourceKind, Value
from packc.pack import Pack
from packc.parameters import problems
from packc.pipeline import Prepared
from packc.resolve import allowed_on, default_on
from packc.spec import Parameter
from packc.values import Settings

LIMIT: Final = 1000


@frozen
class Choice:
    """One variant to check: a cloud, its features, and the values that are not the defaults."""

    cloud: Cloud
    features: tuple[str, ...]
    values: Mapping[str, Any] = field(factory=dict)

    @property
    def name(self) -> str:
        """Return its name as a person tells it apart: folder name, then values as for --set."""
        folder = "+".join((self.cloud.name, *self.features))
        values = ", ".join(f"{name}={_text(value)}" for name, value in self.values.items())
        return f"{folder} ({values})" if values else folder


@frozen
class Choices:
    """The variants to check, and how many more there would be."""

    taken: tuple[Choice, ...]
    left_out: int


def choices(prepared: Prepared, fixed: frozenset[str], limit: int = LIMIT) -> Choices:
    """Return the variants of a pack, at most `limit` of them.

    Features in `fixed` stay as they are; so do parameters that the user has set.
    """
    total = sum(_count(prepared, cloud, fixed) for cloud in prepared.active.clouds.values())
    taken = tuple(islice(_by_distance(prepared, fixed), limit))
    return Choices(taken, total - len(taken))


def choose(prepared: Prepared, choice: Choice) -> Prepared:
    """Return the pack prepared for one variant."""
    active = evolve(prepared.active, chosen=choice.features)
    chosen = {
        name: Value(name, value, Source(SourceKind.SET, f"--set {name}"))
        for name, value in choice.values.items()
    }
    values = {**prepared.settings.values, **chosen}
    on = {name: value for name, value in values.items() if name not in active.off}
    return evolve(prepared, active=active, settings=Settings(on, prepared.settings.inputs))


def deciding_values(prepared: Prepared, cloud: Cloud) -> dict[str, tuple[Any, ...]]:
    """Return, for each parameter that decides what is built, its values besides the default."""
    named = _named_in_conditions(prepared.pack)
    found: dict[str, tuple[Any, ...]] = {}
    for parameter in prepared.active.parameters:
        if parameter.name in prepared.settings.values or parameter.deprecated is not None:
            continue
        default = default_on(parameter, cloud)
        others = _values(parameter, cloud, named.get(parameter.name, ()))
        found[parameter.name] = tuple(v for v in others if default is MISSING or v != default)
    return {name: others for name, others in found.items() if others}


def _values(parameter: Parameter, cloud: Cloud, named: Iterable[Any]) -> Iterable[Any]:
    match parameter.type:
        case "enum":
            return allowed_on(parameter, cloud)
        case "boolean":
            return (False, True)
        case _:
            return [value for value in named if not list(problems(parameter, value))]


def _named_in_conditions(pack: Pack) -> dict[str, list[Any]]:
    named: dict[str, list[Any]] = {}
    for when in (inner for outer in pack.conditions for inner in within(outer)):
        for name, wanted in when.parameters.items():
            known = named.setdefault(name, [])
            known.extend(value for value in many(wanted) if value not in known)
    return named


# --- the order --------------------------------------------------------------------------------


@frozen
class _Axis:
    """A feature that may be switched, or a parameter with other values than its default."""

    name: str
    values: tuple[Any, ...] = ()
    is_feature: bool = False


def _by_distance(prepared: Prepared, fixed: frozenset[str]) -> Iterator[Choice]:
    clouds = list(prepared.active.clouds.values())
    axes = {cloud.name: _axes(prepared, cloud, fixed) for cloud in clouds}
    for distance in range(max((len(found) for found in axes.values()), default=0) + 1):
        for cloud in clouds:
            for moved in combinations(axes[cloud.name], distance):
                yield from _moved(prepared.active, cloud, moved)


def _axes(prepared: Prepared, cloud: Cloud, fixed: frozenset[str]) -> list[_Axis]:
    features = [
        _Axis(name, (name,), is_feature=True)
        for name in prepared.active.features
        if name not in fixed
    ]
    values = deciding_values(prepared, cloud)
    return [*features, *(_Axis(name, others) for name, others in values.items())]


def _moved(active: Active, cloud: Cloud, moved: Iterable[_Axis]) -> Iterator[Choice]:
    """Yield the variants that differ from the defaults along exactly these axes."""
    switched = {axis.name for axis in moved if axis.is_feature}
    features = tuple(sorted(set(active.chosen) ^ switched))
    named = [axis for axis in moved if not axis.is_feature]
    if any(active.owners.get(axis.name) not in (None, *features) for axis in named):
        return  # the parameter of a feature that is off decides nothing
    for values in product(*(axis.values for axis in named)):
        yield Choice(cloud, features, dict(zip((a.name for a in named), values, strict=True)))


def _count(prepared: Prepared, cloud: Cloud, fixed: frozenset[str]) -> int:
    """Return how many variants a cloud has."""
    values = deciding_values(prepared, cloud)
    active = prepared.active

    def ways(owner: str | None) -> int:
        return prod(1 + len(v) for name, v in values.items() if active.owners.get(name) == owner)

    total = ways(None)
    for name in active.features:
        if name not in fixed:
            total *= 1 + ways(name)
        elif name in active.chosen:
            total *= ways(name)
    return total


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
