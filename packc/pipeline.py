"""pipeline: the list of passes, from a pack folder to the files of its variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import evolve, field, frozen

from packc.activate import Active, activate
from packc.bind import base_objects, bind
from packc.check import check
from packc.diagnostics import Diagnostic, PackcError, in_order
from packc.emit import emit, install_order
from packc.load import load
from packc.model import Cloud, Note, Object, Origin, Patch
from packc.notes import NOTES_FILE, notes_of_pack, notes_text
from packc.pack import Pack
from packc.patch import Patched, patch
from packc.plugins import Host, Plugin, with_digest
from packc.record import record
from packc.resolve import Resolved, resolve
from packc.settings import Request, Settings, read_settings
from packc.write import OutputFile, write

MANIFESTS_FILE = "manifests.yaml"


@frozen
class Selection:
    """Which variants of a pack, with which values. Empty `clouds` means all that the pack lists."""

    clouds: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    request: Request = field(factory=Request)


@frozen
class Prepared:
    """A pack with its plugins and the user's values: everything that its variants share."""

    pack: Pack
    active: Active
    settings: Settings

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return the warnings so far, sorted by place."""
        return in_order(
            (*self.pack.warnings, *self.active.diagnostics, *self.settings.diagnostics)
        )


@frozen
class Compiled:
    """One variant, compiled: its objects in output order with their trace, and their text."""

    resolved: Resolved
    patched: Patched = field(repr=False)
    objects: tuple[Object, ...] = field(repr=False)
    manifests: str = field(repr=False)
    notes: tuple[Note, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        return self.resolved.variant.name

    @property
    def private(self) -> bool:
        """Return whether the manifests hold a secret, so that only their owner may read them."""
        return any(value.secret for value in self.resolved.values.values())


@frozen
class Written:
    """A variant that was written: where, and what its manifests weigh."""

    compiled: Compiled
    folder: Path
    files: tuple[OutputFile, ...] = field(repr=False)

    @property
    def manifests(self) -> OutputFile:
        return next(file for file in self.files if file.name == MANIFESTS_FILE)


Progress = Callable[[str], None]
"""Is told the name of each step when it begins."""


def prepare(folder: str, selection: Selection, host: Host) -> Prepared:
    """Run the passes that all variants share: load, activate, and read what the user set."""
    pack = load(Path(folder), folder)
    active = activate(pack, host, selection.clouds, selection.features, selection.without)
    settings = read_settings(selection.request, active.parameters, active.off)
    return Prepared(pack, active, settings)


def compile_variant(prepared: Prepared, cloud: Cloud, now: datetime | None = None) -> Compiled:
    """Run the passes of one variant: resolve, patch, check, emit."""
    pack, active = prepared.pack, prepared.active
    plugins = tuple(active.taking_part(cloud.name))
    resolved = resolve(pack, cloud, active.chosen, active.counting, prepared.settings)
    bases = base_objects(pack, resolved)
    patches = (*bind(pack, resolved, bases), *_plugin_patches(plugins, active.host, resolved))
    patched = patch(bases, patches)
    objects = tuple(install_order([entry.data for entry in patched.objects]))
    findings = check(resolved, objects, plugins, active.host, now or datetime.now(UTC))
    _stop_at_errors(findings)
    return Compiled(
        resolved=resolved,
        patched=patched,
        objects=objects,
        manifests=emit(objects),
        notes=(*notes_of_pack(pack, resolved), *_plugin_notes(plugins, active.host, resolved)),
        diagnostics=in_order((*patched.diagnostics, *findings)),
    )


def compile_pack(prepared: Prepared) -> Iterator[Compiled]:
    """Yield the variants in the order of the clouds."""
    for cloud in prepared.active.clouds.values():
        yield compile_variant(prepared, cloud)


def write_pack(prepared: Prepared, variants: Sequence[Compiled], out: Path) -> list[Written]:
    """Write the variants below `out`, all of them in one step, and return where they are."""
    pack = prepared.pack
    folder = out / pack.spec.name / pack.spec.version
    files = {compiled.name: output_files(prepared, compiled) for compiled in variants}
    write(folder, files)
    return [Written(c, folder / c.name, files[c.name]) for c in variants]


def output_files(prepared: Prepared, compiled: Compiled) -> tuple[OutputFile, ...]:
    """Return the files of a variant's folder: the manifests, the notes and the build record."""
    pack, active = prepared.pack, prepared.active
    outputs = (
        OutputFile(MANIFESTS_FILE, compiled.manifests.encode(), compiled.private),
        OutputFile(NOTES_FILE, notes_text(pack, compiled.resolved, compiled.notes).encode()),
    )
    taking_part = active.taking_part(compiled.resolved.variant.cloud.name)
    build_record = record(
        pack,
        compiled.resolved,
        prepared.settings.inputs,
        {plugin.name: with_digest(plugin) for plugin in taking_part},
        compiled.objects,
        compiled.notes,
        outputs,
    )
    return (*outputs, build_record)


def _plugin_patches(
    plugins: Sequence[Plugin], host: Host, resolved: Resolved
) -> Iterator[Patch]:
    for plugin in plugins:
        origin = Origin(plugin.name, "packc_patches", plugin.distribution)
        for answer in host.ask(plugin, "packc_patches", Patch, variant=resolved.variant):
            yield evolve(answer, origin=origin)


def _plugin_notes(plugins: Sequence[Plugin], host: Host, resolved: Resolved) -> Iterator[Note]:
    for plugin in plugins:
        origin = Origin(plugin.name, "packc_notes", plugin.distribution)
        for answer in host.ask(plugin, "packc_notes", Note, variant=resolved.variant):
            yield evolve(answer, origin=origin)


def _stop_at_errors(findings: Sequence[Diagnostic]) -> None:
    if any(finding.severity == "error" for finding in findings):
        raise PackcError(*findings)

