"""activate: the names in the spec and on the command line become plugins, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from packc.conditions import many, within
from packc.diagnostics import Diagnostic, Findings, PackcError, Severity, Span, did_you_mean
from packc.model import Cloud, Feature
from packc.pack import Pack
from packc.parameters import problems
from packc.plugins import Host, Plugin
from packc.spec import Parameter, When
from packc.speccheck import parameter_findings


@frozen(eq=False, repr=False)
class Active:
    """What takes part in a build of one pack, with the plugins that provide it.

    `features` holds those that the pack offers and that are installed; `chosen` those that are on,
    sorted. `parameters` are the pack's, then those of its features; `owners` says which feature
    brought one.
    """

    clouds: Mapping[str, Cloud]
    features: Mapping[str, Feature]
    chosen: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    owners: Mapping[str, str]
    plugins: Mapping[str, Plugin] = field(repr=False)
    host: Host = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()

    def taking_part(self, cloud: str) -> Iterator[Plugin]:
        """Yield the plugins of a variant in the order of their names."""
        for name in sorted({cloud, *self.chosen}):
            yield self.plugins[name]

    @property
    def off(self) -> dict[str, str]:
        """Return each parameter of a feature that is off, with that feature."""
        return {name: owner for name, owner in self.owners.items() if owner not in self.chosen}

    @property
    def counting(self) -> tuple[Parameter, ...]:
        """Return the parameters that count: not those of features that are off."""
        return tuple(p for p in self.parameters if p.name not in self.off)


def activate(
    pack: Pack,
    host: Host,
    clouds: Sequence[str] = (),
    features: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Active:
    """Return what takes part in building the pack.

    `clouds` names clouds instead of all that the pack lists; `features` adds features to those that
    are on by default, `without` takes some away. Raises PackcError with all that does not fit.
    """
    host.check_refused()
    if host.is_locked:
        from packc.lock import check_lock  # few builds are locked

        check_lock(pack, host, clouds)
    findings = Findings()
    chosen = _chosen(pack, features, without, findings)
    wanted = dict(_wanted(pack, clouds))
    off = {use.name for use in pack.spec.features} - set(chosen)
    asker = _Asker(host, wanted, frozenset(off), findings)
    asker.load()
    findings.raise_if_failed()
    findings.extend(_unlisted(pack, clouds))
    with host.own_parts_kept(asker.plugins.values()):
        active = _answered(pack, asker, clouds or pack.spec.clouds, chosen)
    findings.extend(_reference_findings(pack, active))
    findings.raise_if_failed()
    return evolve(active, diagnostics=tuple(findings.items))


def _answered(pack: Pack, asker: _Asker, clouds: Sequence[str], chosen: tuple[str, ...]) -> Active:
    """Return what the plugins say that they provide."""
    findings = asker.findings
    active = Active(
        clouds=asker.provided(clouds, "packc_clouds", Cloud),
        features=asker.provided([f.name for f in pack.spec.features], "packc_features", Feature),
        chosen=chosen,
        parameters=pack.spec.parameters,
        owners={},
        plugins=asker.plugins,
        host=asker.host,
    )
    findings.raise_if_failed()
    findings.extend(_fact_findings(active))
    findings.extend(_settings_findings(pack, active))
    return _with_parameters(active, asker)


@frozen(eq=False, repr=False)
class _Asker:
    """Loads the plugins that are wanted and asks them; what goes wrong is gathered.

    `wanted` holds the place that asks for each name. A fault of a feature that is off is a warning.
    """

    host: Host
    wanted: Mapping[str, Span | None]
    off: frozenset[str]
    findings: Findings
    plugins: dict[str, Plugin] = field(factory=dict)

    def load(self) -> None:
        for name, span in self.wanted.items():
            try:
                self.plugins[name] = self.host.load(name, span)
            except PackcError as error:
                self._gather(name, error.diagnostics)

    def ask(self, name: str, hook: str, kind: type[Any]) -> tuple[Any, ...]:
        """Return what a plugin answers; nothing where it is not there or fails."""
        if name not in self.plugins:
            return ()
        try:
            return self.host.ask(self.plugins[name], hook, kind)
        except PackcError as error:
            self._gather(name, error.diagnostics)
            return ()

    def provided(self, names: Sequence[str], hook: str, kind: type[Any]) -> dict[str, Any]:
        """Return what each plugin provides under its own name."""
        provided: dict[str, Any] = {}
        for name in (name for name in dict.fromkeys(names) if name in self.plugins):
            before = len(self.findings.items)
            offers = {offer.name: offer for offer in self.ask(name, hook, kind)}
            if name in offers:
                provided[name] = offers[name]
            elif len(self.findings.items) == before:
                self._gather(name, [self._not_provided(name, kind.__name__.lower(), list(offers))])
        return provided

    def _not_provided(self, name: str, noun: str, offers: Sequence[str]) -> Diagnostic:
        other = f", but {', '.join(offers)}" if offers else ""
        text = f"{self.plugins[name]} provides no {noun} '{name}'{other}"
        hint = f"name a plugin that provides a {noun}; its name is that of the {noun}"
        return Diagnostic("PK204", text, self.wanted[name], hint)

    def _gather(self, name: str, diagnostics: Sequence[Diagnostic]) -> None:
        for each in diagnostics:
            severity = Severity.WARNING if name in self.off else each.severity
            self.findings.add(evolve(each, severity=severity))


def _chosen(
    pack: Pack, features: Sequence[str], without: Sequence[str], findings: Findings
) -> tuple[str, ...]:
    offered = {use.name: use for use in pack.spec.features}
    for name in (*features, *without):
        if name not in offered:
            hint = did_you_mean(name, offered) or f"it offers: {', '.join(offered) or 'none'}"
            text = f"the pack {pack.spec.name} offers no feature '{name}'"
            findings.add(Diagnostic("PK212", text, hint=hint))
    on = {use.name for use in offered.values() if use.default} | set(features)
    return tuple(sorted((on - set(without)) & set(offered)))


def _wanted(pack: Pack, clouds: Sequence[str]) -> Iterator[tuple[str, Span | None]]:
    """Yield the names to load, each with the place that asks for it."""
    listed = {name: pack.place("clouds", i) for i, name in enumerate(pack.spec.clouds)}
    for name in clouds or listed:
        yield name, None if clouds else listed[name]
    for index, use in enumerate(pack.spec.features):
        yield use.name, pack.place("features", index, "name")


def _unlisted(pack: Pack, clouds: Sequence[str]) -> Iterator[Diagnostic]:
    for name in dict.fromkeys(clouds):
        if name not in pack.spec.clouds:
            text = f"the pack {pack.spec.name} does not list the cloud '{name}'"
            hint = f"its author vouches for {', '.join(pack.spec.clouds)} only"
            yield Diagnostic("PK211", text, hint=hint, severity=Severity.WARNING)


def _fact_findings(active: Active) -> Iterator[Diagnostic]:
    for name, cloud in active.clouds.items():
        for fact in cloud.facts:
            if fact.default not in fact.supports:
                text = (
                    f"packc_clouds of {active.plugins[name]}: the default '{fact.default}'"
                    f" of the fact '{fact.name}' is none of what it supports"
                )
                yield Diagnostic("PK206", text, hint="tell the plugin's author")


def _settings_findings(pack: Pack, active: Active) -> Iterator[Diagnostic]:
    for index, use in enumerate(pack.spec.features):
        feature = active.features.get(use.name)
        if feature is None:
            continue
        for name in sorted(set(use.with_) - set(feature.settings)):
            hint = did_you_mean(name, feature.settings) or _settings_hint(feature)
            text = f"the feature {use.name} has no setting '{name}'"
            yield Diagnostic("PK210", text, pack.place("features", index, "with", name), hint)
        for name in sorted(set(feature.settings) - set(use.with_)):
            text = f"the feature {use.name} needs the setting '{name}': {feature.settings[name]}"
            place = pack.place("features", index, "name")
            yield Diagnostic("PK210", text, place, f"add '{name}:' below its 'with:'")


def _settings_hint(feature: Feature) -> str:
    return f"its settings are: {', '.join(sorted(feature.settings)) or 'none'}"


def _with_parameters(active: Active, asker: _Asker) -> Active:
    """Return it with the parameters that the features bring."""
    parameters, owners = list(active.parameters), {}
    for name in active.features:
        plugin = active.plugins[name]
        brought = asker.ask(name, "packc_parameters", Parameter)
        asker.findings.extend(_plugin_parameter_findings(plugin, brought))
        for parameter in brought:
            if any(parameter.name == other.name for other in parameters):
                text = f"{plugin} adds the parameter '{parameter.name}', which is there"
                hint = "rename the other: the pack's, or that of another feature"
                asker.findings.add(Diagnostic("PK126", text, asker.wanted[name], hint))
            parameters.append(parameter)
            owners[parameter.name] = name
    return evolve(active, parameters=tuple(parameters), owners=owners)


def _plugin_parameter_findings(
    plugin: Plugin, parameters: Sequence[Parameter]
) -> Iterator[Diagnostic]:
    for finding in parameter_findings(tuple(parameters), lambda *_: Span(plugin.name)):
        text = f"packc_parameters of {plugin}: {finding.message}"
        yield Diagnostic("PK206", text, hint="tell the plugin's author")


def _reference_findings(pack: Pack, active: Active) -> Iterator[Diagnostic]:
    """Yield every name in the pack that means nothing: no typo may pass as "never"."""
    if {use.name for use in pack.spec.features} - set(active.features):
        return  # a feature is not installed: what it would bring is not known
    parameters = {parameter.name: parameter for parameter in active.parameters}
    for name, span in _parameter_references(pack):
        if name not in parameters:
            hint = did_you_mean(name, parameters) or "declare it under 'parameters'"
            yield Diagnostic("PK125", f"there is no parameter '{name}'", span, hint)
    for when in (inner for outer in pack.conditions for inner in within(outer)):
        yield from _condition_findings(when, pack)
        yield from _value_findings(when, parameters)


def _condition_findings(when: When, pack: Pack) -> Iterator[Diagnostic]:
    """Yield clouds and features of a condition that the pack does not have."""
    features = [use.name for use in pack.spec.features]
    sides = (("cloud", when.cloud, pack.spec.clouds), ("feature", when.feature, features))
    for noun, named, known in sides:
        for name in many(named) if named is not None else ():
            if name not in known:
                hint = did_you_mean(str(name), known) or f"list it under '{noun}s'"
                text = f"the pack has no {noun} '{name}', so the condition never holds"
                yield Diagnostic("PK125", text, when.span, hint)


def _value_findings(when: When, parameters: Mapping[str, Parameter]) -> Iterator[Diagnostic]:
    """Yield values in a condition that a parameter can never have."""
    for name, wanted in when.parameters.items():
        parameter = parameters.get(name)
        if parameter is None or parameter.type == "file":
            continue
        for value in many(wanted):
            found = problems(parameter, value)
            if found:
                text = f"'{name}' is never '{value}', so the condition never holds"
                hint = found[0].hint or found[0].message
                yield Diagnostic("PK125", text, when.span, hint)


def _parameter_references(pack: Pack) -> Iterator[tuple[str, Span | None]]:
    for index, binding in enumerate(pack.spec.bindings):
        yield binding.parameter, pack.place("bindings", index, "parameter")
    for index, refusal in enumerate(pack.spec.refusals):
        yield refusal.parameter, pack.place("refusals", index, "parameter")
    for entry in pack.patches:
        for operation in entry.patch.operations:
            if operation.parameter is not None:
                yield operation.parameter, operation.span
    for when in (inner for outer in pack.conditions for inner in within(outer)):
        for name in when.parameters:
            yield name, when.span
