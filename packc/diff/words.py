"""words: how a comparison names things for people: values, paths, causes and counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from packc.diff.causes import Cause
from packc.diff.changes import Change, Op
from packc.diff.compare import Comparison, Row
from packc.diff.impacts import ImpactClass
from packc.diff.side import Setting, Side
from packc.model import MISSING
from packc.patching.jsondata import describe, is_list, is_map
from packc.patching.keyed import shown_path
from packc.render import plural

LONGEST_VALUE: Final = 200


def value_text(value: Any) -> str:
    """Return a value in one line: as JSON, and what is too long for that cut or described."""
    if value is MISSING:
        return "nothing"
    text = printable(json.dumps(value, ensure_ascii=False, default=str))
    if len(text) <= LONGEST_VALUE:
        return text
    if is_map(value) or is_list(value):
        return describe(value)
    return f"{text[:LONGEST_VALUE]}…"


def printable(text: str) -> str:
    """Return the text with every character that could steer a terminal written as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def path_text(change: Change) -> str:
    """Return the path of a change, and that it is about the order if it is."""
    path = printable(shown_path(change.path))
    return f"{path} (order)" if change.op is Op.REORDER else path


def side_values(row: Row) -> tuple[str, str]:
    """Return what the two sides have, in one line each; of an order, the items that moved."""
    if row.change.op is Op.REORDER:
        moved = moved_items(row.before, row.after)
        return value_text(moved[0]), value_text(moved[1])
    return value_text(row.before), value_text(row.after)


def moved_items(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return both orders without the items at the start and end that stand where they stood."""
    start = _alike(before, after)
    stop = _alike(before[start:][::-1], after[start:][::-1])
    return list(before[start : len(before) - stop]), list(after[start : len(after) - stop])


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=True)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), len(one))


def cause_texts(causes: Iterable[Cause]) -> list[str]:
    """Return each cause as a line: where, the parameter behind it, and what decided so."""
    return list(dict.fromkeys(printable(_cause(cause)) for cause in causes))


def _cause(cause: Cause) -> str:
    parts = [_place(cause), *_parameter(cause)]
    text = ", ".join(parts)
    if cause.conditions:
        text += f", as {' and '.join(cause.conditions)}"
    return text


def _place(cause: Cause) -> str:
    place = str(cause.span) if cause.span else cause.writer
    if cause.span and cause.writer.startswith("plugin "):
        place = f"{cause.writer}, {cause.span}"
    match cause.deed:
        case "absent":
            return f"not in {place}"
        case "left out" | "remove":
            return f"{cause.deed.replace('remove', 'removed')} by {place}"
        case _:
            return place


def _parameter(cause: Cause) -> Iterator[str]:
    if cause.behind is not None:
        yield f"{cause.behind.name} = {value_text(cause.behind.value)} ({cause.behind.source})"


def reasons(row: Row, said: set[str]) -> Iterator[str]:
    """Yield why a row does what it does, as far as it is not `said` yet, and add it to that."""
    for impact in row.impacts:
        if impact.reason and impact.reason not in said:
            said.add(impact.reason)
            yield printable(impact.reason)


def setting_text(setting: Setting | None) -> str:
    return "not set" if setting is None else f"{value_text(setting.value)} ({setting.source})"


def title(comparison: Comparison) -> str:
    """Return pack and version; both where they differ, nothing where no record names them."""
    names = dict.fromkeys(
        f"{side.pack} {side.version}" for side in (comparison.left, comparison.right) if side.pack
    )
    return " -> ".join(names)


def summary(comparison: Comparison) -> str:
    """Return how many fields of how many objects differ, and what that does, the worst first."""
    rows = comparison.rows
    if not rows:
        return "no differences"
    counts = [(kind, sum(row.worst is kind for row in rows)) for kind in reversed(ImpactClass)]
    what = ", ".join(f"{kind.words}: {count}" for kind, count in counts if count)
    objects = plural(len(comparison.objects), "object")
    return f"{plural(len(rows), 'difference')} in {objects} ({what})"


def only_text(word: str, sides: Iterable[Side]) -> Iterator[str]:
    for side in sides:
        yield f"only on the {word}: {side}"
