"""deeds: hooks compute, and do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from packc.testing.evidence import IMPORT, Evidence
from packc.testing.rule import Fault, Judge, Rule, by_code, over

_THREADS: Final = "the threads that run"


def _seen(code: str) -> Judge:
    """Return the judge of what the watch has seen under a code, once for each line."""

    def judge(evidence: Evidence) -> Iterator[Fault]:
        for each in evidence.plain.sightings:
            if each.code == code and not (each.hook == IMPORT and code == "PK802"):
                yield Fault(f"{each.hook} of {evidence.subject} {each.deed}", each.span)

    return judge


def _threads(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK238", containing=_THREADS)(evidence)
    for hook in _hooks(evidence, lambda answer: bool(answer.threads)):
        yield Fault(f"{hook} of {evidence.subject} starts a thread", evidence.at(hook))


def _process_kept(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK238", without=_THREADS)(evidence)
    seen: set[tuple[str, str]] = set()
    for answer in evidence.answers():
        for words in answer.moved:
            if (answer.hook, words) not in seen:
                seen.add((answer.hook, words))
                text = f"{answer.hook} of {evidence.subject} changes {words}"
                yield Fault(text, evidence.at(answer.hook))


def _quiet(evidence: Evidence) -> Iterator[Fault]:
    for hook in _hooks(evidence, lambda answer: bool(answer.printed)):
        yield Fault(f"{hook} of {evidence.subject} prints", evidence.at(hook))


def _hooks(evidence: Evidence, holds: Callable[..., bool]) -> list[str]:
    return list(dict.fromkeys(answer.hook for answer in evidence.answers() if holds(answer)))


_WHY: Final = "The same pack has to give the same bytes on every machine, today and in ten years."

RULES: Final = (
    Rule(
        "no-clock",
        "No hook reads the clock.",
        _WHY,
        "`packc_check` is told the time as `now`, for certificates that expire. Nothing that is"
        " written may depend on it.",
        _seen("PK806"),
    ),
    Rule(
        "no-network",
        "No hook opens a socket or looks up a host.",
        f"{_WHY} Builds also run where there is no network.",
        "Make what the network would tell a parameter.",
        _seen("PK803"),
    ),
    Rule(
        "no-environment",
        "No hook reads environment variables.",
        _WHY,
        "Make it a parameter: then the build record says what it was.",
        _seen("PK805"),
    ),
    Rule(
        "no-foreign-files",
        "No hook reads or writes files outside the plugin's own package and the pack.",
        _WHY,
        "Make it a parameter of type `file`, or ship it inside the package.",
        _seen("PK802"),
    ),
    Rule(
        "no-processes",
        "No hook starts a program.",
        f"{_WHY} The program may be missing, or another version.",
        "Compute it in Python, or make it a parameter.",
        _seen("PK804"),
    ),
    Rule(
        "no-threads",
        "No hook starts a thread.",
        "A thread outlives the question: it may change anything at any time.",
        "Answer in the thread that asks; hooks are quick.",
        _threads,
    ),
    Rule(
        "no-randomness",
        "No hook takes random numbers.",
        _WHY,
        "Derive what has to be unique from the variant, by a hash with `hashlib`.",
        _seen("PK807"),
    ),
    Rule(
        "no-machine",
        "No hook asks for the user, the host, the folder, the locale or the number of CPUs.",
        _WHY,
        "Make it a parameter: then the build record says what it was.",
        _seen("PK808"),
    ),
    Rule(
        "process-kept",
        "Nothing that all code of the process shares is changed: the environment, the folder, the"
        " import path, signal handlers, the locale, the recursion limit, functions of Python's own"
        " modules, packc itself.",
        "Other plugins, and packc, run in the same process.",
        "Undo what you need for the moment, or do without it. Replace nothing in other modules.",
        _process_kept,
        lambda evidence: None if any(_process_kept(evidence)) else over(evidence),
    ),
    Rule(
        "quiet",
        "The plugin prints nothing, neither when it is imported nor in a hook.",
        "Standard output holds manifests that go to `kubectl`, standard error what users must see.",
        "Return a `Note` for what a user should know, and remove what was for debugging.",
        _quiet,
    ),
)
