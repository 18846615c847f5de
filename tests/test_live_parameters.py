"""Templates derived from the compiler: what becomes a hole, what a condition, and what an error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.diagnostics import PackcError
from packc.formats.decide import Condition, Decider
from packc.formats.derive import Derived, derive
from packc.formats.gotemplate import Printer
from packc.formats.helm.access import HelmAccess
from packc.formats.holes import Hole, Text, Unifier, filled
from packc.formats.merge import Map
from packc.formats.space import Combination, Dimension, Mark
from packc.formats.witness import witnesses
from packc.formatting import build_of
from packc.model import MISSING, Distribution
from packc.parameters import problems
from packc.pipeline import Selection, prepare
from packc.plugins import Found, Host
from packc.spec import Constraint, EnumValue, Items, Parameter

SPEC = """\
packc: 1
name: demo
version: 1.0.0
title: Demo
description: A ConfigMap.
clouds: [moon]
{more}
objects:
- files: base/objects.yaml
"""

OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: demo, namespace: default}
data: {size: "1", word: a, image: docker.io/demo:1}
"""

PLUGIN = """\
from packc.api import Cloud, Note, Patch, add, hookimpl, remove, replace

@hookimpl
def packc_clouds():
    return [Cloud(name="moon", title="Moon")]

@hookimpl
def packc_patches(variant):
    values = variant.values
    operations = {operations}
    return [Patch("ConfigMap/demo", tuple(operations))] if operations else []

@hookimpl
def packc_notes(variant):
    values = variant.values
    return [Note(text) for text in {notes}]
"""

SIZE = (
    "{name: demo.size, type: integer, description: A size., default: 5, maximum: 900, minimum: 0}"
)
WORD = "{name: demo.word, type: string, description: A word., default: earth}"

