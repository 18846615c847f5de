"""answers: hooks answer what they are asked, in time, in bounds, and whatever the values are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from packc.testing import limits
from packc.testing.evidence import DECLARED, DEFAULT, EMIT, HOSTILE, IMPORT, SECRET, Evidence
from packc.testing.rule import Fault, Rule, all_of, by_code, complaints, over

_RAISED: Final = ("PK205", "PK907")
_OUT_OF_MEMORY: Final = "MemoryError"
_PATCHING: Final = tuple(f"PK3{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 11, 12, 14))


def _exercised(evidence: Evidence) -> Iterator[Fault]:
    if evidence.unasked:
        names = ", ".join(evidence.unasked)
        text = f"no build asks {names} of {evidence.subject}: {_why_unasked(evidence)}"
        yield Fault(text, evidence.at(evidence.unasked[0]))


def _why_unasked(evidence: Evidence) -> str:
    """Return what packc said of the packs at hand, or that none offers the plugin."""
    said = (c for c in evidence.plain.complaints if c.place.kind == DEFAULT and c.place.pack)
    first = next(said, None)
    return f"{first.message}, in {first.place}" if first else "no pack at hand takes the plugin"


def _troubled(evidence: Evidence) -> str | None:
    """Return why a hook was not asked where another rule says it better."""
    is_troubled = evidence.unasked and any(evidence.troubles())
    return over(evidence) or ("a build fails before all hooks are asked" if is_troubled else None)


def _raises_nothing(evidence: Evidence) -> Iterator[Fault]:
    for each in complaints(evidence, _RAISED, (DEFAULT,)):
        if _OUT_OF_MEMORY not in each.message:
            yield Fault(each.message, each.span)
    yield from _crashes(evidence, (DEFAULT, DECLARED))


def _crashes(evidence: Evidence, kinds: tuple[str, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for journal in evidence.journals:
        hook, place = journal.during
        if journal.crash and not journal.is_hung and hook != IMPORT and place.kind in kinds:
            text = f"{hook} of {evidence.subject} {journal.crash}"
            if text not in seen:
                seen.add(text)
                yield Fault(text, evidence.at(hook))


def _constraints_hold(evidence: Evidence) -> Iterator[Fault]:
    usual = {each.message for each in complaints(evidence, _RAISED, (DEFAULT,))}
    for each in complaints(evidence, _RAISED, (DECLARED,)):
        if each.message not in usual and _OUT_OF_MEMORY not in each.message:
            yield Fault(f"{each.message}, in {each.place}", each.span)
    own = evidence.plain.parameters
    for each in evidence.plain.complaints:
        is_own = any(f"{name}: " in each.message for name in own)
        if each.code in ("PK131", "PK135") and each.place.kind == DEFAULT and is_own:
            yield Fault(each.message, evidence.at("packc_parameters"))


def _hostile_values(evidence: Evidence) -> Iterator[Fault]:
    usual = {each.message for each in complaints(evidence, _RAISED, (DEFAULT, DECLARED))}
    patching = {e.code for e in complaints(evidence, _PATCHING, (DEFAULT, DECLARED))}
    for each in complaints(evidence, (*_RAISED, *_PATCHING), (HOSTILE, SECRET)):
        if each.message not in usual and each.code not in patching:
            yield Fault(f"{each.message}, in {each.place}", each.span)
    if not evidence.plain.crash:
        yield from _crashes(evidence, (HOSTILE, SECRET))


# --- bounds -----------------------------------------------------------------------------------


def _hook_time(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK207")(evidence)
    hung = {j.during[0] for j in evidence.journals if j.is_hung and j.during[0] != IMPORT}
    for hook in sorted(hung):
        text = f"{hook} of {evidence.subject} does not end, and nothing can interrupt it"
        yield Fault(text, evidence.at(hook))
    for hook, seconds in _least_seconds(evidence).items():
        if seconds > limits.HOOK_SECONDS and hook != EMIT:
            text = f"{hook} of {evidence.subject} takes more than {limits.HOOK_SECONDS:g} s"
            yield Fault(text, evidence.at(hook))


def _least_seconds(evidence: Evidence) -> dict[str, float]:
    """Return for each hook the longest question, by the best of its tries: machines are busy."""
    best: dict[tuple[str, str, str, str], float] = {}
    for answer in evidence.answers():
        best[answer.key] = min(answer.seconds, best.get(answer.key, answer.seconds))
    longest: dict[str, float] = {}
    for (hook, *_), seconds in best.items():
        longest[hook] = max(seconds, longest.get(hook, 0.0))
    return longest


def _out_of_memory(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code(*_RAISED, containing=_OUT_OF_MEMORY)(evidence)


def _large_answers(evidence: Evidence) -> Iterator[Fault]:
    seen: set[str] = set()
    for answer in evidence.answers():
        if answer.hook in seen or answer.hook == EMIT or answer.place.kind in (HOSTILE, SECRET):
            continue
        size = len(json.dumps(answer.items))
        if len(answer.items) > limits.ANSWER_ITEMS or size > limits.ANSWER_BYTES:
            seen.add(answer.hook)
            text = f"{answer.hook} of {evidence.subject} answers with {len(answer.items)} items"
            yield Fault(f"{text} of {size:,} bytes for {answer.place}", evidence.at(answer.hook))


# --- codes ------------------------------------------------------------------------------------


def _one_prefix(evidence: Evidence) -> Iterator[Fault]:
    codes = sorted({i["code"] for answer in evidence.plain.of("packc_check") for i in answer.items})
    prefixes = sorted({code.rstrip("0123456789") for code in codes})
    if len(prefixes) > 1:
        text = f"packc_check of {evidence.subject} has codes of {len(prefixes)} prefixes"
        yield Fault(f"{text}: {', '.join(prefixes)}", evidence.at("packc_check"))


RULES: Final = (
    Rule(
        "exercised",
        "Each hook that the plugin has was asked in a build of some pack.",
        "What was never asked has shown nothing: no other rule can be kept by it.",
        "Give a pack that takes the plugin with `--pack tests/pack`: one that offers the feature,"
        " with its settings. Remove hooks that packc never asks, such as those of a cloud in a"
        " format.",
        _exercised,
        _troubled,
        is_of_hooks=False,
    ),
    Rule(
        "answers-typed",
        "Every hook answers with what its specification says, in a list or whatever else yields it,"
        " such as a generator; its fields have the right types.",
        "A wrong type would fail far from the hook that made it.",
        "Return a list of the classes in `packc.api`; mypy finds the rest where hooks have types.",
        all_of(
            by_code("PK206", containing="answered wrongly"),
            by_code("PK206", containing="expected a list"),
            by_code("PK907", containing="answered wrongly"),
        ),
    ),
    Rule(
        "raises-nothing",
        "No hook raises, exits or kills its process where all values are defaults.",
        "A crash tells the user nothing about what he can do.",
        "Handle the case, or say it as a `Finding` of `packc_check`, with a hint. Never call"
        " `sys.exit`.",
        _raises_nothing,
        lambda evidence: None if evidence.is_loaded else "the plugin cannot be loaded",
    ),
    Rule(
        "constraints-hold",
        "Hooks work for every value that parameters declare, and defaults keep their own"
        " constraints.",
        "What the spec of a parameter allows is promised to users.",
        "Handle each value of an enum, both limits of a number; or narrow what the parameter"
        " declares.",
        _constraints_hold,
    ),
    Rule(
        "hostile-values",
        "No hook fails for values that fit their types and are odd: empty, huge, full of quotes and"
        " braces, or not set at all; for another pack, and for a pack without the parameters.",
        "Packs and values come from others. An odd value has to end in a sentence that says so.",
        "Use `variant.values.get(...)` for parameters that are not yours, never put a value through"
        " `str.format` or `%`, and say what you cannot take as a `Finding`.",
        _hostile_values,
        lambda evidence: None if evidence.is_loaded else "the plugin cannot be loaded",
    ),
    Rule(
        "hook-time",
        f"A hook answers one question within {limits.HOOK_SECONDS:g} s, and always ends.",
        "A pack of a hundred variants asks a hundred times.",
        "Look for endless loops and for patterns that backtrack; compute once what does not depend"
        " on the variant, as a constant of the module.",
        _hook_time,
        lambda evidence: None if evidence.is_loaded else "the plugin cannot be loaded",
    ),
    Rule(
        "bounded-answers",
        f"An answer ends, has at most {limits.ANSWER_ITEMS:,} items and 1 MiB, and is made in the"
        " memory of an ordinary build.",
        "A generator without end, or a gigabyte of text, stops the build of everybody else too.",
        "Bound loops by the data, not by a condition that may never hold.",
        all_of(by_code("PK206", containing="returned more than"), _out_of_memory, _large_answers),
    ),
    Rule(
        "objects-sound",
        "Objects that the plugin brings are whole Kubernetes objects that are not there already.",
        "An object without a name, or one that the pack has too, fails only in the cluster.",
        "Bring `apiVersion`, `kind` and `metadata.name`, no `status`, and patch what the pack has.",
        by_code("PK221", "PK222", "PK223", "PK224"),
    ),
    Rule(
        "own-prefix",
        "Codes of findings begin with one prefix of the plugin's own, followed by digits.",
        "Packs silence findings by code, so a code has to mean one thing everywhere.",
        "Choose a word in capitals, such as `GCP`, and number from there: `GCP101`.",
        all_of(by_code("PK206", containing="returned the code"), _one_prefix),
    ),
    Rule(
        "arguments-kept",
        "Hooks change nothing that they are handed.",
        "Variants share objects: a change would reach other variants, and no trace would say who"
        " did it.",
        "Return a patch. Copy what you want to work on, with `dict(...)` or `list(...)`.",
        lambda evidence: _arguments_kept(evidence),
    ),
)


def _arguments_kept(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK208")(evidence)
    seen: set[str] = set()
    for answer in evidence.answers():
        if answer.changed and answer.hook not in seen:
            seen.add(answer.hook)
            text = f"{answer.hook} of {evidence.subject} changes {', '.join(answer.changed)}"
            yield Fault(text, evidence.at(answer.hook))
