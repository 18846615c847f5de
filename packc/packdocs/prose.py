"""prose: the pack's own pages as parts of one document, with headings and links that fit there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from posixpath import dirname, normpath

from attrs import Factory, define, frozen

_FENCE = re.compile(r"\s*(```+|~~~+)")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
_LINK = re.compile(r"(?P<code>`+[^`]*`+)|\]\((?P<target>[^)\s]+)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|/", re.IGNORECASE)

LOWEST = 6
"""Markdown knows six levels of headings."""


@frozen
class Page:
    """A page of the pack, by its name there."""

    name: str
    text: str


Part = Page | str
"""A page of the pack, or text that was made."""


@define
class Anchors:
    """The anchors of headings as GitHub makes them: the second of one name gets a number."""

    _count: Counter[str] = Factory(Counter)

    def next(self, heading: str) -> str:
        """Return the anchor of the next heading of a document."""
        base = re.sub(r"[^\w -]", "", re.sub(r"`", "", heading).lower()).replace(" ", "-")
        number = self._count[base]
        self._count[base] += 1
        return f"{base}-{number}" if number else base


def joined(parts: Sequence[Part], outside: Callable[[str], str]) -> str:
    """Return the parts as one document; texts stay as they are, pages go one level deeper.

    Links between pages lead to their headings here; `outside` gives the address of another file of
    the pack.
    """
    places = dict(_places(parts))
    texts = [
        part if isinstance(part, str) else _linked(_deeper(part.text), part.name, places, outside)
        for part in parts
    ]
    return "\n\n".join(text.strip("\n") for text in texts) + "\n"


def headings(text: str) -> Iterator[tuple[int, str]]:
    """Yield level and text of each heading of a page."""
    for line, is_prose in _lines(text):
        match = _HEADING.fullmatch(line) if is_prose else None
        if match:
            yield len(match[1]), _without_closing(match[2].rstrip())


def _without_closing(heading: str) -> str:
    """Return a heading without the number signs that may close it."""
    shorter = heading.rstrip("#")
    return shorter.rstrip() if shorter.endswith((" ", "\t")) else heading


def chapters(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Yield heading and anchor of each chapter: of the second level, or the title of a page."""
    whole = Anchors()
    for part in parts:
        level = 2 if isinstance(part, str) else 1
        for depth, heading in headings(_text(part)):
            place = whole.next(heading)
            if depth == level:
                yield heading, place


Places = Mapping[tuple[str, str], str]
"""Where a page with an anchor is in the document; the page itself under an empty anchor."""


def _places(parts: Sequence[Part]) -> Iterator[tuple[tuple[str, str], str]]:
    whole = Anchors()
    for part in parts:
        own, name = Anchors(), "" if isinstance(part, str) else part.name
        for number, (_, heading) in enumerate(headings(_text(part))):
            place = whole.next(heading)
            if name:
                yield (name, own.next(heading)), place
                if not number:
                    yield (name, ""), place


def _text(part: Part) -> str:
    return part if isinstance(part, str) else part.text


def _deeper(text: str) -> str:
    """Return a page with each heading one level lower."""
    found = []
    for line, is_prose in _lines(text):
        match = _HEADING.fullmatch(line) if is_prose else None
        lower = match is not None and len(match[1]) < LOWEST
        found.append(f"#{line}" if lower else line)
    return "\n".join(found)


def _linked(text: str, name: str, places: Places, outside: Callable[[str], str]) -> str:
    def moved(link: re.Match[str]) -> str:
        target = link["target"]
        if target is None or _ELSEWHERE.match(target):
            return link[0]
        path, _, anchor = target.partition("#")
        file = normpath(f"{dirname(name)}/{path}") if path else name
        if (file, anchor) in places:
            return f"](#{places[file, anchor]}"
        return f"]({outside(file)}{'#' if anchor else ''}{anchor}"

    return "\n".join(_LINK.sub(moved, line) if prose else line for line, prose in _lines(text))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it is prose: not in a block of code, nor its fence."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        yield line, not fence and mark is None
        if not fence:
            fence = mark[1] if mark else ""
        elif re.fullmatch(rf"{fence}{fence[0]}*", line.strip()):
            fence = ""
