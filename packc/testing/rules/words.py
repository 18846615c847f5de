"""words: what a plugin declares is complete, and people can read it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from packc.testing import limits
from packc.testing.evidence import MARK, SECRET, Answer, Evidence
from packc.testing.rule import (
    NO_CLOUD,
    NO_PARAMETERS,
    NO_SECRET,
    Fault,
    Rule,
    Skip,
    all_of,
    by_code,
    over,
)

_ALTERNATIVES: Final[Mapping[str, Sequence[str]]] = {"pod-network-encapsulation": ("ipip", "vxlan")}
"""Facts that packs ask every cloud for, with what can be asked."""

_FEW: Final = f"fewer than {limits.WORDS} characters"


def _items(evidence: Evidence, hook: str) -> Sequence[Mapping[str, Any]]:
    """Return what a declaring hook answered first."""
    return next((answer.items for answer in evidence.plain.of(hook)), ())


def _without(hook: str, reason: str) -> Skip:
    """Return what skips a rule for that reason where a plugin does not have the hook."""

    def skip(evidence: Evidence) -> str | None:
        return over(evidence) or (None if hook in evidence.hooks else reason)

    return skip


# --- facts ------------------------------------------------------------------------------------


def _facts_complete(evidence: Evidence) -> Iterator[Fault]:
    for each in evidence.complaints():
        is_fact = "of the fact" in each.message or "states no fact" in each.message
        if each.code in ("PK206", "PK134") and is_fact:
            yield Fault(each.message, each.span or evidence.at("packc_clouds"))
    for cloud in _items(evidence, "packc_clouds"):
        for fact in cloud["facts"]:
            for problem in _fact_problems(fact):
                text = f"the fact '{fact['name']}' of the cloud {cloud['name']} {problem}"
                yield Fault(text, evidence.at("packc_clouds"))


def _fact_problems(fact: Mapping[str, Any]) -> Iterator[str]:
    supports, refuses = fact["supports"], fact["refuses"]
    if not supports:
        yield "supports nothing"
    for name in sorted(set(supports) & set(refuses)):
        yield f"both supports and refuses '{name}'"
    for name, reason in refuses.items():
        if len(reason.strip()) < limits.WORDS:
            yield f"refuses '{name}' for a reason of {_FEW}"
    for name in _ALTERNATIVES.get(fact["name"], ()):
        if name not in supports and name not in refuses:
            yield f"neither supports nor refuses '{name}'"


# --- descriptions -----------------------------------------------------------------------------


def _described(evidence: Evidence) -> Iterator[Fault]:
    for hook, noun in (("packc_clouds", "cloud"), ("packc_features", "feature")):
        for item in _items(evidence, hook):
            for key in ("title", "description"):
                if not item[key].strip():
                    text = f"the {noun} {item['name']} has no {key}"
                    yield Fault(text, evidence.at(hook))
    for item in _items(evidence, "packc_features"):
        for name, text in item["settings"].items():
            if len(text.strip()) < limits.WORDS:
                message = f"the setting '{name}' of the feature {item['name']} is described"
                yield Fault(f"{message} in {_FEW}", evidence.at("packc_features"))
    for item in _items(evidence, "packc_formats"):
        if not item["description"].strip():
            text = f"the format {item['name']} has no description"
            yield Fault(text, evidence.at("packc_formats"))


def _parameters_described(evidence: Evidence) -> Iterator[Fault]:
    for item in _items(evidence, "packc_parameters"):
        place = evidence.at("packc_parameters")
        if len(item["description"].strip()) < limits.WORDS:
            yield Fault(f"the parameter '{item['name']}' is described in {_FEW}", place)
        for value in item["values"]:
            if not value["description"].strip():
                text = f"the value '{value['value']}' of '{item['name']}' has no description"
                yield Fault(text, place)


def _own_names(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK126")(evidence)
    for item in _items(evidence, "packc_parameters"):
        if "." not in item["name"]:
            text = f"the parameter '{item['name']}' has no word of the plugin's own before a dot"
            yield Fault(text, evidence.at("packc_parameters"))


# --- secrets ----------------------------------------------------------------------------------

_ENCODED: Final = (
    MARK,
    base64.b64encode(MARK.encode())[2:-4].decode(),
    base64.b64encode(b"x" + MARK.encode())[4:-4].decode(),
    base64.b64encode(b"xx" + MARK.encode())[4:-4].decode(),
    MARK.encode().hex(),
)
"""The mark as it is, and the part of it that every base64 of it has, by where it begins."""


def _secrets_kept(evidence: Evidence) -> Iterator[Fault]:
    seen: set[str] = set()
    for answer in evidence.hostile.answers:
        if answer.place.kind != SECRET:
            continue
        for words in _leaks(answer):
            text = f"{answer.hook} of {evidence.subject} shows a secret in {words}"
            if text not in seen:
                seen.add(text)
                yield Fault(text, evidence.at(answer.hook))


def _leaks(answer: Answer) -> Iterator[str]:
    match answer.hook:
        case "packc_notes":
            yield from ("a note" for item in answer.items if _is_marked(item))
        case "packc_check":
            yield from ("a finding" for item in answer.items if _is_marked(item))
        case "packc_patches":
            for patch in answer.items:
                yield from _patch_leaks(patch)


def _patch_leaks(patch: Mapping[str, Any]) -> Iterator[str]:
    if _is_marked([patch["object"], patch["description"], patch["optional"]]):
        yield "what a patch says of itself"
    for operation in patch["operations"]:
        if _is_marked([operation["path"], operation["optional"], operation["overrides"]]):
            yield "the path of an operation"
        elif _is_marked(operation["value"]) and operation["parameter"] is None:
            yield f"an operation at {operation['path']} that does not name its parameter"


def _is_marked(value: Any) -> bool:
    text = json.dumps(value)
    return any(encoded in text for encoded in _ENCODED)


RULES: Final = (
    Rule(
        "facts-complete",
        "Facts are whole: something is supported, the default is part of it, every alternative is"
        " supported or refused, and each refusal has a reason of"
        f" {limits.WORDS} characters or more.",
        "Packs ask clouds by facts; a gap turns up as an error in somebody else's build.",
        "State each alternative of the fact: in `supports`, or in `refuses` with the reason that a"
        " user should read. The alternatives of `pod-network-encapsulation` are `ipip` and"
        " `vxlan`.",
        _facts_complete,
        _without("packc_clouds", NO_CLOUD),
        frozenset((NO_CLOUD,)),
        is_of_hooks=False,
    ),
    Rule(
        "described",
        "Clouds and features have a title and a description, formats a description; so has each"
        f" setting, of {limits.WORDS} characters or more.",
        "`packc show`, `packc plugins` and the reference of a pack print them.",
        "Write a sentence for somebody who does not know the cloud or the feature.",
        _described,
        is_of_hooks=False,
    ),
    Rule(
        "parameters-typed",
        "Parameters are sound: limits fit their types, and the default fits the limits.",
        "A parameter that contradicts itself refuses every value.",
        "Correct what the message names: `minimum` and `maximum`, the pattern, or the default.",
        all_of(by_code("PK206", containing="packc_parameters of", without="answered wrongly")),
        _without("packc_parameters", NO_PARAMETERS),
        frozenset((NO_PARAMETERS,)),
        is_of_hooks=False,
    ),
    Rule(
        "parameters-described",
        f"Each parameter has a description of {limits.WORDS} characters or more, and each value of"
        " an enum has one too.",
        "It is all that a user reads before setting it.",
        "Say what it does, in which unit, and what choosing a value means.",
        _parameters_described,
        _without("packc_parameters", NO_PARAMETERS),
        frozenset((NO_PARAMETERS,)),
        is_of_hooks=False,
    ),
    Rule(
        "own-names",
        "Names of parameters begin with a word of the plugin's own and a dot, and clash with none.",
        "Packs and features share one list of names.",
        "Name it `gcp.project`, not `project`.",
        _own_names,
        _without("packc_parameters", NO_PARAMETERS),
        frozenset((NO_PARAMETERS,)),
        is_of_hooks=False,
    ),
    Rule(
        "secrets-kept",
        "No secret appears in a note, a finding or the words of a patch; an operation that writes"
        " one names its parameter.",
        "Notes and findings end up in logs. Only an operation that names its parameter is masked.",
        'Leave the value out of texts, and write `add(path, value, parameter="gcp.key")`.',
        _secrets_kept,
        lambda evidence: over(evidence) or _no_secret(evidence),
        frozenset((NO_SECRET,)),
    ),
)


def _no_secret(evidence: Evidence) -> str | None:
    asked = any(answer.place.kind == SECRET for answer in evidence.hostile.answers)
    return None if asked else NO_SECRET
