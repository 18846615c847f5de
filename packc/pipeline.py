"""pipeline: the list of passes, from a pack folder to the files of its variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from packc.activate import Active, activate
from packc.bind import base_objects, bind
from packc.bring import bring
from packc.cache.documents import Documents
from packc.check import check
from packc.diagnostics import Diagnostic, PackcError, in_order
from packc.emit import TextOf, emit, emit_object, install_order
from packc.inventory import images_of
from packc.load import load
from packc.model import (
    BaseObject,
    Cloud,
    Distribution,
    Note,
    Object,
    Operation,
    Origin,
    OutputFile,
    Patch,
    PatchedObject,
)
from packc.notes import NOTES_FILE, notes_of_pack, notes_text
from packc.once import Once
from packc.pack import Pack
from packc.patch import Patched, patch
from packc.plugins import Host, Plugin, with_digest
from packc.resolve import resolve
from packc.settings import read_settings
from packc.supervision import span_of
from packc.timings import timed
from packc.values import Request, Resolved, Settings

if TYPE_CHECKING:
    from packc.patching.kept import Kept
    from packc.tracing.account import Account

MANIFESTS_FILE = "manifests.yaml"


@frozen
class Selection:
    """Which variants of a pack, with which values. Empty `clouds` means all that the pack lists."""

    clouds: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    request: Request = field(factory=Request)


class Answers(NamedTuple):
    """What depends on one object or plugin alone, and not on the variant that it stands in."""

    text_of: TextOf = emit_object
    images_of: Callable[[Object], frozenset[str]] = images_of
    distribution_of: Callable[[Plugin], Distribution] = with_digest

    @classmethod
    def kept(cls) -> Answers:
        """Return answers that are worked out once, for several variants with the same objects."""
        return cls(Once(emit_object), Once(images_of), Once(with_digest))


@frozen(eq=False, repr=False)
class Prepared:
    """A pack with its plugins and the user's values: everything that its variants share."""

    pack: Pack
    active: Active
    settings: Settings
    answers: Answers = field(factory=Answers)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return the warnings so far, sorted by place."""
        return in_order((*self.pack.warnings, *self.active.diagnostics, *self.settings.diagnostics))


class Assembled(NamedTuple):
    """One variant up to its objects, in output order, with what its plugins have found."""

    resolved: Resolved
    patched: Patched
    objects: tuple[Object, ...]
    notes: tuple[Note, ...]
    findings: tuple[Diagnostic, ...] = ()


class Compiled(NamedTuple):
    """One variant, compiled: its objects in output order with their trace, and their text."""

    resolved: Resolved
    patched: Patched
    objects: tuple[Object, ...]
    manifests: str
    notes: tuple[Note, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        return self.resolved.variant.name

    @property
    def private(self) -> bool:
        """Return whether the manifests hold a secret, so that only their owner may read them."""
        return any(value.secret for value in self.resolved.values.values())


class Written(NamedTuple):
    """A variant that was written: where, and what its manifests weigh."""

    compiled: Compiled
    folder: Path
    files: tuple[OutputFile, ...]

    @property
    def manifests(self) -> OutputFile:
        return next(file for file in self.files if file.name == MANIFESTS_FILE)


Progress = Callable[[str], None]
"""Is told the name of each step when it begins."""


def prepare(
    folder: str, selection: Selection, host: Host, cache: Documents | None = None
) -> Prepared:
    """Run the passes that all variants share: load, activate, and read what the user set."""
    pack = timed("load", load)(Path(folder), folder, cache)
    active = timed("activate", activate)(
        pack, host, selection.clouds, selection.features, selection.without
    )
    settings = timed("settings", read_settings)(selection.request, active.parameters, active.off)
    if host.is_locked:
        from packc.lock import lock_input  # few builds are

        pack = evolve(pack, inputs=(*pack.inputs, lock_input(pack)))
    answers = Answers.kept() if len(active.clouds) > 1 else Answers()
    return Prepared(pack, active, settings, answers)


def assemble(
    prepared: Prepared, cloud: Cloud, now: datetime | None = None, kept: Kept | None = None
) -> Assembled:
    """Run the passes of one variant up to its objects: resolve, bring, bind, patch, check.

    `kept` is what other variants of the pack may have in common with this one.
    """
    plugins = tuple(prepared.active.taking_part(cloud.name))
    with prepared.active.host.own_parts_kept(plugins):
        return _assembled(prepared, cloud, plugins, now or datetime.now(UTC), kept)


def _assembled(
    prepared: Prepared,
    cloud: Cloud,
    plugins: Sequence[Plugin],
    now: datetime,
    kept: Kept | None,
) -> Assembled:
    pack, active = prepared.pack, prepared.active
    resolved = timed("resolve", resolve)(
        pack, cloud, active.chosen, active.counting, prepared.settings
    )
    bases = timed("bring", all_objects)(prepared, resolved)
    if kept is not None:
        bases = tuple(map(kept.base, bases))
    patches = timed("bind", all_patches)(prepared, resolved, bases)
    patched = timed("patch", patch)(bases, patches, kept)
    objects = tuple(install_order([entry.data for entry in patched.objects]))
    return Assembled(
        resolved=resolved,
        patched=patched,
        objects=objects,
        notes=(*notes_of_pack(pack, resolved), *_plugin_notes(plugins, active.host, resolved)),
        findings=timed("check", check)(resolved, objects, plugins, active.host, now),
    )


def all_objects(prepared: Prepared, resolved: Resolved) -> tuple[BaseObject, ...]:
    """Return the base objects of a variant: those of the pack, then those that plugins bring."""
    plugins = prepared.active.taking_part(resolved.variant.cloud.name)
    own = base_objects(prepared.pack, resolved)
    return (*own, *bring(plugins, prepared.active.host, resolved.variant, own))


def all_patches(
    prepared: Prepared, resolved: Resolved, bases: Sequence[BaseObject]
) -> Sequence[Patch]:
    """Return the patches of a variant: those of the pack, then those of its plugins."""
    plugins = tuple(prepared.active.taking_part(resolved.variant.cloud.name))
    patches = (
        *bind(prepared.pack, resolved, bases),
        *_plugin_patches(plugins, prepared.active.host, resolved),
    )
    return _with_secrets_marked(patches, resolved)


def compile_variant(prepared: Prepared, cloud: Cloud, now: datetime | None = None) -> Compiled:
    """Run all passes of one variant; raise PackcError when its plugins find an error."""
    assembled = assemble(prepared, cloud, now)
    stop_at_errors(assembled.findings)
    return Compiled(
        resolved=assembled.resolved,
        patched=assembled.patched,
        objects=assembled.objects,
        manifests=timed("emit", emit)(assembled.objects, prepared.answers.text_of),
        notes=assembled.notes,
        diagnostics=in_order((*assembled.patched.diagnostics, *assembled.findings)),
    )


def compile_pack(prepared: Prepared) -> Iterator[Compiled]:
    """Yield the variants in the order of the clouds."""
    for cloud in prepared.active.clouds.values():
        yield compile_variant(prepared, cloud)


def write_pack(
    prepared: Prepared, variants: Sequence[Compiled], out: Path, *, with_source_map: bool = False
) -> list[Written]:
    """Write the variants below `out`, all of them in one step, and return where they are."""
    from packc.write import write  # most commands write nothing

    pack = prepared.pack
    folder = out / pack.spec.name / pack.spec.version
    record_files = timed("record", output_files)
    files = {c.name: record_files(prepared, c, with_source_map=with_source_map) for c in variants}
    timed("write", write)(folder, files)
    return [Written(c, folder / c.name, files[c.name]) for c in variants]


def output_files(
    prepared: Prepared, compiled: Compiled, *, with_source_map: bool = False
) -> tuple[OutputFile, ...]:
    """Return the files of a variant's folder: the manifests, the notes and the build record."""
    from packc.record import record  # most commands write nothing

    pack, active, answers = prepared.pack, prepared.active, prepared.answers
    outputs: tuple[OutputFile, ...] = (
        OutputFile(MANIFESTS_FILE, compiled.manifests.encode(), compiled.private),
        OutputFile(NOTES_FILE, notes_text(pack, compiled.resolved, compiled.notes).encode()),
    )
    if with_source_map:
        outputs = (*outputs, _source_map(prepared, compiled))
    taking_part = active.taking_part(compiled.resolved.variant.cloud.name)
    build_record = record(
        pack,
        compiled.resolved,
        prepared.settings.inputs,
        {plugin.name: answers.distribution_of(plugin) for plugin in taking_part},
        compiled.objects,
        chain.from_iterable(map(answers.images_of, compiled.objects)),
        compiled.notes,
        outputs,
    )
    return (*outputs, build_record)


