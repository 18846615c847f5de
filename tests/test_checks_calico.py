"""packc check on Calico: it is clean, and seeded defects are found at their lines."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from packc.checks import kubernetes
from packc.checks.observation import SEVERITIES, Observation, Thing, at
from packc.checks.places import cause
from packc.checks.references import reference_observations
from packc.checks.run import OBJECT_CHECKS, Question, check_pack
from packc.checks.schemas import Custom, Schemas
from packc.checks.structural import custom_schemas
from packc.checks.validator import Validator
from packc.codes import CODES
from packc.diagnostics import Severity
from packc.model import MISSING, PatchedObject
from packc.patching.pointer import Pointer
from packc.pipeline import Assembled, Selection, assemble, prepare
from packc.plugins import Host

CALICO = Path(__file__).parent.parent / "packs" / "calico"
FEATURES = ((), ("etcd-tls",))


@cache
def variants() -> tuple[Assembled, ...]:
    """Every cloud of Calico, with its data in Kubernetes and in etcd."""
    found = []
    for features in FEATURES:
        prepared = prepare(str(CALICO), Selection(features=features), Host())
        found += [assemble(prepared, cloud) for cloud in prepared.active.clouds.values()]
    return tuple(found)


def test_calico_has_no_errors_and_no_warnings() -> None:
    report = check_pack(str(CALICO), Question(), Host(), lambda step: None)

    grave = [f for f in report.findings if f.diagnostic.severity is not Severity.NOTE]
    assert grave == []
    assert report.unchecked == ()
    assert len(report.variants) == 80
    assert report.refused == 28


def test_every_code_of_a_check_has_a_severity() -> None:
    assert {code for code in CODES if code.startswith("PK4")} == set(SEVERITIES)


# --- seeded defects ---------------------------------------------------------------------------

# What is changed in which file, the code that follows, and the line of the finding: a part of it.
SEEDED = [
    ("node.yaml", "key: calico_backend", "key: calico_backnd", "PK432", "key: calico_backnd"),
    ("config.yaml", "calico_backend: bird", "calico_backed: bird", "PK432", "key: calico_backend"),
    ("config.yaml", "cni_network_config: |", "cni_config: |", "PK432", "key: cni_network_config"),
    ("node.yaml", "name: calico-config\n", "name: calico-conf\n", "PK431", "name: calico-conf\n"),
    (
        "rbac.yaml",
        "ServiceAccount\nmetadata:\n  name: calico-node\n",
        "ServiceAccount\nmetadata:\n  name: calico-nodes\n",
        "PK431",
        "serviceAccountName: calico-node",
    ),
    ("node.yaml", "tolerations:", "toleration:", "PK401", "toleration:"),
    ("node.yaml", "hostNetwork: true", "hostNetwork: yes please", "PK402", "yes please"),
    ("node.yaml", "periodSeconds: 10\n", "periodSeconds: ten\n", "PK402", "ten"),
    ("node.yaml", "value: autodetect", "value: 1", "PK402", "value: 1\n"),
    ("node.yaml", "cpu: 250m", "cpu: 250 m", "PK402", "250 m"),
    (
        "node.yaml",
        "name: bpffs\n          mount",
        "name: bpf\n          mount",
        "PK433",
        "name: bpf\n",
    ),
    (
        "node.yaml",
        "mountPath: /lib/modules",
        "mountPath: /run/xtables.lock",
        "PK455",
        "/run/xtables",
    ),
    (
        "node.yaml",
        "matchLabels:\n      k8s-app: calico-node",
        "matchLabels:\n      k8s-app: calico",
        "PK436",
        "k8s-app: calico\n",
    ),
    (
        "node.yaml",
        "- name: policysync\n          mount",
        "- mount",
        "PK403",
        "- mountPath: /var/run/nodeagent",
    ),
    ("node.yaml", "system-node-critical", "system-critical", "PK431", "system-critical"),
    ("node.yaml", "cni:v3.32.1", "cni:latest", "PK451", "cni:latest"),
    (
        "node.yaml",
        "- name: cni-log-dir\n        host",
        "- name: CNI-log-dir\n        host",
        "PK443",
        "CNI-log",
    ),
    ("kube-controllers.yaml", "policy/v1\n", "policy/v1beta1\n", "PK411", "policy/v1beta1"),
    (
        "kube-controllers.yaml",
        "kind: PodDisruptionBudget",
        "kind: PodDisruptonBudget",
        "PK404",
        "Disrupton",
    ),
    (
        "rbac.yaml",
        "ClusterRole\n  name: calico-tier-getter\nsub",
        "ClusterRole\n  name: tiers\nsub",
        "PK435",
        "name: tiers",
    ),
    (
        "rbac.yaml",
        "  name: calico-cni-plugin\n  namespace: kube-system\n---\napi",
        "  name: calico-cni\n  namespace: kube-system\n---\napi",
        "PK437",
        "calico-cni-plugin",
    ),
    ("crds/ippools.yaml", "type: integer\n", "type: int\n", "PK421", "type: int\n"),
    ("crds/ippools.yaml", "name: ippools.crd", "name: ippool.crd", "PK422", "name: ippool.crd"),
    ("crds/tiers.yaml", "scope: Cluster", "skope: Cluster", "PK401", "skope"),
]


@pytest.mark.parametrize(("file", "old", "new", "code", "culprit"), SEEDED)
def test_a_seeded_defect_is_found_at_its_line(
    tmp_path: Path, file: str, old: str, new: str, code: str, culprit: str
) -> None:
    pack = tmp_path / "calico"
    shutil.copytree(CALICO, pack)
    changed = pack / "base" / file
    text = changed.read_text()
    assert old in text
    changed.write_text(text.replace(old, new, 1))
    question = Question(kubernetes=kubernetes.Range(34, 36), max_variants=24)

    report = check_pack(str(pack), question, Host(), lambda step: None)

    spans = [f.diagnostic.span for f in report.findings if f.diagnostic.code == code]
    lines = [f"{s.file}: {Path(s.file).read_text().splitlines()[s.line - 1]}\n" for s in spans if s]
    assert any(culprit in line for line in lines), lines


# --- causes -----------------------------------------------------------------------------------


def leaves(data: Any, path: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    match data:
        case Mapping() if data:
            for name, item in data.items():
                yield from leaves(item, (*path, name))
        case list() | tuple() if data:
            for index, item in enumerate(data):
                yield from leaves(item, (*path, index))
        case _:
            yield path, data


def lookup(data: Any, path: Pointer) -> Any:
    for step in path:
        data = data[step]
    return data


def origin(patched: PatchedObject, path: Pointer) -> Any:
    """Return the value of a leaf as its cause gives it."""
    found = cause(patched, path)
    if found.write is None:
        return lookup(patched.base.data, found.path)
    assert found.write.after is not MISSING
    depth = found.write.pointer.count("/")
    return lookup(found.write.after, found.path[depth:])


def test_the_cause_of_every_leaf_of_calico_gives_its_value() -> None:
    checked = 0
    for variant in variants():
        for patched in variant.patched.objects:
            for path, value in leaves(patched.data):
                assert origin(patched, path) == value
                checked += 1

    assert checked > 10_000


# --- hostile objects --------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "key", "a/b/c"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def containers(data: Any, path: Pointer = ()) -> Iterator[Pointer]:
    """Yield every path below which something may be put, but those that loading vouches for."""
    items: Any = ()
    if isinstance(data, Mapping):
        items = data.items()
    elif isinstance(data, list | tuple):
        items = enumerate(data)
    for step, item in items:
        here = (*path, step)
        if here not in VOUCHED:
            yield here
        yield from containers(item, here)


VOUCHED = (
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    ("metadata", "name"),
    ("metadata", "namespace"),
)


@cache
def samples() -> tuple[tuple[Thing, tuple[Pointer, ...]], ...]:
    """The objects of a variant of Calico, each with its paths; of the CRDs the smaller ones."""
    things = [
        Thing(entry.identity, entry.data)
        for variant in (variants()[0], variants()[-1])
        for entry in variant.patched.objects
        if len(json.dumps(entry.data)) < 20_000
    ]
    listed = ((thing, tuple(containers(thing.data))) for thing in things)
    return tuple((thing, paths) for thing, paths in listed if paths)


def with_junk(data: Any, path: Pointer, junk: Any) -> Any:
    changed = copy.deepcopy(data)
    lookup(changed, path[:-1])[path[-1]] = junk
    return changed


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_check_stumbles_over_junk_anywhere_in_an_object(draw: st.DataObject) -> None:
    thing, paths = draw.draw(st.sampled_from(samples()))
    path, junk = draw.draw(st.sampled_from(paths)), draw.draw(JUNK)
    data = with_junk(thing.data, path, junk)
    others = [other for other, _ in samples() if other.identity != thing.identity]
    schemas = Schemas(kubernetes.Range(37, 37))

    found = [observation for check in OBJECT_CHECKS for observation in check(data)]
    found += reference_observations([Thing(thing.identity, data), *others])
    found += schemas.check(data, "key", Custom())
    found += schemas.check(data, "key", Custom(custom_schemas(data)))

    assert all(isinstance(observation, Observation) for observation in found)


# --- our validator against jsonschema ---------------------------------------------------------


@cache
def reference(number: int, name: str) -> Draft202012Validator:
    release = kubernetes.release(number)
    # Both alternatives of IntOrString and Quantity take null, so with oneOf neither would count.
    definitions = {
        key: {"anyOf": definition["oneOf"]} if "oneOf" in definition else definition
        for key, definition in release.definitions.items()
    }
    schema = {"$ref": f"#/$defs/{name}", "$defs": definitions}
    return Draft202012Validator(schema)


# Formats, quantities and sizes of numbers, on which jsonschema is silent.
STRICTER = ("has not the format", "is no quantity", "is too large")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_object_fits_its_schema_exactly_where_jsonschema_says_so(draw: st.DataObject) -> None:
    thing, paths = draw.draw(st.sampled_from(samples()))
    data = with_junk(thing.data, draw.draw(st.sampled_from(paths)), draw.draw(JUNK))
    number = draw.draw(st.sampled_from((30, 34, 37)))
    release = kubernetes.release(number)
    name = release.kinds[(data["apiVersion"], data["kind"])]
    validator = Validator(release.definitions)

    validator.check(release.definitions[name], data)

    found = [o for o in validator.found if not any(word in o.message for word in STRICTER)]
    assert bool(found) == (not reference(number, name).is_valid(data))


def test_releases_of_one_digest_have_the_same_rules() -> None:
    """What is checked once for several releases would be judged alike by each of them."""
    kinds = [("apps/v1", "DaemonSet"), ("v1", "ConfigMap"), ("policy/v1", "PodDisruptionBudget")]

    for kind in kinds:
        rules = {}
        for number in kubernetes.DEFAULT_RANGE.releases:
            release = kubernetes.release(number)
            digest = release.digest(release.kinds[kind])
            fields = at(release.definitions[release.kinds[kind]], "properties")
            assert rules.setdefault(digest, sorted(fields)) == sorted(fields)
        assert 1 <= len(rules) <= len(kubernetes.DEFAULT_RANGE.releases)
