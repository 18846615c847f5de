"""pieces: what may stand in an open value, cut out of the texts in the code of plugins.

Code that compares `f"port-{n}"` with `"port-443"` compares n with 443, and only its texts say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

_MOST_PARTS = 8
"""Longer texts are sentences: they are cut into words alone."""


def pieces(words: Sequence[str]) -> Iterator[str]:
    """Yield parts of the texts: what is left of one without another, then whole words of each."""
    for word in words:
        yield from _without(word, words)
    for word in words:
        parts = [part for part in re.split(r"(\W+|_)", word) if part]
        if len(parts) > _MOST_PARTS:
            yield from (part for part in parts if part.isalnum())
        else:
            for start, end in combinations(range(len(parts) + 1), 2):
                yield "".join(parts[start:end])


def numbers(words: Sequence[str]) -> Iterator[int]:
    """Yield the whole numbers in the texts."""
    for word in words:
        yield from (int(digits) for digits in re.findall(r"-?[0-9]{1,18}", word))
        yield from (int(digits) for digits in re.findall(r"[0-9]{1,18}", word))


def _without(word: str, others: Sequence[str]) -> Iterator[str]:
    """Yield what is left of a text without another at its beginning, its end, or both."""
    for other in others:
        if other == word:
            continue
        if word.startswith(other):
            rest = word.removeprefix(other)
            yield rest
            yield from (rest.removesuffix(end) for end in others if rest.endswith(end))
        if word.endswith(other):
            yield word.removesuffix(other)
