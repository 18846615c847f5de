"""layers: base, overlays and components, such that every way to put them together is exact."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations

from attrs import field, frozen

from packc.build import Build, Built
from packc.diagnostics import PackcError
from packc.formats.kustomize.delta import Delta, Objects
from packc.formats.kustomize.knobs import Choices, Component, Context, objects_of
from packc.model import Identity, PatchedObject
from packc.patching.jsondata import equal

REFUSALS = ("PK134", "PK135", "PK136")
"""How the pack says no to a combination of values; plugins have codes of their own."""

MOST_NAMED = 4
"""A folder is named after fewer choices than these, or after all."""


@frozen
class Part:
    """A kustomization: what it changes, and why. `cell` tells which contexts it is for."""

    delta: Delta
    reasons: Mapping[Identity, tuple[str, ...]] = field(factory=dict, repr=False)
    cell: str = ""

    @property
    def is_empty(self) -> bool:
        return self.delta.is_empty


@frozen
class Fitted:
    """A component with its parts: one for every context, or several, each for some of them."""

    component: Component
    parts: tuple[Part, ...]
    part_of: Mapping[Context, Part] = field(repr=False)

    def path(self, context: Context) -> str | None:
        """Return the folder to apply in a context; None where nothing changes there."""
        part = self.part_of[context]
        return None if part.is_empty else folder(self.component, part)


@frozen
class Layers:
    """Everything that is written, and the variants that it was made of.

    `accepted` are the contexts that can be put together from it, `unreachable` those that the pack
    accepts although it refuses a context on the way there.
    """

    build: Build = field(repr=False)
    choices: Choices = field(repr=False)
    base: Objects = field(repr=False)
    overlays: Mapping[str, Part]
    components: tuple[Fitted, ...]
    built: Mapping[Context, Built] = field(repr=False)
    accepted: tuple[Context, ...] = field(repr=False)
    unreachable: tuple[Context, ...] = field(repr=False)

    def paths(self, context: Context) -> tuple[str, ...]:
        """Return the folders of the components to list for a context, in this order."""
        by_name = {fitted.component: fitted for fitted in self.components}
        steps = [step for step in context.steps if step.components]
        found = (by_name[step.components[-1]].path(step) for step in steps)
        return tuple(path for path in found if path is not None)

    def put_together(self, context: Context, objects: Objects) -> Objects:
        """Return what kustomize makes of the objects of an overlay with a context's components."""
        by_component = {fitted.component: fitted for fitted in self.components}
        for step in context.steps:
            if step.components:
                objects = by_component[step.components[-1]].part_of[step].delta.applied(objects)
        return objects


def folder(component: Component, part: Part) -> str:
    return "/".join(word for word in ("components", component.name, part.cell) if word)


def layers_of(build: Build) -> Layers:
    """Return the layers of a build; raise PackcError where a cloud's default does not compile."""
    choices = Choices.of(build)
    built = {
        context: each for context in choices.contexts() if (each := _compiled(choices, context))
    }
    reached = [context for context in built if all(step in built for step in context.steps)]
    defaults = {cloud: built[Context(cloud)] for cloud in build.clouds}
    base = _base(defaults)
    return Layers(
        build=build,
        choices=choices,
        base=base,
        overlays={cloud: _overlay(base, each) for cloud, each in defaults.items()},
        components=tuple(_fitted(choices, reached, built)),
        built=built,
        accepted=tuple(reached),
        unreachable=tuple(context for context in built if context not in {*reached}),
    )


def _compiled(choices: Choices, context: Context) -> Built | None:
    """Return the variant of a context; None where the pack or a plugin refuses it."""
    try:
        return choices.compile(context)
    except PackcError as error:
        codes = {diagnostic.code for diagnostic in error.diagnostics}
        if not context.components or any(c.startswith("PK") and c not in REFUSALS for c in codes):
            raise
        return None


# --- base and overlays ------------------------------------------------------------------------