Derive = Callable[..., Derived]


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Derive:
    """Return a function that derives a pack, whose cloud patches and notes as it is told."""

    def run(*parameters: str, operations: str = "[]", notes: str = "[]", more: str = "") -> Derived:
        (tmp_path / "base").mkdir()
        (tmp_path / "base" / "objects.yaml").write_text(OBJECTS)
        listed = "parameters:\n" + "".join(f"- {each}\n" for each in parameters)
        (tmp_path / "pack.yaml").write_text(SPEC.format(more=more + listed))
        text = PLUGIN.replace("{operations}", operations).replace("{notes}", notes)
        (tmp_path / "demo_moon.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "demo_moon", raising=False)
        entry = EntryPoint("moon", "demo_moon", "packc")
        found = Found("moon", "demo_moon", Distribution("demo-moon", "1.0"), entry)
        prepared = prepare(str(tmp_path), Selection(), Host({"moon": (found,)}))
        return derive(build_of(prepared))

    return run


def template_of(derived: Derived) -> str:
    build = derived.space.build
    printer = Printer(HelmAccess(build), {p.name: p for p in build.parameters})
    (only,) = derived.objects
    return printer.document(only.node, only.condition)


def refusal(derived: Derive, *parameters: str, **more: str) -> list[str]:
    with pytest.raises(PackcError) as caught:
        derived(*parameters, **more)
    return [f"{d.code}: {d.message}" for d in caught.value.diagnostics]


# --- holes ------------------------------------------------------------------------------------


def test_a_value_that_a_plugin_puts_in_is_a_hole(derived: Derive) -> None:
    found = derived(WORD, operations='[replace("/data/word", values["demo.word"])]')

    assert "  word: {{ .Values.demo.word | quote }}\n" in template_of(found)


def test_a_value_inside_a_text_is_a_hole_in_it(derived: Derive) -> None:
    operations = '[replace("/data/word", "100% {{ of " + values["demo.word"] + "}}")]'

    found = derived(WORD, operations=operations)

    action = '{{ printf "100%% {{ of %v}}" .Values.demo.word | quote }}'
    assert f"  word: {action}\n" in template_of(found)


def test_a_number_in_a_text_is_a_hole(derived: Derive) -> None:
    operations = """[replace("/data/size", f"--size={values['demo.size']}")]"""

    found = derived(SIZE, operations=operations)

    action = '{{ printf "--size=%v" (int64 .Values.demo.size) | quote }}'
    assert f"  size: {action}\n" in template_of(found)


def test_a_number_with_a_unit_is_a_hole(derived: Derive) -> None:
    operations = """[replace("/data/size", f"{values['demo.size']}Mi")]"""

    found = derived(SIZE, operations=operations)

    action = '{{ printf "%vMi" (int64 .Values.demo.size) | quote }}'
    assert f"  size: {action}\n" in template_of(found)


def test_a_value_that_is_computed_names_plugin_and_parameter(derived: Derive) -> None:
    operations = '[replace("/data/size", str(values["demo.size"] * 2))]'

    found = refusal(derived, SIZE, WORD, operations=operations)

    assert found == [
        "PK901: ConfigMap/default/demo: plugin moon (demo-moon 1.0) computes /data/size from"
        " 'demo.size', which no template can do"
    ]


def test_a_text_that_is_cut_is_computed(derived: Derive) -> None:
    found = refusal(derived, WORD, operations='[replace("/data/word", values["demo.word"][:3])]')

    assert "computes /data/word from 'demo.word'" in found[0]


@pytest.mark.parametrize("threshold", [100, 450, 800])
def test_a_member_that_depends_on_a_threshold_is_computed(derived: Derive, threshold: int) -> None:
    operations = f'[add("/data/big", "yes")] if values["demo.size"] > {threshold} else []'

    found = refusal(derived, SIZE, operations=operations)

    assert "'demo.size'" in found[0]


def test_a_map_that_is_a_parameter_is_one_hole(derived: Derive) -> None:
    labels = "{name: demo.labels, type: map, description: L., default: {}, items: {type: string}}"

    found = derived(labels, operations='[add("/metadata/labels", values["demo.labels"])]')

    assert "  labels: {{ toJson .Values.demo.labels }}\n" in template_of(found)


def test_parameters_with_the_same_few_values_are_told_apart(derived: Derive) -> None:
    few = "type: integer, description: N., default: 3, minimum: 1, maximum: 5}"
    names = [f"demo.n{index}" for index in range(6)]
    operations = f'[add(f"/data/{{n}}", str(values[n])) for n in {names}]'

    text = template_of(
        derived(*(f"{{name: {name}, {few}" for name in names), operations=operations)
    )

    assert [name for name in names if f"  {name}: {{{{ int64 .Values.{name} |" not in text] == []


# --- values that are special ------------------------------------------------------------------


def test_a_default_that_a_plugin_treats_specially_becomes_a_condition(derived: Derive) -> None:
    operations = '[add("/data/more", "x")] if values["demo.size"] != 5 else []'

    text = template_of(derived(SIZE, operations=operations))

    assert "{{- if not (eq (int64 .Values.demo.size) 5) }}\n  more: x\n" in text


def test_a_value_that_the_pack_names_is_told_apart(derived: Derive) -> None:
    refusals = (
        "refusals: [{when: {parameters: {demo.size: 7}}, parameter: demo.size, reason: odd}]\n"
    )

    found = derived(SIZE, more=refusals)

    (refused,) = found.refused
    assert refused.reason.text == "odd"
    assert refused.condition is not None
    assert [atom.values for row in refused.condition.rows for atom in row] == [(7,)]


@pytest.mark.parametrize("threshold", [0, 1, 2, 4, 5, 6, 7, 50, 896, 897, 898, 899])
@pytest.mark.parametrize("sign", ["<", ">", "=="])
def test_a_template_is_right_for_every_value_or_not_made(
    derived: Derive, threshold: int, sign: str
) -> None:
    test = f'values["demo.size"] {sign} {threshold}'
    try:
        found = derived(SIZE, operations=f'[add("/data/more", "x")] if {test} else []')
    except PackcError as error:
        assert [d.code for d in error.diagnostics] == ["PK901"]
        return

    wrong = [
        size
        for size in range(901)
        if has_more(found, size) is not eval(f"{size} {sign} {threshold}")
    ]

    assert wrong == []


def has_more(derived: Derived, size: int) -> bool:
    """Return whether the template has `/data/more` for a size."""
    (only,) = derived.objects
    if not isinstance(only.node, Map):
        return "more" in only.node["data"]
    data = next(entry.node for entry in only.node.entries if entry.key == "data")
    condition = next(entry.condition for entry in data.entries if entry.key == "more")
    if condition is None:
        return True
    specials = condition.rows[0][0].dimension.values
    value = size if size in specials else Mark.OTHER
    return any(value in atom.values for (atom,) in condition.rows) is not condition.negated


def test_a_least_value_that_changes_a_text_is_special(derived: Derive) -> None:
    operations = (
        '[add("/data/more", "auto" if values["demo.size"] == 0 else str(values["demo.size"]))]'
    )

    text = template_of(derived(SIZE, operations=operations))

    assert "{{- if eq (int64 .Values.demo.size) 0 }}\n  more: auto\n  {{- else }}\n" in text
    assert "  more: {{ int64 .Values.demo.size | quote }}\n" in text


# --- finite choices ---------------------------------------------------------------------------

MODE = (
    "{name: demo.mode, type: enum, description: M., default: a,"
    " values: [{value: a}, {value: b}, {value: c}]}"
)


def test_an_enum_that_stands_in_the_output_needs_no_condition(derived: Derive) -> None:
    found = derived(MODE, operations='[add("/data/mode", values["demo.mode"])]')

    assert "  mode: {{ .Values.demo.mode | quote }}\n" in template_of(found)
    assert "if" not in template_of(found)


def test_what_is_computed_from_an_enum_becomes_branches(derived: Derive) -> None:
    operations = (
        '[replace("/data/word", {"a": "one", "b": "two", "c": "two"}[values["demo.mode"]])]'
    )

    text = template_of(derived(MODE, operations=operations))

    assert '{{- if eq .Values.demo.mode "a" }}\n  word: one\n  {{- else }}\n  word: two\n' in text


def test_an_optional_value_is_a_condition(derived: Derive) -> None:
    optional = "{name: demo.host, type: string, description: H.}"
    operations = '[add("/data/host", values["demo.host"])] if "demo.host" in values else []'

    text = template_of(derived(optional, operations=operations))

    assert '{{- if not (kindIs "invalid" .Values.demo.host) }}\n  host: {{ .Values' in text


def test_a_map_that_may_become_empty_is_never_left_out(derived: Derive) -> None:
    switch = "{name: demo.on, type: boolean, description: S., default: false}"
    operations = '[add("/metadata/labels", {"x": "y"} if values["demo.on"] else {})]'

    text = template_of(derived(switch, operations=operations))

    assert "  labels: {}\n" in text


def test_too_many_combinations_are_refused(derived: Derive) -> None:
    modes = [MODE.replace("demo.mode", f"demo.mode{n}") for n in range(9)]

    found = refusal(derived, *modes)

    assert found[0].startswith("PK902: the pack demo has 19683 combinations")


# --- notes ------------------------------------------------------------------------------------


def test_a_note_with_a_value_has_a_hole(derived: Derive) -> None:
    found = derived(SIZE, notes="[f\"The size is {values['demo.size']}: mind.\"]")

    (note,) = found.notes
    assert note.note.text == Text(("The size is ", Hole("demo.size", "string"), ": mind."))
    assert note.note.always


def test_a_note_that_is_computed_is_left_out_and_said_so(derived: Derive) -> None:
    found = derived(SIZE, notes="[f\"Twice is {values['demo.size'] * 2}.\"]")

    assert found.notes == ()
    assert [finding.code for finding in found.findings] == ["PK904"]


# --- witnesses --------------------------------------------------------------------------------

PARAMETERS = [
    Parameter(name="p", description="", type="string", pattern="[a-z]+/v[0-9]{2}", default="x/v12"),
    Parameter(name="p", description="", type="string", minLength=2, maxLength=3),
    Parameter(name="p", description="", type="integer", minimum=1, maximum=5),
    Parameter(name="p", description="", type="number", minimum=0.5, maximum=1),
    Parameter(name="p", description="", type="cidr"),
    Parameter(name="p", description="", type="cidr", family="ipv6"),
    Parameter(name="p", description="", type="ip", family="ipv6"),
    Parameter(name="p", description="", type="ip"),
    Parameter(name="p", description="", type="url", schemes=("http",)),
    Parameter(name="p", description="", type="list", items=Items(type="integer"), minItems=2),
    Parameter(
        name="p",
        description="",
        type="list",
        items=Items(type="enum", values=(EnumValue(value="a"), EnumValue(value="b"))),
    ),
    Parameter(name="p", description="", type="map", items=Items(type="boolean"), maxItems=1),
]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda p: f"{p.type}-{p.family or ''}")
def test_witnesses_fit_their_parameter_and_differ(parameter: Parameter) -> None:
    found = witnesses(parameter, ())

    every = (*found.ordinary, *found.edges)
    assert [value for value in every if problems(parameter, value)] == []
    assert len({repr(value) for value in found.ordinary}) == len(found.ordinary) >= 3


