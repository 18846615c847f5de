"""bench: puts a plugin through its paces in this process: the packs at hand, in their variants."""

from __future__ import annotations

import hashlib
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final, TextIO

from attrs import define, evolve, field

from packc import __version__
from packc.checks.variants import Choice, choices, choose
from packc.diagnostics import PackcError
from packc.doctor.moved import as_data
from packc.doctor.shuffle import reordered
from packc.doctor.watch import Watch
from packc.formatting import write_formats
from packc.load import load
from packc.model import Cloud, Distribution, Feature, Finding, Note, Object, Patch
from packc.pack import Pack
from packc.pipeline import Prepared, Selection, assemble, prepare
from packc.plugins import Found, Host, Plugin, discover
from packc.spec import Parameter
from packc.supervision import span_of
from packc.testing import ground
from packc.testing.evidence import DECLARED, DEFAULT, HOSTILE, SECRET, Place
from packc.testing.subject import FORMATS
from packc.testing.values import declared, hostile, marked, needed, pairs
from packc.testing.witness import Journalist, Witness

NOW: Final = datetime(2030, 1, 1, tzinfo=UTC)
MOST_VARIANTS: Final = 200
"""Of a pack, those nearest to the defaults: each value alone, then all pairs of values."""

LONGEST_NAME: Final = 120


def run(request: Mapping[str, Any], stream: TextIO) -> None:
    """Make the experiment that the request describes, and write its journal."""
    journal = Journalist(stream)
    with tempfile.TemporaryDirectory(prefix="packc-certify-") as scratch:
        bench = _bench(request, journal, Path(scratch))
        try:
            if bench.load():
                bench.work()
                journal.write("done", sights=[as_data(each) for each in bench.sights])
        except Exception:
            journal.write("broken", text=traceback.format_exc())


def _bench(request: Mapping[str, Any], journal: Journalist, scratch: Path) -> _Bench:
    is_format = request["group"] == FORMATS
    watch = None
    if request["watch"]:
        watch = Watch((scratch, *(Path(pack).resolve() for pack in request["packs"])))
        watch.install()
    witness = Witness(
        discover(FORMATS) if is_format else _installed(),
        request["seconds"],
        subject=request["name"],
        journal=journal,
        watching=watch,
    )
    witness.listen()
    host = Host(_installed(), request["seconds"]) if is_format else witness
    return _Bench(request, journal, scratch, witness, host)


def _installed() -> dict[str, tuple[Found, ...]]:
    """Return the plugins that are installed, and the cloud of the kit."""
    entry = EntryPoint(ground.CLOUD, ground.__name__, "packc")
    found = Found(ground.CLOUD, ground.__name__, Distribution("packc", __version__), entry)
    return {**discover(), ground.CLOUD: (found,)}


