"""complaints: what the patch pass says about an operation, as diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from packc.diagnostics import Diagnostic, Related, Severity, Span, did_you_mean
from packc.model import BINDINGS, MISSING, BaseObject, Operation, Origin, Patch
from packc.patching.jsondata import describe, is_list, is_map
from packc.patching.keyed import Refusal, shown_path
from packc.patching.pointer import Path

_LONGEST_VALUE: Final = 100
_MAY_BE_ABSENT: Final = "if it may be absent, say why: `optional: <reason>`"
_NEEDS_CONDITION: Final = "if it may be absent, give the binding a condition with `when`"
ABSENCES: Final = frozenset({"PK304", "PK305"})


class Attempt(NamedTuple):
    """One operation of one patch, on its way into an object."""

    base: BaseObject
    patch: Patch
    operation: Operation
    origin: Origin

    @property
    def writer(self) -> str:
        return self.origin.writer

    @property
    def span(self) -> Span | None:
        return self.operation.span or self.patch.span

    def related(self, does: str) -> Related:
        return Related(f"{self.origin} {does}", self.span)


def refused(attempt: Attempt, refusal: Refusal) -> Diagnostic:
    """Return the refusal of an operation with its place and a way out."""
    way_out = _NEEDS_CONDITION if attempt.writer == BINDINGS else _MAY_BE_ABSENT
    hints = [refusal.hint, way_out if refusal.code in ABSENCES else None]
    is_test = refusal.actual is not MISSING
    return _about(
        attempt,
        refusal.code,
        str(refusal),
        hint="; ".join(filter(None, hints)).replace("?;", "?") or None,
        found=shown(attempt, refusal.actual) if is_test else refusal.found,
        expected=shown(attempt, attempt.operation.value) if is_test else None,
    )


def changes_nothing(attempt: Attempt, path: Path, value: Any) -> Diagnostic:
    message = f"{attempt.operation.op} changes nothing at {shown_path(path)}"
    hint = "drop the operation, or name the parameter that the value comes from"
    return _about(attempt, "PK306", message, hint=hint, found=shown(attempt, value))


def hidden(attempt: Attempt, place: Path, later: Attempt) -> Diagnostic:
    return _about(
        attempt,
        "PK307",
        f"a later operation of {attempt.writer} at {shown_path(place)} hides this one",
        hint=f"drop one of the two, or give the later one `overrides: {attempt.writer}`",
        related=(later.related(_deed(later)),),
    )


def conflict(
    attempt: Attempt, place: Path, rivals: Sequence[Attempt], *, first: Attempt, last: Attempt
) -> Diagnostic:
    """Return the clash of an operation with others, with both sides and both ways out.

    `last` is the one that could have the last word if it said so, over `first`.
    """
    names = [rival.writer for rival in rivals]
    return _about(
        attempt,
        "PK308",
        f"{attempt.writer} and {' and '.join(names)} conflict at {shown_path(place)}",
        hint=(
            f"if {last.writer} is meant to have the last word, "
            f"add `overrides: {first.writer}` to its operation; "
            "otherwise give the patches conditions that never hold together"
        ),
        found=f"{attempt.origin} {_deed(attempt)}",
        related=tuple(rival.related(_deed(rival)) for rival in rivals),
    )


def overrides_nobody(attempt: Attempt, path: Path, writers: Sequence[str]) -> Diagnostic:
    name = attempt.operation.overrides or ""
    return _about(
        attempt,
        "PK309",
        f"'{name}' writes nothing at {shown_path(path)} that could be overridden",
        hint=did_you_mean(name, writers) or "drop `overrides`",
        found=", ".join(writers) or "no other writer",
    )


def overrides_in_a_circle(attempt: Attempt, circle: Sequence[str]) -> Diagnostic:
    message = f"writers override each other in a circle: {' -> '.join(circle)}"
    hint = "let one writer override the other, not both"
    return _about(attempt, "PK309", message, hint=hint)


def bare_index(attempt: Attempt, path: Path) -> Diagnostic:
    return _about(
        attempt,
        "PK310",
        f"{attempt.origin} names an item of {shown_path(path)} by its index",
        hint="indices shift when the pack changes: name the item by key, [name=value]",
    )


def same_write(attempt: Attempt, path: Path, other: Attempt) -> Diagnostic:
    return _about(
        attempt,
        "PK313",
        f"{other.writer} and {attempt.writer} write the same to {shown_path(path)}",
        hint="one of the two is enough",
        related=(other.related(_deed(other)),),
        severity=Severity.NOTE,
    )


def changes_identity(attempt: Attempt, path: Path) -> Diagnostic:
    return _about(
        attempt,
        "PK314",
        f"{attempt.operation.op} at {shown_path(path)} changes which object this is",
        hint="group, kind, namespace and name are what an object is found by; "
        "add another object instead",
    )


def shown(attempt: Attempt, value: Any) -> str:
    """Return a value for a message: short, and masked in a Secret or where a secret is written."""
    if value is MISSING:
        return "nothing"
    if attempt.base.identity.kind == "Secret" or attempt.operation.secret:
        return "(masked)"
    return _brief(value)


def _brief(value: Any) -> str:
    """Return the JSON of a scalar or of a flat container, a description of anything larger."""
    parts = list(value.values()) if is_map(value) else list(value) if is_list(value) else []
    if any(is_map(part) or is_list(part) for part in parts):
        return describe(value)
    import json  # for messages only

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _deed(attempt: Attempt) -> str:
    """Return what an operation does, as a verb with its object."""
    operation = attempt.operation
    match operation.op:
        case "test":
            return f"relies on {shown(attempt, operation.value)} at {operation.path}"
        case "remove":
            return f"removes {operation.path}"
        case "move" | "copy":
            return f"{_VERBS[operation.op]} {operation.source} to {operation.path}"
        case _:
            return f"writes {shown(attempt, operation.value)} to {operation.path}"


_VERBS: Final = {"move": "moves", "copy": "copies"}


def _about(
    attempt: Attempt,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    found: str | None = None,
    expected: str | None = None,
    related: tuple[Related, ...] = (),
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    identity = attempt.base.identity
    return Diagnostic(
        code,
        f"{identity}: {message}",
        attempt.span,
        hint,
        severity,
        found,
        expected,
        related,
        quote=identity.kind != "Secret",
    )
