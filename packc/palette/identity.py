"""identity: what a pack is called, alone and among others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from packc.diagnostics import Diagnostic, Related, Severity, Span
from packc.palette.findings import IDENTITY
from packc.palette.folder import PalettePack
from packc.palette.vocabulary import OCI_NAME


@frozen
class Identity:
    """The names of a pack, and where pack.json says them."""

    shown: str
    name: str
    version: str
    display_name: str
    place: Span


def identity_of(pack: PalettePack) -> Identity:
    return Identity(
        shown=pack.shown,
        name=pack.text("name"),
        version=pack.text("version"),
        display_name=pack.text("displayName"),
        place=pack.place("name"),
    )


def folder_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield a name that cannot be published, and a folder that is called otherwise."""
    name, version = pack.text("name"), pack.text("version")
    if name and OCI_NAME.fullmatch(name) is None:
        text = f"'{name}' cannot be part of the name of an OCI repository"
        yield Diagnostic(IDENTITY, text, pack.place("name"), "use a-z, 0-9 and '-'")
    expected = f"{name}-{version}"
    actual = pack.root.resolve().name
    if name and version and actual != expected:
        text = f"the folder is called {actual}, and the pack {expected}"
        hint = "the archive of a pack holds a folder of the pack's name and version"
        yield Diagnostic(IDENTITY, text, pack.place("name"), hint, Severity.NOTE)


def shared_findings(identities: Sequence[Identity]) -> Mapping[str, Sequence[Diagnostic]]:
    """Return by pack where it has the name of another, or is shown under another name."""
    found: dict[str, list[Diagnostic]] = {}
    first: dict[tuple[str, ...], Identity] = {}
    for each in identities:
        if not each.name or not each.version:
            continue
        twin = first.setdefault((each.name, each.version), each)
        elder = first.setdefault((each.name,), each)
        if twin is not each:
            text = f"two packs are {each.name} {each.version}"
            found.setdefault(each.shown, []).append(_with(each, twin, text, "rename one"))
        if elder.display_name != each.display_name:
            text = (
                f"{each.name} is shown as '{each.display_name}' here and as"
                f" '{elder.display_name}' in version {elder.version}"
            )
            hint = "keep the display name: with another one it shows up as a new pack"
            found.setdefault(each.shown, []).append(
                _with(each, elder, text, hint, Severity.WARNING)
            )
    return found


def _with(
    one: Identity, other: Identity, text: str, hint: str, severity: Severity = Severity.ERROR
) -> Diagnostic:
    related = (Related("the other one is here", other.place),)
    return Diagnostic(IDENTITY, text, one.place, hint, severity, related=related)
