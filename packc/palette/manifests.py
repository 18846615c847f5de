"""manifests: the manifests of a pack: templates that parse, and values that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from packc import yamlio
from packc.diagnostics import Diagnostic, PackcError, Severity, Span
from packc.palette.content import REFERENCE, listed_images
from packc.palette.findings import IMAGE_TAG, TEMPLATE, TEMPLATE_VALUE
from packc.palette.folder import PalettePack
from packc.palette.gotext import Read, Template, scan
from packc.palette.presets import holds, read_presets

_IMAGE: Final = re.compile(
    r"^[ \t]*(?:- )?image:[ \t]+[\"']?(?P<image>[^\s\"'{}]+)[\"']?[ \t]*$", re.MULTILINE
)

# An image whose registry is a value: image: {{ printf "%v/name:tag" .Values.registry }}
_PRINTED_IMAGE: Final = re.compile(
    r"^[ \t]*(?:- )?image:[ \t]+\{\{[^\n\"]*\"[^\n\"]*/(?P<image>[a-z0-9._-]+:[\w.-]+)\"",
    re.MULTILINE,
)


def manifest_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield what is wrong with the manifests that pack.json lists."""
    listed = {PurePosixPath(name).as_posix() for name in pack.texts("kubeManifests")}
    for name, text in pack.manifests.items():
        if name in listed:
            yield from _manifest(pack, name, text)


def _manifest(pack: PalettePack, name: str, text: str) -> Iterator[Diagnostic]:
    stem = PurePosixPath(name).stem
    template = scan(text) if "{{" in text else Template()
    if stem in pack.section("manifests"):
        yield from _template(pack, name, text, template)
        yield from _unused(pack, stem, template.reads)
    elif template.reads:
        report = f"the manifest reads values, and values.yaml has no manifests.{stem}"
        place = _place(pack, name, text, template.reads[0].offset)
        hint = f"add manifests.{stem}: Palette applies a manifest without values as it is"
        yield Diagnostic(TEMPLATE_VALUE, report, place, hint, Severity.WARNING)
    elif not template.actions:
        yield from _yaml(pack, name, text)
    yield from _images(pack, name, text)


def _template(pack: PalettePack, name: str, text: str, template: Template) -> Iterator[Diagnostic]:
    for problem in template.problems:
        place = _place(pack, name, text, problem.offset)
        yield Diagnostic(TEMPLATE, problem.message, place, problem.hint)
    stem = PurePosixPath(name).stem
    known = _known(pack, stem)
    for path, read in {read.path: read for read in reversed(template.reads)}.items():
        if path and not read.guarded and not any(holds(values, path) for values in known):
            report = f"neither values.yaml nor a preset has manifests.{stem}.{'.'.join(path)}"
            hint = "declare it there, or give it a default in the template"
            place = _place(pack, name, text, read.offset)
            yield Diagnostic(TEMPLATE_VALUE, report, place, hint, Severity.WARNING)


def _unused(pack: PalettePack, stem: str, reads: Sequence[Read]) -> Iterator[Diagnostic]:
    paths = [read.path for read in reads]
    for path in _leaves(pack.section("manifests", stem)):
        if not any(path[: len(read)] == read or read[: len(path)] == path for read in paths):
            text = f"no template reads manifests.{stem}.{'.'.join(path)}: setting it does nothing"
            place = pack.value_place("manifests", stem, *path, key=True)
            hint = "use it in the manifest, or drop it"
            yield Diagnostic(TEMPLATE_VALUE, text, place, hint, Severity.WARNING)


def _known(pack: PalettePack, stem: str) -> list[Any]:
    adds = (preset.add for preset in read_presets(pack)[0])
    below = (add.get("manifests") for add in adds)
    return [
        pack.section("manifests", stem),
        *(each.get(stem) for each in below if isinstance(each, dict)),
    ]


def _leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name)


def _yaml(pack: PalettePack, name: str, text: str) -> Iterator[Diagnostic]:
    try:
        yamlio.parse(text, pack.name_of(name))
    except PackcError as error:
        yield from error.diagnostics


def _images(pack: PalettePack, name: str, text: str) -> Iterator[Diagnostic]:
    listed = set(listed_images(pack))
    for match in _IMAGE.finditer(text) if listed else ():
        image = match["image"]
        if image not in listed and REFERENCE.fullmatch(image):
            yield _unlisted(pack, name, text, match)
    for match in _PRINTED_IMAGE.finditer(text) if listed else ():
        if not any(image.endswith(f"/{match['image']}") for image in listed):
            yield _unlisted(pack, name, text, match)


def _unlisted(pack: PalettePack, name: str, text: str, match: re.Match[str]) -> Diagnostic:
    report = f"the image {match['image']} runs, and pack.content.images does not list it"
    hint = "list it: scans and airgapped sites go by that list"
    place = _place(pack, name, text, match.start("image"))
    return Diagnostic(IMAGE_TAG, report, place, hint, Severity.WARNING)


def _place(pack: PalettePack, name: str, text: str, offset: int) -> Span:
    line_start = text.rfind("\n", 0, offset) + 1
    return Span(pack.name_of(name), text.count("\n", 0, offset) + 1, offset - line_start + 1)
