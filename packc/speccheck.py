"""speccheck: what a spec must hold beyond the types of its keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_network

from packc.codes import CODES
from packc.diagnostics import Diagnostic, PackcError, Related, Span, did_you_mean
from packc.model import MISSING
from packc.parameters import LIMIT_KEYS, LIMITS, allowed_values, problems
from packc.patching.pointer import parse
from packc.spec import Constraint, Items, PackSpec, Parameter

Place = Callable[..., Span]
"""Gives the place of the value at a path of keys and indices in the file."""

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# OCI tags are the narrowest home of a version: they allow no '+', and 128 characters.
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
PLUGIN_CODE = re.compile(r"(?!PK\d)[A-Z][A-Z0-9]*\d{2,}")
PARAMETER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*")


def spec_findings(spec: PackSpec, place: Place) -> Iterator[Diagnostic]:
    """Yield what is wrong with pack.yaml as a whole."""
    yield from _identity(spec, place)
    yield from _repeated("cloud", spec.clouds, lambda i: place("clouds", i))
    yield from _repeated(
        "feature", [f.name for f in spec.features], lambda i: place("features", i, "name")
    )
    yield from _repeated("patch file", spec.patches, lambda i: place("patches", i))
    named: list[tuple[str, tuple[str | int, ...]]]
    named = [(name, ("clouds", i)) for i, name in enumerate(spec.clouds)]
    named += [(use.name, ("features", i, "name")) for i, use in enumerate(spec.features)]
    for name, path in named:
        if not DNS_LABEL.fullmatch(name):
            yield _wrong(f"'{name}' is no plugin name", place(*path), "use a-z, 0-9 and '-'")
    for key in ("clouds", "objects"):
        if not getattr(spec, key):
            yield _wrong(f"'{key}' is empty", place(key), "list at least one")
    yield from parameter_findings(spec.parameters, lambda *key: place("parameters", *key))
    yield from _impact_findings(spec, place)
    yield from _check_rules(spec, place)
    yield from _palette(spec, place)


def parameter_findings(parameters: tuple[Parameter, ...], place: Place) -> Iterator[Diagnostic]:
    """Yield what is wrong with declared parameters: a pack's, or a plugin's."""
    by_name = {parameter.name: parameter for parameter in parameters}
    yield from _repeated("parameter", [p.name for p in parameters], lambda i: place(i, "name"))
    yield from _nested_names(parameters, place)
    for index, parameter in enumerate(parameters):
        yield from _parameter(parameter, by_name, lambda *key, i=index: place(i, *key))


def _impact_findings(spec: PackSpec, place: Place) -> Iterator[Diagnostic]:
    """Yield the paths of impacts that are none: unlike those of patches, no build follows them."""
    for index, impact in enumerate(spec.impacts):
        try:
            parse(impact.path, place("impacts", index, "path"))
        except PackcError as error:
            yield from error.diagnostics


def _identity(spec: PackSpec, place: Place) -> Iterator[Diagnostic]:
    if not DNS_LABEL.fullmatch(spec.name):
        hint = "use a-z, 0-9 and '-', at most 63 characters"
        yield _wrong(f"'{spec.name}' is no DNS label", place("name"), hint)
    if not VERSION.fullmatch(spec.version):
        hint = "use letters, digits, '.', '_' and '-': the version becomes a folder and an OCI tag"
        yield _wrong(f"'{spec.version}' is no version", place("version"), hint)


def _check_rules(spec: PackSpec, place: Place) -> Iterator[Diagnostic]:
    """Yield rules for findings that packc never has; the codes of plugins are not known here."""
    known = [code for code in CODES if code.startswith("PK4")]
    for index, rule in enumerate(spec.checks):
        if rule.code not in known and not PLUGIN_CODE.fullmatch(rule.code):
            hint = did_you_mean(rule.code, known) or f"the codes are {', '.join(known)}"
            text = f"there is no finding '{rule.code}'"
            yield _wrong(text, place("checks", index, "code"), hint)
        if not rule.reason.strip():
            hint = "say why, for those who review the pack"
            yield _wrong("the reason is empty", place("checks", index, "reason"), hint)


def _palette(spec: PackSpec, place: Place) -> Iterator[Diagnostic]:
    """Yield names of `palette` that Palette cannot take.

    Clouds are not checked: a build may have more than the pack lists.
    """
    palette = spec.palette
    if palette is None:
        return
    for key in ("name", "manifest", "namespace"):
        name = getattr(palette, key)
        if name is not None and not DNS_LABEL.fullmatch(name):
            hint = "use a-z, 0-9 and '-', at most 63 characters"
            yield _wrong(f"'{name}' is no DNS label", place("palette", key), hint)
    for cloud, name in palette.names.items():
        if not DNS_LABEL.fullmatch(name):
            hint = "use a-z, 0-9 and '-', at most 63 characters"
            yield _wrong(f"'{name}' is no DNS label", place("palette", "names", cloud), hint)
    yield from _repeated(
        "preset",
        [p.name for p in palette.presets],
        lambda i: place("palette", "presets", i, "name"),
    )
    for index, preset in enumerate(palette.presets):
        for key in ("name", "group"):
            if not re.fullmatch(r"[^,:\n]+", getattr(preset, key)):
                text = f"the {key} of a preset is text without ',' and ':'"
                where = place("palette", "presets", index, key)
                yield _wrong(text, where, "Palette separates presets by these")
        yield from _preset_values(spec, index, place)


def _preset_values(spec: PackSpec, index: int, place: Place) -> Iterator[Diagnostic]:
    assert spec.palette is not None
    known = {parameter.name: parameter for parameter in spec.parameters}
    for name, value in spec.palette.presets[index].parameters.items():
        where = place("palette", "presets", index, "parameters", name)
        if name not in known:
            yield _unknown_parameter(name, known, where)
            continue
        for problem in problems(known[name], value):
            yield Diagnostic("PK131", f"{name}: {problem.message}", where, problem.hint)


def _nested_names(parameters: tuple[Parameter, ...], place: Place) -> Iterator[Diagnostic]:
    """Yield names that are a prefix of others: values files are nested by the dots."""
    names = {parameter.name for parameter in parameters}
    for index, parameter in enumerate(parameters):
        parts = parameter.name.split(".")
        for size in range(1, len(parts)):
            if ".".join(parts[:size]) in names:
                message = (
                    f"'{parameter.name}' stands below the parameter '{'.'.join(parts[:size])}'"
                )
                yield _wrong(message, place(index, "name"), "give one of them another name")


def _parameter(
    parameter: Parameter, by_name: dict[str, Parameter], place: Place
) -> Iterator[Diagnostic]:
    if not PARAMETER_NAME.fullmatch(parameter.name):
        hint = "use words of letters, digits, '_' and '-' with dots between them"
        yield _wrong(f"'{parameter.name}' is no parameter name", place("name"), hint)
    found = [*_items(parameter, place), *_collection(parameter, place)]
    yield from found
    if not found:
        yield from _default(parameter, place)
        yield from _from_cloud(parameter, place)
    for index, constraint in enumerate(parameter.constraints):
        yield from _constraint(
            constraint, by_name, lambda *key, i=index: place("constraints", i, *key)
        )
    if parameter.deprecated and parameter.deprecated.replacement not in by_name:
        yield _unknown_parameter(
            parameter.deprecated.replacement, by_name, place("deprecated", "replacement")
        )


def _items(items: Items, place: Place) -> Iterator[Diagnostic]:
    """Yield limits that do not belong to the type, or that cannot be."""
    allowed = LIMITS[items.type]
    for limit in sorted(LIMIT_KEYS - allowed):
        if getattr(items, limit, None) not in (None, (), MISSING):
            message = f"'{limit}' does not limit a value of type {items.type}"
            hint = f"for {items.type}: {', '.join(sorted(allowed)) or 'no limits'}"
            yield _wrong(message, place(limit), hint)
    if items.type == "enum" and not items.values:
        yield _wrong("an enum needs 'values'", place("type"), "list the values that are allowed")
    yield from _repeated("value", allowed_values(items), lambda i: place("values", i, "value"))
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        least, most = getattr(items, low, None), getattr(items, high, None)
        if least is not None and most is not None and least > most:
            yield _wrong(f"'{low}' {least} is more than '{high}' {most}", place(low))
    if items.pattern is not None:
        try:
            re.compile(items.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            message = f"the pattern is no regular expression: {error}"
            yield _wrong(message, place("pattern"), "write it as Python's re reads it")


def _collection(parameter: Parameter, place: Place) -> Iterator[Diagnostic]:
    if parameter.type not in ("list", "map"):
        return
    if parameter.items is None:
        hint = "add 'items:' with a 'type:'"
        yield _wrong(f"a {parameter.type} needs 'items'", place("type"), hint)
    elif parameter.items.type in ("list", "map", "file"):
        message = f"a {parameter.type} of {parameter.items.type} is not supported"
        yield _wrong(message, place("items", "type"))
    else:
        yield from _items(parameter.items, lambda *key: place("items", *key))


def _default(parameter: Parameter, place: Place) -> Iterator[Diagnostic]:
    if parameter.default is MISSING:
        return
    if parameter.type == "file":
        yield _wrong("a file has no default", place("default"), "leave 'default' out")
        return
    if parameter.required:
        hint = "leave out 'required' or 'default'"
        yield _wrong("a required parameter has no default", place("default"), hint)
    for problem in problems(parameter, parameter.default):
        hint = problem.hint or "choose another default, or other limits"
        yield _wrong(f"the default: {problem.message}", place("default"), hint)


def _from_cloud(parameter: Parameter, place: Place) -> Iterator[Diagnostic]:
    if parameter.fromCloud is None:
        return
    for alternative, value in parameter.fromCloud.values.items():
        if value not in allowed_values(parameter):
            hint = did_you_mean(value, allowed_values(parameter))
            where = place("fromCloud", "values", alternative)
            yield _wrong(f"'{value}' is none of the parameter's values", where, hint)


def _constraint(
    constraint: Constraint, by_name: dict[str, Parameter], place: Place
) -> Iterator[Diagnostic]:
    rules = [rule for rule in ("excludes", "holdsBlock", "equals") if getattr(constraint, rule)]
    if len(rules) != 1:
        hint = "give exactly one of excludes, holdsBlock and equals"
        yield _wrong(f"found {len(rules)} rules in one constraint", place(), hint)
    for rule in ("holdsBlock", "equals"):
        name = getattr(constraint, rule)
        if name is not None and name not in by_name:
            yield _unknown_parameter(name, by_name, place(rule))
        elif name is not None and by_name[name].type != _OPERAND[rule]:
            message = f"'{name}' is of type {by_name[name].type}, expected {_OPERAND[rule]}"
            yield _wrong(message, place(rule))
    if constraint.excludes is not None:
        try:
            ip_network(constraint.excludes)
        except ValueError:
            yield _wrong(f"'{constraint.excludes}' is no network", place("excludes"))


_OPERAND = {"holdsBlock": "integer", "equals": "cidr"}


def _repeated(
    what: str, names: Iterable[str], place: Callable[[int], Span]
) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            related = (Related("the first is here", place(first[name])),)
            message = f"the {what} '{name}' is listed twice"
            yield Diagnostic("PK126", message, place(index), "remove one", related=related)
        first.setdefault(name, index)


def _unknown_parameter(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    hint = did_you_mean(name, known) or "declare it under 'parameters'"
    return Diagnostic("PK125", f"there is no parameter '{name}'", span, hint)


def _wrong(message: str, span: Span, hint: str | None = None) -> Diagnostic:
    return Diagnostic("PK113", message, span, hint)
