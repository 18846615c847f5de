"""packs: packs compiled into sides, as the user selects variants or as a build record has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from packc.activate import Active, activate
from packc.diagnostics import Diagnostic, Findings, Severity
from packc.diff.causes import Trace
from packc.diff.objects import Snapshot
from packc.diff.side import Setting, Side
from packc.diff.trees import Record
from packc.model import MARKER, Source, SourceKind, Value
from packc.pack import Pack
from packc.pipeline import Compiled, Prepared, Selection, account_of, compile_variant
from packc.plugins import Host
from packc.record import shown
from packc.settings import read_settings
from packc.spec import Parameter
from packc.values import Request, Settings


@frozen
class Compiler:
    """Compiles variants of packs, and gathers the warnings on the way."""

    host: Host
    findings: Findings = field(factory=Findings)

    def selected(self, pack: Pack, selection: Selection) -> tuple[Side, ...]:
        """Return a side for each cloud that the selection names, or that the pack lists."""
        active = activate(pack, self.host, selection.clouds, selection.features, selection.without)
        settings = read_settings(selection.request, active.parameters, active.off)
        return tuple(self._sides(Prepared(pack, active, settings)))

    def recorded(self, pack: Pack, record: Record, request: Request) -> Side:
        """Return what a build of the recorded variant gives now.

        What the request sets wins over what was set then. Raises PackcError (PK705) where a value
        is needed that the record does not hold.
        """
        off = [use.name for use in pack.spec.features if use.default]
        without = [name for name in off if name not in record.features]
        active = activate(pack, self.host, (record.cloud,), record.features, without)
        given = read_settings(request, active.parameters, active.off)
        settings = self._as_recorded(record, active, given)
        (side,) = self._sides(Prepared(pack, active, settings))
        return side

    def _sides(self, prepared: Prepared) -> Iterator[Side]:
        self.findings.extend(prepared.diagnostics)
        for cloud in prepared.active.clouds.values():
            compiled = compile_variant(prepared, cloud)
            self.findings.extend(compiled.diagnostics)
            yield side_of(prepared, compiled)

    def _as_recorded(self, record: Record, active: Active, given: Settings) -> Settings:
        parameters = {parameter.name: parameter for parameter in active.counting}
        values = dict(given.values)
        wrong = Findings()
        for name, value in record.given.items():
            if name in values:
                continue
            if name not in parameters:
                self.findings.add(_gone(record, name))
            elif _is_hidden(parameters[name]):
                wrong.add(_hidden(record, name))
            else:
                values[name] = Value(name, value, Source(SourceKind.VALUES, MARKER))
        wrong.raise_if_failed()
        return evolve(given, values=values)


def side_of(prepared: Prepared, compiled: Compiled) -> Side:
    """Return a compiled variant as a side."""
    variant = compiled.resolved.variant
    return Side(
        place=prepared.pack.shown,
        pack=variant.pack,
        version=variant.version,
        variant=variant.name,
        cloud=variant.cloud.name,
        snapshot=Snapshot.of(compiled.objects),
        settings=_settings(compiled.resolved.values),
        trace=Trace(
            account_of(prepared, compiled.resolved),
            {entry.identity: entry for entry in compiled.patched.objects},
            prepared.active.host,
        ),
    )


def _settings(values: Mapping[str, Value]) -> dict[str, Setting]:
    return {
        name: Setting(shown(value), str(value.source), value.value)
        for name, value in values.items()
    }


def _is_hidden(parameter: Parameter) -> bool:
    return parameter.secret or parameter.type == "file"


def _hidden(record: Record, name: str) -> Diagnostic:
    return Diagnostic(
        "PK705",
        f"{record.place} does not hold the value of '{name}', which the build was given",
        hint=f"give it again: --set {name}=..., or in a file with --values",
    )


def _gone(record: Record, name: str) -> Diagnostic:
    return Diagnostic(
        "PK705",
        f"{record.place} sets '{name}', which is no parameter of this variant now",
        hint="the comparison leaves it out",
        severity=Severity.WARNING,
    )
