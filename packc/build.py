"""build: what a format is given of a pack, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from packc.model import (
    Cloud,
    Feature,
    Finding,
    Note,
    Object,
    OutputFile,
    PatchedObject,
    Value,
    Variant,
)
from packc.spec import PackSpec, Parameter, When

Compile = Callable[[str, Sequence[str], Mapping[str, Any]], "Built"]
"""Takes a cloud's name, the features that are on, and the values that are set."""

Tell = Callable[[str], None]


def _nobody(text: str) -> None:
    """Tell nobody."""


@frozen
class Built:
    """One variant: its objects in output order, `patched` with their traces, and its notes."""

    variant: Variant
    patched: tuple[PatchedObject, ...] = field(repr=False)
    notes: tuple[Note, ...] = field(repr=False)

    @property
    def objects(self) -> tuple[Object, ...]:
        return tuple(entry.data for entry in self.patched)


@frozen
class Build:
    """A pack that is about to be written in some format.

    `features` are those that the pack offers and `chosen` those that are on unless a user says
    otherwise. `parameters` are the pack's and those of all its features; `owners` says which
    feature brought one. `settings` are the values that were set for this build, `conditions` all
    that the pack states. `compile` returns one variant, or raises PackcError; `read` returns a
    file of the pack. `tell` is told how far a long format is, and `known` holds what one format has
    found out that others need as well.
    """

    spec: PackSpec
    clouds: Mapping[str, Cloud]
    features: Mapping[str, Feature]
    chosen: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    owners: Mapping[str, str]
    settings: Mapping[str, Value] = field(repr=False)
    conditions: tuple[When, ...] = field(repr=False)
    compile: Compile = field(repr=False)
    read: Callable[[str], bytes] = field(repr=False)
    tell: Tell = field(default=_nobody, repr=False, eq=False)
    known: dict[str, Any] = field(factory=dict, init=False, repr=False, eq=False)


@frozen
class Output:
    """The files of a format, named relative to its folder, and what it has to say about them."""

    files: tuple[OutputFile, ...]
    findings: tuple[Finding, ...] = ()


@frozen
class Format:
    """A kind of output, such as `helm`. `emit` makes the files; it depends on the build alone.

    What it raises is PK907, but for the PackcError of a variant that does not compile.
    """

    name: str
    description: str
    emit: Callable[[Build], Output] = field(repr=False)
