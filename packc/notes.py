"""notes: what the operator of a variant should know, as data and as the file NOTES.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packc.conditions import holds
from packc.model import Level, Note, Origin
from packc.pack import Pack
from packc.values import Resolved

NOTES_FILE = "NOTES.md"
HEADINGS = {Level.WARNING: "Warnings", Level.NOTE: "Notes"}


def notes_of_pack(pack: Pack, resolved: Resolved) -> Iterator[Note]:
    """Yield the pack's own notes for a variant, in the order of pack.yaml."""
    variant, values = resolved.variant, resolved.plain()
    for note in pack.spec.notes:
        if holds(note.when, variant.cloud.name, variant.features, values):
            yield Note(note.text, note.level, Origin("pack.yaml"))


def notes_text(pack: Pack, resolved: Resolved, notes: Sequence[Note]) -> str:
    """Return NOTES.md: a title, then the warnings, then the notes, each with who says it.

    Before them it says where nobody has vouched for the cloud.
    """
    variant = resolved.variant
    features = f" with {', '.join(variant.features)}" if variant.features else ""
    lines = [f"# {pack.spec.title} {variant.version} on {variant.cloud.title}{features}", ""]
    if not pack.lists(variant.cloud.name):
        lines += [_unlisted(pack, variant.cloud.name), ""]
    for level, heading in HEADINGS.items():
        chosen = [note for note in notes if note.level is level]
        if chosen:
            lines += [f"## {heading}", "", *(_item(note) for note in chosen), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _unlisted(pack: Pack, cloud: str) -> str:
    return (
        f"**The pack does not list the cloud `{cloud}`.** Its author vouches for"
        f" {', '.join(pack.spec.clouds)} only: look at the manifests with care before you apply"
        " them."
    )


def _item(note: Note) -> str:
    text = note.text.strip().replace("\n", "\n  ").replace("\n  \n", "\n\n")
    says = f" _({note.origin.writer})_" if note.origin else ""
    return f"- {text}{says}"
