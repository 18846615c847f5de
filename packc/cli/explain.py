"""explain: `packc explain`: where a field of one variant comes from, write by write."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from attrs import frozen

from packc import render
from packc.cli.lookup import Spot, absent_objects, find_object, find_place
from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import documents, host_of, selection_of, the_cloud
from packc.cli.table import table
from packc.diagnostics import PackcError, Span
from packc.emit import emit
from packc.model import MISSING, PatchedObject
from packc.pack import ConditionalObject
from packc.patching.pointer import Path, Step, format_path, format_pointer
from packc.pipeline import account_of, assemble, prepare, traced
from packc.tracing.account import Account, Told, brief, printable
from packc.tracing.sourcemap import parameter, place, plugin
from packc.tracing.trace import Field, fields, leaf_of, removed, trace


@frozen
class Answer:
    """What there is to say of a place: its leaves, and what writes took away below it."""

    entry: PatchedObject
    spot: Spot
    leaves: tuple[Field, ...]
    gone: tuple[Field, ...]

    @classmethod
    def of(cls, entry: PatchedObject, spot: Spot) -> Answer:
        if not spot.place.is_there:
            return cls(entry, spot, (leaf_of(spot.place, spot.path, spot.pointer),), ())
        leaves = tuple(fields(spot.place, spot.path, spot.pointer))
        return cls(entry, spot, leaves, tuple(removed(spot.place, spot.path)))

    @property
    def is_leaf(self) -> bool:
        return len(self.leaves) == 1 and self.leaves[0].path == self.spot.path


def run(options: Namespace) -> int:
    """Print the chain of a field, the tree of an object, or the list of objects."""
    try:
        prepared = prepare(options.pack, selection_of(options), host_of(options), documents())
        variant = assemble(prepared, the_cloud(prepared, "explain speaks of"))
        account, entries = account_of(prepared, variant.resolved), traced(variant)
        print_diagnostics(prepared.diagnostics, options)
        if options.object is None:
            _refuse_unwritable(entries)
            _print_objects(entries, absent_objects(prepared, variant), account, options)
        else:
            absent = partial(absent_objects, prepared, variant)
            entry = find_object(options.object, entries, account, absent)
            _refuse_unwritable([entry])
            _print_answer(Answer.of(entry, find_place(entry, options.path or "")), account, options)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    return 0


def _refuse_unwritable(entries: Sequence[PatchedObject]) -> None:
    """Raise PackcError for an object that is in no output, such as one nested without end."""
    emit([entry.data for entry in entries])


def _print_objects(
    entries: Sequence[PatchedObject],
    absent: Sequence[ConditionalObject],
    account: Account,
    options: Namespace,
) -> None:
    if options.output == "json":
        print_json(
            {
                "variant": account.resolved.variant.name,
                "objects": [_object_data(entry) for entry in entries],
                "absent": [_absent_data(entry, account) for entry in absent],
            }
        )
        return
    for line in _objects_text(entries, absent, account):
        print(line)


def _print_answer(answer: Answer, account: Account, options: Namespace) -> None:
    if options.output == "json":
        print_json(_answer_data(answer, account))
        return
    for line in _answer_text(answer, account, verbose=options.verbose):
        print(line)


# --- as data ----------------------------------------------------------------------------------


def _object_data(entry: PatchedObject) -> dict[str, Any]:
    leaves = list(fields(trace(entry)))
    return {
        "object": str(entry.identity),
        **place(entry.base.locate(())),
        "fields": len(leaves),
        "written": sum(leaf.last.write is not None for leaf in leaves),
        "removed": sum(1 for _ in removed(trace(entry))),
    }


def _absent_data(entry: ConditionalObject, account: Account) -> dict[str, Any]:
    conditions = account.conditions(entry.when) if entry.when else ()
    where = place(entry.base.locate(()))
    return {"object": str(entry.base.identity), **where, "conditions": list(conditions)}


def _answer_data(answer: Answer, account: Account) -> dict[str, Any]:
    return {
        "variant": account.resolved.variant.name,
        "object": str(answer.entry.identity),
        "path": format_path(answer.spot.path),
        "fields": [_field_data(leaf, answer, account) for leaf in answer.leaves],
        "removed": [_field_data(field, answer, account) for field in answer.gone],
    }


def _field_data(field: Field, answer: Answer, account: Account) -> dict[str, Any]:
    chain = account.told(answer.entry.base, field)
    data: dict[str, Any] = {"path": format_path(field.path)}
    if field.value is not MISSING:
        data |= {"pointer": format_pointer(field.pointer), "value": chain[-1].after}
    return data | {"chain": [_told_data(told) for told in chain]}


def _told_data(told: Told) -> dict[str, Any]:
    data: dict[str, Any] = {"deed": told.deed, **place(told.span)}
    if told.origin is not None:
        data |= {"writer": told.origin.writer, **plugin(told.origin)}
    if told.write is not None:
        data["path"] = told.write.operation.path
    values = {"before": told.before, "after": told.after}
    data |= {name: value for name, value in values.items() if value is not MISSING}
    if told.behind is not None:
        data["parameter"] = {"name": told.behind.name, **parameter(told.behind)}
    more = {
        "description": told.reason,
        "conditions": list(told.conditions),
        "copied": [_told_data(link) for link in told.copied],
    }
    return data | {name: value for name, value in more.items() if value}


# --- as text ----------------------------------------------------------------------------------


def _objects_text(
    entries: Sequence[PatchedObject], absent: Sequence[ConditionalObject], account: Account
) -> Iterator[str]:
    rows = [_object_data(entry) for entry in entries]
    if rows:
        yield from table(
            ("object", "fields", "written", "removed", "base"),
            [
                [row["object"], row["fields"], row["written"], row["removed"], _file(row)]
                for row in rows
            ],
        )
    if absent:
        yield f"\n{render.plural(len(absent), 'object')} of the pack not in this variant:"
    for entry in absent:
        data = _absent_data(entry, account)
        yield f"  {data['object']}  {_file(data)}  {', '.join(data['conditions'])}".rstrip()


def _file(data: dict[str, Any]) -> str:
    return f"{data['file']}:{data['line']}"


def _answer_text(answer: Answer, account: Account, *, verbose: bool) -> Iterator[str]:
    yield printable(str(answer.entry.identity))
    if verbose or answer.is_leaf:
        for leaf in (*answer.leaves, *answer.gone):
            yield from _field_text(leaf, answer, account)
        return
    if answer.spot.path:
        yield printable(format_path(answer.spot.path))
    yield ""
    yield from _tree_text(answer, account)
    if answer.gone:
        yield "\nremoved:"
        yield from _aligned((_last(f, answer, account), format_path(f.path)) for f in answer.gone)


def _field_text(field: Field, answer: Answer, account: Account) -> Iterator[str]:
    chain = account.told(answer.entry.base, field)
    value = "removed" if field.value is MISSING else brief(chain[-1].after)
    yield f"{printable(format_path(field.path))}: {value}"
    for told in chain:
        yield from _told_text(told, "  ")


def _told_text(told: Told, indent: str) -> Iterator[str]:
    yield f"{indent}{_place_text(told)}"
    inner = f"{indent}    "
    yield f"{inner}{told.deed}: {_change(told)}"
    if told.origin is not None and told.is_of_plugin:
        yield f"{inner}by {told.origin}, {told.origin.hook}"
    if told.behind is not None:
        where = f", {told.behind.span}" if told.behind.span else ""
        source = f"{told.behind.source}{where}"
        yield printable(
            f"{inner}parameter {told.behind.name}: {brief(told.behind.value)} ({source})"
        )
    for condition in told.conditions:
        yield printable(f"{inner}where {condition}")
    if told.reason:
        yield printable(f"{inner}because {' '.join(told.reason.split())}")
    for link in told.copied:
        yield from _told_text(link, inner)


def _change(told: Told) -> str:
    if told.before is MISSING:
        return brief(told.after)
    if told.after is MISSING:
        return f"was {brief(told.before)}"
    return f"{brief(told.before)} -> {brief(told.after)}"


def _place_text(told: Told) -> str:
    return printable(str(told.span)) if told.span else "an unknown line"


def _tree_text(answer: Answer, account: Account) -> Iterator[str]:
    """Yield the leaves as a tree, each behind the line that its value comes from."""
    depth, above = len(answer.spot.path), Path()
    rows: list[tuple[str, str]] = []
    for leaf in answer.leaves:
        *parents, name = leaf.path[depth:]
        shared = _shared(parents, above)
        for level, step in enumerate(parents[shared:], start=shared):
            rows.append(("", f"{'  ' * level}{_step(step)}:"))
        chain = account.told(answer.entry.base, leaf)
        text = f"{'  ' * len(parents)}{_step(name)}: {brief(chain[-1].after)}"
        rows.append((_last(leaf, answer, account), text + _set_by(chain[-1])))
        above = tuple(parents)
    yield from _aligned(rows)


def _shared(one: Sequence[Step], other: Sequence[Step]) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _step(step: Step) -> str:
    return format_path((step,)).removeprefix("/")


def _last(field: Field, answer: Answer, account: Account) -> str:
    span: Span | None = account.span(answer.entry.base, field.last)
    return f"{span.file}:{span.line}" if span else ""


def _set_by(told: Told) -> str:
    return f"  <- {told.behind.name} ({told.behind.source})" if told.behind else ""


def _aligned(rows: Any) -> Iterator[str]:
    lines = list(rows)
    width = max(len(left) for left, _ in lines)
    for left, right in lines:
        yield printable(f"{left.ljust(width)}  {right}").rstrip()
