"""What merging gave before: taken again for the same patches, and for others of the same form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.diagnostics import PackcError, Span
from packc.model import MISSING, BaseObject, Operation, Origin, Patch, PatchedObject
from packc.objects import identity_of
from packc.patch import Patched, patch
from packc.patching.kept import Kept, exact
from packc.patching.slots import LookError, Slot, filled, places

BASE = {
    "apiVersion": "v1",
    "kind": "Thing",
    "metadata": {"name": "thing"},
    "spec": {
        "size": 1,
        "text": "a",
        "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}],
        "args": ["a", "b"],
    },
}
PLACES = (
    "/metadata/name",
    "/spec",
    "/spec/size",
    "/spec/text",
    "/spec/new",
    "/spec/size/below",
    "/spec/containers/[name=a]",
    "/spec/containers/[name=a]/image",
    "/spec/containers/[name=a]/name",
    "/spec/containers/[name=c]",
    "/spec/containers/-",
    "/spec/args/0",
    "/spec/args/-",
)
SCALARS = st.sampled_from(("a", "b", "c", "", 1, 1.0, 0, -0.0, True, False))


def base(data: Any = None) -> BaseObject:
    data = data or BASE
    return BaseObject(data, identity_of(data), "base.yaml", lambda path: Span("base.yaml"))


def by(writer: str, *operations: Operation) -> Patch:
    return Patch("Thing/thing", operations, origin=Origin(writer))


def setting(value: Any, path: str = "/spec/size") -> Patch:
    return by("pack.yaml", Operation("replace", path, value, parameter="size"))


def outcome(
    bases: list[BaseObject], patches: list[Patch], kept: Kept | None = None
) -> tuple[Any, ...]:
    try:
        result = patch(bases, patches, kept)
    except PackcError as error:
        return error.diagnostics
    (entry,) = result.objects
    writes = [
        (w.origin, exact_operation(w.operation), w.path, w.pointer, exact(w.before), exact(w.after))
        for w in entry.writes
    ]
    return exact(entry.data), writes, result.diagnostics


def exact_operation(operation: Operation) -> tuple[Any, ...]:
    return (operation.op, operation.path, exact(operation.value), operation.source)


def entry_of(result: Patched) -> PatchedObject:
    (entry,) = result.objects
    return entry


@st.composite
def forms(draw: st.DrawFn) -> list[tuple[str, str, str, str | None, str | None]]:
    kinds = st.sampled_from(("add", "replace", "remove", "test", "copy", "move"))
    one = st.tuples(
        st.sampled_from(("pack.yaml", "plugin")),
        kinds,
        st.sampled_from(PLACES),
        st.sampled_from((None, "size")),
        st.sampled_from((None, "plugin")),
    )
    return draw(st.lists(one, min_size=1, max_size=5))


def patches_of(
    form: list[tuple[str, str, str, str | None, str | None]], values: list[Any]
) -> list[Patch]:
    return [
        by(
            writer,
            Operation(
                op,
                path,
                value if op in ("add", "replace", "test") else MISSING,
                source="/spec/text" if op in ("copy", "move") else None,
                parameter=parameter,
                overrides=overrides,
            ),
        )
        for (writer, op, path, parameter, overrides), value in zip(form, values, strict=False)
    ]


@given(forms(), st.lists(st.lists(SCALARS, min_size=5, max_size=5), min_size=2, max_size=4))
def test_what_is_kept_changes_no_outcome(
    form: list[tuple[str, str, str, str | None, str | None]], rows: list[list[Any]]
) -> None:
    bases, kept = [base()], Kept()

    for values in rows:
        patches = patches_of(form, values)

        assert outcome(bases, patches, kept) == outcome(bases, patches)


def test_equal_patches_of_one_object_are_merged_once() -> None:
    bases, kept = [base()], Kept()

    first = patch(bases, [setting(2)], kept)
    second = patch(bases, [setting(2)], kept)

    assert entry_of(first) is entry_of(second)


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1)])
def test_values_that_python_takes_for_equal_are_kept_apart(one: Any, other: Any) -> None:
    bases, kept = [base()], Kept()

    patch(bases, [setting(one)], kept)
    found = entry_of(patch(bases, [setting(other)], kept)).data["spec"]["size"]

    assert repr(found) == repr(other)


def test_another_value_takes_the_place_of_the_first_without_a_merge() -> None:
    merges: list[int] = []
    thing, kept = base(), Kept()

    def merge(base: BaseObject, patches: Any) -> Any:
        merges.append(len(patches))
        return entry_of(patch([base], patches)), ()

    for value in (5, 6, 7, 8):
        kept.merged(thing, [setting(value)], merge)

    assert len(merges) == 1


def test_an_object_that_a_plugin_brings_again_is_the_one_of_before() -> None:
    kept = Kept()
    origin = Origin("plugin", "packc_objects")
    one, other = (
        BaseObject(dict(BASE), identity_of(BASE), "p.py", lambda path: Span("p.py"), origin=origin)
        for _ in range(2)
    )

    assert kept.base(one) is kept.base(other)


def test_an_object_that_a_plugin_brings_otherwise_is_another() -> None:
    kept = Kept()
    origin = Origin("plugin", "packc_objects")
    one, other = (
        BaseObject(
            {**BASE, "size": size},
            identity_of(BASE),
            "p.py",
            lambda path: Span("p.py"),
            origin=origin,
        )
        for size in (1, True)
    )

    assert kept.base(one) is not kept.base(other)


class Lying(str):
    """Text that says of itself what it likes."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def test_values_of_unknown_types_are_merged_each_time() -> None:
    bases, kept = [base()], Kept()

    patch(bases, [setting(Lying("a"), "/spec/text")], kept)
    found = entry_of(patch(bases, [setting(Lying("b"), "/spec/text")], kept)).data["spec"]["text"]

    assert str.__str__(found) == "b"


@pytest.mark.parametrize(
    "look",
    [
        bool,
        hash,
        iter,
        len,
        repr,
        str,
        lambda slot: isinstance(slot, str),
        lambda slot: slot == 1,
        lambda slot: 1 == slot,  # noqa: SIM300  # the other side asks as well
        lambda slot: slot.get("name"),
        lambda slot: f"{slot}",
        lambda slot: "a" in slot,
        lambda slot: slot < 1,
        lambda slot: slot[0],
    ],
)
def test_a_slot_answers_nothing(look: Any) -> None:
    slot = Slot(0)

    with pytest.raises(LookError):
        look(slot)


def test_slots_are_filled_wherever_they_stand() -> None:
    data = {"a": Slot(1), "b": [1, {"c": Slot(0)}], "d": {"e": []}}

    found = filled(data, places(data), ["zero", "one"])

    assert found == {"a": "one", "b": [1, {"c": "zero"}], "d": {"e": []}}
    assert found["d"] is data["d"]
