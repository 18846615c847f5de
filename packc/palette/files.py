"""files: the files that a Palette pack has to have, and those that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from packc.diagnostics import Diagnostic, Severity, Span, did_you_mean
from packc.palette.charts import differences
from packc.palette.findings import CHART, LISTED_FILE, LOGO, MISSING_FILE, README
from packc.palette.folder import ARCHIVES, PalettePack
from packc.palette.vocabulary import (
    LOGO_FILE,
    PACK_FILE,
    PNG,
    README_FILE,
    SECTIONS,
    VALUES_FILE,
)

_JUNK = (".orig", ".rej", ".bak", ".swp", ".DS_Store", "~")
_VERSION = r"v?(?P<version>\d+\.\d+\.\d+[\w+-]*(\.\d[\w+-]*)*)"


def required_file_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield the files that every pack has to have and this one has not."""
    for name, hint in (
        (VALUES_FILE, "add it; it lists the images at least"),
        (LOGO_FILE, "add a square PNG picture"),
        (README_FILE, f"write it; its headings are {', '.join(SECTIONS)}"),
    ):
        if name not in pack.files:
            yield Diagnostic(
                MISSING_FILE, f"the pack has no {name}", Span(pack.name_of(name)), hint
            )


def logo_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield whether logo.png is something else."""
    if pack.logo is not None and not pack.logo.startswith(PNG):
        kind = "a JPEG" if pack.logo.startswith(b"\xff\xd8") else "no PNG"
        hint = "convert the picture; browsers guess, other readers refuse it"
        place = Span(pack.name_of(LOGO_FILE))
        yield Diagnostic(LOGO, f"logo.png is {kind}", place, hint, quote=False)


def listed_file_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield where the lists of pack.json and the files in the pack differ."""
    for key, folder in (("charts", "charts"), ("kubeManifests", "manifests")):
        listed = pack.texts(key)
        for index, name in enumerate(listed):
            yield from _listed(pack, key, index, name)
        wanted = ARCHIVES if key == "charts" else (".yaml", ".yml")
        for name in pack.files:
            parts = PurePosixPath(name)
            is_kind = name.endswith(wanted) and (key != "charts" or len(parts.parts) == 2)
            if parts.parts[0] == folder and is_kind and name not in map(_normal, listed):
                text = f"{name} is in the pack, and {PACK_FILE} does not list it"
                hint = f"add it to {key}, or remove the file"
                place = pack.place(key)
                yield Diagnostic(LISTED_FILE, text, place, hint, Severity.WARNING)
    for name in pack.files:
        if name.endswith(_JUNK):
            text = "a left-over file becomes part of the pack"
            hint = "remove it"
            place = Span(pack.name_of(name))
            yield Diagnostic(LISTED_FILE, text, place, hint, Severity.WARNING, quote=False)


def chart_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield the archives whose folder beside them, which people review, is another chart."""
    for chart in pack.charts:
        folder = pack.root / "charts" / chart.name
        if not (folder / "Chart.yaml").is_file():
            continue
        names = [*differences(chart, folder)]
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            text = f"the folder charts/{chart.name} is not what the archive holds: {names[0]}{more}"
            hint = "the archive is what gets installed: pack it from the folder, or unpack it there"
            yield Diagnostic(CHART, text, Span(chart.shown), hint, Severity.WARNING, quote=False)


def readme_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield where the README is of another version, or lacks a section of the template."""
    if pack.readme is None:
        return
    yield from _other_version(pack, pack.readme)
    headings = {h.casefold() for h in re.findall(r"^#+\s+(.+?)\s*#*$", pack.readme, re.MULTILINE)}
    missing = [name for name in SECTIONS if name.casefold() not in headings]
    if missing:
        text = f"sections of the template are missing: {', '.join(missing)}"
        hint = "add the headings, or say under them that there is nothing to say"
        place = Span(pack.name_of(README_FILE))
        yield Diagnostic(README, text, place, hint, Severity.NOTE)


def _listed(pack: PalettePack, key: str, index: int, name: str) -> Iterator[Diagnostic]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        text = f"'{name}' is outside the pack"
        hint = "copy the file into the pack"
        yield Diagnostic(LISTED_FILE, text, pack.place(key, index), hint)
    elif not pack.has(path):
        text = f"'{name}' is listed, and is not in the pack"
        hint = did_you_mean(name, pack.files) or "add the file, or drop the entry"
        yield Diagnostic(LISTED_FILE, text, pack.place(key, index), hint)


def _normal(name: str) -> str:
    return PurePosixPath(name).as_posix()


def _other_version(pack: PalettePack, readme: str) -> Iterator[Diagnostic]:
    version, name = pack.text("version"), pack.text("name")
    core = version.removeprefix("v")
    if not core or core in readme:
        return
    names = "|".join(re.escape(n) for n in (name, pack.text("displayName")) if n)
    # "This is version 1.2.3" is of the pack; "requires Kubernetes version 1.2.3" is not.
    labels = rf"(?:{names})\W{{0,8}}|^\W*(?:pack )?version\W*[:=]\W*|\b(?:is|pack) version\W+"
    mention = re.compile(rf"(?:{labels})(?:version\W+)?{_VERSION}", re.IGNORECASE | re.MULTILINE)
    found = mention.search(readme) if names else None
    if found and not core.startswith(found["version"]):
        line = readme.count("\n", 0, found.start("version")) + 1
        text = f"the README speaks of version {found['version']}, and nowhere of {version}"
        place = Span(pack.name_of(README_FILE), line)
        yield Diagnostic(README, text, place, "bring it up to date", Severity.WARNING)
