"""repeats: the same question has the same answer: again, elsewhere, and in another order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from packc.testing.evidence import Answer, Evidence, Journal
from packc.testing.rule import Fault, Rule

_LONGEST: Final = 60


def _idempotent(evidence: Evidence) -> Iterator[Fault]:
    for hook in sorted(_unsteady(evidence)):
        answer = next(a for a in evidence.answers() if a.hook == hook and a.again is not None)
        told = _difference(answer.items, answer.again)
        text = f"{hook} of {evidence.subject} answers differently when it is asked again: {told}"
        yield Fault(text, evidence.at(hook))


def _unsteady(evidence: Evidence) -> set[str]:
    return {answer.hook for answer in evidence.answers() if answer.again is not None}


def _deterministic(evidence: Evidence) -> Iterator[Fault]:
    known = _unsteady(evidence)
    for hook, one, other in _differing(evidence.plain, evidence.changed):
        if hook not in known:
            text = f"{hook} of {evidence.subject} answers differently in another process"
            yield Fault(f"{text}: {_difference(one.items, other.items)}", evidence.at(hook))


def _order_independent(evidence: Evidence) -> Iterator[Fault]:
    known = _unsteady(evidence)
    known |= {hook for hook, *_ in _differing(evidence.plain, evidence.changed)}
    for hook, one, other in _differing(evidence.plain, evidence.reversed):
        if hook not in known:
            text = f"{hook} of {evidence.subject} answers differently in another order"
            told = _difference(one.items, other.items)
            yield Fault(f"{text} of plugins and variants: {told}", evidence.at(hook))


def _differing(left: Journal, right: Journal) -> Iterator[tuple[str, Answer, Answer]]:
    """Yield, for each hook that answers differently in two experiments, the first such answers."""
    others = {answer.key: answer for answer in right.answers}
    seen: set[str] = set()
    for answer in left.answers:
        other = others.get(answer.key)
        if other is not None and answer.hook not in seen and answer.items != other.items:
            seen.add(answer.hook)
            yield answer.hook, answer, other


def _difference(one: Any, other: Any) -> str:
    """Return the first place where two answers differ, with both values, in few words."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one:
            if one[name] != other.get(name):
                return _difference(one[name], other.get(name))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            if left != right:
                return _difference(left, right)
    return f"{_short(one)} and {_short(other)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


RULES: Final = (
    Rule(
        "idempotent",
        "A hook that is asked the same again answers the same.",
        "Hooks are asked as often as a command needs it; a count or a cache must not show.",
        "Keep no state between questions: no globals that change, no lists that grow.",
        _idempotent,
    ),
    Rule(
        "deterministic",
        "Answers are the same in another process, with another hash seed, host, time zone and"
        " clock.",
        "Output is compared byte by byte, and signed. What varies cannot be either.",
        "Sort what comes from a set, and never use `hash()` or `id()`. What depends on the place"
        " should be a parameter.",
        _deterministic,
    ),
    Rule(
        "order-independent",
        "Answers are the same in whichever order variants and plugins are asked, and whatever other"
        " plugins are installed; each of them is loaded first, and asked first.",
        "No order is promised, and every user has other plugins.",
        "Let an answer depend on the arguments alone, not on the first variant that came by, nor on"
        " what else was imported.",
        _order_independent,
    ),
)
