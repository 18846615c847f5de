"""The emitted bytes of edition 1: exact, independent of order, read back alike by every reader."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from packc.diagnostics import PackcError
from packc.emit import (
    INSTALL_ORDER,
    LEADING_KEYS,
    MAX_DEPTH,
    emit,
    emit_object,
    identity,
    install_order,
)
from packc.frozen import freeze
from packc.once import Once

READERS_FOLDER = Path(__file__).parent / "readers"
OUTPUT_PAGE = Path(__file__).parents[1] / "docs" / "output.md"

DANGEROUS: list[str] = json.loads((READERS_FOLDER / "dangerous.json").read_text("utf-8"))
"""Strings that one reader or another takes for something else when they are not quoted."""


def read_with_pyyaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.SafeLoader))


def read_with_libyaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def read_with_ruamel(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(text))


def read_with_ruamel_clib(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=False).load_all(text))


def read_with_js_yaml(text: str) -> list[Any]:
    command = ["node", str(READERS_FOLDER / "js-yaml.cjs")]
    run = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    return list(json.loads(run.stdout))


def read_with_kubectl(text: str) -> list[Any]:
    """Let kubectl apply an empty patch to one document, which needs no cluster."""
    options = ["--local", "--filename=-", "--type=merge", "--patch={}", "--output=json"]
    command = ["kubectl", "patch", *options]
    environment = os.environ | {"KUBECONFIG": os.devnull}
    run = subprocess.run(
        command, input=text.encode(), capture_output=True, check=True, env=environment
    )
    return [json.loads(run.stdout)]


PYTHON_READERS = [read_with_pyyaml, read_with_libyaml, read_with_ruamel, read_with_ruamel_clib]
ALL_READERS = [
    *PYTHON_READERS,
    pytest.param(read_with_js_yaml, marks=pytest.mark.tool("js-yaml")),
    pytest.param(read_with_kubectl, marks=pytest.mark.tool("kubectl")),
]
Reader = Callable[[str], list[Any]]


# --- strategies -------------------------------------------------------------------------------

strings = st.one_of(
    st.sampled_from(DANGEROUS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text(" \n\t:#-?|>'\"\\ay0.e_~é\u2028", max_size=12),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    strings,
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.one_of(st.sampled_from(LEADING_KEYS), strings), inner, max_size=4)
    ),
    max_leaves=12,
)
maps = st.dictionaries(st.one_of(st.sampled_from(LEADING_KEYS), strings), values, max_size=5)
names = st.sampled_from(["", "a", "b", "kube-system"])
kinds = st.sampled_from([*INSTALL_ORDER, ("example.org", "Service"), ("example.org", "Backup")])


def an_object(kind: tuple[str, str] = ("", "ConfigMap"), **fields: Any) -> dict[str, Any]:
    group, name = kind
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": name, **fields}


objects = st.builds(
    lambda kind, namespace, name, fields: an_object(
        kind, **fields, metadata={"namespace": namespace, "name": name}
    ),
    kinds,
    names,
    names,
    st.fixed_dictionaries({"data": maps}),
)


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return the same value with the keys of every map in another order."""
    if isinstance(value, dict):
        entries = [(key, shuffled(inner, chance)) for key, inner in value.items()]
        chance.shuffle(entries)
        return dict(entries)
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def exact(value: Any) -> Any:
    """Return the value in a form where 1, 1.0 and True differ and key order does not count."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    return [exact(item) for item in value] if isinstance(value, list) else (type(value), value)


def refusal_of(*bad: Any) -> PackcError:
    with pytest.raises(PackcError) as caught:
        emit(bad)
    return caught.value


# --- the bytes --------------------------------------------------------------------------------

EVERYTHING: list[dict[str, Any]] = [
    {
        "kind": "Deployment",
        "status": {},
        "spec": {
            "template": {"spec": {"containers": [{"image": "a/b:1.0", "name": "first"}]}},
            "replicas": 2,
            "paused": False,
            "ratio": 0.5,
            "large": 1e16,
            "small": 1e-7,
            "nothing": None,
            "arguments": ["--a=b", "-v", "", "yes", ["nested", []], {}, [{"b": 1, "a": 2}]],
        },
        "metadata": {
            "labels": {"on": "off", "version": "1.10", "é": "é"},
            "name": "example",
            "namespace": "kube-system",
        },
        "apiVersion": "apps/v1",
    },
    {
        "metadata": {"name": "scripts", "namespace": "kube-system"},
        "data": {
            "clip": "#!/bin/sh\n\nif a\n\tthen b\nfi\n",
            "strip": '{\n  "a": 1\n}',
            "keep": "a\n\n",
            "tail": "a \nb",
            "lead": " a\nb",
            "windows": "a\r\nb",
            "bell": "\a\x7f\u2028\U000e0001",
            "k" * 1001: ["a", {"b": "c\nd"}],
            "line\nbreak": "colon: space",
        },
        "kind": "ConfigMap",
        "apiVersion": "v1",
    },
]

EVERYTHING_AS_TEXT = (
    r"""apiVersion: v1
