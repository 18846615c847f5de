"""evidence: what a plugin was seen to do, as data that the rules judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import field, frozen

from packc.diagnostics import Span
from packc.testing.subject import Subject

IMPORT: Final = "import"
EMIT: Final = "emit"
"""Stand where the name of a hook does."""

DEFAULT, DECLARED, HOSTILE, SECRET = "default", "declared", "hostile", "secret"
"""What is tried: defaults, other values that are declared, values that hurt, marked secrets."""

IMPORTED: Final = "import"
"""The code of a sighting: a module that the plugin's own lines import, however they do it."""

HARMLESS: Final = frozenset(("PK139", "PK313"))
"""Codes of what packc says of values that the kit makes up, whatever the plugin does."""

MARK: Final = "PACKC-CERTIFY-MARK"
"""Is part of every value that is given to a secret parameter."""


@frozen
class Place:
    """What a plugin was asked about: a variant of a pack, and which kind of values it has."""

    kind: str = DEFAULT
    pack: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.pack} {self.variant}" if self.pack else "any pack"


@frozen
class Answer:
    """One question and what came of it. `again` is None where a second asking gave the same."""

    hook: str
    place: Place
    items: Sequence[Any] = field(repr=False)
    seconds: float
    again: Sequence[Any] | None = None
    changed: Sequence[str] = ()
    printed: str = ""
    warnings: Sequence[str] = ()
    threads: int = 0
    moved: Sequence[str] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.hook, self.place.kind, self.place.pack, self.place.variant)


@frozen
class Complaint:
    """A diagnostic that the passes of packc had; `is_own` says whether the plugin caused it."""

    code: str
    message: str
    place: Place
    span: Span | None = None
    is_own: bool = True


@frozen
class Sighting:
    """Something that a hook did besides computing."""

    code: str
    hook: str
    deed: str
    span: Span


@frozen
class UsedPack:
    """A pack that the plugin took part in, and the digest of the files that it is made of."""

    name: str
    version: str
    digest: str


@frozen
class Journal:
    """What came of one experiment, which is a process of its own.

    `asked` are the hooks that were asked with values that are allowed. `crash` says how it ended
    where it did not end by itself, and `during` what ran at that time; `is_hung` is True where that
    ran longer than a hook may.
    """

    answers: tuple[Answer, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    built: frozenset[Place] = frozenset()
    asked: frozenset[str] = frozenset()
    packs: tuple[UsedPack, ...] = ()
    parameters: tuple[str, ...] = ()
    crash: str | None = None
    is_hung: bool = False
    during: tuple[str, Place] = (IMPORT, Place())

    @property
    def is_loaded(self) -> bool:
        return any(answer.hook == IMPORT for answer in self.answers)

    def of(self, hook: str) -> Iterator[Answer]:
        return (answer for answer in self.answers if answer.hook == hook)


@frozen
class Evidence:
    """All that is known of a plugin.

    `plain` is the experiment that is watched; `changed` has another hash seed, host and clock,
    `reversed` another order, and `hostile` values that hurt. `imports` are the seconds of each try,
    and `seconds` is how long a hook was let run.
    """

    subject: Subject
    plain: Journal = field(repr=False)
    changed: Journal = field(repr=False)
    reversed: Journal = field(repr=False)
    hostile: Journal = field(repr=False)
    imports: tuple[float, ...] = ()
    seconds: float = 0.0
    hooks: dict[str, Span] = field(factory=dict)
    """Where each hook begins."""

    @property
    def journals(self) -> tuple[Journal, ...]:
        return (self.plain, self.changed, self.reversed, self.hostile)

    @property
    def is_loaded(self) -> bool:
        return self.plain.is_loaded

    def complaints(self) -> Iterator[Complaint]:
        """Yield what the plugin caused, each message once."""
        seen: set[tuple[str, str]] = set()
        for journal in self.journals:
            for each in journal.complaints:
                if each.is_own and (each.code, each.message) not in seen:
                    seen.add((each.code, each.message))
                    yield each

    def troubles(self) -> Iterator[Complaint]:
        """Yield what the plugin caused and some rule has to tell."""
        for each in self.complaints():
            if each.code.startswith("PK") and each.code not in HARMLESS:
                yield each

    @property
    def unasked(self) -> tuple[str, ...]:
        """Return the hooks that no build has asked; of a format also what makes its files."""
        wanted = (*self.hooks, EMIT) if self.subject.is_format else tuple(self.hooks)
        asked = frozenset[str]().union(*(journal.asked for journal in self.journals))
        return tuple(hook for hook in wanted if hook not in asked)

    def answers(self) -> Iterator[Answer]:
        for journal in self.journals:
            yield from journal.answers

    def at(self, hook: str) -> Span | None:
        """Return where a hook begins; the module where it is none of the plugin's."""
        files = self.subject.files
        home = Span(self.subject.shown(files[0])) if files else None
        return self.hooks.get(hook, home)
