"""Every field has a chain; the chains alone rebuild the output, and they name the right cause."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from packc.diagnostics import PackcError, Span
from packc.emit import emit
from packc.model import (
    MISSING,
    BaseObject,
    Identity,
    Operation,
    Origin,
    Patch,
    PatchedObject,
    Write,
)
from packc.patch import patch
from packc.patching.jsondata import equal, is_list, is_map
from packc.patching.pointer import Key
from packc.pipeline import (
    Compiled,
    Prepared,
    Selection,
    account_of,
    all_objects,
    all_patches,
    compile_pack,
    prepare,
    traced,
)
from packc.plugins import Host
from packc.tracing.sourcemap import rebuilt, source_map
from packc.tracing.trace import (
    Field,
    Link,
    Place,
    fields,
    place_at,
    removed,
    replay,
    steps_into,
    trace,
)

ROOT = Path(__file__).parent.parent
CALICO = str(ROOT / "packs" / "calico")
FEATURES = ("etcd-tls", "windows-note")
FEATURE_SETS = [chosen for size in range(3) for chosen in combinations(FEATURES, size)]
EXAMPLES = int(os.environ.get("PACKC_TRACE_EXAMPLES", "100"))

# --- objects to patch -------------------------------------------------------------------------

IDENTITY = Identity("", "Thing", "", "thing")


def nowhere(path: object) -> Span:
    return Span("base/thing.yaml")


def thing(spec: Any) -> BaseObject:
    data = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "thing"}, "spec": spec}
    return BaseObject(data, IDENTITY, "base/thing.yaml", nowhere)


def patched(base: BaseObject, *operations: Operation, writer: str = "a.yaml") -> PatchedObject:
    return patch([base], [Patch("Thing/thing", operations, origin=Origin(writer))]).objects[0]


def field_at(entry: PatchedObject, *pointer: str | int) -> Field:
    (field,) = fields(place_at(trace(entry), pointer), pointer, pointer)
    return field


def values_of(links: Iterable[Link]) -> list[tuple[Any, Any]]:
    return [(link.before, link.after) for link in links]


def test_an_untouched_field_has_one_link_that_leads_to_its_place_in_the_base() -> None:
    field = field_at(patched(thing({"env": [{"name": "A"}]})), "spec", "env", 0, "name")

    assert [(link.write, link.inside, link.after) for link in field.links] == [
        (None, ("spec", "env", 0, "name"), "A")
    ]


def test_each_write_adds_a_link_with_the_value_before_and_after() -> None:
    once = Operation("replace", "/spec/size", 2)
    again = Operation("replace", "/spec/size", 3, overrides="a.yaml")

    field = field_at(patched(thing({"size": 1}), once, again), "spec", "size")

    assert values_of(field.links) == [(MISSING, 1), (1, 2), (2, 3)]


def test_a_leaf_inside_a_written_value_knows_where_in_the_value_it_stands() -> None:
    operation = Operation("replace", "/spec/rules", [{"verbs": ["get", "list"]}])

    entry = patched(thing({"rules": [{"verbs": ["get"]}]}), operation)

    kept, new = (field_at(entry, "spec", "rules", 0, "verbs", index) for index in (0, 1))
    assert values_of(kept.links) == [(MISSING, "get"), ("get", "get")]
    assert not kept.last.changes
    assert values_of(new.links) == [(MISSING, "list")]
    assert new.last.inside == (0, "verbs", 1)


def test_an_item_keeps_its_history_when_others_come_before_it() -> None:
    add = Operation("add", "/spec/list/0", "new")

    entry = patched(thing({"list": ["old"]}), add)

    assert field_at(entry, "spec", "list", 1).last.inside == ("spec", "list", 0)
    assert field_at(entry, "spec", "list", 0).last.write is not None


def test_an_item_that_is_removed_and_added_again_has_one_history() -> None:
    entry = patched(
        thing({"env": [{"name": "A", "value": "1"}]}),
        Operation("remove", "/spec/env/[name=A]"),
        Operation("add", "/spec/env/-", {"name": "A", "value": "2"}, overrides="a.yaml"),
    )

    value = field_at(entry, "spec", "env", 0, "value")

    assert values_of(value.links) == [(MISSING, "1"), ("1", MISSING), (MISSING, "2")]
    assert list(removed(trace(entry))) == []


def test_what_was_removed_is_named_with_its_key_and_its_remover() -> None:
    entry = patched(
        thing({"env": [{"name": "A"}, {"name": "B"}], "size": 1}),
        Operation("remove", "/spec/env/[name=A]"),
        Operation("remove", "/spec/size"),
    )

    gone = {field.path: field.last.write.pointer for field in removed(trace(entry))}

    assert gone == {
        ("spec", "size"): "/spec/size",
        ("spec", "env", Key("name", "A")): "/spec/env/0",
    }


def test_a_copy_carries_the_chain_of_what_it_copies() -> None:
    entry = patched(
        thing({"from": {"a": 1}}),
        Operation("replace", "/spec/from/a", 2),
        Operation("copy", "/spec/to", source="/spec/from"),
    )

    last = field_at(entry, "spec", "to", "a").last

    assert values_of(last.copied) == [(MISSING, 1), (1, 2)]


def test_a_move_carries_the_chain_as_it_was_before_the_move() -> None:
    entry = patched(thing({"from": [1]}), Operation("move", "/spec/to", source="/spec/from"))

    last = field_at(entry, "spec", "to", 0).last

    assert values_of(last.copied) == [(MISSING, 1)]
    assert replay(trace(entry)) == entry.data


def test_a_map_that_is_emptied_names_who_took_the_last_member() -> None:
    entry = patched(thing({"map": {"a": 1}}), Operation("remove", "/spec/map/a"))

    field = field_at(entry, "spec", "map")

    assert (field.value, field.last.after) == ({}, {})
    assert field.last.write is entry.writes[0]


# --- Calico: coverage and replay --------------------------------------------------------------


def calico(features: Sequence[str], *sets: str) -> Iterator[tuple[Prepared, Compiled]]:
    selection = Selection(features=tuple(features))
    prepared = prepare(
        CALICO, evolve(selection, request=evolve(selection.request, sets=sets)), Host()
    )
    for compiled in compile_pack(prepared):
        yield prepared, compiled


@pytest.mark.parametrize("features", FEATURE_SETS, ids="+".join)
def test_every_leaf_of_every_object_has_a_chain_that_ends_in_its_value(
    features: tuple[str, ...],
) -> None:
    for prepared, compiled in calico(features):
        account = account_of(prepared, compiled.resolved)
        for entry in compiled.patched.objects:
            chains = {field.path: field for field in fields(trace(entry))}
            found = {path: (field.value,) for path, field in chains.items()}

            assert equal(paired(found), paired(leaves(entry.data)), exact=True)
            for field in chains.values():
                assert equal(field.last.after, field.value, exact=True)
                assert all(account.span(entry.base, link) for link in field.links)


@pytest.mark.parametrize("features", FEATURE_SETS, ids="+".join)
def test_the_chains_alone_rebuild_the_bytes(features: tuple[str, ...]) -> None:
    for _, compiled in calico(features):
        replayed = [replay(trace(entry)) for entry in compiled.patched.objects]

        assert emit(replayed) == compiled.manifests


@pytest.mark.parametrize("features", FEATURE_SETS, ids="+".join)
def test_the_source_map_alone_rebuilds_the_bytes(features: tuple[str, ...]) -> None:
    for prepared, compiled in calico(features):
        content = source_map(account_of(prepared, compiled.resolved), traced(compiled)).content

        assert emit(rebuilt(content)) == compiled.manifests


# --- Calico: the places are right -------------------------------------------------------------


def scalars_of(file: Path) -> dict[tuple[int, int], yaml.ScalarNode]:
    """Return the scalars of a YAML file by line and column, as PyYAML finds them."""
    text = file.read_text(encoding="utf-8")
    nodes = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
    found = {}
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.ScalarNode):
            found[node.start_mark.line + 1, node.start_mark.column + 1] = node
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value
        else:
            nodes += [part for pair in node.value for part in pair]
    return found


def is_written_as(node: yaml.ScalarNode, value: Any) -> bool:
    return bool(node.value == value or (not node.style and yaml.safe_load(node.value) == value))


@pytest.mark.parametrize("features", [(), ("etcd-tls",)], ids="+".join)
def test_every_place_in_a_file_holds_the_value_or_names_its_parameter(
    features: tuple[str, ...],
) -> None:
    files: dict[str, dict[tuple[int, int], yaml.ScalarNode]] = {}
    for prepared, compiled in calico(features):
        account = account_of(prepared, compiled.resolved)
        for entry in compiled.patched.objects:
            for field in fields(trace(entry)):
                span = account.span(entry.base, field.last)
                if not span.file.startswith(CALICO) or field.value in ({}, []):
                    continue
                scalars = files.setdefault(span.file, {}) or scalars_of(Path(span.file))
                files[span.file] = scalars
                node = scalars[span.line, span.column]
                behind = field.last.write and field.last.write.operation.parameter
                if span.file.endswith("pack.yaml"):
                    assert node.value == field.last.write.operation.path
                elif behind:
                    assert node.value == behind
                else:
                    assert is_written_as(node, field.value)

    assert {Path(file).name for file in files} >= {"node.yaml", "pack.yaml", "encapsulation.yaml"}


# --- causality --------------------------------------------------------------------------------


@frozen
class Case:
    """A base and patches on it, with a place of its own for each operation."""

    base: BaseObject
    patches: tuple[Patch, ...]

    @classmethod
    def of(cls, base: BaseObject, patches: Iterable[Patch]) -> Case:
        numbered, number = [], 0
        for each in patches:
            operations = []
            for operation in each.operations:
                number += 1
                operations.append(evolve(operation, span=Span("operation", number)))
            numbered.append(evolve(each, operations=tuple(operations)))
        return cls(base, tuple(numbered))

    @property
    def places(self) -> list[Span]:
        return [operation.span for each in self.patches for operation in each.operations]

    def without(self, taken: set[Span]) -> PatchedObject:
        left = [
            evolve(each, operations=tuple(o for o in each.operations if o.span not in taken))
            for each in self.patches
        ]
        return patch([self.base], left).objects[0]


def deeds(entry: PatchedObject, place: Span | None) -> list[Any]:
    """Return what an operation did: where it wrote, and what."""
    return [
        [str(write.path), [] if write.after is MISSING else [write.after]]
        for write in entry.writes
        if write.operation.span == place
    ]


def together_with(case: Case, place: Span, whole: PatchedObject) -> tuple[set[Span], PatchedObject]:
    """Return an operation with those that need it, and the object without any of them.

    An operation needs another if, without that one, it is refused or does something else.
    """
    taken, others = set[Span](), {place}
    while others:
        taken |= others
        try:
            rest = case.without(taken)
        except PackcError as error:
            others = {each.span for each in error.diagnostics} - taken
            assert others, error
        else:
            left = set(case.places) - taken
            others = {o for o in left if not equal(deeds(whole, o), deeds(rest, o), exact=True)}
    return taken, rest


def foretold(place: Place, taken: set[Span]) -> Any:
    """Return what the chains say is there without some operations: MISSING where nothing is."""
    links = [
        link for link in place.links if link.write is None or link.write.operation.span not in taken
    ]
    value = links[-1].after if links else MISSING
    if is_map(value):
        members = {name: foretold(child, taken) for name, child in place.members.items()}
        return {name: child for name, child in members.items() if child is not MISSING}
    if is_list(value):
        items = [
            foretold(child, taken) for child in (*place.items, *(child for _, child in place.gone))
        ]
        return [item for item in items if item is not MISSING]
    return value


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], tuple[Any]]:
    """Return the leaves by path: scalars, and maps and lists that are empty."""
    below = list(steps_into(value, path))
    if not below:
        return {path: (value,)}
    found = {}
    for step, child in below:
        found |= leaves(child, (*path, step))
    return found


def paired(found: Mapping[tuple[Any, ...], Any]) -> dict[str, Any]:
    return {str(path): value for path, value in found.items()}


def shifted(writes: Sequence[Write], taken: set[Span]) -> set[tuple[Any, ...]] | None:
    """Return the lists whose items the operations moved, if they are known by their index.

    None stands for every list: where an item gets another key, paths before and after differ.
    """
    moved = {
        upper(write.path[:-1])
        for write in writes
        if write.operation.span in taken and isinstance(write.path[-1], int | Key)
    }
    return None if any(renames(write) for write in writes) else moved


def renames(write: Write) -> bool:
    is_replaced = MISSING not in (write.before, write.after)
    return write.path[-1] == "name" or (is_replaced and isinstance(write.path[-1], Key))


def upper(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the path down to the first list in which an item is known by its index."""
    cut = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:cut]


