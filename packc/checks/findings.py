"""findings: what `packc check` reports: each finding once, with the variants that have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from attrs import Factory, define, evolve, field, frozen

from packc.checks.observation import SEVERITIES
from packc.diagnostics import Diagnostic, Severity
from packc.model import Identity
from packc.pack import Pack
from packc.patching.pointer import Pointer
from packc.spec import CheckRule

SHOWN_VARIANTS: Final = 4
FailOn = Literal["error", "warning", "note", "never"]
_FAILING: Final[Mapping[str, tuple[Severity, ...]]] = {
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
    "note": tuple(Severity),
    "never": (),
}


@frozen
class Reported:
    """A finding and the variants that have it; none where it concerns the pack as a whole.

    `object` and `path` say where in the emitted object it is, if it is about one. `reason` is the
    pack's own, where the pack sets the severity.
    """

    diagnostic: Diagnostic
    object: Identity | None = None
    path: Pointer = ()
    variants: tuple[str, ...] = ()
    reason: str | None = None


@frozen
class Report:
    """What the check of one pack came to.

    `unchecked` says in words what was not checked: that it did not fail is no proof. `silenced` are
    the findings that the pack switches off. `shuffled` says how many orders were tried, if any.
    """

    pack: str
    version: str
    kubernetes: str
    variants: tuple[str, ...] = ()
    findings: tuple[Reported, ...] = ()
    silenced: tuple[Reported, ...] = ()
    unchecked: tuple[str, ...] = ()
    refused: int = 0
    shuffled: str | None = None

    def fails(self, fail_on: FailOn) -> bool:
        """Return whether a finding is as grave as that."""
        grave = _FAILING[fail_on]
        return any(reported.diagnostic.severity in grave for reported in self.findings)


def variants_text(names: Sequence[str], every: Sequence[str] = ()) -> str:
    """Return the names of variants in a few words; `every` are all that there are."""
    if len(names) >= len(every) > 1:
        return f"all {len(every)} variants"
    listed = ", ".join(names[:SHOWN_VARIANTS])
    more = len(names) - SHOWN_VARIANTS
    return f"{listed} and {more} more" if more > 0 else listed


@define
class Gathered:
    """Findings on their way to a report: equal ones of several variants become one."""

    _found: dict[tuple[Diagnostic, Identity | None], Reported] = Factory(dict)
    _variants: dict[tuple[Diagnostic, Identity | None], list[str]] = Factory(dict)

    def add(
        self,
        diagnostic: Diagnostic,
        variant: str | None = None,
        object: Identity | None = None,
        path: Pointer = (),
    ) -> None:
        """Add a finding; the path is that of the first variant, since indices may differ."""
        # What is there instead may differ between variants; the defect is the same.
        key = (evolve(diagnostic, found=None, hint=None), object)
        self._found.setdefault(key, Reported(diagnostic, object, path))
        variants = self._variants.setdefault(key, [])
        if variant is not None and variant not in variants[-1:]:
            variants.append(variant)

    def extend(self, diagnostics: Iterable[Diagnostic], variant: str | None = None) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic, variant)

    def sorted(self) -> tuple[Reported, ...]:
        """Return the findings by place, each with its variants."""
        found = (
            evolve(reported, variants=tuple(self._variants[key]))
            for key, reported in self._found.items()
        )
        return tuple(sorted(found, key=lambda r: (r.diagnostic.sort_key, r.variants)))


@frozen
class Judged:
    """Findings with the severities that the pack gives them, and the rules that met none."""

    findings: tuple[Reported, ...]
    silenced: tuple[Reported, ...]
    idle: tuple[CheckRule, ...] = field(default=())


def judge(found: Sequence[Reported], pack: Pack) -> Judged:
    """Return the findings as `checks` in pack.yaml weighs them; the last rule that fits decides."""
    kept, silenced, used = [], [], set()
    for reported in found:
        fitting = [i for i, rule in enumerate(pack.spec.checks) if _fits(rule, reported)]
        used.update(fitting)
        if not fitting:
            kept.append(reported)
            continue
        rule = pack.spec.checks[fitting[-1]]
        if rule.severity == "ignore":
            silenced.append(evolve(reported, reason=rule.reason))
        else:
            severity = Severity(rule.severity)
            diagnostic = evolve(reported.diagnostic, severity=severity)
            kept.append(evolve(reported, diagnostic=diagnostic, reason=rule.reason))
    idle = tuple(rule for i, rule in enumerate(pack.spec.checks) if i not in used)
    return Judged(tuple(kept), tuple(silenced), idle)


def _fits(rule: CheckRule, reported: Reported) -> bool:
    if rule.code != reported.diagnostic.code:
        return False
    return rule.object is None or rule.object in _names(reported.object)


def _names(identity: Identity | None) -> Iterator[str]:
    """Yield the ways to name an object: Kind/name or Kind/namespace/name, with or without group."""
    if identity is None:
        return
    for kind in (identity.kind, f"{identity.kind}.{identity.group}"):
        yield f"{kind}/{identity.name}"
        yield f"{kind}/{identity.namespace}/{identity.name}"


def idle_rules(judged: Judged) -> Iterator[Diagnostic]:
    """Yield the rules in `checks` that no finding meets any more."""
    for rule in judged.idle:
        text = f"no finding meets this rule for {rule.code}"
        hint = "remove it: what it was for has gone"
        yield Diagnostic("PK465", text, rule.span, hint, SEVERITIES["PK465"])