@define
class _Bench:
    request: Mapping[str, Any]
    journal: Journalist
    scratch: Path
    witness: Witness
    host: Host
    """Builds packs: the witness, but for formats, which are asked apart."""
    own: dict[str, str] = field(factory=dict)
    labels: dict[str, str] = field(factory=dict)
    """What the packs are called, by their folders: one name never stands for two of them."""

    @property
    def name(self) -> str:
        return self.witness.subject

    @property
    def is_format(self) -> bool:
        return self.host is not self.witness

    @property
    def is_reversed(self) -> bool:
        return bool(self.request["reversed"])

    @property
    def sights(self) -> list[Any]:
        watch = self.witness.watching
        subject = str(self.witness.installed[self.name][0])
        return [each for each in watch.sights if each.plugin == subject] if watch else []

    def load(self) -> bool:
        """Load the plugin, behind all others where the order is reversed."""
        if self.is_reversed:
            for name in reversed([*self.witness.installed]):
                if name != self.name:
                    self._load_other(name)
        try:
            plugin = self.witness.load(self.name)
        except PackcError as error:
            self.journal.complain(Place(), error.diagnostics)
            return False
        hooks = {hook: as_data(_place(plugin, hook)) for hook in self.witness.hooks(plugin)}
        self.journal.write("hooks", hooks=hooks)
        return True

    def _load_other(self, name: str) -> None:
        with suppress(PackcError):  # a plugin that is broken itself is not this one's fault
            other = self.witness.load(name)
            self.witness.ask(other, "packc_clouds", Cloud)
            self.witness.ask(other, "packc_features", Feature)

    def work(self) -> None:
        plugin = self.witness.load(self.name)
        clouds = self._declared(plugin, "packc_clouds", Cloud)
        features = self._declared(plugin, "packc_features", Feature)
        for parameter in self._declared(plugin, "packc_parameters", Parameter):
            self.own[parameter.name] = parameter.type
        self.journal.write("parameters", names=list(self.own))
        packs = [*self._ground(clouds, features), *self.request["packs"]]
        for folder in packs:
            name = load(Path(folder), folder).spec.name
            taken = sum(label.partition(" ")[0] == name for label in self.labels.values())
            self.labels[folder] = f"{name} ({taken + 1})" if taken else name
        for folder in reversed(packs) if self.is_reversed else packs:
            for selection in self._selections(folder, bool(clouds), bool(features)):
                self._pack(folder, selection)

    def _declared(self, plugin: Plugin, hook: str, kind: type) -> tuple[Any, ...]:
        try:
            return self.witness.ask(plugin, hook, kind)
        except PackcError as error:
            self.journal.complain(Place(), error.diagnostics)
            return ()

    def _ground(self, clouds: Sequence[Cloud], features: Sequence[Feature]) -> Iterator[str]:
        """Yield the pack of the kit; a feature with settings can be tried in real packs only."""
        named = [cloud for cloud in clouds if cloud.name == self.name]
        free = [each for each in features if each.name == self.name and not each.settings]
        if named or free or self.is_format:
            yield str(ground.make_pack(self.scratch / ground.PACK, named, free))

    # --- one pack -----------------------------------------------------------------------------

    def _selections(self, folder: str, has_cloud: bool, has_feature: bool) -> Iterator[Selection]:
        """Yield what to build of a pack so that the plugin takes part; nothing where it cannot."""
        spec = load(Path(folder), folder).spec
        offered = any(use.name == self.name for use in spec.features)
        listed = tuple(name for name in spec.clouds if name in self.host.installed)
        if has_cloud:
            yield Selection(clouds=(self.name,))
        if has_feature and offered:
            yield Selection(clouds=listed or (ground.CLOUD,), features=(self.name,))
        if self.is_format:
            yield Selection(clouds=listed or (ground.CLOUD,))

    def _pack(self, folder: str, selection: Selection) -> None:
        self.witness.place = Place(DEFAULT, self.labels[folder])
        try:
            prepared = prepare(folder, selection, self.host)
        except PackcError as error:
            self.journal.complain(self.witness.place, error.diagnostics)
            return
        pack = prepared.pack
        digest = _digest(pack)
        self.journal.write("pack", name=pack.spec.name, version=pack.spec.version, digest=digest)
        if self.is_reversed:
            prepared = reordered(prepared, tuple(sorted(prepared.active.plugins, reverse=True)))
        if self.is_format:
            self._format(prepared)
            return
        cases = list(self._cases(prepared))
        for kind, choice in reversed(cases) if self.is_reversed else cases:
            self._case(prepared, kind, choice)
        if self.request["hostile"]:
            self._strange_variants(prepared)

    def _format(self, prepared: Prepared) -> None:
        try:
            write_formats(prepared, [self.name], self.witness, self.scratch / "out")
        except PackcError as error:
            self.journal.complain(self.witness.place, error.diagnostics)
        else:
            self.journal.write("built", place=as_data(self.witness.place))

    def _cases(self, prepared: Prepared) -> Iterator[tuple[str, Choice]]:
        parameters = prepared.active.parameters
        first = choices(prepared, frozenset((self.name,)), MOST_VARIANTS).taken
        required = needed(parameters)
        plain = [evolve(each, values={**required, **each.values}) for each in first]
        if self.request["hostile"]:
            yield SECRET, evolve(plain[0], values={**plain[0].values, **marked(parameters)})
            for values in hostile(parameters):
                yield HOSTILE, evolve(plain[0], values={**plain[0].values, **values})
            return
        for before, each in zip(first, plain, strict=True):
            yield DECLARED if before.values else DEFAULT, each
        own = [each for each in parameters if each.name in self.own]
        for values in (*declared(own), *pairs(own)):
            yield DECLARED, evolve(plain[0], values={**plain[0].values, **values})

    def _case(self, prepared: Prepared, kind: str, choice: Choice) -> None:
        pack = self.witness.place.pack
        self.witness.place = Place(kind, pack, _short(choice.name))
        try:
            assembled = assemble(choose(prepared, choice), choice.cloud, NOW)
        except PackcError as error:
            self.journal.complain(self.witness.place, error.diagnostics)
        else:
            said = (*assembled.patched.diagnostics, *assembled.findings)
            self.journal.complain(self.witness.place, said)
            self.journal.write("built", place=as_data(self.witness.place))

    def _strange_variants(self, prepared: Prepared) -> None:
        """Ask about what no pack at hand is: another pack, and one without its parameters."""
        plugin = prepared.active.plugins[self.name]
        choice = choices(prepared, frozenset((self.name,)), 1).taken[0]
        try:
            assembled = assemble(choose(prepared, choice), choice.cloud, NOW)
        except PackcError:
            return  # whose reason is known by now
        usual = assembled.resolved.variant
        own = {name: value for name, value in usual.values.items() if name in self.own}
        strange = {
            "another pack": evolve(usual, pack="no-pack-of-ours", values=own),
            "no parameters of the pack": evolve(usual, values=own),
            "another version": evolve(usual, version="0", values=own),
        }
        for words, variant in strange.items():
            self.witness.place = Place(HOSTILE, self.witness.place.pack, words)
            arguments = {"variant": variant}
            for hook, kind in (("packc_patches", Patch), ("packc_notes", Note)):
                self._ask(plugin, hook, kind, **arguments)
            views: tuple[Object, ...] = ()
            self._ask(plugin, "packc_check", Finding, **arguments, objects=views, now=NOW)

    def _ask(self, plugin: Plugin, hook: str, kind: type, **arguments: Any) -> None:
        try:
            self.witness.ask(plugin, hook, kind, **arguments)
        except PackcError as error:
            self.journal.complain(self.witness.place, error.diagnostics)


def _short(name: str) -> str:
    """Return the name of a variant, whose values may be huge, so that it still names one alone."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}… {hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _digest(pack: Pack) -> str:
    """Return the digest of the files that a pack is made of."""
    files = sorted((entry.name, entry.digest) for entry in pack.inputs)
    told = "".join(f"{name}\0{digest}\n" for name, digest in files)
    return hashlib.sha256(told.encode()).hexdigest()


def _place(plugin: Plugin, hook: str) -> Any:
    return span_of(getattr(plugin.module, hook))
