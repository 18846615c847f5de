"""observation: what one check says of one object, before anybody knows which line caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from packc.diagnostics import Severity
from packc.model import Identity, Object
from packc.patching.jsondata import is_list, is_map
from packc.patching.pointer import Pointer

SEVERITIES: Mapping[str, Severity] = {
    "PK401": Severity.ERROR,
    "PK402": Severity.ERROR,
    "PK403": Severity.ERROR,
    "PK404": Severity.ERROR,
    "PK405": Severity.WARNING,
    "PK406": Severity.WARNING,
    "PK411": Severity.ERROR,
    "PK412": Severity.WARNING,
    "PK421": Severity.ERROR,
    "PK422": Severity.ERROR,
    "PK431": Severity.ERROR,
    "PK432": Severity.ERROR,
    "PK433": Severity.ERROR,
    "PK434": Severity.ERROR,
    "PK435": Severity.ERROR,
    "PK436": Severity.ERROR,
    "PK437": Severity.WARNING,
    "PK441": Severity.ERROR,
    "PK442": Severity.ERROR,
    "PK443": Severity.ERROR,
    "PK451": Severity.WARNING,
    "PK452": Severity.NOTE,
    "PK453": Severity.NOTE,
    "PK454": Severity.NOTE,
    "PK455": Severity.ERROR,
    "PK461": Severity.WARNING,
    "PK462": Severity.WARNING,
    "PK463": Severity.WARNING,
    "PK464": Severity.WARNING,
    "PK465": Severity.WARNING,
    "PK471": Severity.WARNING,
    "PK472": Severity.NOTE,
}
"""How much each code matters where the pack says nothing else (`checks:` in pack.yaml)."""


@frozen
class Observation:
    """What a check has to say. `path` leads through the object as it is emitted.

    `at_key` places it at the key itself, not at its value. `found` and `expected` may show values
    of the object; they are left out where the value is a secret.
    """

    code: str
    message: str
    path: Pointer = ()
    at_key: bool = False
    hint: str | None = None
    found: str | None = None
    expected: str | None = None
    identity: Identity | None = None

    def of(self, identity: Identity) -> Observation:
        """Return it as said of that object."""
        return evolve(self, identity=identity)


ObjectCheck: TypeAlias = Callable[[Object], Iterator[Observation]]
"""Looks at one object alone, so that each distinct object is looked at once."""


@frozen
class Thing:
    """An object of a variant, as the checks that look at several of them see it."""

    identity: Identity
    data: Object = field(repr=False)

    @property
    def kind(self) -> tuple[str, str]:
        return (self.identity.group, self.identity.kind)


def at(data: Any, *path: str | int) -> Any:
    """Return what is at a path, or None: broken shapes are what the schema check reports."""
    for step in path:
        if isinstance(step, str) and is_map(data):
            data = data.get(step)
        elif isinstance(step, int) and is_list(data) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def members(data: Any, *path: str | int) -> Mapping[str, Any]:
    """Return the map at a path, an empty one where there is none."""
    found = at(data, *path)
    return found if is_map(found) else {}


def entries(data: Any, *path: str) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Yield the maps of the list at a path, each with its own path."""
    items = at(data, *path)
    if is_list(items):
        for index, item in enumerate(items):
            if is_map(item):
                yield (*path, index), item


def texts(data: Any, *path: str) -> Iterator[tuple[Pointer, str, str]]:
    """Yield the text values of the map at a path, each with its path and key."""
    members = at(data, *path)
    if is_map(members):
        for key, value in members.items():
            if isinstance(value, str):
                yield (*path, key), key, value
