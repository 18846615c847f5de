"""rule: what a rule of the conformance kit is, and what rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, TypeAlias

from attrs import frozen

from packc.diagnostics import Span
from packc.testing.evidence import Complaint, Evidence


@frozen
class Fault:
    """One thing that breaks a rule, with its place in the plugin."""

    message: str
    span: Span | None = None


Judge: TypeAlias = Callable[[Evidence], Iterator[Fault]]
Skip: TypeAlias = Callable[[Evidence], str | None]

NO_CLOUD: Final = "the plugin provides no cloud"
NO_PARAMETERS: Final = "the plugin provides no parameters"
NO_SECRET: Final = "no pack at hand asks it about a variant with a secret"
WITH_PACKC: Final = "it comes with packc"
PART_OF_PACKC: Final = "it is a part of packc"
"""Reasons to skip a rule that has nothing to say of a plugin; a certificate may state them."""


def over(evidence: Evidence) -> str | None:
    """Return why there is too little evidence: the plugin does not load, or ended an experiment."""
    if not evidence.is_loaded:
        return "the plugin cannot be loaded"
    if any(journal.crash for journal in evidence.journals):
        return "the plugin ends the process before all is seen"
    return None


def unbuilt(evidence: Evidence) -> str | None:
    """Return why nothing is known of builds."""
    if not evidence.plain.built and not any(evidence.complaints()):
        return over(evidence) or "no pack at hand takes it: give one with --pack"
    return over(evidence)


def unasked(evidence: Evidence) -> str | None:
    """Return why nothing that was seen proves how the hooks behave: one was never asked."""
    return "not every hook was asked" if evidence.unasked else None


def never(evidence: Evidence) -> str | None:
    """Return None: the rule looks at the plugin's files and metadata, which are always there."""
    return None


@frozen
class Rule:
    """A rule: its name, what it demands, why, and how to mend what breaks it.

    `allowed` are the reasons for which it may be skipped where a certificate is written. One that
    `is_of_hooks` can only pass where each hook was asked.
    """

    name: str
    what: str
    why: str
    mend: str
    judge: Judge
    skip: Skip = over
    allowed: frozenset[str] = frozenset()
    is_of_hooks: bool = True

    @property
    def command(self) -> str:
        """Return the command that explains the rule."""
        return f"packc plugin certify --explain {self.name}"

    @property
    def hint(self) -> str:
        """Return the first of what mends it, as a hint, and where there is more."""
        first = self.mend.partition(". ")[0].removesuffix(".")
        return f"{first[0].lower()}{first[1:]}; see `{self.command}`"

    @property
    def text(self) -> str:
        """Return what the rule demands, why, and how to mend what breaks it, in Markdown."""
        return (
            f"# {self.name}\n\n{self.what}\n\n"
            f"**Why:** {self.why}\n\n"
            f"**How to mend it:** {self.mend}\n"
        )


def by_code(
    *codes: str, kinds: Collection[str] = (), containing: str = "", without: str = "\0"
) -> Judge:
    """Return the judge that passes on what packc's passes say under these codes."""

    def judge(evidence: Evidence) -> Iterator[Fault]:
        for each in complaints(evidence, codes, kinds):
            if containing in each.message and without not in each.message:
                yield Fault(each.message, each.span)

    return judge


def complaints(
    evidence: Evidence, codes: Collection[str], kinds: Collection[str] = ()
) -> Iterator[Complaint]:
    """Yield what packc complained of under these codes, for these kinds of values."""
    for each in evidence.complaints():
        if each.code in codes and (not kinds or each.place.kind in kinds):
            yield each


def all_of(*judges: Judge) -> Judge:
    """Return the judge that has what all of these have."""

    def judge(evidence: Evidence) -> Iterator[Fault]:
        for each in judges:
            yield from each(evidence)

    return judge
