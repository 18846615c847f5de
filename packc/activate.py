"""activate: the names in the spec and on the command line become plugins, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from packc.conditions import many, within
from packc.diagnostics import Diagnostic, Findings, PackcError, Severity, Span, did_you_mean
from packc.model import Cloud, Feature
from packc.pack import Pack
from packc.plugins import Host, Plugin
from packc.spec import Parameter, When
from packc.speccheck import parameter_findings


@frozen
class Active:
    """What takes part in a build of one pack, with the plugins that provide it.

    `features` holds those that the pack offers and that are installed; `chosen` those that are on, sorted.
    `parameters` are the pack's, then those of its features; `owners` says which feature brought one.
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

    `clouds` names clouds instead of all that the pack lists; `features` adds features to those that are
    on by default, `without` takes some away. Raises PackcError with all that does not fit.
    """
    findings = Findings()
    chosen = _chosen(pack, features, without, findings)
    plugins: dict[str, Plugin] = {}
    for name, span in _wanted(pack, clouds, chosen, findings):
        try:
            plugins[name] = host.load(name, span)
        except PackcError as error:
            findings.extend(_tolerated(error, name, pack, chosen))
    findings.raise_if_failed()
    active = Active(
        clouds=_provided(plugins, clouds or pack.spec.clouds, "packc_clouds", Cloud, host, findings),
        features=_provided(
            plugins,
            [use.name for use in pack.spec.features if use.name in plugins],
            "packc_features",
            Feature,
            host,
            findings,
        ),
        chosen=chosen,
        parameters=pack.spec.parameters,
        owners={},
        plugins=plugins,
        host=host,
    )
    findings.raise_if_failed()
    findings.extend(_settings_findings(pack, active))
    active = _with_parameters(active, findings)
    findings.extend(_reference_findings(pack, active))
    findings.raise_if_failed()
    return evolve(active, diagnostics=tuple(findings.items))


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


def _wanted(
    pack: Pack, clouds: Sequence[str], chosen: tuple[str, ...], findings: Findings
) -> Iterator[tuple[str, Span | None]]:
    """Yield the names to load, each with the place that asks for it."""
    listed = {name: pack.place("clouds", i) for i, name in enumerate(pack.spec.clouds)}
    for name in dict.fromkeys(clouds or pack.spec.clouds):
        if name not in listed:
            text = f"the pack {pack.spec.name} does not list the cloud '{name}'"
            hint = f"its author vouches for {', '.join(listed)} only"
            findings.add(Diagnostic("PK211", text, hint=hint, severity=Severity.WARNING))
        yield name, None if clouds else listed[name]
    for use in pack.spec.features:
        yield use.name, use.span


def _tolerated(
    error: PackcError, name: str, pack: Pack, chosen: tuple[str, ...]
) -> Iterator[Diagnostic]:
    """Yield the error; as a warning where it concerns a feature that is off."""
    is_off = name in {use.name for use in pack.spec.features} - set(chosen)
    for diagnostic in error.diagnostics:
        yield evolve(diagnostic, severity=Severity.WARNING) if is_off else diagnostic


def _provided(
    plugins: Mapping[str, Plugin],
    names: Sequence[str],
    hook: str,
    kind: type[Any],
    host: Host,
    findings: Findings,
) -> dict[str, Any]:
    """Return what each plugin provides under its own name."""
    provided: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        try:
            offers = {offer.name: offer for offer in host.ask(plugins[name], hook, kind)}
        except PackcError as error:
            findings.extend(error.diagnostics)
            continue
        if name in offers:
            provided[name] = offers[name]
        else:
            noun = kind.__name__.lower()
            other = ", ".join(offers) or f"no {noun} at all"
            text = f"{plugins[name]} provides no {noun} '{name}', but {other}"
            findings.add(Diagnostic("PK204", text, hint=f"name another {noun}"))
    return provided


def _settings_findings(pack: Pack, active: Active) -> Iterator[Diagnostic]:
    for use in pack.spec.features:
        feature = active.features.get(use.name)
        if feature is None:
            continue
        for name in sorted(set(use.with_) - set(feature.settings)):
            hint = did_you_mean(name, feature.settings) or _settings_hint(feature)
            text = f"the feature {use.name} has no setting '{name}'"
            yield Diagnostic("PK210", text, use.span, hint)
        for name in sorted(set(feature.settings) - set(use.with_)):
            text = f"the feature {use.name} needs the setting '{name}': {feature.settings[name]}"
            yield Diagnostic("PK210", text, use.span, f"add '{name}:' below 'with:'")


def _settings_hint(feature: Feature) -> str:
    return f"its settings are: {', '.join(sorted(feature.settings)) or 'none'}"


def _with_parameters(active: Active, findings: Findings) -> Active:
    """Return it with the parameters that the features bring."""
    parameters, owners = list(active.parameters), {}
    for name in active.features:
        try:
            brought = active.host.ask(active.plugins[name], "packc_parameters", Parameter)
        except PackcError as error:
            findings.extend(error.diagnostics)
            continue
        findings.extend(_plugin_parameter_findings(active.plugins[name], brought))
        for parameter in brought:
            if any(parameter.name == other.name for other in parameters):
                text = f"{active.plugins[name]} adds the parameter '{parameter.name}', which is there"
                findings.add(Diagnostic("PK126", text, hint="rename the pack's parameter"))
            parameters.append(parameter)
            owners[parameter.name] = name
    return evolve(active, parameters=tuple(parameters), owners=owners)


def _plugin_parameter_findings(
    plugin: Plugin, parameters: tuple[Parameter, ...]
) -> Iterator[Diagnostic]:
    for finding in parameter_findings(parameters, lambda *_: Span(plugin.module.__name__)):
        yield Diagnostic("PK206", f"packc_parameters of {plugin}: {finding.message}")


def _reference_findings(pack: Pack, active: Active) -> Iterator[Diagnostic]:
    """Yield every name in the pack that means nothing: a typo must not pass as a condition that is never true."""
    parameters = {parameter.name for parameter in active.parameters}
    if {use.name for use in pack.spec.features} - set(active.features):
        return  # a feature is not installed: what it would bring is not known
    for name, span in _parameter_references(pack):
        if name not in parameters:
            hint = did_you_mean(name, parameters) or "declare it under 'parameters'"
            yield Diagnostic("PK125", f"there is no parameter '{name}'", span, hint)
    offered = {use.name for use in pack.spec.features}
    for when in (inner for outer in pack.conditions for inner in within(outer)):
        for name in many(when.feature) if when.feature is not None else ():
            if name not in offered:
                hint = did_you_mean(str(name), offered) or "list it under 'features'"
                text = f"the pack offers no feature '{name}'"
                yield Diagnostic("PK125", text, when.span, hint)
        yield from _value_findings(when, active)


def _value_findings(when: When, active: Active) -> Iterator[Diagnostic]:
    """Yield values in a condition that an enum parameter can never have."""
    enums = {p.name: {v.value for v in p.values} for p in active.parameters if p.type == "enum"}
    for name, wanted in when.parameters.items():
        for value in many(wanted):
            if name in enums and value not in enums[name]:
                hint = did_you_mean(str(value), enums[name])
                text = f"'{name}' is never '{value}'"
                yield Diagnostic("PK125", text, when.span, hint)


def _parameter_references(pack: Pack) -> Iterator[tuple[str, Span | None]]:
    for binding in pack.spec.bindings:
        yield binding.parameter, binding.span
    for refusal in pack.spec.refusals:
        yield refusal.parameter, refusal.span
    for entry in pack.patches:
        for operation in entry.patch.operations:
            if operation.parameter is not None:
                yield operation.parameter, operation.span
    for when in (inner for outer in pack.conditions for inner in within(outer)):
        for name in when.parameters:
            yield name, when.span