kind: ConfigMap
metadata:
  name: scripts
  namespace: kube-system
data:
  bell: "\u0007\u007f\u2028\U000e0001"
  clip: |
    #!/bin/sh

    if a
    """
    "\t"
    r"""then b
    fi
  keep: "a\n\n"
  ? """
    + "k" * 1001
    + r"""
  :
  - a
  - b: |-
      c
      d
  lead: " a\nb"
  "line\nbreak": "colon: space"
  strip: |-
    {
      "a": 1
    }
  tail: "a \nb"
  windows: "a\r\nb"
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: example
  namespace: kube-system
  labels:
    "on": "off"
    version: "1.10"
    "é": "é"
spec:
  arguments:
  - "--a=b"
  - "-v"
  - ""
  - "yes"
  - - nested
    - []
  - {}
  - - a: 2
      b: 1
  large: 1.0e+16
  nothing: null
  paused: false
  ratio: 0.5
  replicas: 2
  small: 1.0e-07
  template:
    spec:
      containers:
      - name: first
        image: a/b:1.0
status: {}
"""
)


def test_the_bytes_of_edition_1_never_change() -> None:
    assert emit(EVERYTHING) == EVERYTHING_AS_TEXT


def test_the_spelling_of_each_dangerous_string_in_edition_1_never_changes() -> None:
    recorded = (READERS_FOLDER / "dangerous.edition-1.yaml").read_bytes()

    assert emit_object({"strings": DANGEROUS}).encode() == recorded


def test_no_objects_are_no_text() -> None:
    assert emit([]) == ""


def test_an_object_without_fields_is_an_empty_map() -> None:
    assert emit([{}]) == "{}\n"


def test_separators_stand_only_between_documents() -> None:
    assert emit([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e16, "1.0e+16"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5.0e-324"),
        (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"),
    ],
)
def test_numbers_are_written_so_that_all_readers_take_them_for_numbers(
    number: float, text: str
) -> None:
    assert emit_object({"a": number}) == f"a: {text}\n"


@pytest.mark.parametrize(
    "text", ["a", "a b", "a/b:1.0", "/etc/cni", "a#b", "$(A)"[1:] + "a", "it's", "a=b,c", "_a", "é"]
)
def test_only_strings_that_begin_like_a_word_stand_without_quotes(text: str) -> None:
    written = emit_object({"a": text})

    assert (written == f"a: {text}\n") == bool(re.match(r"[A-Za-z_/]", text))


# --- order ------------------------------------------------------------------------------------


@given(st.lists(objects, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_keys_and_objects_does_not_show(
    given_objects: list[dict[str, Any]], chance: random.Random
) -> None:
    others = [shuffled(obj, chance) for obj in given_objects]
    chance.shuffle(others)

    assert emit(others) == emit(given_objects)


def test_objects_of_one_identity_are_ordered_by_their_text() -> None:
    first, second = an_object(data={"a": "1"}), an_object(data={"a": "2"})

    assert emit([second, first]) == emit([first, second])


def test_objects_come_in_install_order() -> None:
    expected = [
        ("", "Namespace"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("", "ServiceAccount"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("", "ConfigMap"),
        ("", "Secret"),
        ("storage.k8s.io", "StorageClass"),
        ("", "Service"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("batch", "CronJob"),
        ("policy", "PodDisruptionBudget"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("networking.k8s.io", "Ingress"),
        ("apiregistration.k8s.io", "APIService"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("", "Unheard"),
        ("crd.projectcalico.org", "IPPool"),
        ("serving.knative.dev", "Service"),
    ]

    ordered = install_order([an_object(kind) for kind in reversed(expected)])

    assert [(identity(obj).group, obj["kind"]) for obj in ordered] == expected


def test_objects_of_one_kind_are_ordered_by_namespace_and_name() -> None:
    places = [("", "b"), ("a", "a"), ("a", "b"), ("b", "a")]

    ordered = install_order(
        an_object(metadata={"namespace": namespace, "name": name})
        for namespace, name in reversed(places)
    )

    assert [(identity(obj).namespace, identity(obj).name) for obj in ordered] == places


@pytest.mark.parametrize(
    "odd", [{}, {"metadata": []}, {"metadata": {"name": 5}}, {"kind": None}, {"apiVersion": 1}]
)
def test_an_object_with_a_broken_identity_is_still_ordered(odd: Mapping[str, Any]) -> None:
    normal = an_object(metadata={"name": "a"})

    assert install_order([odd, normal]) == [normal, odd]


def test_the_hash_seed_does_not_show() -> None:
    code = (
        "import json, sys; from packc.emit import emit; "
        "sys.stdout.buffer.write(emit(json.load(sys.stdin)).encode())"
    )
    data = json.dumps([*EVERYTHING, {"data": dict.fromkeys(DANGEROUS, 1)}])

    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=data.encode(),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in range(5)
    }

    assert outputs == {emit(json.loads(data)).encode()}


# --- what readers get back --------------------------------------------------------------------


@given(values)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("read", PYTHON_READERS)
def test_readers_get_the_same_values_back(read: Reader, value: Any) -> None:
    text = emit_object({"value": value})

    assert exact(read(text)) == exact([{"value": value}])


@given(st.lists(objects, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_stream_reads_as_its_objects_in_install_order(
    given_objects: list[dict[str, Any]],
) -> None:
    text = emit(given_objects)

    read = read_with_libyaml(text)
    assert sorted(map(repr, map(sorted_keys, read))) == sorted(
        map(repr, map(sorted_keys, given_objects))
    )
    assert install_order(read) == read


def sorted_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(item) for item in value] if isinstance(value, list) else value


@given(values)
@settings(max_examples=60, deadline=None)
def test_emitting_twice_gives_the_same_text(value: Any) -> None:
    assert emit_object({"a": value}) == emit_object({"a": value})


@given(st.lists(objects, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_several_streams_share_is_written_as_in_one(given_objects: list[Any]) -> None:
    text_of = Once(emit_object)

    streams = {emit(given_objects, text_of), emit(reversed(given_objects), text_of)}

    assert streams == {emit(given_objects)}


def test_each_object_is_asked_about_once_and_its_equals_on_their_own() -> None:
    asked: list[Any] = []
    size = Once(lambda obj: asked.append(obj) or len(asked))
    shared, equal = {"kind": "Shared"}, {"kind": "Shared"}

    answers = [size(shared), size(equal), size(shared)]

    assert answers == [1, 2, 1]


@given(values)
@settings(max_examples=100, deadline=None)
@example("a\n\n")
@example("a \n")
def test_no_line_ends_in_a_blank_and_one_newline_ends_the_text(value: Any) -> None:
    text = emit_object({"a": value})

    assert not re.search(r"[ \t\r]$", text, re.MULTILINE)
    assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("read", ALL_READERS)
def test_dangerous_strings_survive_as_values_keys_and_items(read: Reader) -> None:
    chance = random.Random(0)
    nasty = " \t\n\r:#-?!&*|>%@`'\"\\[]{},=<~._+0123456789abefnxyEINOTY/é\x85\u2028\ufeff\x00"
    texts = [*DANGEROUS, *("".join(chance.choices(nasty, k=n % 9)) for n in range(600))]
    obj = {
        "apiVersion": "example.org/v1",
        "kind": "Example",
        "metadata": {"name": "strings"},
        "values": {f"k{number}": text for number, text in enumerate(texts)},
        "keys": {text: number for number, text in enumerate(texts)},
        "list": texts,
        "nested": [{"map": {text: [[text]]}} for text in texts],
    }

    (back,) = read(emit_object(obj))

    assert back == obj


@pytest.mark.parametrize("read", ALL_READERS)
def test_every_shape_of_nesting_survives(read: Reader) -> None:
    shapes: list[Any] = [
        [],
        {},
        [[]],
        [{}],
        [[[1], [2, [3]]], []],
        {"a": []},
        {"a": {"b": [{"c": [[{"d": "e\nf"}], "g\nh\n"]}]}},
        [{"a": [1], "b": {"c": [2]}}],
        {"k" * 1100: {"k" * 1100: [{"k" * 1100: "a\nb"}, "c"]}},
        [[{"k" * 1100: []}]],
        [1, 1.5, 1e-7, 1e16, -(2**53), True, None],
    ]
    obj = {"apiVersion": "example.org/v1", "kind": "Example", "metadata": {"name": "shapes"}}

    (back,) = read(emit_object({**obj, "shapes": shapes}))

    assert back["shapes"] == shapes


@pytest.mark.parametrize(
    "piece", ["a ", "a: ", "a:", "a #", "\n", " \n", "a\n", '"', "\\", "a" * 50 + "  ", "\t"]
)
def test_long_strings_made_to_confuse_a_pattern_are_written_in_linear_time(piece: str) -> None:
    """A pattern that backtracks would run for years here; the test then never ends."""
    text = "a" + piece * (200_000 // len(piece)) + "\x00"
    obj = {"value": text, "clean": text[:-1], text: "key"}

    assert read_with_libyaml(emit_object(obj)) == [obj]


def test_strings_that_differ_in_the_last_character_stay_apart() -> None:
    texts = ["x" * length + end for length in range(100) for end in ("", "a", ":")]

    assert read_with_libyaml(emit_object(dict.fromkeys(texts, texts))) == [
        dict.fromkeys(texts, texts)
    ]


def test_earlier_output_does_not_change_later_output() -> None:
    before = emit(EVERYTHING)
    emit_object({f"key{number}": f"value {number}" for number in range(50_000)})

    assert emit(EVERYTHING) == before


# --- types ------------------------------------------------------------------------------------


class Protocol(StrEnum):
    TCP = "tcp\nudp"


class Port(IntEnum):
    BGP = 179


class Spelling(str, Enum):  # noqa: UP042  # a StrEnum prints as its text
    """Prints as Spelling.SHORT and so on, but is the text."""

    SHORT = "short"
    LONG = "long" * 400


class Count(int, Enum):
    ONE = 1


class Weight(float, Enum):
    HALF = 0.5


class Map(dict[str, Any]):
    pass


class Items(list[Any]):
    pass


class Text(str):
    pass


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Protocol.TCP, "tcp\nudp"),
        (Port.BGP, 179),
        (Count.ONE, 1),
        (Weight.HALF, 0.5),
        ([Spelling.SHORT, Spelling.LONG], ["short", "long" * 400]),
        ({Spelling.SHORT: 1}, {"short": 1}),
        ({Spelling.LONG: 1}, {"long" * 400: 1}),
        (Map(b=Items([Text("yes"), Map()])), {"b": ["yes", {}]}),
        (MappingProxyType({"b": (1, (), {})}), {"b": [1, [], {}]}),
        (freeze({"b": [1, {"c": []}]}), {"b": [1, {"c": []}]}),
        ({Text("yes"): 1}, {"yes": 1}),
    ],
)
def test_a_kind_of_string_number_map_or_list_is_written_as_one(value: Any, plain: Any) -> None:
    text = emit_object({"a": value})

    assert read_with_libyaml(text) == [{"a": plain}]
    assert text == emit_object({"a": plain})


def test_an_object_may_be_any_mapping() -> None:
    assert emit_object(MappingProxyType({"a": 1})) == "a: 1\n"


def test_a_shared_value_is_written_out_twice_without_an_anchor() -> None:
    shared = {"b": [1]}

    assert emit_object({"x": shared, "y": shared}) == 'x:\n  b:\n  - 1\n"y":\n  b:\n  - 1\n'


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (float("nan"), "the number nan"),
        (float("-inf"), "the number -inf"),
        (2**63, "an integer of more than 64 bits"),
        (-(2**63) - 1, "an integer of more than 64 bits"),
        pytest.param(10**5000, "an integer of more than 64 bits", id="huge"),
        ("a\ud800", "the lone surrogate U+D800"),
        ("a\n\udfff\n", "the lone surrogate U+DFFF"),
        (b"a", "a value of type bytes"),
        (memoryview(b"a"), "a value of type memoryview"),
        (date(2001, 1, 1), "a value of type date"),
        ({1, 2}, "a value of type set"),
        (1j, "a value of type complex"),
        (object(), "a value of type object"),
        ({1: 2}, "a key of type int"),
        ({"a": 1, None: 2}, "a key of type NoneType"),
        ({True: 1}, "a key of type bool"),
        ({("a",): 1}, "a key of type tuple"),
        ({"\ud800": 1}, "the lone surrogate U+D800"),
    ],
)
def test_what_cannot_be_written_is_refused(bad: Any, found: str) -> None:
    (diagnostic,) = refusal_of(an_object(data=bad)).diagnostics

    assert (diagnostic.code, diagnostic.found) == ("PK501", found)


def test_a_refusal_names_the_object_and_the_place() -> None:
    bad = an_object(
        ("apps", "Deployment"),
        metadata={"name": "a", "namespace": "b"},
        spec={"x/y": [1, {"~": float("inf")}]},
    )

    (diagnostic,) = refusal_of(bad).diagnostics

    assert diagnostic.message == "cannot write Deployment.apps/b/a: the value at '/spec/x~1y/1/~0'"
    assert diagnostic.expected == "a finite number"


def test_a_refusal_never_shows_the_value() -> None:
    (diagnostic,) = refusal_of(an_object(data={"password": "hunter2\ud800"})).diagnostics

    assert "hunter2" not in repr(diagnostic)


def test_a_refusal_is_short_and_fit_for_a_terminal() -> None:
    (diagnostic,) = refusal_of({"\x1b[31m\ud800" + "x" * 9999: 1}).diagnostics

    assert len(diagnostic.message) < 500
    assert diagnostic.message.isprintable()


def test_every_object_that_cannot_be_written_is_reported() -> None:
    bad = [an_object(metadata={"name": name}, data=b"") for name in "ab"]

    error = refusal_of(*bad, an_object())

    assert [d.message.split(":")[0] for d in error.diagnostics] == [
        "cannot write ConfigMap/a",
        "cannot write ConfigMap/b",
    ]


@pytest.mark.parametrize("bad", [None, 5, "a", ["a"], ("a",), {1, 2}])
def test_an_object_that_is_no_map_is_refused(bad: Any) -> None:
    (diagnostic,) = refusal_of(bad).diagnostics

    assert diagnostic.code == "PK501"
    assert diagnostic.message == "cannot write an object without a name"


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda inner: {"a": inner}, lambda inner: [inner]])
def test_nesting_is_written_down_to_the_limit_and_refused_below(
    wrap: Callable[[Any], Any],
) -> None:
    deepest = {"a": nested(MAX_DEPTH - 1, wrap)}
    too_deep = {"a": nested(MAX_DEPTH, wrap)}

    assert read_with_libyaml(emit_object(deepest)) == [deepest]
    assert [d.code for d in refusal_of(too_deep).diagnostics] == ["PK502"]


def test_endless_nesting_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = [circle]

    (diagnostic,) = refusal_of(circle).diagnostics

    assert diagnostic.code == "PK502"


# --- the page ---------------------------------------------------------------------------------


def rows_below(heading: str) -> Iterable[list[str]]:
    """Yield the cells of the first table below a heading of docs/output.md."""
    lines = OUTPUT_PAGE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in lines.splitlines() if line.startswith("|")]
    return ([cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows[2:])


def test_the_page_states_the_install_order() -> None:
    stated = [(group, kind) for _, group, kind in rows_below("Order of objects")]

    assert stated[:-1] == [(group or "core", kind) for group, kind in INSTALL_ORDER]
    assert stated[-1] == ("any other", "any other")


def test_the_page_states_the_order_of_keys() -> None:
    stated = [key for _, key, _ in rows_below("Order of keys")]

    assert stated == [*LEADING_KEYS, "all others"]


def test_the_example_on_the_page_is_canonical() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", OUTPUT_PAGE.read_text("utf-8"), re.DOTALL)

    assert emit(reversed(read_with_libyaml(block))) == block
