"""build: `packc build`: every variant of every pack into files."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packc import render, timings
from packc.activate import Active
from packc.cache import builds
from packc.cache.documents import Documents
from packc.cache.secret import holds_secret
from packc.cache.store import Store, opened, warn
from packc.cache.watching import Watching, watching
from packc.cache.witness import DISTRIBUTIONS, Witness
from packc.cli import many
from packc.cli.built import show
from packc.cli.many import taken
from packc.cli.meter import metered
from packc.cli.report import readable, told
from packc.cli.selection import host_of, named_formats, selection_of
from packc.cli.unchanged import request_of
from packc.diagnostics import Diagnostic, PackcError, Severity, in_order
from packc.executors.claims import local_claims
from packc.model import MARKER, Level, OutputFile
from packc.pipeline import Compiled, Prepared, Written, compile_variant, prepare, write_pack
from packc.plugins import ALL, MANIFESTS, Host, Plugin
from packc.record import sha256, shown
from packc.timings import timed

if TYPE_CHECKING:
    from argparse import Namespace

    from packc.cli.built import Effort
    from packc.formatting import Formatted

CLOCK = "now"


class Session:
    """What the packs of one call share."""

    def __init__(self, options: Namespace, step: Any, store: Store) -> None:
        self.options = options
        self.step = step
        self.store = store
        self.looks_back = True
        self.state = Witness()
        if store.used:
            self.state.note(DISTRIBUTIONS)
        self.claim_owner = local_claims()
        self.documents = Documents(store)
        self._host: Host | None = None

    @property
    def host(self) -> Host:
        """Return the host of the plugins; packs of which nothing has changed need none."""
        if self._host is None:
            self._host = timed("plugins", host_of)(self.options)
        return self._host

    def claim(self, folder: str, name: str, version: str) -> None:
        """Note where a pack is written; raise PK504 where another of this call is already."""
        other = self.claim_owner((name, version), folder)
        if other != folder:
            raise PackcError(taken(folder, other, name, version))

    def prepare_to_fork(self) -> None:
        """Do what all workers would do, and give them memory that they can share."""
        _ = self.host
        gc.freeze()

    def begin_in_worker(self) -> None:
        """Count from here on, and leave the terminal to the process that started this one."""
        self.step = lambda text: None
        self.store.hits = self.store.misses = 0


class Outcome:
    """What the build of one pack has come to so far."""

    def __init__(self) -> None:
        self.prepared: Prepared | None = None
        self.written: list[Written] = []
        self.formatted: list[Formatted] = []
        self.diagnostics: list[Diagnostic] = []

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    @property
    def folders(self) -> dict[Path, tuple[OutputFile, ...]]:
        """Return what was written, by folder."""
        made: tuple[Written | Formatted, ...] = (*self.written, *self.formatted)
        return {each.folder: each.files for each in made}


def run(options: Namespace, *, is_known_to_differ: bool = False) -> int:
    """Build every pack; a pack with an error is not written, the others are.

    Where `is_known_to_differ`, nobody needs to look again for an earlier build of the same.
    """
    timings.reset()
    store = Store(None) if options.no_cache else opened()
    warn(store)
    packs = list(dict.fromkeys(options.packs))
    if options.watch:
        return _watch(packs, options, store)
    with metered(options, len(packs)) as meter:
        session = Session(options, meter.step, store)
        session.looks_back = not is_known_to_differ
        call = many.Call(options, session, lambda pack: _built(pack, session))
        reports = many.reports(packs, call, meter)
    store.tidy()
    show(reports, options, _effort(store) if options.timings else None)
    return 1 if any(report["failed"] for report in reports) else 0


def _watch(packs: Sequence[str], options: Namespace, store: Store) -> int:
    from packc.cli.watch import watch  # one build needs none of it

    session = Session(options, lambda text: None, store)
    claims: dict[tuple[str, str], str] = {}
    session.claim_owner = claims.setdefault

    def build(folder: str, documents: Documents) -> tuple[Outcome, Mapping[str, Any]]:
        for name in [name for name, owner in claims.items() if owner == folder]:
            del claims[name]  # it may have another name now
        session.documents = documents
        outcome = Outcome()
        _build(folder, session, outcome)
        return outcome, _report(outcome)

    try:
        watch(packs, options, build)
    except PackcError as error:
        show([many.failed(*error.diagnostics)], options)
    return 1


def _effort(store: Store) -> Effort:
    counts = {"hits": store.hits, "misses": store.misses}
    return timings.milliseconds(), counts if store.used else {}


def _built(folder: str, session: Session) -> Mapping[str, Any]:
    """Return the report of one pack's build, or of an earlier one where nothing has changed."""
    session.step(folder)
    outcome = Outcome()
    if not session.store.used:
        _build(folder, session, outcome)
        return _report(outcome)
    report = timed("unchanged", _unchanged)(folder, session) if session.looks_back else None
    if report is None:
        with watching(session.state, folder) as watch:
            _build(folder, session, outcome)
        report = _report(outcome)
        if _may_be_kept(outcome):
            timed("keep", _keep)(folder, session, outcome, watch, report)
    return report


