"""noting: the notes of all combinations, with holes and conditions as the objects have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from packc.diagnostics import Severity
from packc.formats.decide import Condition, Decider
from packc.formats.explore import Sample
from packc.formats.holes import Text, Unifier, filled
from packc.model import Finding, Level, Note


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


def notes_of(samples: Sequence[Sample]) -> tuple[NoteText, ...]:
    """Return the notes that the samples of one combination have in common, in their order."""
    found: dict[NoteText, None] = {}
    for number, sample in enumerate(samples):
        unifier = Unifier([sample.values])
        seen = [_best(note, unifier, samples) for note in sample.built.notes]
        for note, (text, count) in zip(sample.built.notes, seen, strict=True):
            alone = [n for n, (_, c) in zip(sample.built.notes, seen, strict=True) if c == 1]
            is_computed = count == 1 and _replaces_others(note, alone, number, samples)
            always = count == len(samples)
            found[NoteText(_writer(note), note.level, None if is_computed else text, always)] = None
    return tuple(found)


def merged_notes(
    decider: Decider, notes: Sequence[Sequence[NoteText]]
) -> tuple[tuple[LiveNote, ...], tuple[Finding, ...]]:
    """Return the notes with conditions, and a warning for those that are computed."""
    members = range(len(notes))
    every = dict.fromkeys(note for some in notes for note in some)
    live = tuple(
        LiveNote(note, decider.condition(members, [note in some for some in notes]))
        for note in every
        if note.text is not None
    )
    lost = Counter(note.writer for note in every if note.text is None)
    return live, tuple(_lost(writer) for writer in sorted(lost))


def _best(note: Note, unifier: Unifier, samples: Sequence[Sample]) -> tuple[str | Text, int]:
    """Return the note with holes that most samples have, and how many have it."""
    texts = [*unifier.split(note.text)]
    counts = [sum(_has(sample, note, text) for sample in samples) for text in texts]
    best = texts[counts.index(max(counts))]
    is_plain = len(best.pieces) == 1 and isinstance(best.pieces[0], str)
    return note.text if is_plain else best, max(counts)


def _has(sample: Sample, note: Note, text: Text) -> bool:
    wanted = filled(text, sample.values)
    return any(
        other.text == wanted and other.level is note.level and _writer(other) == _writer(note)
        for other in sample.built.notes
    )


def _replaces_others(
    note: Note, alone: Sequence[Note], number: int, samples: Sequence[Sample]
) -> bool:
    """Return whether a note that one sample alone has stands where others have another text.

    It does unless its writer has as many more notes there as are there alone.
    """
    writer = _writer(note)
    counts = [sum(_writer(n) == writer for n in sample.built.notes) for sample in samples]
    others = [count for index, count in enumerate(counts) if index != number]
    more = counts[number] - max(others, default=0)
    return bool(others) and more < sum(_writer(n) == writer for n in alone)


def _writer(note: Note) -> str:
    return note.origin.writer if note.origin else ""


def _lost(writer: str) -> Finding:
    text = f"a note of {writer} is computed from open values, so the format leaves it out"
    hint = "`packc build` prints it for the values that it is given"
    return Finding("PK904", text, Severity.WARNING, hint=hint)
