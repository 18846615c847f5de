"""content: values.yaml: what it lists, and whether its keys reach a chart or a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from packc.diagnostics import Diagnostic, Severity, did_you_mean
from packc.palette.findings import (
    CONTENT_CHARTS,
    IMAGE,
    IMAGE_TAG,
    IMAGES,
    PACK_SECTION,
    VALUES_KEY,
)
from packc.palette.folder import PalettePack
from packc.palette.vocabulary import CONTENT_KEYS, PACK_KEYS, VALUES_FILE, WITHOUT_IMAGES

REFERENCE: Final = re.compile(
    r"(?P<repository>[\w.-]+(:\d+)?(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*)"
    r"(:(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
_LIST_THEM: Final = "list them below pack.content.images, each as `- image: registry/name:tag`"


def image_list_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield what is wrong with pack.content.images: scans and airgapped sites go by that list."""
    if pack.values is None or pack.text("layer") in WITHOUT_IMAGES:
        return
    entries = pack.section("pack", "content").get("images")
    if not isinstance(entries, list) or not entries:
        text = f"{VALUES_FILE} lists no images"
        yield Diagnostic(IMAGES, text, pack.value_place("pack", "content"), _LIST_THEM)
        return
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        image = entry.get("image") if isinstance(entry, dict) else None
        if isinstance(image, str) and image:
            yield from _image(pack, index, image, seen)
        else:
            names = [*entry] if isinstance(entry, dict) else []
            found = f"'{names[0]}'" if names else "no key"
            place = pack.value_place("pack", "content", "images", index)
            text = f"found {found} where `image` is expected"
            yield Diagnostic(IMAGE, text, place, "write it as `- image: registry/name:tag`")


def chart_list_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield where pack.content.charts names other charts than the pack ships."""
    shipped = {chart.name: chart for chart in pack.charts}
    entries = pack.section("pack", "content").get("charts")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict) or not shipped:
            continue
        name, version = entry.get("name"), entry.get("version")
        path = ("pack", "content", "charts", index)
        chart = shipped.get(name) if isinstance(name, str) else None
        if chart is None:
            text = f"the pack ships no chart '{name}'"
            hint = did_you_mean(str(name), shipped) or f"it ships {', '.join(shipped)}"
            yield Diagnostic(CONTENT_CHARTS, text, pack.value_place(*path, "name"), hint)
        elif isinstance(version, str) and version.lstrip("v") != chart.version.lstrip("v"):
            text = f"the chart {name} is shipped as {chart.version}, and listed as {version}"
            place = pack.value_place(*path, "version")
            yield Diagnostic(CONTENT_CHARTS, text, place, f"write {chart.version}")


def key_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield keys of values.yaml that reach no chart and no manifest, and charts without a key."""
    charts = {chart.name for chart in pack.charts}
    stems = {PurePosixPath(name).stem for name in pack.texts("kubeManifests")}
    yield from _strays(pack, "charts", charts, "chart")
    yield from _strays(pack, "manifests", stems, "manifest")
    reached = pack.section("charts")
    if pack.values is not None and pack.values.data is not None:
        for chart in pack.charts:
            if chart.name not in reached and chart.file in pack.texts("charts"):
                text = f"no values reach the chart {chart.name}: charts.{chart.name} is missing"
                place = pack.value_place("charts")
                hint = f"put its values below charts.{chart.name}"
                yield Diagnostic(VALUES_KEY, text, place, hint, Severity.WARNING)


