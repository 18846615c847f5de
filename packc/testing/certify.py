"""certify: make all experiments with a plugin, and hold what came of them against the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from packc.diagnostics import Diagnostic, PackcError, did_you_mean, in_order
from packc.load import SPEC_FILE, load
from packc.testing import limits
from packc.testing.evidence import Evidence, UsedPack
from packc.testing.experiments import observe
from packc.testing.rule import Rule, unasked
from packc.testing.rules import RULES
from packc.testing.subject import Subject, find_subject

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LEFT_OUT: Final = "it was not asked for"


@frozen
class Result:
    """What came of one rule; a skipped one has a reason, a failed one diagnostics."""

    rule: Rule
    outcome: str
    reason: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


@frozen
class Report:
    """What came of all rules."""

    subject: Subject
    packs: tuple[UsedPack, ...]
    results: tuple[Result, ...]

    @property
    def has_passed(self) -> bool:
        """Return whether no rule failed, and one at least was held."""
        outcomes = {result.outcome for result in self.results}
        return FAILED not in outcomes and PASSED in outcomes

    def of(self, outcome: str) -> list[Result]:
        return [result for result in self.results if result.outcome == outcome]


def certify(
    name: str,
    packs: Sequence[str | PathLike[str]] = (),
    *,
    only: Collection[str] = (),
    skip: Collection[str] = (),
    seconds: float = limits.HANG_SECONDS,
) -> Report:
    """Return what came of all rules for an installed plugin, or of those that `only` names.

    `packs` are folders with packs to try it with, besides the kit's own and those below packs/ in
    the current folder. Raises PackcError: PK202 there is no such plugin, PK242 the name stands for
    several, PK245 there is no such rule, and whatever is wrong with a pack.
    """
    for rule in (*only, *skip):
        find_rule(rule)
    subject = find_subject(name)
    every = (*(fspath(folder) for folder in packs), *at_hand())
    folders = list({Path(folder).resolve(): folder for folder in reversed(every)}.values())[::-1]
    for folder in folders:
        load(Path(folder), folder)
    evidence = observe(subject, folders, seconds)
    results = tuple(_result(rule, evidence, only, skip) for rule in RULES.values())
    return Report(subject, evidence.plain.packs, _explained(results, evidence))


def find_rule(name: str) -> Rule:
    """Return the rule of that name; raise PK245 where there is none."""
    if name not in RULES:
        hint = did_you_mean(name, RULES) or "`packc plugin certify --list` names the rules"
        raise PackcError(Diagnostic("PK245", f"there is no rule '{name}'", hint=hint))
    return RULES[name]


def at_hand() -> Iterator[str]:
    """Yield the packs below the current folder, where they usually are."""
    for file in sorted(Path("packs").glob(f"*/{SPEC_FILE}")):
        yield str(file.parent)


def _result(rule: Rule, evidence: Evidence, only: Collection[str], skip: Collection[str]) -> Result:
    if rule.name in skip or (only and rule.name not in only):
        return Result(rule, SKIPPED, LEFT_OUT)
    reason = rule.skip(evidence)
    if reason is not None:
        return Result(rule, SKIPPED, reason)
    found = in_order(
        Diagnostic("PK241", f"{rule.name}: {each.message}", each.span, rule.hint)
        for each in rule.judge(evidence)
    )
    unproved = unasked(evidence) if rule.is_of_hooks and not found else None
    if unproved is not None:
        return Result(rule, SKIPPED, unproved)
    return Result(rule, FAILED if found else PASSED, None, found)


def _explained(results: tuple[Result, ...], evidence: Evidence) -> tuple[Result, ...]:
    """Return the results, where a complaint that no rule knows is a failure of `raises-nothing`.

    Nothing that packc says of a plugin may get lost, whatever codes later versions have.
    """
    told = "\n".join(d.message for result in results for d in result.diagnostics)
    lost = [
        Diagnostic(
            "PK241", f"raises-nothing: {each.message}", each.span, RULES["raises-nothing"].hint
        )
        for each in evidence.troubles()
        if each.message not in told
    ]
    is_whole = all(result.reason != LEFT_OUT for result in results)
    if not lost or not is_whole or any(result.outcome == FAILED for result in results):
        return results
    return tuple(
        evolve(result, outcome=FAILED, reason=None, diagnostics=in_order(lost))
        if result.rule.name == "raises-nothing"
        else result
        for result in results
    )
