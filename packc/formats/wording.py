"""wording: the fewest texts, with holes in them, that give the notes of all samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence

from attrs import Factory, define, field, frozen

from packc.formats.explore import Sample
from packc.formats.holes import Hole, Text, Unifier, filled
from packc.model import Level, Note


@frozen(cache_hash=True)
class Speaker:
    """Who says a note, and how loud; two notes with the same text may differ in that."""

    writer: str
    level: Level


@frozen(cache_hash=True)
class Wording:
    """A text that may have holes, and the indices of the samples that have it as a note."""

    speaker: Speaker
    text: str | Text
    where: tuple[int, ...] = field(repr=False)

    @property
    def holes(self) -> tuple[Hole, ...]:
        return _holes(self.text)

    def is_version_of(self, other: Wording) -> bool:
        """Return whether it stands where other samples have much the same in other words."""
        return (
            self.speaker == other.speaker
            and not {*self.where} & {*other.where}
            and _are_alike(self.text, other.text)
        )


Said = Mapping[tuple[Speaker, str], int]
"""The notes of one sample, each with its place."""


@define
class Phrasebook:
    """Finds the texts that give the notes of samples; it finds those of equal samples once."""

    _known: dict[Hashable, tuple[Wording, ...]] = Factory(dict)

    def wordings(self, samples: Sequence[Sample]) -> tuple[Wording, ...]:
        """Return the texts that give every note of every sample, in the order of the notes.

        A text with a hole counts if the hole is seen with two values at least. Of texts that many
        samples have the plain one is taken: a value may stand in a note by chance.
        """
        said = [_said(sample.built.notes) for sample in samples]
        values = tuple(repr(sample.values) for sample in samples)
        found: list[Wording] = []
        for speaker in dict.fromkeys(speaker for notes in said for speaker, _ in notes):
            own = [
                {each: place for each, place in notes.items() if each[0] == speaker}
                for notes in said
            ]
            key = (values, tuple(map(tuple, own)))
            if key not in self._known:
                self._known[key] = tuple(_chosen(samples, own))
            found.extend(self._known[key])
        return tuple(sorted(found, key=lambda wording: _place(wording, samples, said)))


def _chosen(samples: Sequence[Sample], said: Sequence[Said]) -> Iterator[Wording]:
    """Return the texts that give every note of one speaker."""
    found = (
        Wording(speaker, text, _where(speaker, text, samples, said))
        for speaker, text in _readings(samples, said)
    )
    return _fewest([each for each in found if _is_confirmed(each, samples)], samples)


def _said(notes: Sequence[Note]) -> Said:
    every = dict.fromkeys((_speaker(note), note.text) for note in notes)
    return {each: place for place, each in enumerate(every)}


def _speaker(note: Note) -> Speaker:
    return Speaker(note.origin.writer if note.origin else "", note.level)


def _readings(
    samples: Sequence[Sample], said: Sequence[Said]
) -> dict[tuple[Speaker, str | Text], None]:
    """Return each note as it is, and with holes for what may be values of its sample."""
    found: dict[tuple[Speaker, str | Text], None] = {}
    for sample, notes in zip(samples, said, strict=True):
        unifier = Unifier([sample.values])
        for speaker, text in notes:
            found[speaker, text] = None
            holed = (each for each in unifier.split(text) if _holes(each))
            found |= dict.fromkeys((speaker, each) for each in holed)
    return found


def _where(
    speaker: Speaker, text: str | Text, samples: Sequence[Sample], said: Sequence[Said]
) -> tuple[int, ...]:
    pairs = enumerate(zip(samples, said, strict=True))
    return tuple(
        index for index, (sample, notes) in pairs if (speaker, filled(text, sample.values)) in notes
    )


def _is_confirmed(wording: Wording, samples: Sequence[Sample]) -> bool:
    return all(
        len({str(samples[index].values[hole.parameter]) for index in wording.where}) > 1
        for hole in wording.holes
    )


def _fewest(candidates: Sequence[Wording], samples: Sequence[Sample]) -> Iterator[Wording]:
    """Yield candidates until every note is given, first those that give the most."""
    gives = {each: {*_gives(each, samples)} for each in candidates}
    while gives:
        best = max(gives, key=lambda each: (len(gives[each]), -len(each.holes)))
        yield best
        given = gives[best]
        left = ((each, notes - given) for each, notes in gives.items())
        gives = {each: notes for each, notes in left if notes}


def _gives(wording: Wording, samples: Sequence[Sample]) -> Iterator[tuple[int, Speaker, str]]:
    for index in wording.where:
        yield index, wording.speaker, filled(wording.text, samples[index].values)


def _place(wording: Wording, samples: Sequence[Sample], said: Sequence[Said]) -> tuple[int, int]:
    first = wording.where[0]
    return first, said[first][wording.speaker, filled(wording.text, samples[first].values)]


def _holes(text: str | Text) -> tuple[Hole, ...]:
    pieces = text.pieces if isinstance(text, Text) else ()
    return tuple(piece for piece in pieces if isinstance(piece, Hole))


def _are_alike(one: str | Text, other: str | Text) -> bool:
    """Return whether two texts have more than half of their words in common, but for numbers."""
    words, others = _words(one), _words(other)
    return 4 * (words & others).total() > words.total() + others.total()


def _words(text: str | Text) -> Counter[str]:
    pieces = text.pieces if isinstance(text, Text) else (text,)
    constant = "".join(piece if isinstance(piece, str) else f" {piece} " for piece in pieces)
    return Counter(re.sub(r"\d+", "0", word) for word in re.findall(r"\w+", constant))
