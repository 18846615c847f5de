"""Several writers: what is not reported as a conflict gives one result in any order."""

import copy
import itertools
import json
import os
import random

import jsonpatch
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from packc.diagnostics import PackcError, Span
from packc.model import BaseObject, Identity, Operation, Origin, Patch
from packc.patch import patch, plain_operations
from packc.patching.footprint import Footprint, Ledger
from packc.patching.jsondata import equal
from packc.patching.keyed import KEYED_LISTS, ORDERED_LISTS
from packc.patching.pointer import Key

# --- footprints by hand -----------------------------------------------------------------------

LIST = ("spec", "env")
ITEM = (*LIST, Key("name", "A"))


def touching(*, writes=(), reads=(), shifts=(), positions=()):
    return Footprint(*map(frozenset, (writes, reads, shifts, positions)))


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (touching(writes=[("a",)]), touching(writes=[("a",)]), True),
        (touching(writes=[("a",)]), touching(reads=[("a", "b")]), True),
        (touching(writes=[("a", "b")]), touching(reads=[("a",)]), True),
        (touching(writes=[()]), touching(reads=[("a", "b")]), True),
        (touching(reads=[("a",)]), touching(reads=[("a",)]), False),
        (touching(writes=[("a",)]), touching(writes=[("b",)]), False),
        (touching(writes=[("a", "b")]), touching(writes=[("a", "c")]), False),
        (touching(writes=[("a", 1)]), touching(writes=[("a", "1")]), False),
        (touching(writes=[ITEM], shifts=[LIST]), touching(shifts=[LIST]), False),
        (touching(shifts=[LIST]), touching(positions=[LIST]), True),
        (touching(positions=[LIST]), touching(positions=[LIST]), False),
    ],
)
def test_footprints_clash_when_a_write_meets_what_the_other_touches(one, other, clash):
    for first, second in ((one, other), (other, one)):
        ledger = Ledger()
        ledger.enter(0, first)

        assert ledger.clashes(second) == ([0] if clash else [])


# --- a second, naive patch engine -------------------------------------------------------------


class Fails(Exception):
    """The operation cannot be applied to the document as it is now."""


class IsWrong(Fails):
    """The operation is wrong in itself, so that no absence excuses it."""


class Added(dict):
    """An item that a patch added to a keyed list."""


def tokens_of(path):
    return path.split("/")[1:]


def key_of(token):
    return tuple(token[1:-1].split("=")) if token.startswith("[") else None


def field_of(item, field):
    value = item.get(field) if isinstance(item, dict) else None
    return str(value) if type(value) in (str, int) else None


def index_of(node, token, stop):
    if key_of(token):
        field, value = key_of(token)
        hits = [index for index, item in enumerate(node) if field_of(item, field) == value]
        if len(hits) != 1:
            raise Fails
        return hits[0]
    if not token.isdigit() or int(token) >= stop:
        raise Fails
    return int(token)


def step_into(node, token):
    if isinstance(node, dict) and token in node:
        return node[token]
    if isinstance(node, list):
        return node[index_of(node, token, len(node))]
    raise Fails


def descend(document, tokens):
    for token in tokens:
        document = step_into(document, token)
    return document


def list_key(tokens):
    return KEYED_LISTS.get(tokens[-1]) if tokens else None


def own_key(tokens, value):
    field = list_key(tokens)
    key = field_of(value, field)
    return None if key is None else f"[{field}={key}]"


def naive_add(document, tokens, value):
    value = copy.deepcopy(value)
    parent, last, above = descend(document, tokens[:-1]), tokens[-1], tokens[:-1]
    if isinstance(parent, dict) and not key_of(last):
        parent[last] = value
        settle_renamed(document, tokens)
    elif not isinstance(parent, list):
        raise Fails if key_of(last) else IsWrong
    elif key_of(last) or (last == "-" and own_key(above, value)):
        naive_join(parent, above, last if key_of(last) else own_key(above, value), value)
    else:
        parent.insert(
            len(parent) if last == "-" else index_of(parent, last, len(parent) + 1), value
        )
        settle(parent)


def settle(items):
    """Forget which items were added: somebody now decides on the list as a whole."""
    items[:] = plain(items)


