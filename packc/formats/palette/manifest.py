"""manifest: the one manifest of a pack: what it refuses, then each object on its condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from attrs import frozen

from packc.build import Build
from packc.formats.derive import LiveObject
from packc.formats.gotemplate import Printer
from packc.formats.helm.refusals import refusals_yaml
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
    build, derived, access = plan.build, plan.derived, plan.access
    printer = Printer(access, {p.name: p for p in build.parameters})
    objects = "".join(_documents(derived.objects, printer))
    limits = "".join(f"{line}\n" for line in limit_lines(plan))
    text = _refusals(refusals_yaml(derived, printer), limits) + objects
    return Manifest(text, tuple(_features(build, access.features)), access.asks_cloud)


def _documents(objects: Sequence[LiveObject], printer: Printer) -> Iterator[str]:
    """Yield the objects; those in a row that share a condition stand in one block."""
    for condition, group in groupby(objects, key=lambda each: each.condition):
        documents = "".join(f"---\n{printer.document(each.node, None)}" for each in group)
        if condition is None:
            yield documents
        else:
            yield f"{{{{- if {printer.test(condition)} }}}}\n{documents}{{{{- end }}}}\n"


def _refusals(refusals: str, limits: str) -> str:
    """Return the limits of single values before the rules that count on them."""
    comment, _, rules = refusals.partition("\n")
    return f"{comment}\n{limits}{rules}"


def _features(build: Build, used: set[str]) -> Iterator[Feature]:
    return (feature for name, feature in build.features.items() if name in used)
