"""hygiene: what a pack carries and does not need: parameters, files, conditions, rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from packc.checks.observation import SEVERITIES
from packc.conditions import holds, within
from packc.diagnostics import Diagnostic, Span
from packc.load import MAX_FILES, SPEC_FILE
from packc.pack import Pack
from packc.parameters import problems
from packc.spec import Items, Parameter, When
from packc.values import Resolved

# What people and other tools look for in a folder, whoever refers to it.
WELL_KNOWN: Final = re.compile(
    r"(README|LICENSE|NOTICE|CHANGELOG|CONTRIBUTING)(\.\w+)?|packc\.lock|\..*"
)
_LINK: Final = re.compile(r"""\]\(\s*<?([^)\s>#]+)|(?:src|href)=["']([^"'#]+)""")
MAX_PROSE: Final = 1024 * 1024


@frozen
class Outcome:
    """What one variant came to: its values, the parameters that plugins wrote, a fingerprint."""

    resolved: Resolved
    written: frozenset[str]
    fingerprint: str


def _finding(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, message, span, hint, SEVERITIES[code])


# --- files ------------------------------------------------------------------------------------


def stray_files(pack: Pack) -> Iterator[Diagnostic]:
    """Yield the files of the folder that neither pack.yaml nor the pack's prose refers to."""
    known = {entry.name for entry in pack.inputs} | {SPEC_FILE, *pack.spec.docs}
    if pack.spec.logo is not None:
        known.add(pack.spec.logo)
    known |= _linked(pack)
    for name in _files(pack.root):
        if name not in known and not WELL_KNOWN.fullmatch(Path(name).name):
            shown = _shown(pack, name)
            hint = "name it in pack.yaml, or remove it"
            yield _finding("PK463", f"nothing refers to the file '{name}'", Span(shown), hint)


def _files(root: Path) -> Iterator[str]:
    """Yield the files of a folder, sorted; nothing hidden, and at most MAX_FILES of them."""
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            seen += 1
            if seen > MAX_FILES:
                return
            yield (Path(folder) / name).relative_to(root).as_posix()


def _linked(pack: Pack) -> set[str]:
    """Return the files that the pack's prose links to."""
    linked = set()
    for name in (*pack.spec.docs, "README.md"):
        try:
            with (pack.root / name).open("rb") as stream:
                text = stream.read(MAX_PROSE).decode("utf-8", errors="replace")
        except OSError:
            continue
        for match in _LINK.finditer(text):
            target = os.path.normpath(Path(name).parent / (match[1] or match[2]))
            linked.add(Path(target).as_posix())
    return linked


def _shown(pack: Pack, name: str) -> str:
    return name if pack.shown in ("", ".") else f"{pack.shown.rstrip('/')}/{name}"


# --- what no variant uses ---------------------------------------------------------------------


@frozen
class Usage:
    """What the variants of a pack have used. All of them were built, or nothing can be said."""

    pack: Pack
    outcomes: Sequence[Outcome] = field(repr=False)

    def findings(self) -> Iterator[Diagnostic]:
        """Yield the files, patches, bindings and notes that no variant uses."""
        dead_files = set()
        for index, entry in enumerate(self.pack.spec.objects):
            if not self._is_met(entry.when):
                dead_files.add(entry.files)
                place = self.pack.place("objects", index, "files")
                text = f"no variant uses '{entry.files}'"
                yield _finding("PK462", text, place, "correct its condition, or remove it")
        for index, name in enumerate(self.pack.spec.patches):
            if not any(e.file == name and self._is_met(e.patch.when) for e in self.pack.patches):
                dead_files.add(name)
                place = self.pack.place("patches", index)
                text = f"no variant uses a patch of '{name}'"
                yield _finding("PK462", text, place, "correct the conditions in it, or remove it")
        yield from self._unmet(dead_files)

    def _unmet(self, dead_files: set[str]) -> Iterator[Diagnostic]:
        users = [
            *(("binding", entry.when, entry.span) for entry in self.pack.spec.bindings),
            *(("note", entry.when, entry.span) for entry in self.pack.spec.notes),
            *(
                ("patch", entry.patch.when, entry.patch.span)
                for entry in self.pack.patches
                if entry.file not in dead_files
            ),
        ]
        for what, when, span in users:
            if span is not None and not self._is_met(when):
                text = f"no variant meets the condition of this {what}"
                hint = "correct the condition, or remove what stands below it"
                yield _finding("PK464", text, when.span if when and when.span else span, hint)

    def _is_met(self, when: When | None) -> bool:
        return when is None or any(
            holds(
                when,
                outcome.resolved.variant.cloud.name,
                outcome.resolved.variant.features,
                outcome.resolved.plain(),
            )
            for outcome in self.outcomes
        )

    # --- parameters ---------------------------------------------------------------------------

    def idle_parameters(self) -> Iterator[Parameter]:
        """Yield the pack's parameters that no variant writes, that no rule names, and whose values
        make no difference between variants.
        """
        busy = self._written() | self._ruled()
        for parameter in self.pack.spec.parameters:
            is_old = parameter.deprecated is not None
            if not (is_old or parameter.name in busy or self._differs(parameter.name)):
                yield parameter

    def _written(self) -> set[str]:
        written = {name for outcome in self.outcomes for name in outcome.written}
        written |= {b.parameter for b in self.pack.spec.bindings if self._is_met(b.when)}
        return written | {
            operation.parameter
            for entry in self.pack.patches
            if self._is_met(entry.patch.when)
            for operation in entry.patch.operations
            if operation.parameter is not None
        }

    def _ruled(self) -> set[str]:
        """Return the parameters that decide whether a build is refused."""
        constraints = [c for p in self.pack.spec.parameters for c in p.constraints]
        named = {name for c in constraints for name in (c.equals, c.holdsBlock) if name}
        named |= {p.name for p in self.pack.spec.parameters if p.constraints}
        for refusal in self.pack.spec.refusals:
            named.add(refusal.parameter)
            named |= {name for when in within(refusal.when) for name in when.parameters}
        return named

    def _differs(self, name: str) -> bool:
        """Return whether two variants that differ in this value alone differ in their bytes."""
        fingerprints: dict[Any, set[str]] = {}
        for outcome in self.outcomes:
            values = outcome.resolved.plain()
            values.pop(name, None)
            variant = outcome.resolved.variant
            rest = repr((variant.cloud.name, variant.features, sorted(values.items())))
            fingerprints.setdefault(rest, set()).add(outcome.fingerprint)
        return any(len(found) > 1 for found in fingerprints.values())


def probe_values(parameter: Items) -> tuple[Any, ...]:
    """Return values that a parameter takes, to see whether they change anything; maybe none."""
    match parameter.type:
        case "integer" | "number":
            limits = (parameter.minimum, parameter.maximum)
            candidates: tuple[Any, ...] = (*(n for n in limits if n is not None), 1, 7)
        case "list" | "map" if isinstance(parameter, Parameter) and parameter.items is not None:
            inner = probe_values(parameter.items)[:1]
            candidates = tuple([v] if parameter.type == "list" else {"probe": v} for v in inner)
        case _:
            candidates = _PROBES.get(parameter.type, ())
    return tuple(value for value in candidates if not list(problems(parameter, value)))


_PROBES: Final[Mapping[str, tuple[Any, ...]]] = {
    "string": ("probe", "a-probe-of-twenty-four-c"),
    "cidr": ("10.211.0.0/16", "fd00:211::/48"),
    "ip": ("10.211.0.1", "fd00:211::1"),
    "url": ("https://probe.example", "http://probe.example"),
}


def idle_parameter(parameter: Parameter, pack: Pack) -> Diagnostic:
    """Return that a parameter changes nothing."""
    index = pack.spec.parameters.index(parameter)
    text = f"the parameter '{parameter.name}' changes no byte of any variant"
    hint = "bind it to a field, or remove it"
    return _finding("PK461", text, pack.place("parameters", index, "name"), hint)
