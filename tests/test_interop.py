"""Other programs read what packc writes: kubectl, kustomize, YAML libraries, Calico's installer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from ruamel.yaml import YAML

from packc.cli import main

CLOUDS = ("aws", "azure", "vmware")
FEATURES = ("etcd-tls", "windows-note")
FEATURE_SETS = [chosen for size in range(3) for chosen in combinations(FEATURES, size)]
VARIANTS = [
    pytest.param((cloud, *features), id="+".join((cloud, *features)))
    for cloud, features in product(CLOUDS, FEATURE_SETS)
]
DATASTORES = [pytest.param(("aws",), id="kubernetes"), pytest.param(("aws", "etcd-tls"), id="etcd")]

Identity = tuple[str, str, str, str]
Render = Callable[..., str]


@pytest.fixture
def render(calico: Path, capfd: pytest.CaptureFixture[str]) -> Render:
    """Return what `packc render` prints for a cloud with features."""

    def render(variant: tuple[str, ...], *options: str) -> str:
        cloud, *features = variant
        chosen = [argument for feature in features for argument in ("--feature", feature)]
        code = main(["render", str(calico), "--cloud", cloud, *chosen, *options])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    return render


def identity(data: dict[str, Any]) -> Identity:
    metadata = data["metadata"]
    return data["apiVersion"], data["kind"], metadata.get("namespace", ""), metadata["name"]


def by_identity(objects: Iterable[dict[str, Any]]) -> dict[Identity, dict[str, Any]]:
    """Return the objects by identity: other programs have their own order."""
    listed = list(objects)
    found = {identity(data): data for data in listed}
    assert len(found) == len(listed)
    return found


def items(render: Render, variant: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the objects as `--output json` gives them."""
    data = json.loads(render(variant, "--output", "json"))
    assert (data["apiVersion"], data["kind"]) == ("v1", "List")
    return list(data["items"])


# --- kubectl ----------------------------------------------------------------------------------


