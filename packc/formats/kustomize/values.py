"""values: parameters with open values as patches to edit, where that is all that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from packc.build import Build
from packc.diagnostics import PackcError
from packc.formats.kustomize.delta import Delta, DoesNotFitError, Edit, Objects
from packc.formats.kustomize.knobs import Context, objects_of
from packc.formats.kustomize.layers import Layers
from packc.formats.space import is_finite, live
from packc.formats.witness import ORDINARY, witnesses
from packc.model import MISSING, Identity
from packc.patching.jsondata import equal
from packc.patching.pointer import Pointer
from packc.spec import Parameter

Place = tuple[Identity, Pointer]


@frozen
class OpenValues:
    """The patches that set what can be edited, and which parameter each field belongs to.

    `fixed` are the parameters that only a new build can change.
    """

    delta: Delta
    parameters: Mapping[Place, Parameter] = field(repr=False)
    fixed: tuple[Parameter, ...]


def open_values(layers: Layers) -> OpenValues:
    """Return the parameters of the pack that a patch above an overlay can set.

    Each is compiled with other values in every context: its patch and then the components have to
    give the same. A parameter of a feature is none, since its objects come with the feature.
    """
    build = layers.build
    defaults = {cloud: layers.choices.compile(Context(cloud)) for cloud in build.clouds}
    before = {cloud: objects_of(built) for cloud, built in defaults.items()}
    trials = [trial for p in _candidates(build) if (trial := _trial(layers, p, before)) is not None]
    if not _hold(layers, trials, before):
        trials = [trial for trial in trials if _hold(layers, [trial], before)]
    parameters = {place: t.parameter for t in trials for place in t.changed.edited_places}
    knobs = {trial.parameter.name for trial in trials}
    return OpenValues(
        delta=_combined([trial.current for trial in trials]),
        parameters=parameters,
        fixed=tuple(p for p in build.parameters if _is_fixed(p) and p.name not in knobs),
    )


@frozen
class _Trial:
    """A parameter, a value to try, and what sets the fields to that value or to the present one."""

    parameter: Parameter
    value: Any = field(repr=False)
    changed: Delta
    current: Delta


def _candidates(build: Build) -> Iterator[Parameter]:
    for parameter in live(build):
        is_set = parameter.default is not MISSING or parameter.name in build.settings
        is_own = parameter.name not in build.owners and not parameter.secret
        if is_set and is_own and not is_finite(parameter):
            yield parameter


def _is_fixed(parameter: Parameter) -> bool:
    return not is_finite(parameter) and parameter.deprecated is None


def _trial(layers: Layers, parameter: Parameter, before: Mapping[str, Objects]) -> _Trial | None:
    """Return a trial; None where the parameter does more than to stand in fields."""
    cloud, objects = next(iter(before.items()))
    for number in range(ORDINARY):
        value = witnesses(parameter, ()).number(number)
        try:
            after = objects_of(layers.choices.compile(Context(cloud), {parameter.name: value}))
        except PackcError:
            continue
        changed = Delta.between(objects, after)
        current = Delta.between(after, objects)
        is_plain = all(e.op in ("replace", "test") for ops in changed.edited.values() for e in ops)
        same = all(current.gives(each, each) for each in before.values())
        if changed.edited and is_plain and same and not (changed.added or changed.removed):
            return _Trial(parameter, value, changed, current)
        return None
    return None


def _hold(layers: Layers, trials: Sequence[_Trial], before: Mapping[str, Objects]) -> bool:
    """Return whether the patches, and the components after them, are exact in every context."""
    values = {trial.parameter.name: trial.value for trial in trials}
    delta = _combined([trial.changed for trial in trials])
    for context in layers.accepted:
        try:
            wanted = objects_of(layers.choices.compile(context, values))
        except PackcError:
            if context.components:
                continue
            return False  # without the default of a cloud, too little would be compared
        try:
            found = layers.put_together(context, delta.applied(before[context.cloud]))
        except DoesNotFitError:
            return False
        if found.keys() != wanted.keys() or not all(
            equal(found[who], wanted[who], exact=True) for who in wanted
        ):
            return False
    return True


def _combined(deltas: Sequence[Delta]) -> Delta:
    """Return one delta with the operations of all; each replaces fields of its own."""
    edited: dict[Identity, tuple[Edit, ...]] = {}
    for delta in deltas:
        for who, operations in delta.edited.items():
            known = edited.get(who, ())
            fresh = tuple(e for e in operations if e.op != "test" or e not in known)
            edited[who] = (*known, *fresh)
    return Delta((), (), edited)
