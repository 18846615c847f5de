"""findings: what the doctor saw, as diagnostics that name plugin, hook, line and field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field

from packc.diagnostics import Diagnostic, Related, Span
from packc.doctor import CHANGES
from packc.doctor.moved import Culprit, Move
from packc.tracing.masking import Mask

_AUTHOR: Final = "a hook must depend on its arguments alone: tell the plugin's author"
_BUG: Final = "no plugin is behind it, so this is a bug of packc: please report it"
_HINTS: Final = {
    "PK802": "make it a parameter of type file, or part of the plugin's package",
    "PK803": "make what the network would tell a parameter",
    "PK804": "compute it in Python, or make it a parameter",
    "PK805": "make it a parameter: then the build record says what it was",
    "PK806": "no output may depend on the time; packc_check is told it as `now`",
    "PK807": "derive it from the variant, by a hash for example",
    "PK808": "make it a parameter: then the build record says what it was",
}


@define
class Symptom:
    """One place that moved: with which changes, and in which variants."""

    move: Move
    changes: dict[str, None] = field(factory=dict)
    variants: dict[str, None] = field(factory=dict)


@define
class Symptoms:
    """All places that moved, each once."""

    _found: dict[tuple[str, tuple[str, ...]], Symptom] = field(factory=dict)

    def add(self, change: str, variant: str, moves: Iterable[Move]) -> bool:
        """Take down what moved; return whether anything did."""
        moves = list(moves)
        for move in moves:
            names = tuple(str(culprit) for culprit in move.culprits)
            symptom = self._found.setdefault((move.place, names), Symptom(move))
            symptom.changes[change] = None
            symptom.variants[variant] = None
        return bool(moves)

    def diagnostics(self, mask: Mask) -> Iterator[Diagnostic]:
        """Yield a finding for each place, with nothing in it that the mask covers."""
        for symptom in self._found.values():
            yield _moved(symptom, mask)


def _moved(symptom: Symptom, mask: Mask) -> Diagnostic:
    move = symptom.move
    who = " and ".join(map(str, move.culprits))
    reason = _reason(symptom)
    text = f"{who} {reason} in {move.place}" if who else f"{move.place} {reason}"
    return Diagnostic(
        "PK801",
        text,
        _span(move.culprits),
        _AUTHOR if any(culprit.is_plugin for culprit in move.culprits) else _BUG,
        found=f"{move.shown(move.after, mask)} in {', '.join(symptom.variants)}",
        expected=f"{move.shown(move.before, mask)}, as in a plain build",
        quote=False,
    )


def _reason(symptom: Symptom) -> str:
    if "process" in symptom.changes:
        return "differs from one build to the next"
    return f"depends on {_listed([CHANGES[name] for name in symptom.changes])}"


def _span(culprits: Sequence[Culprit]) -> Span | None:
    return next((culprit.span for culprit in culprits if culprit.span), None)


def failed(change: str, reason: str, span: Span | None = None) -> Diagnostic:
    """Return the finding that a pack builds, but not after a change."""
    text = f"the pack builds, but not when {CHANGES[change]} is another"
    if change in ("at-once", "process"):
        text = "the pack builds, but not every time"
    return Diagnostic("PK809", text, span, _AUTHOR, found=reason, quote=False)


def sighted(sights: Iterable[Mapping[str, Any]]) -> Iterator[Diagnostic]:
    """Yield what hooks were seen to do; one finding for each line and kind."""
    lines: dict[tuple[Any, ...], list[str]] = {}
    for sight in sights:
        key = tuple(sight[name] for name in ("code", "plugin", "hook", "file", "line"))
        lines.setdefault(key, []).append(sight["deed"])
    for (code, plugin, hook, file, line), deeds in lines.items():
        text = f"{hook} of {plugin} {deeds[0]}" if hook else f"{plugin}, when imported, {deeds[0]}"
        more = tuple(Related(f"the same line {deed}") for deed in deeds[1:4])
        yield Diagnostic(code, text, Span(file, line), _HINTS[code], related=more, quote=False)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