def built_for_elsewhere(folder: str, options: Namespace) -> dict[str, Any]:
    """Return the report of one pack's build, and as data what another machine is to write."""
    outcome = Outcome()
    _build(folder, Session(options, lambda text: None, Store(None)), outcome)
    prepared = outcome.prepared
    return {
        "report": _report(outcome),
        "early": [told(each) for each in prepared.diagnostics] if prepared else [],
        "output": _output(outcome, options),
    }


# --- what was built before --------------------------------------------------------------------


def _unchanged(folder: str, session: Session) -> Mapping[str, Any] | None:
    kept = builds.find(session.store, session.state, request_of(session.options, folder))
    if kept is None or session.claim_owner(kept.report["pack"], folder) != folder:
        return None
    return kept.report if kept.stands() else None


def _may_be_kept(outcome: Outcome) -> bool:
    """Return whether a build is whole, shows no secret, and does not hang on the clock."""
    prepared = outcome.prepared
    if prepared is None or outcome.failed or not outcome.folders:
        return False
    if any(value.secret for value in prepared.settings.values.values()):
        return False
    if any(written.compiled.private for written in outcome.written):
        return False
    if any(map(holds_secret, _objects(outcome, prepared))):
        return False
    return not any(map(_asks_the_time, _asked(outcome, prepared.active)))


def _objects(outcome: Outcome, prepared: Prepared) -> Iterator[Any]:
    """Yield the pack's objects, and those that were written of each variant."""
    for entry in prepared.pack.objects:
        yield entry.base.data
    for written in outcome.written:
        yield from written.compiled.objects


def _asked(outcome: Outcome, active: Active) -> Iterable[Plugin]:
    """Return the plugins that were asked: a format compiles variants with every feature."""
    if outcome.formatted:
        return active.plugins.values()
    return [plugin for cloud in active.clouds for plugin in active.taking_part(cloud)]


def _asks_the_time(plugin: Plugin) -> bool:
    """Return whether a plugin's check takes the time, so that its findings come and go."""
    check = getattr(plugin.module, "packc_check", None)
    if check is None:
        return False
    code = getattr(check, "__code__", None)
    return code is None or CLOCK in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _keep(
    folder: str, session: Session, outcome: Outcome, watch: Watching, report: Mapping[str, Any]
) -> None:
    assert outcome.prepared is not None
    pack = outcome.prepared.pack
    spec = pack.spec
    for name in (*(e.name for e in pack.inputs), *spec.docs, *((spec.logo,) if spec.logo else ())):
        watch.add_place(f"{folder}/{name}")
    for plugin in outcome.prepared.active.plugins.values():
        watch.add_package(plugin.module)
    watches = watch.watches()
    if watch.asked_outside or not session.state.vouches_for(watches):
        return
    kept = builds.Build(dict(report), *_output(outcome, session.options))
    request = request_of(session.options, folder)
    builds.keep(session.store, session.state, request, watches, kept)


def _output(outcome: Outcome, options: Namespace) -> tuple[str, dict[str, list[Any]]]:
    """Return the folder of a pack's outputs, and the files of each as plain data."""
    files = {
        place.name: [(file.name, file.content, file.private) for file in files]
        for place, files in outcome.folders.items()
    }
    if outcome.prepared is None:
        return "", files
    spec = outcome.prepared.pack.spec
    return Path(options.out, spec.name, spec.version).as_posix(), files


# --- building ---------------------------------------------------------------------------------


def _build(folder: str, session: Session, outcome: Outcome) -> None:
    try:
        prepared = prepare(folder, selection_of(session.options), session.host, session.documents)
        outcome.prepared = prepared
        outcome.diagnostics.extend(prepared.diagnostics)
        session.claim(folder, prepared.pack.spec.name, prepared.pack.spec.version)
        wanted = session.options.formats or [MANIFESTS]
        if MANIFESTS in wanted or ALL in wanted:
            _build_manifests(folder, session, prepared, outcome)
        _build_formats(folder, session, prepared, outcome)
    except PackcError as error:
        outcome.diagnostics.extend(error.diagnostics)


