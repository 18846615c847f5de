"""pack: a pack as it was loaded, and the inputs that it was loaded from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from attrs import field, frozen

from packc.diagnostics import Diagnostic, Span
from packc.model import BaseObject
from packc.spec import Binding, NoteText, PackSpec, Parameter, PatchSpec, Refusal, When


class InputFile(NamedTuple):
    """A file that was read: its name relative to the pack, and the sha256 of its bytes in hex."""

    name: str
    digest: str

    @classmethod
    def of(cls, name: str, content: bytes) -> InputFile:
        """Return the record of a file with that content."""
        return cls(name, hashlib.sha256(content).hexdigest())


class ConditionalObject(NamedTuple):
    """A base object and the variants that have it."""

    base: BaseObject
    when: When | None = None


class FilePatch(NamedTuple):
    """A patch and the patch file that it stands in, named relative to the pack.

    `locate` gives the place of the value at a path of keys and indices inside the patch.
    """

    file: str
    patch: PatchSpec
    locate: Callable[[tuple[str | int, ...]], Span]


@frozen
class Pack:
    """A pack: its spec, its base objects and its patches. `warnings` is what loading had to say.

    `shown` is how the user named the folder; diagnostics speak of its files by that name. `place`
    gives the place in pack.yaml of the value at a path of keys and indices.
    """

    root: Path
    shown: str
    spec: PackSpec
    objects: tuple[ConditionalObject, ...] = field(repr=False)
    patches: tuple[FilePatch, ...] = field(repr=False)
    inputs: tuple[InputFile, ...] = field(repr=False)
    place: Callable[..., Span] = field(repr=False, eq=False)
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def conditions(self) -> Iterator[When]:
        """Yield every condition that the pack states, outermost only."""
        users: tuple[Binding | NoteText | Refusal | PatchSpec | ConditionalObject, ...] = (
            *self.objects,
            *self.spec.bindings,
            *self.spec.refusals,
            *self.spec.notes,
            *(entry.patch for entry in self.patches),
        )
        return (user.when for user in users if user.when is not None)

    def lists(self, cloud: str) -> bool:
        """Return whether the pack's author vouches for that cloud."""
        return cloud in self.spec.clouds

    def parameter(self, name: str) -> Parameter | None:
        """Return the pack's own parameter of that name."""
        return next((p for p in self.spec.parameters if p.name == name), None)
