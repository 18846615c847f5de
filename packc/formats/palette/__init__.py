"""palette: Palette packs, one for each set of clouds whose defaults agree, with live parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packc.build import Build, Format, Output
from packc.formats.archive import tar_gz
from packc.formats.palette.checks import findings, refuse_changed_values
from packc.formats.palette.images import image_list
from packc.formats.palette.manifest import Manifest, manifest_of
from packc.formats.palette.packjson import pack_json
from packc.formats.palette.plan import Plan, plans_of
from packc.formats.palette.presets import preset_groups, presets_yaml, refuse_idle_presets
from packc.formats.palette.readme import readme
from packc.formats.palette.schema import schema_yaml
from packc.formats.palette.values import values_yaml
from packc.formats.space import baked
from packc.hookspecs import hookimpl
from packc.model import OutputFile
from packc.palette.vocabulary import (
    LOGO_FILE,
    PACK_FILE,
    PRESETS_FILE,
    README_FILE,
    SCHEMA_FILE,
    VALUES_FILE,
)

NAME = "palette"


@hookimpl
def packc_formats() -> list[Format]:
    return [Format(NAME, "packs for Palette with live parameters", emit_packs)]


def emit_packs(build: Build) -> Output:
    """Return the packs, each as a folder of its name and version, and as the archive of that."""
    plans = plans_of(build)
    refuse_changed_values(plans)
    refuse_idle_presets(plans)
    private = any(p.secret and p.name in build.settings for p in baked(build))
    contents = [(plan, dict(pack_files(plan))) for plan in plans]
    files = [file for plan, each in contents for file in _with_archive(plan, each, private=private)]
    linted = (finding for plan, each in contents for finding in findings(plan, each))
    derived = (finding for plan in plans for finding in plan.derived.findings)
    return Output(tuple(files), tuple(dict.fromkeys((*derived, *linted))))


def _with_archive(
    plan: Plan, contents: Mapping[str, bytes], *, private: bool
) -> Iterator[OutputFile]:
    """Yield the files of a pack, and the archive that registries take."""
    files = [
        OutputFile(f"{plan.folder}/{name}", content, private and name.startswith("manifests/"))
        for name, content in sorted(contents.items())
    ]
    yield from files
    yield OutputFile(f"{plan.folder}.tar.gz", tar_gz(files), private)


def pack_files(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file of a pack."""
    manifest = manifest_of(plan)
    for name, text in _texts(plan, manifest):
        yield name, text.encode()
    yield LOGO_FILE, plan.logo


def _texts(plan: Plan, manifest: Manifest) -> Iterator[tuple[str, str]]:
    groups = preset_groups(plan, manifest)
    yield PACK_FILE, pack_json(plan)
    yield VALUES_FILE, values_yaml(plan, manifest, groups, image_list(plan))
    yield SCHEMA_FILE, schema_yaml(plan, manifest)
    if groups:
        yield PRESETS_FILE, presets_yaml(groups)
    yield README_FILE, readme(plan, manifest, groups)
    yield plan.manifest_file, manifest.text