def _source_map(prepared: Prepared, compiled: Compiled) -> OutputFile:
    from packc.tracing.sourcemap import source_map  # few builds need it

    return source_map(account_of(prepared, compiled.resolved), traced(compiled))


def traced(variant: Assembled | Compiled) -> tuple[PatchedObject, ...]:
    """Return the objects with their traces, in output order."""
    by_data = {id(entry.data): entry for entry in variant.patched.objects}
    return tuple(by_data[id(data)] for data in variant.objects)


def account_of(prepared: Prepared, resolved: Resolved) -> Account:
    """Return what is known about the writes of a variant."""
    from packc.tracing.account import Account  # few builds need it

    active = prepared.active
    plugins = active.taking_part(resolved.variant.cloud.name)
    distributions = {plugin.name: plugin.distribution for plugin in plugins}
    return Account.of(prepared.pack, resolved, distributions, active.owners)


def _plugin_patches(plugins: Sequence[Plugin], host: Host, resolved: Resolved) -> Iterator[Patch]:
    for plugin in plugins:
        origin = Origin(plugin.name, "packc_patches", plugin.distribution)
        for answer in host.ask(plugin, "packc_patches", Patch, variant=resolved.variant):
            yield evolve(answer, origin=origin, operations=_placed(answer, plugin))


def _placed(patch: Patch, plugin: Plugin) -> tuple[Operation, ...]:
    """Return the operations, placed where the hook begins if they name no line themselves."""
    hook = span_of(plugin.module.packc_patches)
    return tuple(evolve(each, span=each.span or hook) for each in patch.operations)


def _with_secrets_marked(patches: Sequence[Patch], resolved: Resolved) -> Sequence[Patch]:
    """Return the patches with the operations marked that write a secret: no message shows it."""
    secrets = {name for name, value in resolved.values.items() if value.secret}
    if not secrets:
        return patches
    return [
        evolve(
            each,
            operations=tuple(evolve(o, secret=o.parameter in secrets) for o in each.operations),
        )
        for each in patches
    ]


def _plugin_notes(plugins: Sequence[Plugin], host: Host, resolved: Resolved) -> Iterator[Note]:
    for plugin in plugins:
        origin = Origin(plugin.name, "packc_notes", plugin.distribution)
        for answer in host.ask(plugin, "packc_notes", Note, variant=resolved.variant):
            yield evolve(answer, origin=origin)


def stop_at_errors(findings: Sequence[Diagnostic]) -> None:
    if any(finding.severity == "error" for finding in findings):
        raise PackcError(*findings)