def test_witnesses_keep_out_of_what_a_network_must_not_overlap() -> None:
    rule = Constraint(excludes="10.0.0.0/8", reason="taken")
    parameter = Parameter(name="p", description="", type="cidr", family="ipv4", constraints=(rule,))

    found = witnesses(parameter, ())

    assert not [value for value in found.ordinary if value.startswith("10.")]


def test_a_pattern_that_nothing_is_made_for_is_said_so() -> None:
    parameter = Parameter(name="p", description="", type="string", pattern="[0-9]{3}-[A-F]{9}")

    with pytest.raises(PackcError) as caught:
        witnesses(parameter, ())

    assert [d.code for d in caught.value.diagnostics] == ["PK903"]


# --- trees and conditions, by property --------------------------------------------------------

WORDS = st.text("abc{}%:", min_size=1, max_size=6)


@given(WORDS, st.lists(st.tuples(WORDS, WORDS), min_size=2, max_size=3), WORDS)
def test_a_text_with_holes_gives_back_every_sample(
    start: str, values: list[tuple[str, str]], end: str
) -> None:
    samples = [{"one": one, "two": two} for one, two in values]
    texts = [f"{start}{one}-{two}{end}" for one, two in values]
    unifier = Unifier(samples)

    tree = unifier.unify(texts)

    assert unifier.computed or [filled(tree, sample) for sample in samples] == texts


