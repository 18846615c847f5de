"""shuffle: builds a pack under many orders of plugins and patches, and demands identical bytes."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice, permutations
from random import Random
from types import ModuleType
from typing import Any, Final, TypeAlias

import attrs
from attrs import Factory, define, evolve, field, frozen

from packc.activate import Active, activate
from packc.checks.variants import choices, choose
from packc.diagnostics import Diagnostic, PackcError, Related, in_order
from packc.doctor.moved import Move, RecordingHost, Shot, moves, objects_of, shot
from packc.emit import emit
from packc.model import BaseObject, Cloud, Patch, Value
from packc.pack import Pack
from packc.patch import Patched, patch
from packc.pipeline import (
    Compiled,
    Prepared,
    Selection,
    all_objects,
    all_patches,
    compile_variant,
    prepare,
)
from packc.plugins import HOOK_SECONDS, Found, Host, discover
from packc.render import plural
from packc.resolve import resolve
from packc.settings import read_settings
from packc.tracing.masking import Mask
from packc.values import Request, Resolved

SEED: Final = 8902
"""Of the random orders; printed, so that anybody can repeat what was tried."""

MOST_ORDERS: Final = 1000
"""All orders are tried up to this many; above it, this many random ones."""

_FEW: Final = 4
_NOTHING_HIDDEN: Final = Mask()

Chosen: TypeAlias = tuple[str, Cloud, Prepared]
"""One variant to build: its name for people, its cloud, and the pack prepared for it."""

Engine: TypeAlias = Callable[[Sequence[BaseObject], Iterable[Patch]], Patched]
Step: TypeAlias = Callable[[str], None]


def each_cloud(prepared: Prepared) -> Iterator[Chosen]:
    """Yield one variant for each cloud, as a build has them."""
    for name, cloud in prepared.active.clouds.items():
        yield "+".join((name, *prepared.active.chosen)), cloud, prepared


@frozen
class Shuffled:
    """What came of shuffling: how much was tried, and what depends on an order."""

    variants: int
    plugin_orders: int
    patch_orders: int
    diagnostics: tuple[Diagnostic, ...]

    def __str__(self) -> str:
        return (
            f"{plural(self.variants, 'variant')}, {plural(self.plugin_orders, 'order')} of plugins"
            f" and {self.patch_orders} of patches, seed {SEED}"
        )


def shuffle_choices(
    folder: str,
    selection: Selection,
    limit: int,
    seconds: float = HOOK_SECONDS,
    step: Step = lambda text: None,
) -> Shuffled:
    """Shuffle the variants that `packc check` looks at, at most `limit` of them."""
    first = prepare(folder, evolve(selection, request=Request()), Host(seconds=seconds))
    offered = tuple(name for name in first.active.features if name not in selection.without)
    fixed = frozenset((*selection.features, *selection.without))

    def pick(prepared: Prepared) -> Iterator[Chosen]:
        # Values are read with every feature on, so that all can be given; then those are off again.
        active = evolve(prepared.active, chosen=first.active.chosen)
        usual = evolve(prepared, active=active)
        for choice in choices(usual, fixed, limit).taken:
            yield choice.name, choice.cloud, choose(usual, choice)

    every = evolve(selection, features=offered)
    return shuffle(first.pack, every, pick=pick, seconds=seconds, step=step)


def orders(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every order of the names where these are few, else random ones; the given one first."""
    if len(names) <= 20 and math.factorial(len(names)) <= MOST_ORDERS:
        yield from permutations(names)
        return
    random = Random(SEED)
    yield tuple(names)
    for _ in range(MOST_ORDERS):
        yield tuple(random.sample(names, len(names)))


