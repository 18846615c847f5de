"""The texts that give the notes of samples: what becomes a hole, and what stays plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packc.build import Built
from packc.formats.explore import Sample
from packc.formats.holes import Hole, Text
from packc.formats.noting import NoteText, notes_of
from packc.formats.wording import Phrasebook
from packc.model import Cloud, Level, Note, Variant

SIZE = Hole("size", "string")
WORD = Hole("word", "string")


def sample(values: Mapping[str, Any], *notes: Note | str) -> Sample:
    variant = Variant("demo", "1.0.0", Cloud("moon", "Moon"), (), values, {})
    every = (note if isinstance(note, Note) else Note(note) for note in notes)
    return Sample(values, Built(variant, (), tuple(every)))


def told(*samples: Sample) -> list[tuple[str | Text | None, bool]]:
    return [(note.text, note.always) for note in notes_of(samples, Phrasebook())]


def test_a_value_that_stands_in_a_note_by_chance_is_no_hole() -> None:
    found = told(
        sample({"word": "earth"}, "It is true."),
        sample({"word": "mars"}, "It is true."),
        sample({"word": "true"}, "It is true."),
    )

    assert found == [("It is true.", True)]


def test_a_hole_and_a_value_by_chance_in_one_note_are_told_apart() -> None:
    found = told(
        sample({"word": "earth", "size": 100}, "Of 100 it is true."),
        sample({"word": "true", "size": 200}, "Of 200 it is true."),
        sample({"word": "mars", "size": 300}, "Of 300 it is true."),
    )

    assert found == [(Text(("Of ", SIZE, " it is true.")), True)]


def test_a_note_that_only_some_values_have_is_said_once() -> None:
    found = told(
        sample({"size": 0}),
        sample({"size": 7}, "It is 7."),
        sample({"size": 65535}, "It is 65535."),
        sample({"size": 1}, "It is 1."),
    )

    assert found == [(Text(("It is ", SIZE, ".")), False)]


def test_a_hole_takes_two_values_to_be_one() -> None:
    """Otherwise the note belongs to one value, and says it."""
    found = told(
        sample({"size": 7}),
        sample({"size": 8}),
        sample({"size": 65535}, "The greatest is 65535."),
    )

    assert found == [("The greatest is 65535.", False)]


def test_the_same_value_twice_is_seen_once() -> None:
    found = told(
        sample({"size": 1}),
        sample({"size": 7, "word": "a"}, "It is 7."),
        sample({"size": 7, "word": "b"}, "It is 7."),
    )

    assert found == [("It is 7.", False)]


def test_a_list_is_a_hole_with_commas() -> None:
    found = told(
        sample({"names": ["a1", "b1"]}, "They are a1,b1."),
        sample({"names": ["c2"]}, "They are c2."),
    )

    assert found == [(Text(("They are ", Hole("names", "comma-list"), ".")), True)]


def test_a_computed_text_is_left_out_with_all_its_versions() -> None:
    """Two samples may agree by chance: they are no proof of a hole beside a number."""
    found = told(
        sample({"word": "earth", "size": 3}, "earth holds 6 blocks of 9.", "Always."),
        sample({"word": "mars", "size": 3}, "mars holds 6 blocks of 9.", "Always."),
        sample({"word": "moon", "size": 5}, "moon holds 10 blocks of 25.", "Always."),
        sample({"word": "pluto", "size": 8}, "pluto holds 16 blocks of 64.", "Always."),
    )

    assert found == [(None, False), ("Always.", True)]


def test_a_text_with_another_word_for_each_value_is_computed() -> None:
    found = told(
        sample({"word": "earth"}, "EARTH"),
        sample({"word": "mars"}, "MARS"),
        sample({"word": "moon"}, "MOON"),
    )

    assert found == [(None, False)]


def test_alternatives_are_no_versions_of_each_other() -> None:
    found = told(
        sample({"url": "https://a"}, "Certificates are missing."),
        sample({"url": "http://b"}, "Nothing protects the data on its way."),
        sample({"url": "https://c"}, "Certificates are missing."),
    )

    assert found == [
        ("Certificates are missing.", False),
        ("Nothing protects the data on its way.", False),
    ]


def test_notes_with_one_text_and_two_levels_are_two() -> None:
    notes = Note("Mind."), Note("Mind.", Level.WARNING)
    samples = [sample({"size": 1}, *notes), sample({"size": 2}, *notes)]

    found = notes_of(samples, Phrasebook())

    assert found == (NoteText("", Level.NOTE, "Mind."), NoteText("", Level.WARNING, "Mind."))


def test_notes_stand_in_the_order_of_the_samples() -> None:
    found = told(
        sample({"size": 4}, "First.", "Is 4.", "Last."),
        sample({"size": 5}, "First.", "Is 5.", "Last."),
    )

    assert [text for text, _ in found] == ["First.", Text(("Is ", SIZE, ".")), "Last."]