def settle_renamed(document, tokens):
    items = descend(document, tokens[:-2]) if len(tokens) > 1 else None
    if isinstance(items, list) and tokens[-1] == list_key(tokens[:-2]):
        settle(items)


def naive_join(items, above, token, value):
    field, name = key_of(token)
    if field_of(value, field) != name:
        raise IsWrong
    if any(field_of(item, field) == name for item in items):
        raise Fails
    at = len(items)
    if field == list_key(above) and above[-1] not in ORDERED_LISTS:
        value = Added(value)
        while at and isinstance(items[at - 1], Added) and field_of(items[at - 1], field) > name:
            at -= 1
        items.insert(at, value)
    else:
        items.append(value)
        settle(items)


def naive_remove(document, tokens):
    parent, last = descend(document, tokens[:-1]), tokens[-1]
    if isinstance(parent, list):
        taken = parent.pop(index_of(parent, last, len(parent)))
        if not key_of(last) or key_of(last)[0] != list_key(tokens[:-1]):
            settle(parent)
        return taken
    if isinstance(parent, dict) and last in parent:
        settle_renamed(document, tokens)
        return descend(document, tokens[:-1]).pop(last)
    raise Fails


def naive_replace(document, tokens, value):
    parent, last = descend(document, tokens[:-1]), tokens[-1]
    old = step_into(parent, last)
    place = index_of(parent, last, len(parent)) if isinstance(parent, list) else last
    above = tokens[:-1]
    parent[place] = copy.deepcopy(value)
    if isinstance(parent, list) and own_key(above, old) != own_key(above, value):
        settle(parent)
    elif isinstance(old, Added):
        parent[place] = Added(parent[place])
    elif isinstance(parent, dict):
        settle_renamed(document, tokens)


def naive_move(document, path, source):
    value = plain(descend(document, source))
    if path == source:
        return
    if path[: len(source)] == source:
        raise IsWrong
    naive_remove(document, source)
    naive_add(document, path, value)


def naive_apply(document, operation):
    path = tokens_of(operation.path)
    match operation.op:
        case "add":
            naive_add(document, path, operation.value)
        case "remove":
            naive_remove(document, path)
        case "replace":
            naive_replace(document, path, operation.value)
        case "copy":
            value = plain(descend(document, tokens_of(operation.source)))
            naive_add(document, path, value)
        case "move":
            naive_move(document, path, tokens_of(operation.source))
        case "test":
            if not equal(descend(document, path), operation.value):
                raise IsWrong


def plain(value):
    return json.loads(json.dumps(value))


def deed(document, operation):
    """Name what an operation does, so that two writers who do the same are recognised."""
    path = tokens_of(operation.path)
    if operation.op not in ("add", "remove", "replace"):
        return None
    try:
        named = [named_step(document, path, depth) for depth in range(len(path) - 1)]
        last = named_last(document, operation, path)
    except Fails:
        return None
    value = None if operation.op == "remove" else repr(operation.value)
    return last and json.dumps([operation.op, *named, last, value])


def named_step(document, path, depth):
    node = descend(document, path[:depth])
    if not isinstance(node, list):
        return path[depth]
    index = index_of(node, path[depth], len(node))
    return named_item(node, path[:depth], index)


def named_item(node, above, index):
    key = own_key(above, node[index])
    same = [item for item in node if own_key(above, item) == key]
    return key if key and len(same) == 1 else str(index)


def named_last(document, operation, path):
    parent, last, above = descend(document, path[:-1]), path[-1], path[:-1]
    if isinstance(parent, dict):
        return last
    if not isinstance(parent, list):
        raise Fails
    is_own = bool(key_of(last)) and key_of(last)[0] == list_key(above)
    if operation.op == "replace":
        return named_item(parent, above, index_of(parent, last, len(parent)))
    if operation.op == "add" and above[-1] not in ORDERED_LISTS:
        return last if is_own else own_key(above, operation.value) if last == "-" else None
    return last if is_own and operation.op == "remove" else None


