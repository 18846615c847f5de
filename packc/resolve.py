"""resolve: spec, cloud and settings into values: default < cloud < values file < --set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from packc.conditions import holds
from packc.diagnostics import Diagnostic, Findings, Related, Span
from packc.frozen import freeze
from packc.model import MISSING, Cloud, Fact, Source, SourceKind, Value, Variant
from packc.pack import Pack
from packc.parameters import allowed_values, value_findings
from packc.spec import Constraint, Parameter, Refusal
from packc.values import Resolved, Settings


def resolve(
    pack: Pack,
    cloud: Cloud,
    features: tuple[str, ...],
    parameters: tuple[Parameter, ...],
    settings: Settings,
) -> Resolved:
    """Return the variant of one cloud with those features on, and those parameters.

    Raises PackcError with everything that the values break.
    """
    findings = Findings()
    values = {}
    for parameter in parameters:
        value = _value(parameter, cloud, settings, findings)
        if value is not None:
            values[parameter.name] = value
    findings.raise_if_failed()
    for parameter in parameters:
        findings.extend(_constraint_findings(parameter, values))
    plain = {name: value.value for name, value in values.items()}
    for refusal in pack.spec.refusals:
        if holds(refusal.when, cloud.name, features, plain):
            findings.add(_refused(refusal, values, cloud))
    findings.raise_if_failed()
    variant = Variant(
        pack=pack.spec.name,
        version=pack.spec.version,
        cloud=cloud,
        features=features,
        values=freeze(plain),
        settings=freeze(
            {use.name: use.with_ for use in pack.spec.features if use.name in features}
        ),
    )
    return Resolved(variant, values, parameters)


def default_on(parameter: Parameter, cloud: Cloud) -> Any:
    """Return the value that a parameter has on a cloud where nobody sets it; MISSING if none."""
    value = _fallback(parameter, cloud, _stated(parameter, cloud))
    return MISSING if value is None else value.value


def allowed_on(parameter: Parameter, cloud: Cloud) -> tuple[str, ...]:
    """Return the values of an enum that work on a cloud."""
    fact = _stated(parameter, cloud)
    if fact is None or parameter.fromCloud is None:
        return allowed_values(parameter)
    meanings = parameter.fromCloud.values
    return tuple(meanings[name] for name in fact.supports if name in meanings)


def _value(
    parameter: Parameter, cloud: Cloud, settings: Settings, findings: Findings
) -> Value | None:
    fact = _fact(parameter, cloud, findings)
    value = settings.values.get(parameter.name) or _fallback(parameter, cloud, fact)
    if value is None:
        if parameter.required:
            text = f"the parameter '{parameter.name}' is required"
            hint = f"give it: --set {parameter.name}=..., or in a values file"
            findings.add(Diagnostic("PK133", text, parameter.span, hint))
        return None
    given = value.source.kind in (SourceKind.VALUES, SourceKind.SET)
    wrong = list(value_findings(parameter, value)) if given else []
    if fact is not None and not wrong:
        wrong = list(_cloud_findings(parameter, value, cloud, fact))
    findings.extend(wrong)
    return value


def _fallback(parameter: Parameter, cloud: Cloud, fact: Fact | None) -> Value | None:
    """Return the value where the user gave none: the cloud's, else the parameter's default."""
    from_cloud = parameter.fromCloud
    if from_cloud is not None and fact is not None and fact.default in from_cloud.values:
        choice = from_cloud.values[fact.default]
        return Value(parameter.name, choice, Source(SourceKind.CLOUD, cloud.name), parameter.secret)
    if parameter.default is MISSING:
        return None
    source = Source(SourceKind.DEFAULT, "", parameter.span)
    return Value(parameter.name, parameter.default, source, parameter.secret)


def _fact(parameter: Parameter, cloud: Cloud, findings: Findings) -> Fact | None:
    """Return the cloud's fact that decides a parameter; say so where it is needed and missing."""
    fact = _stated(parameter, cloud)
    if parameter.fromCloud is None:
        return None
    known = parameter.fromCloud.values
    if fact is None and parameter.default is MISSING:
        stated = ", ".join(fact.name for fact in cloud.facts) or "none"
        text = f"the cloud {cloud.name} states no fact '{parameter.fromCloud.fact}'"
        hint = f"it states: {stated}; give the parameter a default, or extend the cloud's plugin"
        findings.add(Diagnostic("PK134", text, parameter.fromCloud.span, hint))
    elif fact is not None and not set(fact.supports) & set(known):
        text = (
            f"the pack has no value of '{parameter.name}' for what the cloud {cloud.name} supports:"
            f" {', '.join(fact.supports)}"
        )
        findings.add(Diagnostic("PK134", text, parameter.fromCloud.span))
    return fact


