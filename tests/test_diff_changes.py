"""Changes name what differs by key; applied to the left side they give the right side exactly."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.diff.changes import Change, Op, apply, changes
from packc.diff.objects import ObjectChange, Snapshot, apply_all, object_changes
from packc.emit import install_order
from packc.model import MISSING, Object
from packc.patching.jsondata import equal
from packc.patching.pointer import Key, format_path
from packc.pipeline import Selection, compile_variant, prepare
from packc.plugins import Host
from packc.values import Request

A, B, C = Key("name", "a"), Key("name", "b"), Key("name", "c")


def env(*items: tuple[str, Any]) -> dict[str, Any]:
    return {"env": [{"name": name, "value": value} for name, value in items]}


def told(found: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.op.value, format_path(change.path)) for change in found]


def exact(data: Any) -> str:
    """Return a text that differs wherever two values are written differently."""
    return json.dumps(data, sort_keys=True)


# --- what is named ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="equal"),
        pytest.param({"a": 1}, {"a": 2}, [("replace", "/a")], id="scalar"),
        pytest.param({"a": 1}, {"a": 1.0}, [("replace", "/a")], id="number written differently"),
        pytest.param({"a": 1}, {"a": True}, [("replace", "/a")], id="one is not true"),
        pytest.param({}, {"a": None}, [("add", "/a")], id="null is not absent"),
        pytest.param({"a": None}, {}, [("remove", "/a")], id="absent is not null"),
        pytest.param({"a": {"b": 1}}, {"a": [1]}, [("replace", "/a")], id="type"),
        pytest.param({"a": {}}, {"a": {"b": 1}}, [("add", "/a/b")], id="map grows"),
        pytest.param({"a/b": 1}, {"a/b": 2}, [("replace", "/a~1b")], id="slash in a name"),
        pytest.param(
            {"command": ["x", "y"]}, {"command": ["x"]}, [("replace", "/command")], id="scalars"
        ),
        pytest.param(
            env(("a", 1), ("b", 2)), env(("a", 1), ("b", 3)), [("replace", "/env/[name=b]/value")]
        ),
        pytest.param(env(("a", 1)), env(("b", 0), ("a", 1)), [("add", "/env/[name=b]")]),
        pytest.param(env(("a", 1), ("b", 2)), env(("b", 2)), [("remove", "/env/[name=a]")]),
        pytest.param(env(("a", 1), ("b", 2)), env(("b", 2), ("a", 1)), [("reorder", "/env")]),
        pytest.param(
            {"rules": [{"r": ["a"], "v": ["get"]}, {"r": ["b"], "v": ["get"]}]},
            {"rules": [{"r": ["b"], "v": ["get"]}]},
            [("remove", "/rules/0")],
            id="item without a key goes",
        ),
        pytest.param(
            {"rules": [{"r": ["a"], "v": ["get"]}]},
            {"rules": [{"r": ["b"], "v": ["put"]}, {"r": ["a"], "v": ["put"]}]},
            [("replace", "/rules/0/v"), ("add", "/rules/0")],
            id="like items belong together",
        ),
    ],
)
def test_a_change_names_the_least_that_differs(
    left: Any, right: Any, expected: list[tuple[str, str]]
) -> None:
    assert told(changes(left, right)) == expected


def test_an_item_that_comes_says_where_it_stands() -> None:
    (change,) = changes(env(("a", 1)), env(("b", 0), ("a", 1)))

    assert change.index == 0
    assert change.after == {"name": "b", "value": 0}


def test_a_reorder_holds_the_keys_that_both_sides_have() -> None:
    left = env(("a", 1), ("b", 2), ("c", 3))
    right = env(("c", 3), ("d", 4), ("a", 1))

    removed, reordered, added = changes(left, right)

    assert (removed.op, removed.path) == (Op.REMOVE, ("env", B))
    assert (reordered.before, reordered.after) == (("a", "c"), ("c", "a"))
    assert (added.path, added.index) == (("env", Key("name", "d")), 1)


def test_an_item_that_moved_has_its_own_path_on_the_right() -> None:
    left = {"rules": [{"a": 1, "b": 1}, {"c": 1, "d": 1}]}
    right = {"rules": [{"c": 1, "d": 2}]}

    change, removed = changes(left, right)

    assert (change.path, change.right) == (("rules", 1, "d"), ("rules", 0, "d"))
    assert removed.path == ("rules", 0)


def test_items_of_one_key_are_told_apart_by_their_content() -> None:
    left, right = env(("a", 1), ("a", 2)), env(("a", 1), ("a", 3))

    found = changes(left, right)

    assert told(found) == [("replace", "/env/1/value")]
    assert apply(left, found) == right


def test_long_lists_without_keys_are_compared_item_by_item() -> None:
    left = {"rules": [{"n": n, "same": 0} for n in range(1000)]}
    right = {"rules": [{"n": n + 1, "same": 0} for n in range(999)]}

    found = changes(left, right)

    assert len(found) == 1000
    assert exact(apply(left, found)) == exact(right)


# --- applying ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        Change(Op.REPLACE, ("env", C, "value"), 1, 2),
        Change(Op.REMOVE, ("other",), 1),
        Change(Op.REMOVE, ("env", 7), 1),
        Change(Op.REPLACE, ("env", "a", "b"), 1, 2),
        Change(Op.REPLACE, (A,), 1, 2),
        Change(Op.REORDER, ("env",), ("a", "c"), ("c", "a")),
    ],
    ids=str,
)
def test_a_change_of_other_data_is_refused(change: Change) -> None:
    with pytest.raises((LookupError, ValueError)):
        apply(env(("a", 1), ("b", 2)), [change])


def test_applying_leaves_the_left_side_alone() -> None:
    left, right = env(("a", 1), ("b", 2)), env(("b", 3), ("c", 4))
    before = exact(left)

    apply(left, changes(left, right))

    assert exact(left) == before


SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, "", "a", "1", "two\nlines"])
NAMES = st.sampled_from(["a", "b", "c/d", "[e]", "env", "ports", "volumeMounts", "initContainers"])
KEYS = st.sampled_from(["a", "b", "c", "d", 1, "1"])


@st.composite
def items(draw: st.DrawFn, *, nested: bool = False) -> list[Any]:
    """Draw a list that is mostly keyed, with keys that repeat now and then."""
    below = items() if nested else SCALARS
    optional = {"mountPath": KEYS, "env": below, "args": st.lists(SCALARS, max_size=2)}
    item = st.fixed_dictionaries({"name": KEYS}, optional=optional)
    if draw(st.booleans()):
        return draw(st.lists(item, max_size=5, unique_by=lambda each: str(each["name"])))
    return draw(st.lists(item | SCALARS, max_size=4))


VALUES = st.recursive(
    SCALARS | items(nested=True),
    lambda below: st.dictionaries(NAMES, below, max_size=4) | st.lists(below, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=4)


@given(BODIES, BODIES)
def test_the_changes_give_the_right_side_exactly(left: Any, right: Any) -> None:
    assert exact(apply(left, changes(left, right))) == exact(right)


@given(items(), st.data())
def test_a_keyed_list_in_any_other_order_comes_out_in_that_order(before: Any, data: Any) -> None:
    left = {"spec": {"env": before, "initContainers": before}}
    after = data.draw(st.permutations(before))
    right = {"spec": {"env": after, "initContainers": after[1:]}}

    assert exact(apply(left, changes(left, right))) == exact(right)


@given(BODIES)
def test_there_are_changes_only_where_something_differs(body: Any) -> None:
    assert changes(body, json.loads(json.dumps(body))) == ()


def objects(body: Any) -> list[Object]:
    return [
        {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        for (version, kind, name), spec in body.items()
    ]


SETS = st.dictionaries(
    st.tuples(
        st.sampled_from(["v1", "apps/v1", "apps/v2"]),
        st.sampled_from(["ConfigMap", "Deployment"]),
        st.sampled_from(["x", "y"]),
    ),
    VALUES,
    max_size=5,
).map(lambda body: list(Snapshot.of(objects(body)).objects.values()))


@given(SETS, SETS)
def test_the_changes_of_a_set_of_objects_give_the_right_set_exactly(
    left: list[Object], right: list[Object]
) -> None:
    diff = object_changes(Snapshot.of(left), Snapshot.of(right))

    assert exact(apply_all(diff, left)) == exact(install_order(right))
    assert bool(diff) == (exact(install_order(left)) != exact(install_order(right)))


# --- Calico -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def variants() -> list[tuple[Object, ...]]:
    """The objects of Calico for every cloud, feature and mode: all that its patches can do."""
    pack = str(Path(__file__).parent.parent / "packs" / "calico")
    found: list[tuple[Object, ...]] = []
    for features, mode in product(((), ("etcd-tls",)), ("Always", "CrossSubnet", "Never")):
        sets = [f"calico.encapsulationMode={mode}"]
        sets += ["etcd.endpoints=https://192.0.2.1:2379"] if features else []
        prepared = prepare(pack, Selection((), features, request=Request(sets=tuple(sets))), Host())
        clouds = prepared.active.clouds.values()
        found.extend(compile_variant(prepared, cloud).objects for cloud in clouds)
    return found


def test_every_pair_of_calico_variants_is_bridged_exactly(
    variants: list[tuple[Object, ...]],
) -> None:
    for left, right in combinations(variants, 2):
        for one, other in ((left, right), (right, left)):
            diff = object_changes(Snapshot.of(one), Snapshot.of(other))

            assert equal(apply_all(diff, one), other, exact=True)


def test_an_object_that_comes_or_goes_is_one_change() -> None:
    name = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}

    (comes,) = object_changes(Snapshot.of([]), Snapshot.of([name]))
    (goes,) = object_changes(Snapshot.of([name]), Snapshot.of([]))

    assert comes == ObjectChange(comes.identity, (Change(Op.ADD, (), MISSING, name),))
    assert goes == ObjectChange(goes.identity, (Change(Op.REMOVE, (), name, MISSING),))
