"""manifest: the one manifest of a pack: what it refuses, then each object on its condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from attrs import evolve, frozen

from packc.build import Build
from packc.formats.derive import Derived, LiveObject, Refused
from packc.formats.gotemplate import Printer
from packc.formats.helm.refusals import refusals_yaml
from packc.formats.palette.defaults import default_lines
from packc.formats.palette.limits import limit_lines
from packc.formats.palette.plan import Plan
from packc.model import Feature


@frozen
class Manifest:
    """The text of the manifest, and what of the values it reads beside the parameters."""

    text: str
    features: tuple[Feature, ...]
    asks_cloud: bool


def manifest_of(plan: Plan) -> Manifest:
    """Return the manifest of a pack. Features that change no object are not part of it."""
    build, access = plan.build, plan.access
    printer = Printer(access, {p.name: p for p in build.parameters})
    objects = "".join(_documents(plan.derived.objects, printer))
    limits = [*limit_lines(plan)]
    comment, _, rules = refusals_yaml(_as_palette_says(plan), printer).partition("\n")
    features = tuple(_features(build, access.features))
    # What is not set is filled in first, and single values are checked before the rules on several.
    head = "".join(f"{line}\n" for line in (comment, *default_lines(plan, features), *limits))
    return Manifest(head + rules + objects, features, access.asks_cloud)


def _as_palette_says(plan: Plan) -> Derived:
    """Return what is derived with the clouds called as in Palette where a person reads of them."""
    derived, space = plan.derived, plan.derived.space
    words = {plan.cloud_title(name): cloud for name, cloud in plan.build.clouds.items()}
    return evolve(
        derived,
        space=evolve(space, build=evolve(plan.build, clouds=words)),
        refused=tuple(_reworded(plan, each) for each in derived.refused),
    )


def _reworded(plan: Plan, refused: Refused) -> Refused:
    text = plan.in_palettes_words(refused.reason.text)
    return evolve(refused, reason=evolve(refused.reason, text=text))


def _documents(objects: Sequence[LiveObject], printer: Printer) -> Iterator[str]:
    """Yield the objects; those in a row that share a condition stand in one block."""
    for condition, group in groupby(objects, key=lambda each: each.condition):
        documents = "".join(f"---\n{printer.document(each.node, None)}" for each in group)
        if condition is None:
            yield documents
        else:
            yield f"{{{{- if {printer.test(condition)} }}}}\n{documents}{{{{- end }}}}\n"


def _features(build: Build, used: set[str]) -> Iterator[Feature]:
    return (feature for name, feature in build.features.items() if name in used)
