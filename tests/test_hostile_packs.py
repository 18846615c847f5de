"""Broken and hostile packs, patches and values: a diagnostic with a true place, never a traceback.

PACKC_LONG=1 tries many more of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packc.cli import main

EXAMPLES = 1000 if os.environ.get("PACKC_LONG") else 60
HOSTILE = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

COMMON = Path(__file__).parent / "errors" / "common" / "pack"
SPEC = "pack/pack.yaml"
PATCHES = "pack/patches/demo.yaml"
BASE = "pack/base/config.yaml"
APP = "pack/base/app.yaml"
SITE = "site.yaml"
KUBERNETES = "k8s.yaml"

FILES: Mapping[str, str] = {
    SPEC: """\
packc: 1
name: demo
version: "1.0"
title: Demo
description: A pack that uses every key.
homepage: https://example.org/
docs: [docs.md]
logo: logo.png
clouds: [aws]
features:
- name: windows-note
  default: true
- name: etcd-tls
  with: {secret: Secret/demo, config: ConfigMap/demo, directory: /secrets}
parameters:
- {name: demo.size, type: integer, description: Size., minimum: 1, maximum: 9, default: 3}
- {name: demo.ratio, type: number, description: Ratio., minimum: 0.5, default: 1.5}
- {name: demo.word, type: string, description: Word., pattern: '[a-z]+', maxLength: 5, default: a}
- {name: demo.on, type: boolean, description: On or off., default: true}
- {name: demo.ip, type: ip, description: An address., family: ipv4}
- {name: demo.url, type: url, description: Where., schemes: [https], default: 'https://a.example'}
- {name: demo.key, type: file, description: A key., content: pem, secret: true}
- name: demo.list
  type: list
  description: Words.
  items: {type: string, pattern: '[a-z]+'}
  minItems: 1
  default: [a, b]
- {name: demo.map, type: map, description: Numbers., items: {type: integer}, maxItems: 3}
- name: demo.mode
  type: enum
  description: The mode.
  values:
  - {value: tunnel, description: A tunnel.}
  - {value: plain}
  fromCloud:
    fact: pod-network-encapsulation
    values: {ipip: tunnel, vxlan: plain}
- name: demo.network
  type: cidr
  description: The network.
  family: ipv4
  default: 10.0.0.0/16
  constraints:
  - {excludes: 169.254.0.0/16, reason: link-local}
  - {holdsBlock: demo.block, reason: whole blocks}
  - {equals: kubernetes.cidr, reason: both agree}
- {name: demo.block, type: integer, description: Block., default: 26}
- {name: kubernetes.cidr, type: cidr, description: Network., fromKubernetes: pack.podCIDR}
- name: demo.volume
  type: integer
  description: The old name.
  deprecated: {replacement: demo.size, since: "0.9"}