def outside(
    found: Mapping[tuple[Any, ...], Any], lists: set[tuple[Any, ...]] | None
) -> dict[str, Any]:
    return paired(
        {
            path: value
            for path, value in found.items()
            if upper(path) == path or (lists is not None and upper(path) not in lists)
        }
    )


def check_causality(case: Case) -> int:
    """Check every operation, and return how many leaves hang on them in all."""
    whole, hanging = case.without(set()), 0
    root = trace(whole)
    for place in case.places:
        taken, rest = together_with(case, place, whole)
        lists = shifted(whole.writes, taken)
        expected = outside(leaves(foretold(root, taken)), lists)
        assert equal(outside(leaves(rest.data), lists), expected, exact=True)
        now = outside(leaves(whole.data), lists)
        paths = now.keys() | expected.keys()
        hanging += sum(not equal(now.get(each), expected.get(each), exact=True) for each in paths)
    return hanging


def cases_of(prepared: Prepared, compiled: Compiled) -> Iterator[Case]:
    """Yield each object of a variant that is patched, with the patches on it."""
    bases = all_objects(prepared, compiled.resolved)
    patches = all_patches(prepared, compiled.resolved, bases)
    for base in bases:
        names = (f"{base.identity.kind}/{base.identity.name}", str(base.identity))
        chosen = [each for each in patches if evolve_name(each.object) in names]
        if chosen:
            yield Case.of(base, chosen)