def naive_patch(document, patches):
    """Apply the patches in this order; return the document, or None when an operation fails."""
    document, done = copy.deepcopy(document), {}
    for each in patches:
        for operation in each.operations:
            name = deed(document, operation)
            is_done = done.get(name, each.origin.writer) != each.origin.writer
            if name is not None and is_done and operation.overrides is None:
                continue
            trial = copy.deepcopy(document)
            try:
                naive_apply(trial, operation)
            except IsWrong:
                return None
            except Fails:
                if operation.optional is None:
                    return None
            else:
                document = trial
                done.setdefault(name, each.origin.writer)
    return plain(document)


# --- random objects and patches ---------------------------------------------------------------

BASE = {
    "apiVersion": "v1",
    "kind": "Thing",
    "metadata": {"name": "thing"},
    "m": {"a": 1, "b": {"c": 2, "d": [1, 2]}},
    "env": [{"name": "b", "value": "1"}, {"name": "a", "value": "1"}, {"name": "d", "value": "2"}],
    "containers": [
        {"name": "x", "image": "i", "env": [{"name": "a", "value": "1"}]},
        {"name": "y", "image": "i", "volumeMounts": []},
    ],
    "initContainers": [{"name": "p"}, {"name": "q"}],
    "tolerations": [{"key": "k", "n": 1}, {"key": "l"}],
    "ports": [{"name": "a", "port": 1}, {"port": 2}, {"name": "c"}],
    "odd": {"env": [{"name": "a"}, {"name": "a"}, {"name": "b"}, 5]},
}
NAMES = ("a", "b", "c", "e", "f")
MEMBERS = ("a", "b", "value", "image", "name", "m", "new", "env")


def base_object(data):
    identity = Identity("", "Thing", "", "thing")
    return BaseObject(data, identity, "base/thing.yaml", lambda path: Span("base/thing.yaml"))


def random_base(draw):
    kept = [
        name for name in BASE if name in ("apiVersion", "kind", "metadata") or draw.random() < 0.5
    ]
    return {name: BASE[name] for name in kept}


def random_path(draw, document):
    """Return a path into the document, mostly one that exists."""
    tokens, node = [], document
    while True:
        if not isinstance(node, dict | list) or not node or (tokens and draw.random() < 0.25):
            return "".join(f"/{token}" for token in tokens)
        if not tokens:
            roots = [name for name in node if name not in ("apiVersion", "kind", "metadata")]
            name = draw.choice([*roots, *roots, "m"])
        elif isinstance(node, dict):
            name = draw.choice([*node, *node, draw.choice(MEMBERS)])
        else:
            name = random_item(draw, node)
        tokens.append(name)
        try:
            node = step_into(node, name)
        except Fails:
            return "".join(f"/{token}" for token in tokens)


def random_item(draw, items):
    item = draw.choice(items)
    fields = [f for f in ("name", "key", "value") if isinstance(item, dict) and f in item]
    if not fields or draw.random() < 0.25:
        return draw.choice(
            [str(items.index(item)), str(len(items) - 1), str(draw.choice(range(4)))]
        )
    field = fields[0] if draw.random() < 0.9 else draw.choice(fields)
    value = item[field] if draw.random() < 0.85 else draw.choice(NAMES)
    return f"[{field}={value}]"


def random_value(draw, path):
    last = tokens_of(path)[-1]
    if key_of(last):
        field, name = key_of(last)
        return {field: name, "value": draw.choice("12")} if draw.random() < 0.99 else {}
    item = {"name": draw.choice(NAMES), "value": draw.choice("12")}
    others = [1, 1.0, True, "1", "b", {}, [], {"a": 1}, {"c": 2, "d": [1]}, [item], {"value": "1"}]
    return item if last == "-" and draw.random() < 0.8 else draw.choice([*others, item])


def random_operation(draw, document):
    op = draw.choice(["add", "add", "replace", "replace", "remove", "test", "move", "copy"])
    path = random_path(draw, document)
    if op in ("add", "move", "copy") and draw.random() < 0.7:
        path = random_new_place(draw, document, path)
    source = random_path(draw, document) if op in ("move", "copy") else None
    optional = "may be absent" if draw.random() < 0.2 else None
    value = random_value(draw, path)
    if op == "test" and draw.random() < 0.7:
        value = value_there(document, path, value)
    return Operation(op, path, value, source, "a parameter", optional)


def value_there(document, path, otherwise):
    try:
        return plain(descend(document, tokens_of(path)))
    except Fails:
        return otherwise