def shuffle(
    pack: Pack,
    selection: Selection,
    *,
    pick: Callable[[Prepared], Iterable[Chosen]] = each_cloud,
    installed: Mapping[str, tuple[Found, ...]] | None = None,
    seconds: float = HOOK_SECONDS,
    step: Step = lambda text: None,
) -> Shuffled:
    """Build the variants that `pick` names under many orders, and report what depends on one.

    Orders of loading build the first variants, one a cloud; those of asking and of patches build
    every variant. One that does not build in the stated order is left to those who report that.
    Raises PackcError where the pack cannot be prepared at all.
    """
    shuffler = _Shuffler(pack, selection, installed or discover(), seconds, step, pick)
    shuffler.shuffle_loading()
    shuffler.shuffle_variants()
    return Shuffled(
        shuffler.variants,
        shuffler.plugin_orders,
        shuffler.patch_orders,
        in_order(shuffler.found.values()),
    )


@frozen
class Reordered(Active):
    """What takes part in a build, where plugins are asked in another order than that of names."""

    order: tuple[str, ...] = ()

    def taking_part(self, cloud: str) -> Iterator[Any]:
        yield from sorted(Active.taking_part(self, cloud), key=lambda p: self.order.index(p.name))


@define
class _Shuffler:
    pack: Pack
    selection: Selection
    installed: Mapping[str, tuple[Found, ...]]
    seconds: float
    step: Step
    pick: Callable[[Prepared], Iterable[Chosen]]
    found: dict[str, Diagnostic] = Factory(dict)
    variants: int = 0
    plugin_orders: int = 0
    patch_orders: int = 0

    def shuffle_loading(self) -> None:
        """Find, import, register and ask the plugins in many orders, each time anew."""
        names = sorted(self._prepared(self.installed).active.plugins)
        expected: dict[str, _Result] = {}
        with _imported_anew(self.installed, names):
            self._build_first(tuple(names), expected)
        for order in orders(names):
            self.plugin_orders += 1
            self.step(f"order {self.plugin_orders} of plugins")
            with _imported_anew(self.installed, names):
                self._build_first(order, expected)

    def _build_first(self, order: tuple[str, ...], expected: dict[str, _Result]) -> None:
        """Build the first variants; the first result of each is what later ones are held to."""
        prepared = reordered(self._prepared(_sorted_by(self.installed, order), order), order)
        for name, cloud, chosen in islice(self.pick(prepared), len(prepared.active.clouds)):
            result = _result(chosen, cloud)
            how = _How(name, "loaded", order)
            self._compare(expected.setdefault(name, result), result, how)

    def shuffle_variants(self) -> None:
        """Ask plugins and hand over patches in many orders, for every variant."""
        for name, cloud, prepared in self.pick(self._prepared(self.installed)):
            self.step(name)
            expected = _result(prepared, cloud)
            if expected.failure is None:
                self.variants += 1
                self._shuffle_asking(name, cloud, prepared, expected)
                self._shuffle_patches(name, cloud, prepared)

    def _shuffle_asking(
        self, name: str, cloud: Cloud, prepared: Prepared, expected: _Result
    ) -> None:
        asked = [plugin.name for plugin in prepared.active.taking_part(cloud.name)]
        for order in orders(asked):
            self.plugin_orders += 1
            result = _result(reordered(prepared, order), cloud)
            self._compare(expected, result, _How(name, "asked", order))

    def _shuffle_patches(self, name: str, cloud: Cloud, prepared: Prepared) -> None:
        try:
            resolved, bases, patches = _given(prepared, cloud)
        except PackcError as error:
            asked = [plugin.name for plugin in prepared.active.taking_part(cloud.name)]
            self._report(_fails(error, _How(name, "asked", tuple(asked))))
            return
        mask = Mask.of(resolved.values.values())
        tried, diagnostics = patch_orders(bases, patches, name=name, mask=mask)
        self.patch_orders += tried
        for diagnostic in diagnostics:
            self._report(diagnostic)

    def _prepared(
        self, installed: Mapping[str, tuple[Found, ...]], order: Sequence[str] = ()
    ) -> Prepared:
        host = RecordingHost(installed, self.seconds)
        for name in order:
            host.load(name)
        chosen = self.selection
        active = activate(self.pack, host, chosen.clouds, chosen.features, chosen.without)
        settings = read_settings(chosen.request, active.parameters, active.off)
        return Prepared(self.pack, active, settings)

    def _compare(self, expected: _Result, result: _Result, how: _How) -> None:
        if result.bytes == expected.bytes:
            return
        failure = result.failure or expected.failure
        if failure is not None:
            self._report(_fails(failure, how))
        elif result.shot is not None and expected.shot is not None:
            for move in moves(expected.shot(), result.shot()):
                self._report(_differs(move, how, Mask.of(result.values)))

    def _report(self, diagnostic: Diagnostic) -> None:
        """Take down a finding, once: what differs in one order does so in more of them."""
        self.found.setdefault(diagnostic.message.replace(_AGAIN, _ORDER), diagnostic)