def evolve_name(selector: str) -> str:
    kind, _, name = selector.partition("/")
    return f"{kind}/{name.rpartition('/')[2]}"


@pytest.mark.parametrize("features", [(), ("etcd-tls",)], ids="+".join)
def test_exactly_the_leaves_of_an_operation_of_calico_change_without_it(
    features: tuple[str, ...],
) -> None:
    tried = hanging = 0
    for mode in ("Always", "CrossSubnet", "Never"):
        for prepared, compiled in calico(features, f"calico.encapsulationMode={mode}"):
            for case in cases_of(prepared, compiled):
                tried += len(case.places)
                hanging += check_causality(case)

    assert tried >= 9 * 8
    assert hanging >= 9


# --- random packs -----------------------------------------------------------------------------

SCALARS = st.sampled_from([0, 1, 1.0, True, False, None, "", "a", "b", "text\n"])
NAMES = st.sampled_from(["a", "b", "c"])


def items_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"name": NAMES}, optional={"value": values})


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.dictionaries(NAMES, inner, max_size=3)
        | st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"env": st.lists(items_of(inner), max_size=3, unique_by=lambda item: item["name"])}
        )
    ),
    max_leaves=8,
)
SPECS = st.fixed_dictionaries(
    {
        "map": st.dictionaries(NAMES, VALUES, max_size=3),
        "env": st.lists(items_of(VALUES), max_size=3, unique_by=lambda item: item["name"]),
        "list": st.lists(VALUES, max_size=3),
    }
)