def _stated(parameter: Parameter, cloud: Cloud) -> Fact | None:
    return cloud.fact(parameter.fromCloud.fact) if parameter.fromCloud else None


def _cloud_findings(
    parameter: Parameter, value: Value, cloud: Cloud, fact: Fact
) -> Iterator[Diagnostic]:
    """Yield an error where the value means an alternative that the cloud does not support."""
    assert parameter.fromCloud is not None
    meanings = parameter.fromCloud.values
    supported = allowed_on(parameter, cloud)
    if value.value in supported:
        return
    refused = (name for name, meaning in meanings.items() if meaning == value.value)
    reasons = (fact.refuses[name] for name in refused if name in fact.refuses)
    reason = next(reasons, f"its plugin supports {', '.join(fact.supports)} only")
    yield Diagnostic(
        "PK134",
        f"'{parameter.name}' is {value.value}, which the cloud {cloud.name} does not support"
        f" because {reason}",
        value.source.span,
        f"{cloud.name} supports {' and '.join(supported)};"
        " leave the parameter out to take its default",
    )


# --- rules between parameters -----------------------------------------------------------------


def _constraint_findings(parameter: Parameter, values: Mapping[str, Value]) -> Iterator[Diagnostic]:
    value = values.get(parameter.name)
    if value is None:
        return
    for constraint in parameter.constraints:
        problem = _broken(constraint, value, values)
        if problem is not None:
            text, other = problem
            related: tuple[Related, ...] = ()
            if other is not None:
                related = (
                    Related(
                        f"'{other.parameter}' is {other.value} ({other.source})", other.source.span
                    ),
                )
            yield Diagnostic(
                "PK135",
                f"{parameter.name}: {value.value} {text}: {constraint.reason}",
                value.source.span,
                _way_out(constraint, other),
                related=related,
            )


def _broken(
    constraint: Constraint, value: Value, values: Mapping[str, Value]
) -> tuple[str, Value | None] | None:
    """Return what is wrong, with the other parameter concerned; None where the rule holds."""
    network = ip_network(value.value)
    if constraint.excludes is not None:
        if network.overlaps(ip_network(constraint.excludes)):
            return f"overlaps {constraint.excludes}", None
    elif other := values.get(constraint.holdsBlock or ""):
        if network.prefixlen > other.value:
            return f"is smaller than one block of /{other.value}", other
    elif (other := values.get(constraint.equals or "")) and value.value != other.value:
        return f"is not {other.value}", other
    return None


def _way_out(constraint: Constraint, other: Value | None) -> str:
    if other is None:
        return f"choose a network outside {constraint.excludes}"
    if constraint.equals is not None:
        return f"set it to {other.value}, or correct '{other.parameter}'"
    return f"take a larger network, or set '{other.parameter}' to a longer prefix"


def _refused(refusal: Refusal, values: Mapping[str, Value], cloud: Cloud) -> Diagnostic:
    value = values.get(refusal.parameter)
    span: Span | None = value.source.span if value else None
    chosen = (
        f"'{refusal.parameter}' is {value.value}" if value else f"'{refusal.parameter}' is not set"
    )
    text = f"{chosen} on {cloud.name}: {refusal.reason}"
    return Diagnostic("PK136", text, span or refusal.span, refusal.hint)
