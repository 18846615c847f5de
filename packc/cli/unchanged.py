"""unchanged: `packc build` where nothing has changed: compare, print the report, and be done.

It runs before anything else is imported, and leaves whatever it does not know to the other modules.
"""

from __future__ import annotations

import sys

from packc.cache import builds
from packc.cache.state import State
from packc.cache.store import opened
from packc.cli.built import print_done, show

TYPE_CHECKING = False  # importing `typing` would take longer than all the rest
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any
else:
    Namespace = object

LISTS = {
    "--cloud": "clouds",
    "--feature": "features",
    "--without-feature": "without",
    "--values": "values",
    "--set": "sets",
    "--kubernetes-values": "kubernetes_values",
    "--format": "formats",
    "--refuse-plugin": "refused",
}
TEXTS = {
    "--out": "out",
    "-o": "out",
    "--executor": "executor",
    "--output": "output",
    "--color": "color",
}
JOBS = "--jobs"
MOST_DIGITS = 9
SWITCHES = {
    "--locked": "locked",
    "--no-cache": "no_cache",
    "--source-map": "source_map",
    "--timings": "timings",
    "--quiet": "quiet",
    "-q": "quiet",
    "--verbose": "verbose",
    "-v": "verbose",
}
CHOICES = {
    "executor": ("processes",),
    "output": ("text", "json"),
    "color": ("auto", "always", "never"),
}


class Options(Namespace):
    """The arguments of `packc build`, under the names and with the defaults of argparse."""

    def __init__(self) -> None:
        self.packs: list[str] = []
        self.clouds: list[str] = []
        self.features: list[str] = []
        self.without: list[str] = []
        self.values: list[str] = []
        self.sets: list[str] = []
        self.kubernetes_values: list[str] = []
        self.formats: list[str] = []
        self.refused: list[str] = []
        self.out = "dist"
        self.output = "text"
        self.color = "auto"
        self.executor = "processes"
        self.jobs: int | None = None
        self.hook_timeout = 10.0
        self.locked = self.source_map = self.quiet = self.verbose = False
        self.no_cache = self.timings = self.watch = False


def request_of(options: Any, folder: str) -> builds.Request:
    """Return what is asked for of one pack: every option that decides what is written or said."""
    return (
        folder,
        options.out,
        *(tuple(getattr(options, name)) for name in LISTS.values()),
        bool(options.locked),
        bool(options.source_map),
    )


def run(options: Options) -> int | None:
    """Return the exit code of a build of which nothing has changed; None where it has to be run.

    Output that does not stand is written from the cache; whatever is wrong, the build says it.
    """
    if options.no_cache or options.timings:
        return None
    folders = list(dict.fromkeys(options.packs))
    found = _found(folders, options)
    if found is None or not all(kept.stands() for kept in found):
        return None
    if options.verbose and not sys.stderr.isatty():
        for number, folder in enumerate(folders, 1):
            print_done(number, len(folders), folder)
    show([kept.report for kept in found], options)
    return 0


def _found(folders: Sequence[str], options: Options) -> list[builds.Kept] | None:
    """Return the builds of all packs; None where one has to be run, or two have one name."""
    store, state = opened(), State()
    found = []
    for folder in folders:
        kept = builds.find(store, state, request_of(options, folder))
        if kept is None:
            return None
        found.append(kept)
    names = {kept.report["pack"] for kept in found}
    return found if len(names) == len(found) else None


def parse(arguments: Sequence[str]) -> Options | None:
    """Return the arguments of `packc build`; None where they are anything but plain to read."""
    options = Options()
    words = iter(arguments)
    if next(words, None) != "build":
        return None
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in SWITCHES and not equals:
            setattr(options, SWITCHES[name], True)
        elif name in LISTS or name in TEXTS or name == JOBS:
            value = value if equals else next(words, "-")
            if value.startswith("-"):
                return None
            _put(options, name, value)
        elif word.startswith("-"):
            return None
        else:
            options.packs.append(word)
    return options if options.packs and _fits(options) else None


def _put(options: Options, name: str, value: str) -> None:
    if name in LISTS:
        getattr(options, LISTS[name]).append(value)
    elif name == JOBS:
        plain = value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS
        options.jobs = int(value) if plain else 0
    else:
        setattr(options, TEXTS[name], value)


def _fits(options: Options) -> bool:
    known = all(getattr(options, name) in choices for name, choices in CHOICES.items())
    return known and options.jobs != 0 and not (options.quiet and options.verbose)