def _base(defaults: Mapping[str, Built]) -> Objects:
    """Return the objects that all clouds have: as they are there, or else as the author wrote them.

    Those that not all clouds have are resources of the overlays.
    """
    first, *others = defaults.values()
    sets = [objects_of(each) for each in others]
    return {
        entry.identity: entry.data
        if all(equal(entry.data, each[entry.identity], exact=True) for each in sets)
        else entry.base.data
        for entry in first.patched
        if all(entry.identity in each for each in sets)
    }


def _overlay(base: Objects, built: Built) -> Part:
    after = objects_of(built)
    return Part(Delta.between(base, after), _reasons((), built))


# --- components -------------------------------------------------------------------------------


@frozen
class _Step:
    """A context in which a component was just applied, and the variants before and after it."""

    context: Context
    before: Built = field(repr=False)
    after: Built = field(repr=False)


def _fitted(
    choices: Choices, reached: Sequence[Context], built: Mapping[Context, Built]
) -> Iterator[Fitted]:
    steps: dict[Component, list[_Step]] = {}
    for context in (each for each in reached if each.components):
        step = _Step(context, built[context.before], built[context])
        steps.setdefault(context.components[-1], []).append(step)
    order = [component for knob in choices.knobs for component in knob.components]
    for component in (each for each in order if each in steps):
        groups = _groups(steps[component])
        cells = _cells([step.context for step in steps[component]], groups)
        parts = {
            context: Part(group.delta, group.reasons, cells[context])
            for context, group in groups.items()
        }
        distinct = {part.cell: part for part in parts.values()}
        yield Fitted(component, tuple(distinct.values()), parts)


@frozen(eq=False)
class _Group:
    """One delta, and all contexts in which it is exact."""

    delta: Delta
    reasons: Mapping[Identity, tuple[str, ...]]


def _groups(steps: Sequence[_Step]) -> dict[Context, _Group]:
    """Return for each context the delta to take there, of as few deltas as can be seen at once."""
    found: dict[Context, _Group] = {}
    left = list(steps)
    while left:
        candidates = [Delta.between(objects_of(s.before), objects_of(s.after)) for s in left]
        fits = [
            [s for s in left if delta.gives(objects_of(s.before), objects_of(s.after))]
            for delta in candidates
        ]
        best = max(range(len(left)), key=lambda n: (len(fits[n]), -n))
        group = _Group(candidates[best], _reasons(left[best].before.patched, left[best].after))
        found |= {step.context: group for step in fits[best]}
        left = [step for step in left if step.context not in found]
    return found


def _reasons(before: Sequence[PatchedObject], after: Built) -> dict[Identity, tuple[str, ...]]:
    """Return what the patches of each object say they are for, those that were there before not."""
    known = {write.reason for entry in before for write in entry.writes}
    return {
        entry.identity: tuple(
            dict.fromkeys(w.reason for w in entry.writes if w.reason and w.reason not in known)
        )
        for entry in after.patched
    }


def _cells(contexts: Sequence[Context], groups: Mapping[Context, Hashable]) -> dict[Context, str]:
    """Return a name for each context such that the same name means the same group.

    The names are made of as few choices as decide: nothing where there is one group alone.
    """
    others = dict.fromkeys(c for context in contexts for c in context.components[:-1])
    choices: tuple[str | Component, ...] = ("cloud", *others)
    few = (chosen for size in range(MOST_NAMED) for chosen in combinations(choices, size))
    for chosen in (*few, choices):
        names = {context: _cell(context, chosen) for context in contexts}
        meaning: dict[str, Hashable] = {}
        if all(meaning.setdefault(names[c], groups[c]) is groups[c] for c in contexts):
            break
    return names


def _cell(context: Context, chosen: Sequence[str | Component]) -> str:
    if not chosen:
        return ""
    cloud = [context.cloud] if "cloud" in chosen else []
    names = [each.name for each in context.components[:-1] if each in chosen]
    return "+".join((*cloud, *names)) or "default"
