"""Calico for every cloud and feature set: snapshots of the output, and every variant builds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from packc.emit import emit
from packc.model import Level, Object
from packc.pipeline import Compiled, Selection, compile_variant, output_files, prepare
from packc.plugins import Host
from packc.settings import Request

ROOT = Path(__file__).parent.parent
CLOUDS = ("aws", "azure", "vmware")
FEATURES = ("etcd-tls", "windows-note")
MODES = ("Always", "CrossSubnet", "Never")
FEATURE_SETS = [chosen for size in range(3) for chosen in combinations(FEATURES, size)]
VARIANTS = [
    pytest.param(cloud, features, id="+".join((cloud, *features)))
    for cloud, features in product(CLOUDS, FEATURE_SETS)
]


class TextFiles(SingleFileSnapshotExtension):
    """Keeps snapshots/<test module>/<test id>.<extension>, to be read in a review."""

    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(ROOT / "snapshots" / test_location.basename)


class Yaml(TextFiles):
    file_extension = "yaml"


class Markdown(TextFiles):
    file_extension = "md"


def compile_calico(
    cloud: str, features: tuple[str, ...] = (), sets: Mapping[str, str] | None = None
) -> tuple[Compiled, dict[str, str]]:
    """Return a variant of Calico, and its files as text."""
    given = tuple(f"{name}={value}" for name, value in (sets or {}).items())
    selection = Selection((cloud,), features, request=Request(sets=given))
    prepared = prepare(str(ROOT / "packs" / "calico"), selection, Host())
    compiled = compile_variant(prepared, prepared.active.clouds[cloud])
    files = output_files(prepared, compiled)
    return compiled, {file.name: file.content.decode() for file in files}


def is_crd(data: Object) -> bool:
    return bool(data["kind"] == "CustomResourceDefinition")


def by_identity(compiled: Compiled) -> dict[str, Object]:
    return {str(entry.identity): entry.data for entry in compiled.patched.objects}


@pytest.mark.parametrize(("cloud", "features"), VARIANTS)
def test_objects(cloud: str, features: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    """The CRDs are the same in every variant that has them, and have a snapshot of their own."""
    compiled, _ = compile_calico(cloud, features)

    text = emit([data for data in compiled.objects if not is_crd(data)])

    assert text == snapshot(extension_class=Yaml)


def test_crds(snapshot: SnapshotAssertion) -> None:
    texts = {
        emit([data for data in compile_calico(cloud)[0].objects if is_crd(data)])
        for cloud in CLOUDS
    }

    assert len(texts) == 1
    assert texts.pop() == snapshot(extension_class=Yaml)


@pytest.mark.parametrize(("cloud", "features"), VARIANTS)
def test_notes(cloud: str, features: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    _, files = compile_calico(cloud, features)

    assert files["NOTES.md"] == snapshot(extension_class=Markdown)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("cloud", "features"), VARIANTS)
def test_every_mode_of_every_variant_builds(
    cloud: str, features: tuple[str, ...], mode: str
) -> None:
    compiled, files = compile_calico(cloud, features, {"calico.encapsulationMode": mode})

    record = json.loads(files["build.json"])
    assert len(compiled.objects) == (16 if "etcd-tls" in features else 38)
    assert len(record["objects"]) == len(compiled.objects)
    assert record["parameters"]["calico.encapsulationMode"]["value"] == mode


# The table of the Calico facts: type, mode -> the two pool variables, the backend, bird's probes.
ENCAPSULATION = [
    ("aws", "Always", "Always", "Never", "bird"),
    ("aws", "CrossSubnet", "CrossSubnet", "Never", "bird"),
    ("aws", "Never", "Never", "Never", "bird"),
    ("vmware", "Always", "Always", "Never", "bird"),
    ("vmware", "CrossSubnet", "CrossSubnet", "Never", "bird"),
    ("vmware", "Never", "Never", "Never", "bird"),
    ("azure", "Always", "Never", "Always", "vxlan"),
    ("azure", "CrossSubnet", "Never", "CrossSubnet", "vxlan"),
    ("azure", "Never", "Never", "Never", "bird"),
]


@pytest.mark.parametrize("features", FEATURE_SETS, ids="+".join)
@pytest.mark.parametrize(("cloud", "mode", "ipip", "vxlan", "backend"), ENCAPSULATION)
def test_encapsulation_reaches_environment_backend_and_probes(
    cloud: str, mode: str, ipip: str, vxlan: str, backend: str, features: tuple[str, ...]
) -> None:
    compiled, _ = compile_calico(cloud, features, {"calico.encapsulationMode": mode})
    objects = by_identity(compiled)

    node = objects["DaemonSet.apps/kube-system/calico-node"]["spec"]["template"]["spec"]
    container = node["containers"][0]
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert environment["CALICO_IPV4POOL_IPIP"] == ipip
    assert environment["CALICO_IPV4POOL_VXLAN"] == vxlan
    assert environment["CALICO_IPV6POOL_VXLAN"] == vxlan
    assert objects["ConfigMap/kube-system/calico-config"]["data"]["calico_backend"] == backend
    bird = ["-bird-live"] if backend == "bird" else []
    assert container["livenessProbe"]["exec"]["command"][2:] == bird
    ready = ["-bird-ready"] if backend == "bird" else []
    assert container["readinessProbe"]["exec"]["command"][2:] == ready


def test_parameters_reach_their_fields() -> None:
    compiled, files = compile_calico(
        "aws",
        sets={
            "calico.calicoNetworkCIDR": "10.244.0.0/16",
            "calico.blockSize": "24",
            "calico.mtu": "8981",
            "calico.imageRegistry": "mirror.example.com:5000/calico",
        },
    )
    objects = by_identity(compiled)

    node = objects["DaemonSet.apps/kube-system/calico-node"]["spec"]["template"]["spec"]
    environment = {entry["name"]: entry.get("value") for entry in node["containers"][0]["env"]}
    assert environment["CALICO_IPV4POOL_CIDR"] == "10.244.0.0/16"
    assert environment["CALICO_IPV4POOL_BLOCK_SIZE"] == "24"
    assert objects["ConfigMap/kube-system/calico-config"]["data"]["veth_mtu"] == "8981"
    assert json.loads(files["build.json"])["images"] == [
        "mirror.example.com:5000/calico/cni:v3.32.1",
        "mirror.example.com:5000/calico/kube-controllers:v3.32.1",
        "mirror.example.com:5000/calico/node:v3.32.1",
    ]


@pytest.mark.parametrize("mode", ["CrossSubnet", "Never"])
def test_a_mode_that_needs_more_of_the_network_warns(mode: str) -> None:
    compiled, files = compile_calico("vmware", sets={"calico.encapsulationMode": mode})

    warnings = [note for note in compiled.notes if note.level is Level.WARNING]
    assert [note.origin.writer for note in warnings if note.origin] == ["pack.yaml"]
    assert "## Warnings" in files["NOTES.md"]
    assert json.loads(files["build.json"])["notes"]["warning"] == 1