objects:
- files: base/*.yaml
  when: {cloud: aws, not: {feature: etcd-tls, parameters: {demo.size: [7, 8]}}}
bindings:
- {parameter: demo.size, object: ConfigMap/demo, path: /data/size, as: string}
- {parameter: demo.list, object: ConfigMap/demo, path: /data/mode, as: comma-list}
- parameter: demo.word
  object: Deployment/demo
  path: /spec/template/spec/containers/[name=main]/image
  as: image-registry
  when: {any: [{cloud: [aws]}, {all: [{feature: windows-note}]}]}
patches: [patches/demo.yaml]
refusals:
- when: {parameters: {demo.size: 9, demo.on: false}}
  parameter: demo.size
  reason: it would not fit
  hint: take a smaller one
notes:
- {text: Look at it., level: warning, when: {parameters: {demo.on: true}}}
""",
    PATCHES: """\
patches:
- object: Deployment/demo
  description: All six operations.
  when: {cloud: [aws]}
  operations:
  - {op: test, path: '/spec/template/spec/containers/[name=main]/env/0/value', value: slow}
  - {op: add, path: '/spec/template/spec/containers/[name=main]/env/-', value: {name: NEW}}
  - {op: replace, path: /spec/selector/matchLabels/app, parameter: demo.mode, as: string}
  - {op: remove, path: '/spec/template/spec/containers/[name=main]/env/[name=LEVEL]'}
  - {op: copy, from: /spec/template/metadata/labels/app, path: /metadata/labels, optional: no need}
  - {op: move, from: /spec/template/metadata, path: /spec/template/other}
- object: Service/demo
  optional: only some variants have it
  operations:
  - {op: replace, path: /spec/type, value: ClusterIP, overrides: windows-note}
""",
    BASE: (COMMON / "base" / "config.yaml").read_text(),
    APP: (COMMON / "base" / "app.yaml").read_text(),
    SITE: """\
demo:
  size: 4
  list: [c, d]
  map: {one: 1}
  network: 10.244.0.0/16
demo.word: xyz
demo.key: key.pem
""",
    KUBERNETES: "pack:\n  podCIDR: 10.244.0.0/16\n",
    "key.pem": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "pack/docs.md": "Prose.\n",
    "pack/logo.png": "",
}
COMMAND = ("build", "pack", "--cloud", "aws", "--output", "json")
WITH_VALUES = (*COMMAND, "--values", SITE, "--kubernetes-values", KUBERNETES)


# --- running one ------------------------------------------------------------------------------


@frozen
class Run:
    """What a run of packc came to."""

    code: int
    output: str
    errors: str

    @property
    def diagnostics(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.output)["diagnostics"]
        return found


def _run(files: Mapping[str, str | bytes], arguments: tuple[str, ...]) -> tuple[Run, list[str]]:
    """Run packc on the files; return also each place it names that is outside of its file."""
    with TemporaryDirectory() as folder, chdir(folder):
        for name, content in {**FILES, **files}.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        output, errors = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
        with redirect_stdout(output), redirect_stderr(errors):
            code = main(arguments)
        run = Run(code, _text(output), _text(errors))
        return run, list(_lost(run)) if code in (0, 1) else []


def _text(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _lost(run: Run) -> Iterator[str]:
    for found in run.diagnostics:
        if "file" in found and not _is_inside(Path(found["file"]), found["line"], found["column"]):
            yield f"{found['file']}:{found['line']}:{found['column']}: {found['message']}"


def _is_inside(file: Path, line: int, column: int) -> bool:
    """Tell whether a place is in the file; the end of a line and of the file count as inside."""
    text = file.read_bytes().decode(errors="replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1


def _check(files: Mapping[str, str | bytes], arguments: tuple[str, ...] = WITH_VALUES) -> None:
    run, lost = _run(files, arguments)

    assert run.code in (0, 1), run.errors
    assert lost == []
    assert (run.code == 1) == any(found["severity"] == "error" for found in run.diagnostics)


# --- mutations --------------------------------------------------------------------------------

WORDS = (
    "",
    "demo",
    "demo.size",
    "*",
    "../x",
    "/",
    "~",
    "a" * 300,
    "\x1b[2J",
    "\u2028",
    "é",
    "null",
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text("abc.", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for step in data if isinstance(data, dict) else range(len(data)):
            yield from _places(data[step], (*path, step))


def _replaced(data: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """Return the data with the container or value at a path changed."""
    if not path:
        return change(data)
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _replaced(data[path[0]], path[1:], change)
    return copy


def _with_key(data: Any, key: str, value: Any) -> Any:
    return {**data, key: value} if isinstance(data, dict) else [data, value]


@st.composite
def mutated(draw: st.DrawFn, name: str) -> dict[str, str]:
    """A file of the pack with a value replaced, or a key added, at one to three places."""
    data = yaml.safe_load(FILES[name])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(_places(data))))
        value = draw(values)
        if draw(st.booleans()):
            data = _replaced(data, path, lambda _, value=value: value)
        else:
            key = draw(st.sampled_from(WORDS))
            data = _replaced(data, path, lambda old, k=key, v=value: _with_key(old, k, v))
    return {name: yaml.safe_dump(data, sort_keys=False, allow_unicode=draw(st.booleans()))}


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    """A file cut off somewhere, with random or telling bytes put in."""
    name = draw(st.sampled_from([SPEC, PATCHES, BASE, SITE, KUBERNETES]))
    content = FILES[name].encode()
    start = draw(st.integers(0, len(content)))
    stop = draw(st.integers(start, min(len(content), start + 40)) | st.just(len(content)))
    telling = st.sampled_from(
        [b"\t", b"\0", b"\xff", b"\r", b"---\n", b"&a ", b"*a", b"{", b"]", b"'", b"<<: 1\n", b"? "]
    )
    return {name: content[:start] + draw(st.binary(max_size=6) | telling) + content[stop:]}


# --- properties -------------------------------------------------------------------------------


@HOSTILE
@given(mutated(SPEC))
def test_any_value_in_the_spec_gives_a_diagnostic_at_most(files: dict[str, str]) -> None:
    _check(files)


@HOSTILE
@given(mutated(PATCHES))
def test_any_value_in_a_patch_file_gives_a_diagnostic_at_most(files: dict[str, str]) -> None:
    _check(files)


@HOSTILE
@given(mutated(BASE) | mutated(APP))
def test_any_value_in_an_object_gives_a_diagnostic_at_most(files: dict[str, str]) -> None:
    _check(files)


@HOSTILE
@given(mutated(SITE) | mutated(KUBERNETES))
def test_any_value_in_a_values_file_gives_a_diagnostic_at_most(files: dict[str, str]) -> None:
    _check(files)


@HOSTILE
@given(damaged())
def test_a_damaged_file_gives_a_diagnostic_at_most(files: dict[str, bytes]) -> None:
    _check(files)


NAMES = [parameter["name"] for parameter in yaml.safe_load(FILES[SPEC])["parameters"]]


@HOSTILE
@given(
    name=st.sampled_from(NAMES),
    text=st.text(max_size=20)
    | st.sampled_from(
        ["1e999", "[" * 5000, "0x1", "{}", "[1]", "a=", "a=1,b", "fe80::1%1", "http://["]
    ),
)
def test_any_text_on_the_command_line_gives_a_diagnostic_at_most(name: str, text: str) -> None:
    _check({}, (*COMMAND, "--set", f"{name}={text}"))


# --- what is no damage ------------------------------------------------------------------------


def test_the_pack_of_these_tests_is_sound() -> None:
    run, _ = _run({}, WITH_VALUES)

    assert run.diagnostics == []
    assert run.code == 0


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    from_windows = {
        name: b"\xef\xbb\xbf" + FILES[name].replace("\n", "\r\n").encode()
        for name in (SPEC, PATCHES, BASE, APP, SITE, KUBERNETES)
    }

    plain, _ = _run({}, WITH_VALUES)
    odd, _ = _run(from_windows, WITH_VALUES)

    assert odd.output == plain.output
