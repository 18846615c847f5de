"""`packc schema`: what an editor refuses, packc refuses; and what packc takes, an editor takes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from packc.cli import main
from packc.diagnostics import PackcError
from packc.load import load
from packc.schema import json_schema
from packc.spec import PackSpec, PatchFile

ROOT = Path(__file__).parent.parent
SCHEMAS = {"pack": json_schema(PackSpec), "patches": json_schema(PatchFile)}

SPEC = """\
packc: 1
name: tiny
version: 1.0.0
title: Tiny
description: One ConfigMap.
clouds: [aws]
features:
- {name: etcd-tls, with: {secret: Secret/tiny, config: ConfigMap/tiny, directory: /tiny}}
parameters:
- name: tiny.size
  type: enum
  description: How big.
  values: [{value: S}, {value: L, description: Large.}]
  default: S
- name: tiny.network
  type: cidr
  description: Where.
  constraints: [{excludes: 169.254.0.0/16, reason: it never leaves a host}]
objects:
- {files: base.yaml, when: {not: {cloud: [azure, vmware]}}}
bindings:
- {parameter: tiny.size, object: ConfigMap/tiny, path: /data/size, as: string}
patches: [patch.yaml]
refusals:
- {when: {parameters: {tiny.size: L}}, reason: it is too large, parameter: tiny.size}
notes:
- {text: Be careful., level: warning, when: {any: [{cloud: aws}, {feature: etcd-tls}]}}
"""
PATCH = """\
patches:
- object: ConfigMap/tiny
  description: why
  when: {cloud: aws}
  operations:
  - {op: add, path: /data/colour, value: red}