def random_new_place(draw, document, path):
    node = value_there(document, path, None)
    if isinstance(node, list):
        return f"{path}/{draw.choice(['-', '-', '0', f'[name={draw.choice(NAMES)}]'])}"
    return f"{path}/{draw.choice(MEMBERS)}" if isinstance(node, dict) else path


def random_patches(draw, document):
    patches = []
    for writer in "ABC"[: draw.choice([2, 2, 2, 3])]:
        count = draw.choice([1, 1, 2, 3])
        operations = tuple(random_operation(draw, document) for _ in range(count))
        patches.append(Patch("Thing/thing", operations, origin=Origin(writer)))
    if draw.random() < 0.15:
        patches[-1] = Patch("Thing/thing", patches[0].operations[:1], origin=Origin("C"))
    if draw.random() < 0.25:
        override_somebody(draw, patches)
    return patches


def override_somebody(draw, patches):
    """Let an operation override another writer, mostly where that one writes."""
    at, over = draw.sample(range(len(patches)), 2)
    *others, operation = patches[at].operations
    path = draw.choice(patches[over].operations).path if draw.random() < 0.7 else operation.path
    overriding = evolve(operation, path=path, overrides=patches[over].origin.writer)
    patches[at] = evolve(patches[at], operations=(*others, overriding))


def allowed_orders(patches):
    """Return the orders in which writers that override come after those that they override."""
    return [order for order in itertools.permutations(patches) if not breaks_an_override(order)]


def breaks_an_override(order):
    writers = [each.origin.writer for each in order]
    return any(
        operation.overrides in writers[position:]
        for position, each in enumerate(order)
        for operation in each.operations
    )


def compare(draw):
    """Return how a random case went: agreed, conflict, false alarm, other error, or missed."""
    document = random_base(draw)
    patches = random_patches(draw, document)
    orders = [naive_patch(document, order) for order in allowed_orders(patches)]
    agree = bool(orders) and all(
        one is not None and equal(one, orders[0], exact=True) for one in orders
    )
    try:
        patched = patch([base_object(document)], patches).objects[0].data
    except PackcError as error:
        codes = {diagnostic.code for diagnostic in error.diagnostics}
        if codes != {"PK308"}:
            return "other error"
        return "false alarm" if agree else "conflict"
    if agree and equal(patched, orders[0], exact=True):
        return "agreed"
    return f"missed: {document} {patches} {patched} {orders}"


@settings(max_examples=1000, deadline=None)
@given(st.randoms(use_true_random=False))
def test_writers_without_a_conflict_commute(draw):
    """A conflict that went unreported would show as orders that differ."""
    outcome = compare(draw)

    assert not outcome.startswith("missed")


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_plain_operations_turn_the_base_into_the_result(draw):
    document = random_base(draw)
    patches = random_patches(draw, document)[:1]
    try:
        result = patch([base_object(document)], patches).objects[0]
    except PackcError:
        result = patch([base_object(document)], []).objects[0]

    replayed = jsonpatch.apply_patch(document, plain_operations(result))

    assert equal(replayed, result.data, exact=True)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_patches_given_changes_neither_result_nor_findings(draw):
    document = random_base(draw)
    patches = random_patches(draw, document)

    found = [outcome_of(document, order) for order in itertools.permutations(patches)]

    assert found.count(found[0]) == len(found)


def outcome_of(document, patches):
    """Return the writes and notes, or the errors, as text that tells 1 from 1.0."""
    try:
        result = patch([base_object(document)], patches)
    except PackcError as error:
        return repr(error.diagnostics)
    return repr((result.objects[0].data, result.objects[0].writes, result.diagnostics))


@pytest.mark.skipif(
    "PACKC_LONG" not in os.environ, reason="minutes long; set PACKC_LONG=1 to run it"
)
def test_a_million_random_cases_have_no_missed_conflict(capsys):
    count, seed = int(os.environ.get("PACKC_LONG_CASES", "1000000")), int(os.environ["PACKC_LONG"])
    draw, outcomes = random.Random(seed), {}
    for _ in range(count):
        outcome = compare(draw)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    with capsys.disabled():
        print(f"\n{count} cases:", dict(sorted(outcomes.items())))

    assert [outcome for outcome in outcomes if outcome.startswith("missed")] == []