def pack_section_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield keys below `pack` that stand at the wrong place."""
    for path, known, other in (
        (("pack",), PACK_KEYS, CONTENT_KEYS),
        (("pack", "content"), CONTENT_KEYS, PACK_KEYS),
    ):
        for name in pack.section(*path):
            right = "pack" if other is PACK_KEYS else "pack.content"
            if name in other and name not in known:
                text = f"'{name}' has no effect below {'.'.join(path)}"
                place = pack.value_place(*path, name, key=True)
                yield Diagnostic(PACK_SECTION, text, place, f"move it to {right}.{name}")
    namespace = pack.section("pack").get("namespace")
    if (
        isinstance(namespace, str)
        and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", namespace)
        and "{{" not in namespace
    ):
        text = f"'{namespace}' is no name of a namespace"
        place = pack.value_place("pack", "namespace")
        yield Diagnostic(PACK_SECTION, text, place, "use lower-case letters, digits and '-'")


def tag_findings(pack: PalettePack) -> Iterator[Diagnostic]:
    """Yield images that run with another tag than the one that is listed."""
    listed: dict[str, set[str]] = {}
    for image in listed_images(pack):
        match = REFERENCE.fullmatch(image)
        if match and match["tag"]:
            listed.setdefault(match["repository"], set()).add(match["tag"])
    for top in ("charts", "manifests"):
        for path, repository, tag in _used(pack.section(top), (top,)):
            tags = listed.get(repository, set())
            if tags and tag not in tags:
                text = f"{repository} runs as {tag}, and is listed as {', '.join(sorted(tags))}"
                hint = "list the tag that runs: airgapped sites get what is listed"
                yield Diagnostic(IMAGE_TAG, text, pack.value_place(*path), hint, Severity.WARNING)


def listed_images(pack: PalettePack) -> Iterator[str]:
    """Yield the images below pack.content.images."""
    entries = pack.section("pack", "content").get("images")
    for entry in entries if isinstance(entries, list) else ():
        image = entry.get("image") if isinstance(entry, dict) else None
        if isinstance(image, str):
            yield image


def _image(pack: PalettePack, index: int, image: str, seen: set[str]) -> Iterator[Diagnostic]:
    found = _wrong_image(image, seen)
    if found is not None:
        place = pack.value_place("pack", "content", "images", index, "image")
        yield Diagnostic(IMAGE, found[0], place, found[1], found[2])
    seen.add(image)


def _wrong_image(image: str, seen: set[str]) -> tuple[str, str, Severity] | None:
    """Return what is wrong with an entry, the way out, and how much it matters."""
    match = REFERENCE.fullmatch(image)
    if "{{" in image:
        return None  # a macro, which Palette fills in
    if match is None:
        hint = "write it as registry/name:tag"
        return f"'{image}' is no image reference", hint, Severity.ERROR
    if image in seen:
        return f"'{image}' is listed twice", "drop one of the two", Severity.WARNING
    if not match["digest"] and match["tag"] in (None, "latest"):
        text = f"'{image}' names no version, so what is mirrored may not be what runs"
        return text, "name a tag, or a digest", Severity.WARNING
    return None


def _strays(pack: PalettePack, top: str, known: set[str], noun: str) -> Iterator[Diagnostic]:
    if top == "charts" and not known:
        return  # none could be read, or the pack is broken in another way
    for name in pack.section(top):
        if name not in known:
            text = f"{top}.{name} reaches no {noun}: its values are lost"
            hint = did_you_mean(name, known) or f"known are {', '.join(sorted(known)) or 'none'}"
            yield Diagnostic(VALUES_KEY, text, pack.value_place(top, name, key=True), hint)


def _used(
    node: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield the places that name an image with a tag, with repository and tag."""
    if isinstance(node, Mapping):
        repository, tag = node.get("repository"), node.get("tag")
        if isinstance(repository, str) and isinstance(tag, str) and tag:
            registry = node.get("registry")
            prefix = f"{registry}/" if isinstance(registry, str) and registry else ""
            yield (*path, "tag"), prefix + repository, tag
        for name, value in node.items():
            yield from _used(value, (*path, name))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _used(item, (*path, index))
    elif isinstance(node, str) and "/" in node and ":" in node:
        match = REFERENCE.fullmatch(node)
        if match and match["tag"]:
            yield path, match["repository"], match["tag"]
