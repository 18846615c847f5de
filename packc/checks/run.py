"""run: the whole check of one pack: every variant assembled, looked at, and put into one report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import Factory, define, evolve, field, frozen

from packc.cache.documents import Documents
from packc.checks import kubernetes
from packc.checks.findings import Gathered, Report, Reported, idle_rules, judge, variants_text
from packc.checks.hygiene import (
    Outcome,
    Usage,
    idle_parameter,
    probe_values,
    stray_files,
)
from packc.checks.kubernetes import DEFAULT_RANGE, EXTRA, Range, spoken
from packc.checks.names import name_observations
from packc.checks.observation import SEVERITIES, ObjectCheck, Observation, Thing
from packc.checks.places import Places
from packc.checks.references import reference_observations
from packc.checks.schemas import Custom, Schemas
from packc.checks.structural import crd_observations, custom_schemas
from packc.checks.variants import LIMIT, Choice, choices, choose
from packc.checks.versions import version_observations
from packc.checks.workloads import workload_observations
from packc.diagnostics import Diagnostic, PackcError, Severity, Span
from packc.model import PatchedObject
from packc.pipeline import Assembled, Prepared, Progress, Selection, assemble, prepare
from packc.plugins import Host
from packc.render import plural
from packc.spec import Parameter
from packc.supervision import span_of
from packc.tracing.account import operation_places

OBJECT_CHECKS: Final[tuple[ObjectCheck, ...]] = (
    name_observations,
    workload_observations,
    crd_observations,
)
REFUSED: Final = "PK136"
REQUIRED: Final = "PK133"


@frozen
class Question:
    """What to check: which variants of a pack, with which values, for which releases."""

    selection: Selection = field(factory=Selection)
    kubernetes: Range = DEFAULT_RANGE
    max_variants: int = LIMIT


def check_pack(
    folder: str, question: Question, host: Host, step: Progress, cache: Documents | None = None
) -> Report:
    """Return everything that can be known about a pack without a cluster.

    A pack that cannot be loaded gives a report with the reasons. `step` is told each variant;
    `cache` spares parsing what was parsed before.
    """
    try:
        return _Check(_prepared(folder, question.selection, host, cache), question, step).report()
    except PackcError as error:
        gathered = Gathered()
        gathered.extend(error.diagnostics)
        return Report(folder, "", str(question.kubernetes), findings=gathered.sorted())


def _prepared(folder: str, selection: Selection, host: Host, cache: Documents | None) -> Prepared:
    """Return the pack with the features that the user switches; others are switched by variant.

    Values are read as if every installed feature were on, so that all of them can be given.
    """
    first = prepare(folder, evolve(selection, request=type(selection.request)()), host, cache)
    offered = tuple(name for name in first.active.features if name not in selection.without)
    every = prepare(folder, evolve(selection, features=offered), host, cache)
    return evolve(every, active=evolve(every.active, chosen=first.active.chosen))


@define
class _Examiner:
    """Looks at variants; each distinct object is looked at once."""

    kubernetes: Range
    schemas: Schemas = Factory(lambda self: Schemas(self.kubernetes), takes_self=True)
    _keys: dict[int, str] = Factory(dict)
    _alone: dict[str, tuple[Observation, ...]] = Factory(dict)
    _custom: dict[tuple[str, ...], Custom] = Factory(dict)

    def observations(self, assembled: Assembled) -> Iterator[Observation]:
        """Yield all that the checks say about the objects of a variant."""
        keyed = [(entry, self.key(entry)) for entry in assembled.patched.objects]
        custom = self._custom_kinds(keyed)
        for entry, key in keyed:
            alone = self._alone.get(key)
            if alone is None:
                alone = self._alone[key] = tuple(self._look(entry.data))
            for observation in (*alone, *self.schemas.check(entry.data, key, custom)):
                yield observation.of(entry.identity)
        things = [Thing(entry.identity, entry.data) for entry in assembled.patched.objects]
        yield from reference_observations(things)

    def key(self, entry: PatchedObject) -> str:
        """Return what stands for an object's content; that of a base file's is found once."""
        if entry.data is not entry.base.data or entry.base.origin is not None:
            return _digest(entry.data)
        if id(entry.data) not in self._keys:
            self._keys[id(entry.data)] = _digest(entry.data)
        return self._keys[id(entry.data)]

    @property
    def distinct(self) -> int:
        return len(self._alone)

    def _look(self, data: Any) -> Iterator[Observation]:
        for check in OBJECT_CHECKS:
            yield from check(data)
        yield from version_observations(data, self.kubernetes)

    def _custom_kinds(self, keyed: Sequence[tuple[PatchedObject, str]]) -> Custom:
        crds = [(e, key) for e, key in keyed if e.identity.kind == "CustomResourceDefinition"]
        keys = tuple(key for _, key in crds)
        if keys not in self._custom:
            found: dict[Any, Any] = {}
            for entry, _ in crds:
                found.update(custom_schemas(entry.data))
            self._custom[keys] = Custom(found)
        return self._custom[keys]


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@define
class _Check:
    """The check of one pack on its way."""

    prepared: Prepared
    question: Question
    step: Callable[[str], None]
    gathered: Gathered = Factory(Gathered)
    examiner: _Examiner = Factory(lambda self: _Examiner(self.question.kubernetes), takes_self=True)
    outcomes: list[Outcome] = Factory(list)
    checked: list[str] = Factory(list)
    unchecked: list[str] = Factory(list)
    unbuilt: list[str] = Factory(list)
    refused: int = 0
    failed: int = 0

    def report(self) -> Report:
        pack = self.prepared.pack
        self.gathered.extend(self.prepared.diagnostics)
        self._say_what_schemas_lack()
        selection = self.question.selection
        fixed = frozenset((*selection.features, *selection.without))
        found = choices(self.prepared, fixed, self.question.max_variants)
        for choice in found.taken:
            self.step(f"{pack.shown} {choice.name}")
            self._variant(choice)
        self._say_what_is_left_out(found.left_out)
        self._hygiene(is_whole=self._is_whole(found.left_out))
        judged = judge(self.gathered.sorted(), pack)
        findings = judged.findings
        if self._is_whole(found.left_out) and self.examiner.schemas.releases:
            stale = tuple(Reported(diagnostic) for diagnostic in idle_rules(judged))
            findings = (*findings, *stale)
        return Report(
            pack.spec.name,
            pack.spec.version,
            str(self.question.kubernetes),
            tuple(self.checked),
            findings,
            judged.silenced,
            (*self._unbuilt_text(), *self.unchecked),
            self.refused,
        )

    # --- one variant --------------------------------------------------------------------------

    def _variant(self, choice: Choice) -> None:
        prepared = choose(self.prepared, choice)
        try:
            assembled = assemble(prepared, choice.cloud)
        except PackcError as error:
            self._not_built(choice, error)
            return
        self.checked.append(choice.name)
        self.outcomes.append(self._outcome(assembled))
        self.gathered.extend(assembled.patched.diagnostics, choice.name)
        self.gathered.extend(assembled.findings, choice.name)
        places = _places(prepared, assembled)
        for observation in self.examiner.observations(assembled):
            diagnostic = places.diagnostic(observation)
            self.gathered.add(diagnostic, choice.name, observation.identity, observation.path)

    def _unbuilt_text(self) -> Iterator[str]:
        if self.unbuilt:
            yield f"variants that cannot be built: {variants_text(self.unbuilt)}"

    def _not_built(self, choice: Choice, error: PackcError) -> None:
        """Say why a variant was not checked; what the pack itself refuses is no finding."""
        codes = {diagnostic.code for diagnostic in error.diagnostics}
        if codes == {REFUSED} and choice.values:
            self.refused += 1
            return
        self.failed += 1
        self.unbuilt.append(choice.name)
        for diagnostic in error.diagnostics:
            if diagnostic.code == REQUIRED:
                text = f"not checked: {diagnostic.message}"
                hint = diagnostic.hint or "give it with --set"
                diagnostic = Diagnostic("PK471", text, diagnostic.span, hint, SEVERITIES["PK471"])
            self.gathered.add(diagnostic, choice.name)

    def _outcome(self, assembled: Assembled) -> Outcome:
        written = frozenset(
            write.operation.parameter
            for entry in assembled.patched.objects
            for write in entry.writes
            if write.operation.parameter is not None
        )
        return Outcome(assembled.resolved, written, self._fingerprint(assembled))

    def _fingerprint(self, assembled: Assembled) -> str:
        """Return what stands for all that is written for a variant but the values themselves."""
        keys = sorted(self.examiner.key(entry) for entry in assembled.patched.objects)
        return repr((keys, [(note.level, note.text) for note in assembled.notes]))

    # --- the pack as a whole ------------------------------------------------------------------

    def _hygiene(self, *, is_whole: bool) -> None:
        self.gathered.extend(stray_files(self.prepared.pack))
        if not is_whole or not self.outcomes:
            return
        usage = Usage(self.prepared.pack, self.outcomes)
        self.gathered.extend(usage.findings())
        for parameter in usage.idle_parameters():
            if self._is_idle(parameter):
                self.gathered.add(idle_parameter(parameter, self.prepared.pack))

    def _is_idle(self, parameter: Parameter) -> bool:
        """Return whether other values of a parameter were tried and changed nothing."""
        name = parameter.name
        if len({repr(outcome.resolved.plain().get(name)) for outcome in self.outcomes}) > 1:
            return True  # the variants have differed in it
        probes = probe_values(parameter)
        return bool(probes) and not any(self._changes(name, value) for value in probes)

    def _changes(self, name: str, value: Any) -> bool:
        """Return whether a value changes anything where features are as they are, and all on."""
        active = self.prepared.active
        for cloud in active.clouds.values():
            for features in {active.chosen, tuple(sorted(active.features))}:
                plain = choose(self.prepared, Choice(cloud, features))
                probed = choose(self.prepared, Choice(cloud, features, {name: value}))
                try:
                    before, after = assemble(plain, cloud), assemble(probed, cloud)
                except PackcError:
                    return True  # it decides whether a build is refused
                if self._fingerprint(before) != self._fingerprint(after):
                    return True
        return False

    def _is_whole(self, left_out: int) -> bool:
        """Return whether every variant of the pack was looked at."""
        selection = self.question.selection
        chosen = (*selection.clouds, *selection.features, *selection.without)
        has_all = {use.name for use in self.prepared.pack.spec.features} <= set(
            self.prepared.active.features
        )
        is_default = not chosen and not self.prepared.settings.values
        return is_default and has_all and not self.failed and not left_out

    # --- what was not checked -----------------------------------------------------------------

    def _say_what_schemas_lack(self) -> None:
        wanted = self.question.kubernetes.releases
        known = kubernetes.installed()
        lacking = [release for release in wanted if release not in known]
        if not lacking:
            return
        if known:
            text = f"not checked: the schemas of Kubernetes {spoken(lacking)} are not known"
            hint = f"those of {spoken(known)} are installed; update kubernetes-validate"
            severity = Severity.ERROR
        else:
            text = "not checked: no schemas of Kubernetes are installed"
            hint = f"pip install '{EXTRA}'"
            severity = SEVERITIES["PK406"]
        self.unchecked.append(f"schemas of Kubernetes {spoken(lacking)}")
        self.gathered.add(Diagnostic("PK406", text, hint=hint, severity=severity))

    def _say_what_is_left_out(self, left_out: int) -> None:
        for use in self.prepared.pack.spec.features:
            if use.name not in self.prepared.active.features:
                self.unchecked.append(f"variants with {use.name}: its plugin is not installed")
        if left_out:
            count = plural(left_out, "variant")
            text = f"not checked: {count} more, those that differ from the defaults most"
            hint = "raise --max-variants, or choose with --cloud and --feature"
            self.unchecked.append(f"{count} beyond the limit")
            self.gathered.add(Diagnostic("PK472", text, hint=hint, severity=SEVERITIES["PK472"]))


def _places(prepared: Prepared, assembled: Assembled) -> Places:
    return Places(
        {entry.identity: entry for entry in assembled.patched.objects},
        {parameter.name: parameter for parameter in assembled.resolved.parameters},
        _plugin_lines(prepared),
        operation_places(prepared.pack),
    )


def _plugin_lines(prepared: Prepared) -> Mapping[str, Span]:
    """Return where the patches of each plugin are made."""
    hooks = {
        name: getattr(plugin.module, "packc_patches", None)
        for name, plugin in prepared.active.plugins.items()
    }
    return {name: span_of(hook) for name, hook in hooks.items() if hook is not None}
