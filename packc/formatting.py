"""formatting: a prepared pack into formats, which plugins provide, and their files on disk."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import evolve, field, frozen

from packc import __version__
from packc.answers import misfit
from packc.build import Build, Built, Format, Output, Tell
from packc.diagnostics import Diagnostic, PackcError
from packc.model import MARKER, Finding, OutputFile, Source, SourceKind, Value
from packc.parameters import value_findings
from packc.patching.kept import Kept, UnknownError, exact
from packc.pipeline import Prepared, assemble, stop_at_errors, traced
from packc.plugins import FORMATS, Host, Plugin, discover, with_digest
from packc.record import input_record, output_record, plugin_record, value_record
from packc.values import Settings
from packc.write import write

SOURCE = Source(SourceKind.SET, "the format")


@frozen
class Formatted:
    """A pack that was written in one format: where, and which files."""

    prepared: Prepared = field(repr=False)
    format: str
    folder: Path
    files: tuple[OutputFile, ...] = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()


def format_host(seconds: float, refused: frozenset[str] = frozenset()) -> Host:
    """Return the host of the formats that are installed."""
    return Host(discover(FORMATS), seconds, refused=refused)


def write_formats(
    prepared: Prepared, names: Sequence[str], host: Host, out: Path, tell: Tell | None = None
) -> tuple[Formatted, ...]:
    """Write a pack in the formats named, all of them in one step, and return where they are.

    `tell` is told how far a long one is.
    Raises PackcError: PK202 for a format that is not installed, PK907 for one that fails, and what
    the format itself has to say.
    """
    spec = prepared.pack.spec
    build = build_of(prepared)
    if tell is not None:
        build = evolve(build, tell=tell)
    folder = out / spec.name / spec.version
    outputs = {name: _emitted(name, host, build) for name in names}
    files = {name: _recorded(prepared, name, host, each) for name, each in outputs.items()}
    write(folder, files)
    return tuple(
        Formatted(
            prepared, name, folder / name, files[name], tuple(map(_diagnostic, output.findings))
        )
        for name, output in outputs.items()
    )


def format_files(prepared: Prepared, name: str, host: Host) -> tuple[OutputFile, ...]:
    """Return the files of a pack in one format, its record the last of them; nothing is written.

    Raises PackcError as `write_formats` does.
    """
    return _recorded(prepared, name, host, _emitted(name, host, build_of(prepared)))


def build_of(prepared: Prepared) -> Build:
    """Return what a format is given of a prepared pack.

    Raises PackcError for values that do not fit: they are defaults of what a format writes.
    """
    pack, active = prepared.pack, prepared.active
    _stop_at_unfit_values(prepared)
    secrets = {parameter.name: parameter.secret for parameter in active.parameters}
    kept = Kept()
    compiled: dict[Hashable, Built] = {}

    def compile_one(cloud: str, features: Sequence[str], values: Mapping[str, Any]) -> Built:
        try:
            key = (cloud, *sorted(features), exact(dict(values)))
        except UnknownError:  # such as values that are watched
            return compile_anew(cloud, features, values)
        if key not in compiled:
            compiled[key] = compile_anew(cloud, features, values)
        return compiled[key]

    def compile_anew(cloud: str, features: Sequence[str], values: Mapping[str, Any]) -> Built:
        given = {n: Value(n, value, SOURCE, secrets[n]) for n, value in values.items()}
        variant = evolve(
            prepared,
            active=evolve(active, chosen=tuple(sorted(features))),
            settings=Settings(given),
        )
        assembled = assemble(variant, active.clouds[cloud], kept=kept)
        stop_at_errors(assembled.findings)
        return Built(assembled.resolved.variant, traced(assembled), assembled.notes)

    return Build(
        spec=pack.spec,
        clouds=active.clouds,
        features=active.features,
        chosen=active.chosen,
        parameters=active.parameters,
        owners=active.owners,
        settings=prepared.settings.values,
        conditions=tuple(pack.conditions),
        compile=compile_one,
        read=lambda name: (pack.root / name).read_bytes(),
    )


def _stop_at_unfit_values(prepared: Prepared) -> None:
    parameters = {parameter.name: parameter for parameter in prepared.active.parameters}
    stop_at_errors(
        [
            finding
            for name, value in sorted(prepared.settings.values.items())
            for finding in value_findings(parameters[name], value)
        ]
    )


def _emitted(name: str, host: Host, build: Build) -> Output:
    plugin = host.load(name)
    form = _format(name, plugin, host)
    with host.at_work(plugin, f"the format {name}", form.emit, "PK907"):
        output = form.emit(build)
    problem = misfit(output, Output, "its answer")
    if problem is not None:
        raise _failed(name, plugin, f"answered wrongly: {problem}")
    strangers = [file.name for file in output.files if not _is_inside(file.name)]
    if strangers:
        raise _failed(name, plugin, f"names a file outside its folder: '{strangers[0]}'")
    return output


def _format(name: str, plugin: Plugin, host: Host) -> Format:
    answers = host.ask(plugin, "packc_formats", Format)
    offers: dict[str, Format] = {each.name: each for each in answers}
    if name not in offers:
        other = f", but {', '.join(offers)}" if offers else ""
        text = f"{plugin} provides no format '{name}'{other}"
        hint = "name a plugin that provides a format; its name is that of the format"
        raise PackcError(Diagnostic("PK204", text, hint=hint))
    return offers[name]


def _failed(name: str, plugin: Plugin, what: str) -> PackcError:
    text = f"the format {name} of {plugin} {what}"
    return PackcError(Diagnostic("PK907", text, hint="tell the plugin's author"))


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    parts = name.split("/")
    return not path.is_absolute() and not {"", ".", ".."} & set(parts) and name != MARKER


def _diagnostic(finding: Finding) -> Diagnostic:
    return Diagnostic(finding.code, finding.message, hint=finding.hint, severity=finding.severity)


def _recorded(prepared: Prepared, name: str, host: Host, output: Output) -> tuple[OutputFile, ...]:
    return (*output.files, _record(prepared, name, host.load(name), output.files))


def _record(
    prepared: Prepared, name: str, plugin: Plugin, files: Sequence[OutputFile]
) -> OutputFile:
    """Return the file `build.json` of a format: what went in and what came out."""
    spec, active = prepared.pack.spec, prepared.active
    plugins = {name: plugin, **{each: active.plugins[each] for each in _taking_part(prepared)}}
    data = {
        "format": name,
        "packc": __version__,
        "edition": spec.packc,
        "pack": {"name": spec.name, "version": spec.version},
        "clouds": list(active.clouds),
        "features": sorted(active.features),
        "chosen": list(active.chosen),
        "parameters": {
            name: value_record(value) for name, value in sorted(prepared.settings.values.items())
        },
        "inputs": [input_record(entry) for entry in prepared.pack.inputs],
        "valuesFiles": [input_record(entry) for entry in prepared.settings.inputs],
        "plugins": [plugin_record(each, with_digest(plugins[each])) for each in sorted(plugins)],
        "outputs": {file.name: output_record(file) for file in files},
    }
    unlisted = sorted(name for name in active.clouds if not prepared.pack.lists(name))
    if unlisted:
        data["unlistedClouds"] = unlisted
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    return OutputFile(MARKER, f"{text}\n".encode())


def _taking_part(prepared: Prepared) -> Iterator[str]:
    active = prepared.active
    return (name for name in sorted({*active.clouds, *active.features}) if name in active.plugins)
