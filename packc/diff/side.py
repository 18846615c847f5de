"""side: one variant as one side of a comparison has it, and which sides belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.diff.causes import Trace
from packc.diff.objects import Snapshot
from packc.model import MISSING


@frozen
class Setting:
    """What a parameter is set to, as it may be shown, and where that comes from.

    `exact` is the value itself, MISSING where only a build record speaks of it.
    """

    value: Any
    source: str
    exact: Any = field(default=MISSING, repr=False)

    def equals(self, other: Setting) -> bool:
        """Return whether both are set alike, as far as that is known."""
        if self.exact is MISSING or other.exact is MISSING:
            return bool(self.value == other.value)
        return bool(self.exact == other.exact)


@frozen
class Side:
    """A variant: where it comes from, its objects and values; with its trace where it was compiled.

    `place` is how the user named the pack or output tree; `cloud` is empty where nothing names it.
    """

    place: str
    pack: str
    version: str
    variant: str
    cloud: str
    snapshot: Snapshot = field(repr=False)
    settings: Mapping[str, Setting] = field(factory=dict, repr=False)
    trace: Trace | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return " ".join(part for part in (self.place, self.variant) if part)


@frozen
class Pairing:
    """The sides that belong together, and those that have no counterpart."""

    pairs: tuple[tuple[Side, Side], ...]
    only_left: tuple[Side, ...] = ()
    only_right: tuple[Side, ...] = ()


Identify: TypeAlias = Callable[[Side], tuple[str, ...]]


def by_cloud(side: Side) -> tuple[str, ...]:
    """Identify sides that were compiled as the user selected: one for each cloud."""
    return (side.cloud,)


def by_variant(side: Side) -> tuple[str, ...]:
    return (side.pack, side.variant)


def by_version(side: Side) -> tuple[str, ...]:
    return (side.pack, side.version, side.variant)


def paired(left: Sequence[Side], right: Sequence[Side], *identify: Identify) -> Pairing:
    """Return which sides belong together: by the first name that tells them apart, then the next.

    One side each is one pair, whatever the names. Raises PackcError (PK703) where nothing fits.
    """
    if len(left) == len(right) == 1:
        return Pairing(((left[0], right[0]),))
    pairs: list[tuple[Side, Side]] = []
    rest, others = list(left), list(right)
    for name in identify:
        matched = _matched(rest, others, name)
        pairs.extend(matched)
        rest = [side for side in rest if all(side is not one for one, _ in matched)]
        others = [side for side in others if all(side is not other for _, other in matched)]
    if not pairs:
        raise PackcError(_nothing_in_common(left, right))
    return Pairing(tuple(pairs), tuple(rest), tuple(others))


def _matched(
    left: Sequence[Side], right: Sequence[Side], identify: Identify
) -> list[tuple[Side, Side]]:
    """Return the pairs of one name; a name that several sides of one place have tells nothing."""
    names = [identify(side) for side in left]
    others = {identify(side): side for side in right}
    counts = [identify(side) for side in right]
    return [
        (side, others[name])
        for side, name in zip(left, names, strict=True)
        if names.count(name) == counts.count(name) == 1
    ]


def _nothing_in_common(left: Sequence[Side], right: Sequence[Side]) -> Diagnostic:
    return Diagnostic(
        "PK703",
        "the two sides have no variant in common",
        found=f"{_listed(left)} on the left, {_listed(right)} on the right",
        hint="name one variant on each side: a folder with a build.json, or one --cloud",
    )


def _listed(sides: Sequence[Side]) -> str:
    return ", ".join(f"{s.pack} {s.version} {s.variant}".strip() for s in sides) or "nothing"
