"""packdocs: the reference of a pack in Markdown, made from what the compiler knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from packc.build import Build
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.packdocs import sections
from packc.packdocs.prose import Page, Part, chapters, joined
from packc.packdocs.survey import Survey

MADE = "<!-- Made by `packc docs` from the pack. Change the pack, not this page. -->"
FIRST = "overview"
"""The stem of the page that comes before what is generated."""


def reference(build: Build, root: Path, folder: Path) -> str:
    """Return the reference of a pack, as a page in `folder`; `root` is the folder of the pack.

    Raises PackcError where the pack has too many variants, or none that can be built.
    """
    survey = Survey.of(build)
    pages = [_page(build, name) for name in build.spec.docs]
    parts: list[Part] = list(_parts(survey, pages))
    head = f"{MADE}\n\n{sections.identity(survey)}"
    parts[:0] = [f"{head}\n\n{_contents([head, *parts])}"]
    return joined(parts, lambda name: _address(root / name, folder))


def _parts(survey: Survey, pages: list[Page]) -> Iterator[Part]:
    first = [page for page in pages if PurePosixPath(page.name).stem == FIRST]
    yield from first
    yield sections.installed(survey)
    yield sections.clouds(survey)
    yield from sections.refusals(survey)
    yield from sections.parameters(survey)
    yield from sections.features(survey)
    yield from (page for page in pages if page not in first)
    yield from sections.notes(survey)
    yield from sections.impacts(survey)
    yield sections.images(survey)
    yield sections.permissions(survey)
    yield sections.versions(survey)


def _contents(parts: list[Part]) -> str:
    """Return links to the chapters."""
    return "\n".join(f"- [{heading}](#{anchor})" for heading, anchor in chapters(parts))


def _page(build: Build, name: str) -> Page:
    try:
        return Page(name, build.read(name).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        text = f"'{name}' is no UTF-8 text: byte {error.start + 1} is not"
        raise PackcError(Diagnostic("PK102", text, Span(name), "save it as UTF-8")) from None


def _address(file: Path, folder: Path) -> str:
    """Return how a page in `folder` links to a file."""
    return PurePosixPath(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
