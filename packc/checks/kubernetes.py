"""kubernetes: the schemas of Kubernetes' own kinds, release by release, from kubernetes-validate.

The package is an extra (`pip install packc[check]`): its schemas weigh a hundred times what packc
does. Only its data is read, and of that only the releases that are asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from attrs import define, field, frozen

from packc.checks.validator import DEFINITION
from packc.patching.jsondata import is_list, is_map

PACKAGE: Final = "kubernetes_validate"
EXTRA: Final = "packc[check]"
_FOLDER: Final = re.compile(r"v1\.(\d+)\.0-local-strict")
_RANGE: Final = re.compile(r"1\.(\d{1,3})(?:\.\.1\.(\d{1,3}))?")
_CORE_GROUPS: Final = ("", "apps", "autoscaling", "batch", "policy", "extensions")

Kind = tuple[str, str]
"""apiVersion and kind."""


@frozen
class Range:
    """Releases of Kubernetes, by the number behind `1.`; both ends belong to it."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Range:
        """Return the range that a text such as `1.30..1.37` or `1.34` means; else ValueError."""
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' is no range of releases: write 1.30..1.37, or 1.34")
        first = int(match[1])
        last = int(match[2] or match[1])
        if last < first:
            raise ValueError(f"'{text}' ends before it begins: write 1.{last}..1.{first}")
        return cls(first, last)

    @property
    def releases(self) -> range:
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        return spoken(self.releases)


DEFAULT_RANGE: Final = Range(30, 37)


def spoken(releases: Sequence[int]) -> str:
    """Return releases as people write them: '1.30', '1.30 to 1.33', '1.30, 1.32 to 1.34'."""
    runs: list[list[int]] = []
    for release in sorted(releases):
        if runs and release == runs[-1][-1] + 1:
            runs[-1].append(release)
        else:
            runs.append([release])
    return ", ".join(
        f"1.{run[0]}" if len(run) == 1 else f"1.{run[0]} to 1.{run[-1]}" for run in runs
    )


def belongs_to_kubernetes(api_version: str) -> bool:
    """Return whether an API group is one of Kubernetes' own, by its name."""
    group = api_version.rpartition("/")[0]
    return group in _CORE_GROUPS or (group.endswith(".k8s.io") and group.count(".") == 2)


def installed() -> tuple[int, ...]:
    """Return the releases whose schemas are installed, oldest first; none without the package."""
    root = _root()
    names = [entry.name for entry in root.iterdir()] if root is not None else []
    return tuple(sorted(int(match[1]) for match in map(_FOLDER.fullmatch, names) if match))


@cache
def _root() -> Path | None:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "kubernetes-json-schema"
    return folder if folder.is_dir() else None


@define(eq=False)
class Release:
    """The schemas of one release."""

    number: int
    definitions: Mapping[str, Any] = field(repr=False)
    kinds: Mapping[Kind, str] = field(repr=False)
    _texts: dict[str, str] = field(factory=dict, repr=False)
    _digests: dict[str, str] = field(factory=dict, repr=False)

    def digest(self, definition: str) -> str:
        """Return a digest of a definition and all that it refers to, descriptions apart.

        Releases in which it is the same take and refuse the same objects.
        """
        if definition not in self._digests:
            total = hashlib.sha256()
            for name in sorted(self._reachable(definition)):
                total.update(f"{name}\0{self._text(name)}\n".encode())
            self._digests[definition] = total.hexdigest()
        return self._digests[definition]

    def _reachable(self, definition: str) -> set[str]:
        seen: set[str] = set()
        waiting = [definition]
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.definitions:
                seen.add(name)
                waiting.extend(_REFERENCE.findall(self._text(name)))
        return seen

    def _text(self, name: str) -> str:
        if name not in self._texts:
            self._texts[name] = json.dumps(_rules(self.definitions[name]), sort_keys=True)
        return self._texts[name]


_REFERENCE: Final = re.compile(rf'"\$ref": "{re.escape(DEFINITION)}([^"]+)"')


@cache
def release(number: int) -> Release:
    """Return an installed release; each is read once."""
    root = _root()
    assert root is not None, "asked for a release that `installed` does not list"
    file = root / f"v1.{number}.0-local-strict" / "_definitions.json"
    definitions = json.loads(file.read_bytes())["$defs"]
    return Release(number, definitions, dict(_kinds(definitions)))


def _kinds(definitions: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    for name, definition in definitions.items():
        for entry in definition.get("x-kubernetes-group-version-kind", ()):
            group, version = entry["group"], entry["version"]
            yield (f"{group}/{version}" if group else version, entry["kind"]), name


def _rules(schema: Any) -> Any:
    """Return a schema without its descriptions; a field of that name stays."""
    if is_map(schema):
        return {
            name: _rules(item)
            for name, item in schema.items()
            if not (name == "description" and isinstance(item, str))
        }
    return [_rules(item) for item in schema] if is_list(schema) else schema
