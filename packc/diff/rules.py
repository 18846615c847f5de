"""rules: what a pack says (`impacts` in pack.yaml) of changes to its own objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from packc.diagnostics import Findings
from packc.diff.impacts import Impact, ImpactClass, Rule
from packc.model import BaseObject, Patch
from packc.pack import Pack
from packc.patching.pointer import parse
from packc.patching.selection import select
from packc.spec import ImpactSpec


def pack_rules(
    pack: Pack, brought: Sequence[BaseObject], others_bring: Callable[[], bool]
) -> tuple[Rule, ...]:
    """Return the pack's rules, in the order of pack.yaml.

    `brought` are objects that plugins bring; `others_bring` tells whether more plugins may bring
    some, so that a rule may be about these. Raises PackcError: PK301 for a path that is none, PK302
    where no object of any variant fits.
    """
    findings = Findings()
    # Objects of variants that exclude each other may share an identity: one of them is enough.
    every = (*(entry.base for entry in pack.objects), *brought)
    bases = list({base.identity: base for base in every}.values())
    rules = [
        rule for spec in pack.spec.impacts for rule in _rules(spec, bases, others_bring, findings)
    ]
    findings.raise_if_failed()
    return tuple(rules)


def _rules(
    spec: ImpactSpec,
    bases: Sequence[BaseObject],
    others_bring: Callable[[], bool],
    findings: Findings,
) -> Iterator[Rule]:
    own = Findings()
    for index in select(bases, [Patch(spec.object, (), span=spec.span)], own):
        impact = Impact(ImpactClass(spec.class_), spec.reason)
        yield Rule(bases[index].identity, parse(spec.path, spec.span), impact)
    if not (_is_absent(own) and others_bring()):
        findings.extend(own.items)


def _is_absent(findings: Findings) -> bool:
    return any(each.code == "PK302" for each in findings.items)