def paths_of(value: Any, path: str = "/spec") -> Iterator[str]:
    yield path
    if is_map(value):
        for name, child in value.items():
            yield from paths_of(child, f"{path}/{name}")
    elif is_list(value):
        for index, child in enumerate(value):
            keyed = path.endswith("/env") and is_map(child) and isinstance(child.get("name"), str)
            yield from paths_of(
                child, f"{path}/[name={child['name']}]" if keyed else f"{path}/{index}"
            )


@st.composite
def operations(draw: st.DrawFn, spec: Any) -> Operation:
    places = st.sampled_from(list(paths_of(spec)))
    op = draw(st.sampled_from(["add", "add", "replace", "remove", "copy", "move"]))
    path = draw(places)
    if op in ("add", "copy", "move"):
        path += "/" + draw(st.sampled_from(["-", "0", "a", "b", "c", "[name=a]", "[name=b]"]))
    value = draw(items_of(SCALARS) | VALUES) if op in ("add", "replace") else MISSING
    source = draw(places) if op in ("copy", "move") else None
    overrides = draw(st.sampled_from([None, None, None, "a.yaml", "b.yaml"]))
    optional = draw(st.sampled_from([None, None, "it may be absent"]))
    return Operation(op, path, value, source, None, optional, overrides)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a random object, and patches of two writers which all hold together."""
    base, patches = thing(draw(SPECS)), []
    spec = base.data["spec"]
    for _ in range(draw(st.integers(2, 16))):
        operation, writer = draw(operations(spec)), draw(st.sampled_from(["a.yaml", "b.yaml"]))
        more = [*patches, Patch("Thing/thing", (operation,), origin=Origin(writer))]
        try:
            data = patch([base], more).objects[0].data
        except PackcError:
            continue
        if is_map(data.get("spec")):
            patches, spec = more, data["spec"]
    return Case.of(base, patches)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_the_chains_of_any_pack_rebuild_its_bytes(case: Case) -> None:
    entry = case.without(set())

    assert emit([replay(trace(entry))]) == emit([entry.data])


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_chain_of_any_pack_hangs_together(case: Case) -> None:
    for field in fields(trace(case.without(set()))):
        assert equal(field.value, field.last.after, exact=True) or field.value in ({}, [])
        assert field.links[0].before is MISSING
        for one, other in zip(field.links, field.links[1:], strict=False):
            if not any(is_map(value) or is_list(value) for value in (one.after, other.before)):
                assert equal(one.after, other.before, exact=True)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_exactly_the_leaves_of_an_operation_of_any_pack_change_without_it(case: Case) -> None:
    check_causality(case)