DIMENSIONS = (
    Dimension("feature", "f", (False, True)),
    Dimension("choice", "p", ("a", "b", "c"), owner="f"),
    Dimension("cloud", "cloud", ("x", "y", "z")),
)
COMBINATIONS: list[Combination] = [
    (on, value, cloud)
    for on, cloud in product((False, True), ("x", "y", "z"))
    for value in (("a", "b", "c") if on else (Mark.UNSET,))
]


def holds(condition: Condition | None, combination: Combination) -> bool:
    if condition is None:
        return True
    values: Mapping[str, Any] = dict(zip((d.name for d in DIMENSIONS), combination, strict=True))
    found = any(
        all(values[atom.dimension.name] in atom.values for atom in row) for row in condition.rows
    )
    return found is not condition.negated


@given(st.lists(st.sampled_from("ABC"), min_size=12, max_size=12))
def test_branches_give_each_combination_its_label(labels: list[str]) -> None:
    decider = Decider(DIMENSIONS, COMBINATIONS)

    branches = decider.branches(range(12), [(label,) for label in labels])

    first = [
        next(b.label for b in branches if holds(b.condition, combination))
        for combination in COMBINATIONS
    ]
    assert first == labels


@given(st.lists(st.booleans(), min_size=12, max_size=12).filter(any))
def test_a_condition_holds_where_it_should(wanted: list[bool]) -> None:
    decider = Decider(DIMENSIONS, COMBINATIONS)

    condition = decider.condition(range(12), wanted)

    assert [holds(condition, combination) for combination in COMBINATIONS] == wanted


def test_deriving_twice_gives_the_same(small: Path) -> None:
    prepared = prepare(str(small), Selection(), Host())

    once, twice = (derive(build_of(prepared)) for _ in range(2))

    assert (once.objects, once.notes, once.refused) == (twice.objects, twice.notes, twice.refused)
    assert MISSING not in [each.node for each in once.objects]