"""
BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tiny}\ndata: {size: S}\n"


def refused_by_schema(name: str, data: Any) -> bool:
    return not Draft202012Validator(SCHEMAS[name]).is_valid(data)


def refused_by_packc(folder: Path, spec: Any, patch: Any) -> bool:
    for name, data in (("pack.yaml", spec), ("patch.yaml", patch)):
        (folder / name).write_text(json.dumps(data))
    (folder / "base.yaml").write_text(BASE)
    try:
        load(folder)
    except PackcError:
        return True
    return False


def changed(data: Any, path: str, value: Any) -> Any:
    """Return a copy with the value at a path such as `parameters/0/type`; `...` removes it."""
    result = copy.deepcopy(data)
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("/"))
    place = result
    for step in parents:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


# --- the schemas themselves -------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_prints_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["schema", name])

    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert code == 0
    assert schema == SCHEMAS[name]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_a_description_and_every_map_is_closed(name: str) -> None:
    schema = SCHEMAS[name]
    objects = [schema, *schema["$defs"].values()]

    assert len(objects) > 2
    for entry in objects:
        assert entry["additionalProperties"] is False
        for key in entry["properties"].values():
            assert key["description"].endswith((".", ":"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_reference_leads_somewhere(name: str) -> None:
    definitions = SCHEMAS[name]["$defs"]

    references = {entry.removeprefix("#/$defs/") for entry in _references(SCHEMAS[name])}

    assert references == set(definitions)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for entry in schema:
            yield from _references(entry)


# --- real files -------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((ROOT / "packs").glob("*/pack.yaml")), ids=str)
def test_the_packs_are_valid(file: Path) -> None:
    assert not refused_by_schema("pack", yaml.safe_load(file.read_text()))


@pytest.mark.parametrize("file", sorted((ROOT / "packs").glob("*/patches/*.yaml")), ids=str)
def test_the_patch_files_are_valid(file: Path) -> None:
    assert not refused_by_schema("patches", yaml.safe_load(file.read_text()))


def test_a_spec_with_every_kind_of_key_is_valid_for_both(tmp_path: Path) -> None:
    spec, patch = yaml.safe_load(SPEC), yaml.safe_load(PATCH)

    assert not refused_by_schema("pack", spec)
    assert not refused_by_schema("patches", patch)
    assert not refused_by_packc(tmp_path, spec, patch)


# --- broken files -----------------------------------------------------------------------------

BROKEN_SPECS = [
    ("nom", "tiny"),
    ("packc", ...),
    ("packc", 2),
    ("packc", "1"),
    ("name", ...),
    ("name", 7),
    ("name", "Tiny"),
    ("name", "x" * 64),
    ("version", "1.0.0+build"),
    ("clouds", []),
    ("name", None),
    ("version", 3.10),
    ("description", ["a", "b"]),
    ("clouds", "aws"),
    ("clouds", [1]),
    ("clouds", ...),
    ("features/0", "etcd-tls"),
    ("features/0/name", ...),
    ("features/0/default", "yes"),
    ("features/0/with", ["secret"]),
    ("features/0/with/secret", 1),
    ("parameters", {"tiny.size": "S"}),
    ("parameters/0/type", "text"),
    ("parameters/0/type", ...),
    ("parameters/0/descr", "x"),
    ("parameters/0/required", 1),
    ("parameters/0/minimum", "1"),
    ("parameters/0/minLength", 1.5),
    ("parameters/0/values", ["S", "L"]),
    ("parameters/0/values/1/value", True),
    ("parameters/0/fromCloud", {"values": {}}),
    ("parameters/0/deprecated", {"replacement": "tiny.network"}),
    ("parameters/1/family", "ipv5"),
    ("parameters/1/constraints/0/reason", ...),
    ("objects", []),
    ("objects/0", "base.yaml"),
    ("objects/0/files", ...),
    ("objects/0/when", {"clud": "aws"}),
    ("objects/0/when/not", []),
    ("objects/0/when/not/cloud", {"aws": True}),
    ("bindings/0/as", "text"),
    ("bindings/0/path", ["data"]),
    ("bindings/0/parameter", ...),
    ("patches", "patch.yaml"),
    ("refusals/0/reason", ...),
    ("refusals/0/when/parameters", ["tiny.size"]),
    ("refusals/0/when/parameters/tiny.size", None),
    ("notes/0/level", "loud"),
    ("notes/0/text", ...),
    ("notes/0/when/any", {"cloud": "aws"}),
]


@pytest.mark.parametrize(("path", "value"), BROKEN_SPECS)
def test_a_broken_spec_is_refused_by_both(tmp_path: Path, path: str, value: Any) -> None:
    spec = changed(yaml.safe_load(SPEC), path, value)

    assert refused_by_schema("pack", spec)
    assert refused_by_packc(tmp_path, spec, yaml.safe_load(PATCH))


BROKEN_PATCHES = [
    ("patches", ...),
    ("patches", {}),
    ("patch", []),
    ("patches/0/object", ...),
    ("patches/0/operations", ...),
    ("patches/0/operations", "add"),
    ("patches/0/when", "aws"),
    ("patches/0/optional", True),
    ("patches/0/operations/0/op", "ad"),
    ("patches/0/operations/0/op", ...),
    ("patches/0/operations/0/path", 1),
    ("patches/0/operations/0/path", ...),
    ("patches/0/operations/0/form", "/data"),
    ("patches/0/operations/0/as", "number"),
]


@pytest.mark.parametrize(("path", "value"), BROKEN_PATCHES)
def test_a_broken_patch_file_is_refused_by_both(tmp_path: Path, path: str, value: Any) -> None:
    patch = changed(yaml.safe_load(PATCH), path, value)

    assert refused_by_schema("patches", patch)
    assert refused_by_packc(tmp_path, yaml.safe_load(SPEC), patch)


PATHS = [path for path, _ in BROKEN_SPECS if path.split("/")[-1] not in ("nom", "descr")]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", "S", "aws", "1", "string"]),
    st.lists(st.sampled_from(["S", "aws", 1]), max_size=2),
    st.dictionaries(st.sampled_from(["name", "value", "cloud"]), st.just("S"), max_size=2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_what_the_schema_refuses_packc_refuses(tmp_path: Path, path: str, value: Any) -> None:
    spec = changed(yaml.safe_load(SPEC), path, value)

    if refused_by_schema("pack", spec):
        assert refused_by_packc(tmp_path, spec, yaml.safe_load(PATCH))
