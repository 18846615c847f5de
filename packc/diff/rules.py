"""rules: what a pack says (`impacts` in pack.yaml) of changes to its own objects."""

from __future__ import annotations

from collections.abc import Iterator

from packc.diagnostics import Findings
from packc.diff.impacts import Impact, ImpactClass, Rule
from packc.model import BaseObject, Patch
from packc.pack import Pack
from packc.patching.pointer import parse
from packc.patching.selection import select


def pack_rules(pack: Pack) -> tuple[Rule, ...]:
    """Return the pack's rules, in the order of pack.yaml.

    Raises PackcError: PK301 for a path that is none, PK302 where no object of any variant fits.
    """
    findings = Findings()
    # Objects of variants that exclude each other may share an identity: one of them is enough.
    bases = list({entry.base.identity: entry.base for entry in pack.objects}.values())
    rules = tuple(_rules(pack, bases, findings))
    findings.raise_if_failed()
    return rules


def _rules(pack: Pack, bases: list[BaseObject], findings: Findings) -> Iterator[Rule]:
    for spec in pack.spec.impacts:
        impact = Impact(ImpactClass(spec.class_), spec.reason)
        for index in select(bases, [Patch(spec.object, (), span=spec.span)], findings):
            yield Rule(bases[index].identity, parse(spec.path, spec.span), impact)
