"""build: one build of a pack as the doctor's child does it, and the report on it as JSON data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from attrs import define

from packc import render
from packc.diagnostics import PackcError, Span
from packc.doctor.moved import RecordingHost, as_data, shot
from packc.doctor.shuffle import Reordered, reordered
from packc.doctor.watch import Watch, home_of
from packc.pipeline import (
    MANIFESTS_FILE,
    Prepared,
    Selection,
    compile_variant,
    output_files,
    prepare,
)
from packc.plugins import Host, Plugin, discover
from packc.values import Request


@define
class WatchedHost(RecordingHost):
    """A host that is watched whenever it lets a plugin do something."""

    watch: Watch | None = None

    def load(self, name: str, span: Span | None = None) -> Plugin:
        found = self.installed.get(name, ())
        if len(found) != 1:
            return RecordingHost.load(self, name, span)
        with self._watched(str(found[0]), "", found[0].entry_point.module):
            return RecordingHost.load(self, name, span)

    def ask(
        self, plugin: Plugin, hook: str, item_type: type, /, **arguments: Any
    ) -> tuple[Any, ...]:
        with self._watched(str(plugin), hook, plugin.module.__name__):
            return RecordingHost.ask(self, plugin, hook, item_type, **arguments)

    def _watched(self, plugin: str, hook: str, module: str) -> AbstractContextManager[None]:
        if self.watch is None:
            return nullcontext()
        return self.watch.over(plugin, hook, module, home_of(_spec(module)))


def _spec(module: str) -> ModuleSpec | None:
    """Return what is known of the package that a module belongs to, without importing it."""
    try:
        return find_spec(module.partition(".")[0])
    except ValueError:  # a module without a spec
        return None


def build(request: Mapping[str, Any]) -> dict[str, Any]:
    """Build the pack as requested. The report has `failures` where that does not work."""
    watch = _watch(request) if request["watch"] else None
    host = WatchedHost(discover(), request["seconds"], watch)
    report: dict[str, Any] = {"failures": [], "shots": []}
    try:
        prepared = _prepared(request, host)
        report["shots"] = list(_shots(prepared, host, datetime.fromisoformat(request["now"])))
    except PackcError as error:
        report["failures"] = [render.as_json(each) for each in error.diagnostics]
    report["sights"] = [as_data(sight) for sight in (watch.sights if watch else ())]
    return report


def _watch(request: Mapping[str, Any]) -> Watch:
    watch = Watch((Path(request["folder"]).resolve(),))
    watch.install()
    return watch


def _prepared(request: Mapping[str, Any], host: Host) -> Prepared:
    order = tuple(request["order"])
    for name in order:
        host.load(name)
    prepared = prepare(request["folder"], _selection(request["selection"]), host)
    return reordered(prepared, order) if order else prepared


def _selection(data: Mapping[str, Any]) -> Selection:
    request = Request(**{name: tuple(value) for name, value in data["request"].items()})
    rest = {name: tuple(value) for name, value in data.items() if name != "request"}
    return Selection(request=request, **rest)


def _shots(prepared: Prepared, host: WatchedHost, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield each variant. `now` is what packc_check is told: it is an argument, so it stays."""
    secrets = frozenset(p.name for p in prepared.active.parameters if p.secret)
    for cloud in prepared.active.clouds.values():
        compiled = compile_variant(prepared, cloud, now)
        files = {file.name: file.content.decode() for file in output_files(prepared, compiled)}
        if isinstance(prepared.active, Reordered):  # notes stand in the order of the plugins
            files = {MANIFESTS_FILE: compiled.manifests}
        yield as_data(shot(compiled, secrets, host.answers, files))
