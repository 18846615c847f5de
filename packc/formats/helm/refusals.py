"""refusals: the template that stops a release which packc would not build, and says why."""

from __future__ import annotations

from collections.abc import Iterator

from packc.build import Build
from packc.formats.derive import Derived
from packc.formats.gotemplate import Printer
from packc.formats.gotests import quoted
from packc.formats.space import live, may_be_unset
from packc.model import MISSING
from packc.spec import Constraint, Parameter


def refusals_yaml(derived: Derived, printer: Printer) -> str:
    """Return a template that renders to nothing, or fails with the reason."""
    build = derived.space.build
    lines = ["{{- /* Renders to nothing; fails for values that the pack refuses. */ -}}"]
    if len(build.clouds) > 1:
        clouds = ", ".join(build.clouds)
        lines += _failing(f"not {printer.access.cloud()}", f'"set cloud to one of {clouds}"')
    for refused in derived.refused:
        text = "; ".join(part for part in (refused.reason.text, refused.reason.hint) if part)
        test = "true" if refused.condition is None else printer.test(refused.condition)
        lines += _failing(test, quoted(text))
    lines += _missing(build, printer)
    lines += _constraints(build, printer)
    return "\n".join(lines) + "\n"


def _missing(build: Build, printer: Printer) -> Iterator[str]:
    for parameter in live(build):
        if parameter.required and parameter.default is MISSING:
            test = f'kindIs "invalid" {printer.access.value(parameter.name)}'
            yield from _failing(
                _with_owner(build, parameter, printer, test), f'"{parameter.name} has to be set"'
            )


def _constraints(build: Build, printer: Printer) -> Iterator[str]:
    parameters = {parameter.name: parameter for parameter in live(build)}
    for parameter in parameters.values():
        for rule in parameter.constraints:
            other = parameters.get(rule.equals or rule.holdsBlock or "")
            if other is not None:
                yield from _constraint(build, parameter, other, rule, printer)


def _constraint(
    build: Build, parameter: Parameter, other: Parameter, rule: Constraint, printer: Printer
) -> Iterator[str]:
    value, against = printer.access.value(parameter.name), printer.access.value(other.name)
    given = "".join(
        f' (not (kindIs "invalid" {printer.access.value(each.name)}))'
        for each in (parameter, other)
        if may_be_unset(each)
    )
    if rule.equals:
        broken, relation = f"ne {value} {against}", "is not"
    else:
        prefix = f'(atoi (last (splitList "/" {value})))'
        broken, relation = f"gt {prefix} (int {against})", "is smaller than one block of"
    form = quoted(f"{parameter.name}: %v {relation} %v ({other.name}): {_literal(rule.reason)}")
    test = _with_owner(build, parameter, printer, f"and{given} ({broken})" if given else broken)
    yield from _failing(test, f"(printf {form} {value} {against})")


def _with_owner(build: Build, parameter: Parameter, printer: Printer, test: str) -> str:
    owner = build.owners.get(parameter.name)
    return test if owner is None else f"and {printer.access.is_on(owner)} ({test})"


def _literal(text: str) -> str:
    return " ".join(text.split()).replace("%", "%%")


def _failing(test: str, message: str) -> list[str]:
    return [f"{{{{- if {test} }}}}", f"{{{{- fail {message} }}}}", "{{- end }}"]
