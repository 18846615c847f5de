"""lint: everything that can be known of Palette packs without a cluster and without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError, Severity, in_order
from packc.palette.content import (
    chart_list_findings,
    image_list_findings,
    key_findings,
    pack_section_findings,
    tag_findings,
)
from packc.palette.files import (
    chart_findings,
    listed_file_findings,
    logo_findings,
    readme_findings,
    required_file_findings,
)
from packc.palette.folder import PalettePack, find_packs, read_pack
from packc.palette.identity import Identity, folder_findings, identity_of, shared_findings
from packc.palette.manifests import manifest_findings
from packc.palette.packjson import (
    dependency_findings,
    field_findings,
    version_findings,
    word_findings,
)
from packc.palette.presets import preset_findings
from packc.palette.schemafile import schema_findings

Check = Callable[[PalettePack], Iterable[Diagnostic]]

ALONE: Final[tuple[Check, ...]] = (
    field_findings,
    version_findings,
    word_findings,
    dependency_findings,
    required_file_findings,
    listed_file_findings,
    chart_findings,
    readme_findings,
    logo_findings,
    folder_findings,
)
WITH_VALUES: Final[tuple[Check, ...]] = (
    image_list_findings,
    key_findings,
    chart_list_findings,
    tag_findings,
    pack_section_findings,
    preset_findings,
    schema_findings,
    manifest_findings,
)
"""Checks that compare something with values.yaml, and say nothing where that cannot be read."""


@frozen
class Linted:
    """A pack that was looked at, and what was found."""

    identity: Identity
    findings: tuple[Diagnostic, ...]

    def has(self, severity: Severity) -> bool:
        return any(finding.severity is severity for finding in self.findings)


def lint(folders: Sequence[str], step: Callable[[str], None]) -> tuple[Linted, ...]:
    """Return the findings of all packs in the folders, pack by pack; `step` is told each pack.

    Raises PackcError (PK951) for a folder without any pack.
    """
    found: list[Linted] = []
    problems: list[Diagnostic] = []
    for folder in folders:
        try:
            for root, shown in find_packs(Path(folder), folder):
                step(shown)
                found.append(lint_pack(root, shown))
        except PackcError as error:
            problems.extend(error.diagnostics)
    if problems:
        raise PackcError(*problems)
    return tuple(_with_shared(found))


def lint_pack(root: Path, shown: str) -> Linted:
    """Return the findings of one pack."""
    return findings_of(read_pack(root, shown))


def findings_of(pack: PalettePack) -> Linted:
    """Return the findings of a pack that was read."""
    findings = [finding for check in _checks(pack) for finding in check(pack)]
    return Linted(identity_of(pack), in_order((*pack.unreadable, *findings)))


def _checks(pack: PalettePack) -> tuple[Check, ...]:
    """Return the checks that make sense: what a broken pack.json lists is not known."""
    if pack.spec is None:
        return ()
    return ALONE if pack.values is None else (*ALONE, *WITH_VALUES)


def _with_shared(found: Sequence[Linted]) -> Iterator[Linted]:
    """Yield the packs, with what can only be seen by looking at several."""
    shared = shared_findings([linted.identity for linted in found])
    for linted in found:
        more = shared.get(linted.identity.shown, ())
        yield Linted(linted.identity, in_order((*linted.findings, *more)))