# --- building in an order ---------------------------------------------------------------------


@frozen
class _Result:
    """What a build came to: bytes to compare, and what is needed to explain a difference."""

    bytes: tuple[Any, ...]
    failure: PackcError | None = None
    shot: Callable[[], Shot] | None = field(default=None, repr=False)
    values: tuple[Value, ...] = field(default=(), repr=False)


def _result(prepared: Prepared, cloud: Cloud) -> _Result:
    host = prepared.active.host
    assert isinstance(host, RecordingHost)
    declared = [answer for answer in host.answers if not answer.variant]
    host.answers[:] = declared
    try:
        compiled = compile_variant(prepared, cloud)
    except PackcError as error:
        return _Result((error.diagnostics,), failure=error)
    answers = sorted(host.answers, key=lambda answer: str(answer.culprit))
    bytes_ = (compiled.manifests, [(str(a.culprit), a.items) for a in answers])
    values = tuple(compiled.resolved.values.values())
    return _Result(bytes_, None, lambda: _shot(prepared, compiled, answers), values)


def _shot(prepared: Prepared, compiled: Compiled, answers: Sequence[Any]) -> Shot:
    return shot(compiled, _secrets(prepared), answers, {"manifests.yaml": compiled.manifests})


def _secrets(prepared: Prepared) -> frozenset[str]:
    return frozenset(parameter.name for parameter in prepared.active.parameters if parameter.secret)


def reordered(prepared: Prepared, order: tuple[str, ...]) -> Prepared:
    """Return the pack prepared so that plugins are asked in that order."""
    active = prepared.active
    fields = {each.name: getattr(active, each.name) for each in attrs.fields(Active)}
    return evolve(prepared, active=Reordered(**fields, order=order))


def _sorted_by(
    installed: Mapping[str, tuple[Found, ...]], order: Sequence[str]
) -> dict[str, tuple[Found, ...]]:
    """Return the installed plugins as if they had been found in that order."""
    return {name: installed[name] for name in dict.fromkeys((*order, *reversed([*installed])))}


@contextmanager
def _imported_anew(
    installed: Mapping[str, tuple[Found, ...]], names: Sequence[str]
) -> Iterator[None]:
    """Have the plugins' own modules imported anew in the block; afterwards all is as before.

    What these import from elsewhere stays: native modules cannot be imported twice.
    """
    roots = [found.entry_point.module for name in names for found in installed[name]]
    before = _modules_of(roots)
    for name in before:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in _modules_of(roots):
            del sys.modules[name]
        sys.modules.update(before)


def _modules_of(roots: Sequence[str]) -> dict[str, ModuleType]:
    return {
        name: module
        for name, module in sys.modules.items()
        if any(name == root or name.startswith(f"{root}.") for root in roots)
        and (getattr(module, "__file__", None) or "").endswith(".py")
    }


# --- orders of patches ------------------------------------------------------------------------