def run(*command: str | Path, given: str | None = None, **environment: str) -> str:
    done = subprocess.run(
        command, input=given, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def documents(text: str) -> Iterator[Any]:
    """Yield JSON values that stand one after the other."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text.rstrip()):
        data, place = decoder.raw_decode(text, place)
        yield data
        place += len(text[place:]) - len(text[place:].lstrip())


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize("variant", VARIANTS)
def test_kubectl_reads_the_same_objects(
    render: Render, tmp_path: Path, variant: tuple[str, ...]
) -> None:
    """A patch that changes nothing, on local files: kubectl reads and prints without a cluster."""
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(render(variant))

    text = run(
        *("kubectl", "patch", "--local", "--type", "merge", "--patch", "{}"),
        *("--filename", manifests, "--output", "json"),
    )

    assert by_identity(documents(text)) == by_identity(items(render, variant))


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize("variant", VARIANTS)
def test_kustomize_reads_the_same_objects(
    render: Render, tmp_path: Path, variant: tuple[str, ...]
) -> None:
    (tmp_path / "manifests.yaml").write_text(render(variant))
    (tmp_path / "kustomization.yaml").write_text("resources: [manifests.yaml]\n")

    text = run("kubectl", "kustomize", tmp_path)

    found = by_identity(yaml.load_all(text, Loader=yaml.CSafeLoader))
    assert found == by_identity(items(render, variant))


# --- libraries --------------------------------------------------------------------------------


def read_with_ruamel(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(text))


def read_with_js_yaml(text: str) -> list[Any]:
    modules = Path(os.environ.get("PACKC_NODE_MODULES", "node_modules")).resolve()
    reader = Path(__file__).parent / "readers" / "js-yaml.cjs"
    return list(json.loads(run("node", reader, given=text, PACKC_NODE_MODULES=str(modules))))


READERS = [
    pytest.param(lambda text: list(yaml.safe_load_all(text)), id="pyyaml"),
    pytest.param(read_with_ruamel, id="ruamel"),
    pytest.param(read_with_js_yaml, id="js-yaml", marks=pytest.mark.tool("js-yaml")),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("variant", [("azure",), ("aws", "etcd-tls", "windows-note")], ids="+".join)
def test_libraries_read_the_same_objects_in_the_same_order(
    render: Render, variant: tuple[str, ...], read: Callable[[str], list[Any]]
) -> None:
    assert read(render(variant)) == items(render, variant)


# --- packc's own other forms ------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_plain_json_patches_lead_from_the_base_to_the_manifests(
    render: Render, calico: Path, variant: tuple[str, ...]
) -> None:
    patches = json.loads(render(variant, "--output", "patches"))
    rendered = by_identity(items(render, variant))
    base = by_identity(_base_objects(calico))

    patched = {}
    for patch in patches:
        made = jsonpatch.apply_patch(_object_of(patch, calico), patch["operations"])
        patched[identity(made)] = made

    assert len(patched) >= 3
    assert {key: rendered[key] for key in patched} == patched
    rest = set(rendered) - set(patched)
    assert {key: rendered[key] for key in rest} == {key: base[key] for key in rest}


def _base_objects(pack: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((pack / "base").rglob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text())


def _object_of(patch: dict[str, Any], pack: Path) -> dict[str, Any]:
    """Return the base object that a patch names, such as DaemonSet.apps/kube-system/calico-node.

    One that a plugin brings has no file, and begins with nothing.
    """
    if patch["file"] is None:
        return {}
    kind, *_, name = patch["object"].split("/")
    (found,) = (
        data
        for data in yaml.safe_load_all((pack / patch["file"]).read_text())
        if (data["kind"], data["metadata"]["name"]) == (kind.partition(".")[0], name)
    )
    return dict(found)


# --- Calico's installer -----------------------------------------------------------------------


def installed_network(config: dict[str, Any], datastore: str) -> Any:
    """Return the CNI configuration as Calico's install-cni writes it to a node.

    Source: cni-plugin/pkg/install/install.go of Calico v3.32.1, placeholders and defaults.
    """
    text: str = config["cni_network_config"]
    files = {name: f"/etc/cni/net.d/calico-tls/etcd-{name}" for name in ("cert", "key", "ca")}
    for placeholder, value in {
        "__CNI_MTU__": config["veth_mtu"],
        "__KUBERNETES_NODE_NAME__": "node-1",
        "__KUBECONFIG_FILEPATH__": "/etc/cni/net.d/calico-kubeconfig",
        "__DATASTORE_TYPE__": datastore,
        "__LOG_LEVEL__": "info",
        "__LOG_FILE_PATH__": "/var/log/calico/cni/cni.log",
        "__ETCD_ENDPOINTS__": config.get("etcd_endpoints", ""),
        "__ETCD_DISCOVERY_SRV__": "",
        "__ETCD_CERT_FILE__": files["cert"],
        "__ETCD_KEY_FILE__": files["key"],
        "__ETCD_CA_CERT_FILE__": files["ca"],
        "__REQUIRE_MTU_FILE__": "false",
        "__CALICO_API_GROUP__": "crd.projectcalico.org/v1",
    }.items():
        text = text.replace(placeholder, value)
    assert "__" not in text
    return json.loads(text)


def calico_config(render: Render, variant: tuple[str, ...], *options: str) -> dict[str, Any]:
    data = yaml.safe_load_all(render(variant, *options))
    (found,) = (entry for entry in data if entry["metadata"]["name"] == "calico-config")
    return dict(found["data"])


@pytest.mark.parametrize("mtu", [0, 1440])
@pytest.mark.parametrize("variant", DATASTORES)
def test_the_network_configuration_is_json_once_it_is_installed(
    render: Render, variant: tuple[str, ...], mtu: int
) -> None:
    config = calico_config(render, variant, "--set", f"calico.mtu={mtu}")

    network = installed_network(config, "etcdv3" if "etcd-tls" in variant else "kubernetes")

    calico, portmap = network["plugins"]
    assert network["name"] == "k8s-pod-network"
    assert (calico["type"], portmap["type"]) == ("calico", "portmap")
    assert calico["mtu"] == mtu
    assert type(calico["mtu"]) is int
    assert calico["ipam"] == {"type": "calico-ipam"}


def test_with_kubernetes_the_network_configuration_names_the_node(render: Render) -> None:
    calico, _ = installed_network(calico_config(render, ("aws",)), "kubernetes")["plugins"]

    assert calico["nodename"] == "node-1"
    assert calico["datastore_type"] == "kubernetes"
    assert calico["kubernetes"] == {"kubeconfig": "/etc/cni/net.d/calico-kubeconfig"}


def test_with_etcd_the_network_configuration_names_endpoints_and_files(render: Render) -> None:
    endpoints = "https://10.0.0.1:2379,https://10.0.0.2:2379"
    config = calico_config(render, ("aws", "etcd-tls"), "--set", f"etcd.endpoints={endpoints}")

    calico, _ = installed_network(config, "etcdv3")["plugins"]

    assert calico["etcd_endpoints"] == endpoints
    assert calico["etcd_cert_file"] == "/etc/cni/net.d/calico-tls/etcd-cert"
    assert calico["etcd_key_file"] == "/etc/cni/net.d/calico-tls/etcd-key"
    assert calico["etcd_ca_cert_file"] == "/etc/cni/net.d/calico-tls/etcd-ca"
    assert calico.get("datastore_type") in (None, "etcdv3")
