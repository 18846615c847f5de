"""Templates derived from the compiler: what becomes a hole, what a condition, and what an error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packc.build import Build, Built
from packc.diagnostics import PackcError
from packc.formats.decide import Condition, Decider
from packc.formats.derive import Derived, derive
from packc.formats.gotemplate import Printer
from packc.formats.helm.access import HelmAccess
from packc.formats.holes import Hole, Text, Unifier, filled
from packc.formats.merge import Fork, Map
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
import base64
import io
import ipaddress
import json
import re
import shlex
import urllib.parse

from packc.api import Cloud, Note, Patch, add, hookimpl, new_object, remove, replace

PATTERN = re.compile("[a-z]+[0-9]")
JOINED = {"one": "a-zed"}

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

@hookimpl
def packc_objects(variant):
    values = variant.values
    more = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "y"}}
    return [new_object(more | members) for members in {objects}]
"""

SIZE = (
    "{name: demo.size, type: integer, description: A size., default: 5, maximum: 900, minimum: 0}"
)
WORD = "{name: demo.word, type: string, description: A word., default: earth}"

Derive = Callable[..., Derived]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Build]:
    """Return a function that prepares a pack, whose cloud answers the hooks as it is told."""

    def run(
        *parameters: str,
        operations: str = "[]",
        notes: str = "[]",
        objects: str = "[]",
        more: str = "",
    ) -> Build:
        (tmp_path / "base").mkdir(exist_ok=True)
        (tmp_path / "base" / "objects.yaml").write_text(OBJECTS)
        listed = "parameters:\n" + "".join(f"- {each}\n" for each in parameters)
        (tmp_path / "pack.yaml").write_text(SPEC.format(more=more + listed))
        text = PLUGIN.replace("{operations}", operations).replace("{notes}", notes)
        text = text.replace("{objects}", objects)
        (tmp_path / "demo_moon.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "demo_moon", raising=False)
        entry = EntryPoint("moon", "demo_moon", "packc")
        found = Found("moon", "demo_moon", Distribution("demo-moon", "1.0"), entry)
        prepared = prepare(str(tmp_path), Selection(), Host({"moon": (found,)}))
        return build_of(prepared)

    return run


@pytest.fixture
def derived(built: Callable[..., Build]) -> Derive:
    """Return a function that derives a pack, whose cloud answers the hooks as it is told."""
    return lambda *parameters, **hooks: derive(built(*parameters, **hooks))


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

    assert "{{- if ne (int64 .Values.demo.size) 5 }}\n  more: x\n" in text


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


# --- code that looks into open values ---------------------------------------------------------

TYPES = {
    "string": "type: string, default: earth",
    "short": "type: string, default: ab, maxLength: 6, pattern: '[a-z0-9-]+'",
    "integer": "type: integer, default: 5, minimum: 0, maximum: 5000",
    "number": "type: number, default: 0.5, minimum: 0, maximum: 8",
    "cidr": "type: cidr, default: 10.0.0.0/16",
    "ip": "type: ip, default: 10.0.0.1",
    "url": "type: url, default: 'https://a.example.org:80'",
    "names": "type: list, default: [a], minItems: 1, items: {type: string}",
    "urls": "type: list, default: ['https://a.example'], items: {type: url, schemes: [https]}",
    "map": "type: map, default: {team: a}, items: {type: string}",
}

LOOKS = {
    "string": (
        "x",
        "f'{x}'",
        "'a-' + x",
        "'-'.join(['a', x])",
        "'%s!' % x",
        "str(x)",
        "'is' if x == 'prod' else 'not'",
        "x if x else 'none'",
        "x.lower()",
        "x[:63]",
        "len(x) > 40",
        "'yes' if len(x) == 17 else 'no'",
        "'yes' if x.startswith('prod') else 'no'",
        "x.endswith('-eu') and not x.startswith('test')",
        "'prod' in x",
        "x in ('a', 'prod')",
        "x in {'a', 'prod'}",
        "{'prod': '1', 'test': '2'}.get(x, '3')",
        "x.isdigit()",
        "x.strip()",
        "x.strip('/') + '/'",
        "x.replace('_', '-')",
        "x.split('-')[0] == 'prod'",
        "x.partition(':')[2]",
        "x.count('a') > 9",
        "x.find('zz') >= 0",
        "x < 'm'",
        "int(x) if x.isdigit() else 0",
        "f'{x:.8}'",
        "f'{x!r}'",
        "'x{}'.format(x).upper()",
        "f'{x}-suffix'.startswith('prod')",
        "f'a-{x}' == 'a-zed'",
        "f'a-{x}-b' == 'a-zed-b'",
        "f'a-{x}' in ('a-zed', 'a-Z9')",
        "{'a-zed': '1'}.get(f'a-{x}', '0')",
        "f'a-{x}' == JOINED['one']",
        "str.__str__(x)[:1] == 'z'",
        "io.StringIO(x).read()[:1] == 'z'",
        "f'{x}-suffix'[:63]",
        "('a-' + x)[:63]",
        "('a-' + x).startswith('a-prod')",
        "sum(map(ord, x)) % 7 == 3",
        "[*x][0] == 'q'",
        "hash(x) and 'h'",
        "re.match('prod-', x) is not None",
        "re.sub('[^a-z0-9]', '-', x)",
        "PATTERN.fullmatch(x) is not None",
        "json.dumps(x)",
        "shlex.quote(x)",
        "len(x.encode()) > 40",
        "x.casefold() == 'prod'",
        "max(x) == 'z'",
        "'q' * x.count('e')",
        "x.removeprefix('v')",
        "x == 'a' or x == 'b' or x[0] == 'c'",
        "[n for n in [x] if n.startswith('prod')] != []",
        "'wrapped' if x.title() == x else 'plain'",
        "x.translate({47: None})",
        "base64.b64encode(x.encode()).decode()",
    ),
    "short": ("x.lower()", "x.startswith('-')", "x.isdigit()", "len(x) == 6", "x.upper()[:0] + x"),
    "integer": (
        "x",
        "f'{x}Mi'",
        "'%d' % x",
        "'auto' if x == 0 else x",
        "x if x else 'auto'",
        "x > 0",
        "x % 7 == 3",
        "x % 1000 == 443",
        "x * 2",
        "-x",
        "x // 512 == 3",
        "x & 1",
        "divmod(x, 3)[1] == 0",
        "abs(x - 777) < 1",
        "round(x, -2)",
        "f'{x:04d}'",
        "f'{x:,}'",
        "str(x).endswith('7')",
        "str(x)[-1]",
        "len(str(x)) == 2",
        "x in range(4000, 4003)",
        "x in {80, 443}",
        "max(x, 100)",
        "min(x, 4000)",
        "x.bit_length() == 5",
        "'a' * x == 'aaa'",
        "x == 1234 and 'one' or x == 4321 and 'two' or 'none'",
        "x > 4500 and x % 2 == 1",
        "hex(x)",
        "f'port-{x}' == 'port-443'",
        "f'p{x}'.startswith('p44')",
        "2 ** x > 100",
    ),
    "number": ("x > 0.01", "x == 0.25", "round(x)", "x * 2 == 3", "int(x)", "x > 0", "f'{x:.1f}'"),
    "cidr": (
        "x",
        "':' in x",
        "ipaddress.ip_network(x).version",
        "ipaddress.ip_network(x).prefixlen > 30",
        "ipaddress.ip_network(x).num_addresses > 256",
        "x.endswith('/32')",
        "x.split('/')[1]",
        "int(x.rpartition('/')[2]) < 9",
        "str(ipaddress.ip_network(x)[0])",
        "x == '10.0.0.0/16'",
        "ipaddress.ip_network(x).is_private",
        "re.search('::', x) is not None",
    ),
    "ip": (
        "x",
        "f'http://{x}:80'",
        "f'[{x}]' if ':' in x else x",
        "ipaddress.ip_address(x).is_loopback",
        "x.startswith('127.')",
        "PATTERN.search(x) is None",
    ),
    "url": (
        "x",
        "x + '/v2'",
        "x.endswith('/')",
        "x.rstrip('/') + '/v2'",
        "urllib.parse.urlsplit(x).port",
        "urllib.parse.urlsplit(x).hostname",
        "x.startswith('https')",
        "x.lower()",
        "'?' in x",
        "'@' in x",
        "x.count('/') > 2",
        "re.match('https?://[^/]+/$', x) is not None",
    ),
    "names": (
        "','.join(x)",
        "len(x)",
        "len(x) > 6",
        "x[0]",
        "x[-1] == 'prod'",
        "'prod' in x",
        "sorted(x) == list(x)",
        "len(set(x)) == len(x)",
        "','.join(sorted(x))",
        "any(n.startswith('prod') for n in x)",
        "[n for n in x if n != 'prod'] == list(x)",
        "x == ['a', 'b']",
        "sum(1 for n in x) > 8",
        "sum(1 for n in x) > 40",
        "','.join(n.lower() for n in x)",
        "','.join(x)[:63]",
        "' '.join(x)",
    ),
    "urls": (
        "','.join(x)",
        "bool(x)",
        "all(u.startswith('https') for u in x)",
        "any(u.endswith('/') for u in x)",
        "','.join(u.rstrip('/') for u in x)",
        "x[0] if x else ''",
        "len({urllib.parse.urlsplit(u).port for u in x})",
    ),
    "map": (
        "x.get('team', '-')",
        "'team' in x",
        "'prod' in x.values()",
        "len(x)",
        "','.join(x)",
        "any(k == 'team' and v == 'prod' for k, v in x.items())",
        "[k for k in x if k.startswith('app')] != []",
    ),
}

TEXTS = (
    *("", "prod", "prod-eu", "xprod", "v1", "test-x-eu", "/a/", "a:b", "Earth", "EARTH", "earth"),
    *("x" * 64, "a" * 30, "17-characters-lng", "true", "0", "0123", "7", "zebra", "quite", "c-d"),
    *(
        "zed",
        "Z9",
        " a ",
        "new\nline",
        "it's",
        'say "x"',
        "a_b",
        "a\\b",
        "caf\u00e9",
        "100%",
        "{{ x }}",
        "q/",
    ),
)
NETWORKS = ("10.0.0.0/16", "10.9.0.0/8", "10.0.0.0/8", "1.2.3.4/32", "fd00::/8", "fd00::7/128")
ADDRESSES = ("10.0.0.1", "127.0.0.1", "127.0.0.9", "::1", "fd00::a", "8.8.4.4")
URLS = tuple(
    f"{scheme}://{rest}"
    for scheme in ("https", "http")
    for rest in ("a.ex", "a.ex/", "A.ex:443", "[fd00::1]:80/v1", "10.0.0.1/a/b/c/", "a.ex?q=1")
)
OPEN: dict[str, Sequence[Any]] = {
    "string": TEXTS,
    "short": ("a", "ab", "-", "-a-", "123456", "abcdef", "0", "prod"),
    "integer": (0, 1, 3, 5, 10, 42, 80, 443, 777, 1000, 1234, 1443, 1536, 4001, 4321, 4999),
    "number": (0, 0.005, 0.01, 0.02, 0.25, 0.5, 1, 1.5, 2.0, 7.125, 8),
    "cidr": NETWORKS,
    "ip": ADDRESSES,
    "url": URLS,
    "names": tuple([*(TEXTS * 4)[i : i + size]] for i in range(30) for size in (1, 2, 9, 60)),
    "urls": ([], *([*URLS[i : i + size]] for i in range(6) for size in (1, 3))),
    "map": ({}, *({"team": text, "a/b": "x"} for text in TEXTS), {"app": "prod"}, {"apps": "a"}),
}


def test_the_table_of_looks_is_long() -> None:
    assert sum(map(len, LOOKS.values())) >= 60


@pytest.mark.parametrize(
    ("kind", "expression"), [(kind, each) for kind, several in LOOKS.items() for each in several]
)
def test_a_template_of_any_expression_is_right_or_not_made(
    derived: Derive, kind: str, expression: str
) -> None:
    found = derived_or_refused(derived, {"x": kind}, expression)

    assert found is None or wrong_value(found, {"x": kind}) is None


def derived_or_refused(
    derived: Derive, kinds: Mapping[str, str], expression: str
) -> Derived | None:
    """Return the templates of a pack whose plugin writes an expression; None for PK901."""
    parameters = [
        f"{{name: demo.{name}, description: D., {TYPES[kind]}}}" for name, kind in kinds.items()
    ]
    names = ", ".join(kinds)
    given = ", ".join(f'values["demo.{name}"]' for name in kinds)
    lines = f'[replace("/data/word", str((lambda {names}: {expression})({given})))]'
    try:
        return derived(*parameters, operations=lines)
    except PackcError as error:
        assert {d.code for d in error.diagnostics} == {"PK901"}, str(error)
        assert all("'demo." in d.message for d in error.diagnostics)
        return None


def wrong_value(found: Derived, kinds: Mapping[str, str]) -> dict[str, Any] | None:
    """Return values for which the template is not what the compiler gives; None for no such."""
    pools = [[(f"demo.{name}", each) for each in OPEN[kind]] for name, kind in kinds.items()]
    for pairs in islice(zip(*map(cycle, pools), strict=False), 2 * max(map(len, pools))):
        values = dict(pairs)
        try:
            built = found.space.build.compile("moon", (), values)
        except PackcError:
            continue
        (wanted,), (only,) = built.objects, found.objects
        if template_filled(only.node, chosen_of(found, values), values) != wanted:
            return values
    return None


def chosen_of(derived: Derived, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value, or OTHER, of each dimension."""
    return {
        d.name: next((v for v in d.values if v == values.get(d.name, "moon")), Mark.OTHER)
        for d in derived.space.dimensions
    }


def template_filled(node: Any, chosen: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    match node:
        case Map():
            return {
                entry.key: template_filled(entry.node, chosen, values)
                for entry in node.entries
                if is_met(entry.condition, chosen)
            }
        case Fork():
            branch = next(each for condition, each in node.branches if is_met(condition, chosen))
            return template_filled(branch, chosen, values)
        case dict():
            return {key: template_filled(each, chosen, values) for key, each in node.items()}
        case _:
            return filled(node, values)


def is_met(condition: Condition | None, chosen: Mapping[str, Any]) -> bool:
    if condition is None:
        return True
    rows = (all(chosen[a.dimension.name] in a.values for a in row) for row in condition.rows)
    return any(rows) is not condition.negated


def test_a_look_names_the_plugin_the_parameter_and_the_line(derived: Derive) -> None:
    operations = """[
        replace("/data/word", "yes" if values["demo.word"].startswith("prod") else "no")
    ]"""

    with pytest.raises(PackcError) as caught:
        derived(WORD, operations=operations)

    (diagnostic,) = caught.value.diagnostics
    assert str(diagnostic.message) == (
        "plugin moon (demo-moon 1.0) looks into the value of 'demo.word' (startswith),"
        " which no template can do"
    )
    assert diagnostic.span is not None
    assert diagnostic.span.file == "demo_moon.py"
    line = PLUGIN.replace("{operations}", operations).splitlines()[diagnostic.span.line - 1]
    assert "startswith" in line


@pytest.mark.parametrize(
    "test",
    [
        "values['demo.word'].startswith('prod')",
        "len(values['demo.word']) == 57",
        "values['demo.word'] in {'zed': 1}",
        "values['demo.word'] < 'm'",
    ],
)
def test_a_look_that_decides_about_an_object_names_plugin_parameter_and_line(
    derived: Derive, test: str
) -> None:
    with pytest.raises(PackcError) as caught:
        derived(WORD, objects=f"([{{}}] if {test} else [])")

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message.startswith(
        "plugin moon (demo-moon 1.0) looks into the value of 'demo.word' ("
    )
    assert diagnostic.span is not None
    assert "new_object" in PLUGIN.splitlines()[diagnostic.span.line - 1]


def test_an_object_that_comes_with_a_threshold_names_who_brings_it(derived: Derive) -> None:
    with pytest.raises(PackcError) as caught:
        derived(SIZE, objects="([{}] if values['demo.size'] > 100 else [])")

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == (
        "plugin moon (demo-moon 1.0) brings ConfigMap/y/x or not, which depends on the value of"
        " 'demo.size': no template can do that"
    )
    assert diagnostic.span is not None
    assert diagnostic.span.file.endswith("demo_moon.py")


def test_what_is_computed_in_an_object_names_who_brings_it(derived: Derive) -> None:
    objects = "[{'data': {'h': f\"{values['demo.word']}-{values['demo.size']}\"[:6]}}]"

    found = refusal(derived, SIZE, WORD, objects=objects)

    assert found[0].startswith(
        "PK901: ConfigMap/y/x: plugin moon (demo-moon 1.0) computes /data/h from 'demo."
    )


def test_a_value_in_an_object_that_a_plugin_brings_is_a_hole(derived: Derive) -> None:
    found = derived(WORD, objects="[{'data': {'h': values['demo.word']}}]")

    brought = next(each for each in found.objects if each.identity.name == "x")
    assert brought.node["data"] == {"h": Text((Hole("demo.word", "string"),))}


def test_what_is_wrong_with_every_variant_is_said_at_the_first(
    built: Callable[..., Build],
) -> None:
    build = built(WORD, *(MODE.replace("mode", f"m{n}") for n in range(4)), operations=ADRIFT)
    variants = []

    def counting(cloud: str, features: Sequence[str], values: Mapping[str, Any]) -> Built:
        variants.append(values)
        return build.compile(cloud, features, values)

    with pytest.raises(PackcError):
        derive(evolve(build, compile=counting))

    assert len(variants) <= 2


ADRIFT = '[replace("/data/nowhere", values["demo.word"])]'


def test_a_secret_with_a_default_is_not_published(derived: Derive) -> None:
    secret = WORD.replace("default: earth", "default: earth, secret: true")

    found = refusal(derived, secret)

    assert found == ["PK908: the secret 'demo.word' has a default, which the format would publish"]


def test_a_secret_with_an_empty_default_is_live(derived: Derive) -> None:
    secret = WORD.replace("default: earth", "default: '', secret: true")

    found = derived(secret, operations='[replace("/data/word", values["demo.word"])]')

    assert "  word: {{ .Values.demo.word | quote }}\n" in template_of(found)


def test_a_look_that_only_other_values_lead_to_is_found(derived: Derive) -> None:
    test = 'values["demo.size"] == 77 and values["demo.word"] == "x" and values["demo.word"][1:]'

    found = refusal(derived, SIZE, WORD, operations=f'[add("/data/more", "x")] if {test} else []')

    assert found[0].startswith("PK901: plugin moon (demo-moon 1.0) looks into the value of 'demo.w")


def test_two_values_that_are_special_together_are_no_template(derived: Derive) -> None:
    test = 'values["demo.size"] == 77 and values["demo.word"] == "x"'

    found = refusal(derived, SIZE, WORD, operations=f'[add("/data/more", "x")] if {test} else []')

    assert found == [
        "PK901: ConfigMap/default/demo: plugin moon (demo-moon 1.0) computes /data/more from"
        " 'demo.size' and 'demo.word', which no template can do"
    ]


def test_two_parameters_that_are_compared_are_no_template(derived: Derive) -> None:
    other = "{name: demo.other, type: string, description: A word., default: mars}"
    test = 'values["demo.word"] == values["demo.other"]'

    found = refusal(derived, WORD, other, operations=f'[add("/data/more", "x")] if {test} else []')

    assert found == [
        f"PK901: plugin moon (demo-moon 1.0) looks into the value of '{name}' (eq),"
        " which no template can do"
        for name in ("demo.other", "demo.word")
    ]


def test_a_plugin_that_asks_for_the_exact_type_is_told_so(derived: Derive) -> None:
    operations = '[replace("/data/word", {str: values["demo.word"]}[type(values["demo.word"])])]'

    found = refusal(derived, WORD, operations=operations)

    assert "it fails for values that are watched: KeyError" in found[0]
    assert "'demo.word'" in found[0]


def test_a_look_for_a_note_leaves_the_template_as_it_is(derived: Derive) -> None:
    operations = '[replace("/data/word", values["demo.word"])]'

    found = derived(
        WORD, operations=operations, notes='(["x"] if len(values["demo.word"]) else [])'
    )

    assert "  word: {{ .Values.demo.word | quote }}\n" in template_of(found)


# --- code that looks into open values, by property --------------------------------------------

WORD_TEXTS = st.sampled_from(("x", "f'{x}'", "'a-' + x", "str(n)", "f'{x}-{n}'"))
TEXT_STEPS = st.sampled_from(
    (
        "({}).lower()",
        "({})[:20]",
        "({}).replace('-', '_')",
        "({}).strip()",
        "'b' + ({})",
        "({}) + '/'",
        "'<%s>' % ({})",
        "({} or 'none')",
        "'-'.join([{}, 'z'])",
        "re.sub('/+$', '', {})",
    )
)
TESTS = st.sampled_from(
    (
        "({}) == 'prod'",
        "({}).startswith('prod')",
        "({}).endswith('/')",
        "'q' in ({})",
        "len({}) > 30",
        "({}) in {{'prod', 'v1'}}",
        "re.match('v[0-9]+', {}) is not None",
        "({}).isdigit()",
        "n % 5 == 2",
        "n > 4000",
        "n == 443",
        "n in (80, 443)",
        "not n",
        "not x",
    )
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Return an expression of a text `x` and a number `n`, made of a few small steps."""

    def text() -> str:
        found = draw(WORD_TEXTS)
        for step in draw(st.lists(TEXT_STEPS, max_size=2)):
            found = step.format(found)
        return found

    tests = [draw(TESTS).format(draw(WORD_TEXTS)) for _ in range(draw(st.integers(0, 2)))]
    if not tests:
        return text()
    joined = draw(st.sampled_from((" and ", " or "))).join(tests)
    return f"({text()}) if ({joined}) else ({text()})"


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(expression=expressions())
def test_a_template_of_a_random_expression_is_right_or_not_made(
    derived: Derive, expression: str
) -> None:
    kinds = {"x": "string", "n": "integer"}
    found = derived_or_refused(derived, kinds, expression)

    assert found is None or wrong_value(found, kinds) is None


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


def test_a_look_for_a_note_is_said_with_line_and_parameter(derived: Derive) -> None:
    notes = '(["Hot."] if [*values.values()][0][:1] == "z" else ["Cold."])'

    found = derived(WORD, notes=notes)

    line = PLUGIN.splitlines().index("    return [Note(text) for text in {notes}]") + 1
    (finding,) = found.findings
    assert (finding.code, finding.message) == (
        "PK904",
        f"notes of moon look into 'demo.word' (demo_moon.py:{line}), so the format may leave some"
        " out, or say some that are not due",
    )
    assert {(n.note.text, n.note.always) for n in found.notes} == {
        ("Hot.", False),
        ("Cold.", False),
    }


def test_a_note_for_a_joined_text_is_there(derived: Derive) -> None:
    found = derived(SIZE, notes="""(["P."] if f"p{values['demo.size']}" == "p443" else [])""")

    assert [(n.note.text, n.note.always) for n in found.notes] == [("P.", False)]


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


THREE = (
    "{name: demo.three, type: enum, description: Three., default: a, values:"
    " [{value: a, description: A.}, {value: b, description: B.}, {value: c, description: C.}]}"
)


def test_what_a_hook_puts_aside_for_another_is_live_as_well(derived: Derive) -> None:
    found = derived(
        SIZE,
        THREE,
        objects="[JOINED.update(size=values['demo.size'])] and []",
        operations="[replace('/data/size', str(JOINED['size']), parameter='demo.size')]",
    )

    (only,) = found.objects
    assert only.node["data"]["size"] == Text((Hole("demo.size", "string"),))


def test_two_formats_of_one_build_share_what_is_derived(built: Callable[..., Build]) -> None:
    build = built(SIZE, operations="[replace('/data/size', '7')]")

    assert derive(build) is derive(build)


def test_a_variant_is_compiled_once(built: Callable[..., Build]) -> None:
    build = built(SIZE)

    one, same, other = (build.compile("moon", (), {"demo.size": size}) for size in (3, 3, 4))

    assert one is same
    assert one is not other


def test_how_far_it_is_is_told(built: Callable[..., Build]) -> None:
    told: list[str] = []

    derive(evolve(built(SIZE, THREE), tell=told.append))

    assert told == [
        *(f"templates: {number} of 3 combinations watched" for number in range(3)),
        *(f"templates: {number} of 3 combinations compiled" for number in range(3)),
    ]


def test_deriving_twice_gives_the_same(small: Path) -> None:
    prepared = prepare(str(small), Selection(), Host())

    once, twice = (derive(build_of(prepared)) for _ in range(2))

    assert (once.objects, once.notes, once.refused) == (twice.objects, twice.notes, twice.refused)
    assert MISSING not in [each.node for each in once.objects]