def _build_manifests(folder: str, session: Session, prepared: Prepared, outcome: Outcome) -> None:
    options = session.options
    variants = list(_variants(folder, prepared, outcome, session.step))
    if len(variants) == len(prepared.active.clouds):
        out = Path(options.out)
        outcome.written.extend(
            write_pack(prepared, variants, out, with_source_map=options.source_map)
        )


def _build_formats(folder: str, session: Session, prepared: Prepared, outcome: Outcome) -> None:
    options = session.options
    names = named_formats(options.formats)
    if not names:
        return
    from packc.formatting import format_host, write_formats  # most builds have none

    host = format_host(options.hook_timeout, frozenset(options.refused))
    session.step(f"{folder} {', '.join(names)}")
    emit_all = timed("formats", write_formats)

    def tell(text: str) -> None:
        session.step(f"{folder} {text}")

    for formatted in emit_all(prepared, names, host, Path(options.out), tell):
        outcome.formatted.append(formatted)
        outcome.diagnostics.extend(formatted.diagnostics)


def _variants(folder: str, prepared: Prepared, outcome: Outcome, step: Any) -> Iterator[Compiled]:
    """Yield the variants that compile; the reasons why others do not are gathered."""
    for name, cloud in prepared.active.clouds.items():
        step(f"{folder} {name}")
        try:
            compiled = compile_variant(prepared, cloud)
        except PackcError as error:
            outcome.diagnostics.extend(error.diagnostics)
        else:
            outcome.diagnostics.extend(compiled.diagnostics)
            yield compiled


# --- the report -------------------------------------------------------------------------------


def _report(outcome: Outcome) -> dict[str, Any]:
    """Return the report of a pack as plain data, which `packc.cli.built` prints."""
    spec = outcome.prepared.pack.spec if outcome.prepared else None
    return {
        "pack": (spec.name, spec.version) if spec else (),
        "failed": outcome.failed,
        "variants": [_variant(written) for written in outcome.written],
        "formats": [_format(formatted) for formatted in outcome.formatted],
        "diagnostics": [told(each) for each in in_order(outcome.diagnostics)],
    }


def _variant(written: Written) -> dict[str, Any]:
    summary = _summary(written)
    compiled = written.compiled
    return {
        "summary": summary,
        "line": _line(summary),
        "values": list(_values(compiled)),
        "notes": [(note.level.value, note.text) for note in compiled.notes],
    }


def _format(formatted: Formatted) -> dict[str, Any]:
    summary = _summary_of_format(formatted)
    return {"summary": summary, "line": _line_of_format(summary)}


def _summary(written: Written) -> dict[str, Any]:
    compiled = written.compiled
    variant = compiled.resolved.variant
    warnings = sum(d.severity is Severity.WARNING for d in compiled.diagnostics)
    return {
        "pack": variant.pack,
        "version": variant.version,
        "variant": variant.name,
        "folder": written.folder.as_posix(),
        "objects": len(compiled.objects),
        "bytes": len(written.manifests.content),
        "digest": sha256(written.manifests.content),
        "notes": sum(note.level is Level.NOTE for note in compiled.notes),
        "warnings": warnings + sum(note.level is Level.WARNING for note in compiled.notes),
    }


def _line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['pack']} {summary['version']} {summary['variant']}:"
        f" {render.plural(summary['objects'], 'object')},"
        f" {render.plural(summary['bytes'], 'byte')}, {summary['digest']},"
        f" {render.plural(summary['notes'], 'note')},"
        f" {render.plural(summary['warnings'], 'warning')} -> {summary['folder']}"
    )


def _summary_of_format(formatted: Formatted) -> dict[str, Any]:
    spec = formatted.prepared.pack.spec
    record = next(file for file in formatted.files if file.name == MARKER)
    return {
        "pack": spec.name,
        "version": spec.version,
        "format": formatted.format,
        "folder": formatted.folder.as_posix(),
        "files": len(formatted.files) - 1,
        "bytes": sum(len(file.content) for file in formatted.files if file is not record),
        "record": sha256(record.content),
    }


def _line_of_format(summary: dict[str, Any]) -> str:
    return (
        f"{summary['pack']} {summary['version']} {summary['format']}:"
        f" {render.plural(summary['files'], 'file')},"
        f" {render.plural(summary['bytes'], 'byte')}, {summary['record']} -> {summary['folder']}"
    )


def _values(compiled: Compiled) -> Iterator[str]:
    for name, value in sorted(compiled.resolved.values.items()):
        yield f"{compiled.name}: {name} = {readable(shown(value))} ({value.source})"