def patch_orders(
    bases: Sequence[BaseObject],
    patches: Sequence[Patch],
    *,
    name: str,
    engine: Engine = patch,
    mask: Mask = _NOTHING_HIDDEN,
) -> tuple[int, list[Diagnostic]]:
    """Hand the patches to the engine in many orders, and return how many, and what depends on one.

    The patches of one writer keep their order; writers stand one behind the other, or mixed.
    """
    expected = engine(bases, patches)
    text, tried = _text_of(expected), 0
    for order, arrangement in _arrangements(patches):
        tried += 1
        how = _How(name, "handed over", order)
        try:
            found = engine(bases, arrangement)
        except PackcError as error:
            return tried, [_fails(error, how)]
        if _text_of(found) != text:
            shots = (Shot(name, objects_of(p, frozenset()), (), {}) for p in (expected, found))
            return tried, [_differs(move, how, mask) for move in moves(*shots)]
    return tried, []


def _arrangements(patches: Sequence[Patch]) -> Iterator[tuple[tuple[str, ...], list[Patch]]]:
    by_writer: dict[str, list[Patch]] = {}
    for each in patches:
        by_writer.setdefault(each.origin.writer if each.origin else "", []).append(each)
    random = Random(SEED)
    for order in orders(list(by_writer)):
        yield order, [each for writer in order for each in by_writer[writer]]
        turns = [writer for writer in order for _ in by_writer[writer]]
        random.shuffle(turns)
        queues = {writer: iter(by_writer[writer]) for writer in order}
        yield tuple(dict.fromkeys(turns)), [next(queues[writer]) for writer in turns]


def _given(prepared: Prepared, cloud: Cloud) -> tuple[Resolved, Sequence[BaseObject], list[Patch]]:
    """Return the variant and what the patch pass is handed: base objects, patches with origins."""
    active = prepared.active
    resolved = resolve(prepared.pack, cloud, active.chosen, active.counting, prepared.settings)
    bases = all_objects(prepared, resolved)
    return resolved, bases, list(all_patches(prepared, resolved, bases))


def _text_of(patched: Patched) -> str:
    return emit([entry.data for entry in patched.objects if entry.writes])


# --- the findings -----------------------------------------------------------------------------

_AUTHOR: Final = "a hook must depend on its arguments alone: tell the plugin's author"
_AGAIN: Final = "differs when plugins are asked again"
_ORDER: Final = "depends on the order of the plugins"
_BUG: Final = "this is a bug of packc: please report it"


@frozen
class _How:
    """In which order a variant was built: of plugins loaded or asked, of patches handed over."""

    variant: str
    done: str
    order: tuple[str, ...]

    @property
    def is_usual(self) -> bool:
        return self.done != "handed over" and list(self.order) == sorted(self.order)

    @property
    def thing(self) -> str:
        return "patches" if self.done == "handed over" else "plugins"

    @property
    def code(self) -> str:
        return "PK810" if self.is_usual else "PK811"

    @property
    def reason(self) -> str:
        if self.is_usual:
            return _AGAIN
        return _ORDER if self.thing == "plugins" else "depends on the order of the patches"

    def __str__(self) -> str:
        more = len(self.order) - _FEW
        names = self.order[:_FEW] if more > 1 else self.order
        end = f" and {more} more" if more > 1 else ""
        return f"{self.variant}, {self.thing} {self.done} as {', '.join(names)}{end}"


def _differs(move: Move, how: _How, mask: Mask) -> Diagnostic:
    who = " and ".join(map(str, move.culprits))
    return Diagnostic(
        how.code,
        f"{who} {how.reason} in {move.place}" if who else f"{move.place} {how.reason}",
        next((culprit.span for culprit in move.culprits if culprit.span), None),
        _AUTHOR if any(culprit.is_plugin for culprit in move.culprits) else _BUG,
        found=f"{move.shown(move.after, mask)} in {how}",
        expected=move.shown(move.before, mask),
        quote=False,
    )


def _fails(error: PackcError, how: _How) -> Diagnostic:
    first = error.diagnostics[0]
    return Diagnostic(
        how.code,
        f"whether {first.code} occurs {how.reason}",
        first.span,
        _BUG if how.thing == "patches" else _AUTHOR,
        found=f"an error in {how}",
        related=(Related(f"{first.code}: {first.message}", first.span),),
        quote=False,
    )
