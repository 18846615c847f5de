"""checks: what Palette, its form or its registry would not take of a pack that is about to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from packc.diagnostics import Diagnostic, PackcError, Severity
from packc.formats.helm.values import default
from packc.formats.palette.limits import EXACT
from packc.formats.palette.plan import Plan
from packc.formats.space import live
from packc.model import MISSING, Finding
from packc.palette.findings import IMAGES
from packc.palette.folder import pack_of
from packc.palette.lint import findings_of
from packc.patching.jsondata import is_list, is_map
from packc.spec import PaletteSpec

MACRO: Final = ".spectro."
_MACROS: Final = "Palette knows macros such as {{ .spectro.system.cluster.name }}; write no other"
_HINTS: Final[Mapping[str, str]] = {
    IMAGES: "they come from the objects; the community registry wants one at least of every pack"
    " but those of the layers os and k8s",
}


def refuse_changed_values(plans: Sequence[Plan]) -> None:
    """Raise PackcError (PK985) for values of the packs that Palette would not leave as they are."""
    problems = [*dict.fromkeys(each for plan in plans for each in _changed(plan))]
    if problems:
        raise PackcError(*problems)


def findings(plan: Plan, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield what `packc lint-palette` says of a pack; raise PackcError where that is an error."""
    found = findings_of(pack_of(files, plan.folder)).findings
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        place = plan.palette.span
        raise PackcError(*(Diagnostic(e.code, _text(e), place, _hint(e)) for e in errors))
    yield from (Finding(e.code, _text(e), e.severity, hint=_hint(e)) for e in found)


def _text(finding: Diagnostic) -> str:
    return f"{finding.span.file}: {finding.message}" if finding.span else finding.message


def _hint(finding: Diagnostic) -> str | None:
    return _HINTS.get(finding.code, finding.hint)


def _changed(plan: Plan) -> Iterator[Diagnostic]:
    for parameter in live(plan.build):
        value = default(plan.build, parameter)
        reason = None if value is MISSING else _reason(value)
        if reason is not None:
            text, hint = f"the default of '{parameter.name}' {reason[0]}", reason[1]
            yield Diagnostic("PK985", text, parameter.span, hint, quote=not parameter.secret)
    yield from _changed_in_presets(plan.palette)


def _changed_in_presets(palette: PaletteSpec) -> Iterator[Diagnostic]:
    for preset in palette.presets:
        for name, value in preset.parameters.items():
            reason = _reason(value)
            if reason is not None:
                text = f"the preset '{preset.name}' gives '{name}' a value that {reason[0]}"
                yield Diagnostic("PK985", text, preset.span, reason[1], quote=False)


def _reason(value: Any) -> tuple[str, str] | None:
    """Return what Palette would do with a value, and the way out; None where it is kept."""
    match value:
        case str() if "{{" in value and MACRO not in value:
            return "holds '{{', which Palette takes for a macro", _MACROS
        case int() if abs(value) > EXACT:
            return f"is beyond {EXACT}, and Palette would round it", "give it as text"
        case _ if is_map(value):
            return next(filter(None, map(_reason, (*value, *value.values()))), None)
        case _ if is_list(value):
            return next(filter(None, map(_reason, value)), None)
    return None
