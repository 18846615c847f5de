"""patches: what a plugin writes is found, has an effect, and gets in nobody's way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from packc.testing import ground
from packc.testing.evidence import DECLARED, DEFAULT, Evidence
from packc.testing.rule import Fault, Rule, by_code, complaints, unbuilt

_WITHOUT_EFFECT: Final = ("PK301", "PK302", "PK303", "PK304", "PK305", "PK306", "PK307", "PK309")
_WITHOUT_VALUE: Final = ("PK311", "PK312", "PK313", "PK314")


def _has_effect(evidence: Evidence) -> Iterator[Fault]:
    codes = (*_WITHOUT_EFFECT, *_WITHOUT_VALUE)
    for each in complaints(evidence, codes, (DEFAULT, DECLARED)):
        if not (each.code == "PK302" and each.place.pack == ground.PACK):
            yield Fault(f"{each.message}, in {each.place}", each.span)


def _any_pack(evidence: Evidence) -> Iterator[Fault]:
    for each in complaints(evidence, ("PK302",)):
        if each.place.pack == ground.PACK:
            yield Fault(f"{each.message} in a pack that the plugin does not know", each.span)
    packs = {c.place.pack for c in evidence.plain.answers if c.place.pack} - {ground.PACK}
    for answer in evidence.plain.of("packc_clouds"):
        told = repr(answer.items)
        for pack in sorted(packs):
            if re.search(rf"(?<![\w-]){re.escape(pack)}(?![\w-])", told, re.IGNORECASE):
                text = f"packc_clouds of {evidence.subject} speaks of the pack '{pack}'"
                yield Fault(text, evidence.at("packc_clouds"))
        break


def _explained(evidence: Evidence) -> Iterator[Fault]:
    seen: set[str] = set()
    for answer in evidence.plain.of("packc_patches"):
        for patch in answer.items:
            place = (patch["operations"] or [{}])[0].get("span")
            if not patch["description"].strip() and patch["object"] not in seen:
                seen.add(patch["object"])
                at = evidence.at("packc_patches")
                if place:
                    at = type(at)(**place) if at else None
                yield Fault(f"the patch of {patch['object']} does not say why it exists", at)


RULES: Final = (
    Rule(
        "keyed-steps",
        "Paths name list items by key, as in `/env/[name=IP]`, never by index.",
        "Indices shift when the pack changes, and the patch would hit another item.",
        "Replace the number by the key of the item: `/containers/[name=main]/env/-`.",
        by_code("PK310"),
        unbuilt,
    ),
    Rule(
        "every-patch-has-effect",
        "Each patch finds its object and its place, and changes something there.",
        "A patch that does nothing is a mistake that nobody sees: a typo, or a pack that has moved"
        " on.",
        "Correct the object or the path. Return the patch only where it is needed; where its target"
        " may be absent, say why with `optional=`.",
        _has_effect,
        unbuilt,
    ),
    Rule(
        "patches-explained",
        "Each patch has a `description` that says why it exists.",
        "`packc explain` shows it to whoever asks why a field is as it is.",
        'Give the reason, not the deed: `description="AWS drops packets with pod addresses"`.',
        _explained,
        unbuilt,
    ),
    Rule(
        "any-pack",
        "A cloud can be used with packs that its author has never seen: its facts speak of no pack,"
        " and it patches only packs that it knows.",
        "Any pack may name the cloud, and the command line may name it for any pack.",
        "Ask `variant.pack` before you return patches, and let facts say what the cloud can do.",
        _any_pack,
        unbuilt,
    ),
    Rule(
        "conflict-free",
        "The plugin writes no place differently from the pack or another plugin.",
        "Who would have the last word depends on nothing that a user can see, so it is an error.",
        "Patch another place, or say with `overrides=` whose write is replaced on purpose.",
        by_code("PK308"),
        unbuilt,
    ),
)
