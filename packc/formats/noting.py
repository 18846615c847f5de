"""noting: the notes of all combinations, with holes and conditions as the objects have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from packc.diagnostics import Severity
from packc.formats.decide import Condition, Decider
from packc.formats.explore import SAMPLES, Sample
from packc.formats.holes import Text
from packc.formats.watch import Look
from packc.formats.wording import Phrasebook, Wording
from packc.model import Finding, Level


@frozen(cache_hash=True)
class NoteText:
    """A note whose text may have holes. `writer` is who says it.

    One that is not `always` belongs to some values of open parameters only. One without text is
    computed from them: what it says is known for a single value.
    """

    writer: str
    level: Level
    text: str | Text | None
    always: bool = True


@frozen
class LiveNote:
    """A note, and the combinations that it belongs to."""

    note: NoteText
    condition: Condition | None


def notes_of(samples: Sequence[Sample], phrasebook: Phrasebook) -> tuple[NoteText, ...]:
    """Return the notes of the samples of one combination, in their order."""
    return tuple(dict.fromkeys(_notes(samples, phrasebook)))


def merged_notes(
    decider: Decider, notes: Sequence[Sequence[NoteText]], looks: Sequence[Look]
) -> tuple[tuple[LiveNote, ...], tuple[Finding, ...]]:
    """Return the notes with conditions, and a warning for those that no format can be sure of.

    `looks` are what plugins looked at in open values to write them.
    """
    members = range(len(notes))
    every = dict.fromkeys(note for some in notes for note in some)
    live = tuple(
        LiveNote(note, decider.condition(members, [note in some for some in notes]))
        for note in every
        if note.text is not None
    )
    lost = {note.writer for note in every if note.text is None}
    return live, tuple(_unsure(sorted(lost), looks))


def _notes(samples: Sequence[Sample], phrasebook: Phrasebook) -> Iterator[NoteText]:
    found = phrasebook.wordings(samples)
    for each in found:
        text = None if _is_computed(each, found) else each.text
        always = len(each.where) == len(samples)
        yield NoteText(each.speaker.writer, each.speaker.level, text, always)


def _is_computed(wording: Wording, found: Sequence[Wording]) -> bool:
    """Return whether each sample has another text of it: much the same, or one for itself alone."""
    alone = [each for each in found if len(each.where) == 1 and each.speaker == wording.speaker]
    versions = {each.where for each in alone} if wording in alone else {}
    return len(versions) >= SAMPLES or any(wording.is_version_of(other) for other in found)


def _unsure(lost: Sequence[str], looks: Sequence[Look]) -> Iterator[Finding]:
    """Yield one warning for all notes that are left out, or that may be."""
    looked = _looked(looks)
    texts = [
        f"a note of {writer} is computed from {looked.pop(writer, 'open values')}, so the format"
        " leaves it out"
        for writer in lost
    ]
    if looked:
        readers = ", and of ".join(f"{who} look into {values}" for who, values in looked.items())
        texts.append(
            f"notes of {readers}, so the format may leave some out, or say some that are not due"
        )
    if texts:
        hint = "`packc build` prints them for the values that it is given"
        yield Finding("PK904", "; ".join(texts), Severity.WARNING, hint=hint)


def _looked(looks: Sequence[Look]) -> dict[str, str]:
    """Return the parameters that each writer looks into, with the first line of each."""
    found: dict[str, dict[str, str]] = {}
    for look in looks:
        place = f"'{look.parameter}' ({look.span.file}:{look.span.line})"
        found.setdefault(look.origin.writer, {}).setdefault(look.parameter, place)
    return {writer: " and ".join(sorted(found[writer].values())) for writer in sorted(found)}
