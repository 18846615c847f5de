"""asjson: a comparison as plain data for machines; docs/diff.md describes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from packc.diff.causes import Cause
from packc.diff.compare import Comparison, Row
from packc.diff.side import Pairing, Setting, Side
from packc.model import MISSING
from packc.patching.jsondata import plain
from packc.patching.pointer import format_path
from packc.tracing.sourcemap import parameter, place

FORMAT: Final = 1


def comparison_data(pairing: Pairing, comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
    """Return all pairs. Keys that do not apply are left out; an absent value has no key."""
    return {
        "format": FORMAT,
        "same": is_same(pairing, comparisons),
        "pairs": [_comparison(comparison) for comparison in comparisons],
        "onlyLeft": [_side(side) for side in pairing.only_left],
        "onlyRight": [_side(side) for side in pairing.only_right],
    }


def is_same(pairing: Pairing, comparisons: Iterable[Comparison]) -> bool:
    """Return whether no object differs and every variant has its counterpart."""
    is_complete = not (pairing.only_left or pairing.only_right)
    return is_complete and not any(comparison.objects for comparison in comparisons)


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "left": _side(comparison.left),
        "right": _side(comparison.right),
        "parameters": [
            {"name": name, **_setting("left", left), **_setting("right", right)}
            for name, left, right in comparison.settings
        ],
        "objects": [
            {"object": str(entry.identity), "changes": [_row(row) for row in entry.rows]}
            for entry in comparison.objects
        ],
    }


def _side(side: Side) -> dict[str, str]:
    data = {
        "place": side.place,
        "pack": side.pack,
        "version": side.version,
        "variant": side.variant,
    }
    return {name: text for name, text in data.items() if text}


def _setting(word: str, setting: Setting | None) -> dict[str, Any]:
    if setting is None:
        return {}
    return {word: {"value": plain(setting.value), "source": setting.source}}


def _row(row: Row) -> dict[str, Any]:
    change = row.change
    data: dict[str, Any] = {"op": change.op.value, "path": format_path(change.path)}
    if change.index is not None:
        data["index"] = change.index
    for name, value in (("before", row.before), ("after", row.after)):
        if value is not MISSING:
            data[name] = plain(value)
    data["impacts"] = [
        {"class": impact.kind.value, **({"reason": impact.reason} if impact.reason else {})}
        for impact in row.impacts
    ]
    for name, causes in (("left", row.left), ("right", row.right)):
        if causes:
            data[name] = [_cause(cause) for cause in causes]
    return data


def _cause(cause: Cause) -> dict[str, Any]:
    data: dict[str, Any] = {"writer": cause.writer, "deed": cause.deed}
    data |= place(cause.span)
    if cause.behind is not None:
        data["parameter"] = {"name": cause.behind.name, **parameter(cause.behind)}
    if cause.conditions:
        data["conditions"] = list(cause.conditions)
    return data
