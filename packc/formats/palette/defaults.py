"""defaults: the head of a manifest, which gives what the values leave out its default.

Palette's users delete keys, and whole branches, of the values that they do not care about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from packc.formats.gotests import quoted
from packc.formats.helm.values import plain_defaults
from packc.formats.palette.plan import Plan
from packc.formats.space import live
from packc.model import Feature
from packc.patching.jsondata import is_list, is_map

Path = tuple[str, ...]


def default_lines(plan: Plan, features: Iterable[Feature]) -> Iterator[str]:
    """Yield the lines that fill in what is not set; what is no map where one has to be fails."""
    switches = {("features", each.name): each.name in plan.build.chosen for each in features}
    paths = [*switches, *(plan.path(parameter.name) for parameter in live(plan.build))]
    if not paths:
        return
    yield "{{- /* What is not set has its default. */ -}}"
    yield _map_only(plan, ())
    for branch in dict.fromkeys(path[:size] for path in paths for size in range(1, len(path))):
        yield _filled_in(plan, branch, "dict")
        yield _map_only(plan, branch)
    defaults = {plan.path(name): value for name, value in plain_defaults(plan.build).items()}
    for path, value in (switches | defaults).items():
        if not is_macro(value):
            yield _filled_in(plan, path, literal(value))


def is_macro(value: Any) -> bool:
    """Return whether Palette puts another text in the place of a value."""
    return isinstance(value, str) and "{{" in value


def literal(value: Any) -> str:
    """Return a value as an argument in a Go template."""
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case _ if is_list(value):
            return f"({' '.join(['list', *map(literal, value)])})"
        case _ if is_map(value):
            return f"({' '.join(['dict', *(literal(x) for pair in value.items() for x in pair)])})"
        case _:
            return repr(value)


def _filled_in(plan: Plan, path: Path, default: str) -> str:
    *parents, last = path
    change = f"$_ := set {_given(plan, tuple(parents))} {quoted(last)} {default}"
    return _where(f'kindIs "invalid" {_given(plan, path)}', change)


def _map_only(plan: Plan, path: Path) -> str:
    name = ".".join(("manifests", plan.stem, *path))
    reason = f"fail {quoted(f'{name}: expected a map, as in values.yaml of the pack')}"
    return _where(f'not (kindIs "map" {_given(plan, path)})', reason)


def _where(test: str, action: str) -> str:
    return f"{{{{- if {test} }}}}{{{{- {action} }}}}{{{{- end }}}}"


def _given(plan: Plan, path: Path) -> str:
    return plan.access.given(".".join(path)) if path else ".Values"
