"""The base objects of packs/calico, held against tables of what Calico v3.32.1 needs.

The tables were taken from the release's own manifests and code, and are read here with PyYAML
so that a fault in packc's reader cannot hide a fault in the pack.
"""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from ruamel.yaml import YAML

PACK = Path(__file__).parents[1] / "packs" / "calico"
BASE_FILES = sorted((PACK / "base").glob("*.yaml"))
PATCH_FILES = sorted((PACK / "patches").glob("*.yaml"))
SYSTEM = "kube-system"
RBAC_GROUP = "rbac.authorization.k8s.io"
RBAC = f"{RBAC_GROUP}/v1"
CRD_GROUP = "crd.projectcalico.org"
BOTH_GROUPS = ["projectcalico.org", CRD_GROUP]

# Kind, apiVersion, namespace, name.
INVENTORY = {
    ("ConfigMap", "v1", SYSTEM, "calico-config"),
    ("ServiceAccount", "v1", SYSTEM, "calico-cni-plugin"),
    ("ServiceAccount", "v1", SYSTEM, "calico-kube-controllers"),
    ("ServiceAccount", "v1", SYSTEM, "calico-node"),
    ("ClusterRole", RBAC, None, "calico-cni-plugin"),
    ("ClusterRole", RBAC, None, "calico-kube-controllers"),
    ("ClusterRole", RBAC, None, "calico-node"),
    ("ClusterRole", RBAC, None, "calico-tier-getter"),
    ("ClusterRoleBinding", RBAC, None, "calico-cni-plugin"),
    ("ClusterRoleBinding", RBAC, None, "calico-kube-controllers"),
    ("ClusterRoleBinding", RBAC, None, "calico-node"),
    ("ClusterRoleBinding", RBAC, None, "calico-tier-getter"),
    ("DaemonSet", "apps/v1", SYSTEM, "calico-node"),
    ("Deployment", "apps/v1", SYSTEM, "calico-kube-controllers"),
    ("PodDisruptionBudget", "policy/v1", SYSTEM, "calico-kube-controllers"),
}

CNI_IMAGE = "quay.io/calico/cni:v3.32.1"
NODE_IMAGE = "quay.io/calico/node:v3.32.1"
CONTROLLERS_IMAGE = "quay.io/calico/kube-controllers:v3.32.1"

# Container, image, command; the last two start what their image names.
CONTAINERS = [
    ("upgrade-ipam", CNI_IMAGE, ["/opt/cni/bin/calico-ipam", "-upgrade"]),
    ("install-cni", CNI_IMAGE, ["/opt/cni/bin/install"]),
    ("ebpf-bootstrap", NODE_IMAGE, ["calico-node", "-init", "-best-effort"]),
    ("calico-node", NODE_IMAGE, None),
    ("calico-kube-controllers", CONTROLLERS_IMAGE, None),
]


def from_config(key: str) -> dict[str, Any]:
    """Return the source of a variable that is read from the ConfigMap calico-config."""
    return {"valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": key}}}


def literal(value: str) -> dict[str, Any]:
    """Return the source of a variable that is written out."""
    return {"value": value}


NODE_NAME = {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}

ENVIRONMENTS = {
    "upgrade-ipam": [
        ("KUBERNETES_NODE_NAME", NODE_NAME),
        ("CALICO_NETWORKING_BACKEND", from_config("calico_backend")),
    ],
    "install-cni": [
        ("CNI_CONF_NAME", literal("10-calico.conflist")),
        ("CNI_NETWORK_CONFIG", from_config("cni_network_config")),
        ("KUBERNETES_NODE_NAME", NODE_NAME),
        ("CNI_MTU", from_config("veth_mtu")),
        ("SLEEP", literal("false")),
    ],
    "ebpf-bootstrap": [],
    "calico-node": [
        ("DATASTORE_TYPE", literal("kubernetes")),
        ("WAIT_FOR_DATASTORE", literal("true")),
        ("NODENAME", NODE_NAME),
        ("CALICO_NETWORKING_BACKEND", from_config("calico_backend")),
        ("CLUSTER_TYPE", literal("k8s,bgp")),
        ("IP", literal("autodetect")),
        ("CALICO_IPV4POOL_IPIP", literal("Always")),
        ("CALICO_IPV4POOL_VXLAN", literal("Never")),
        ("CALICO_IPV6POOL_VXLAN", literal("Never")),
        ("FELIX_IPINIPMTU", from_config("veth_mtu")),
        ("FELIX_VXLANMTU", from_config("veth_mtu")),
        ("FELIX_WIREGUARDMTU", from_config("veth_mtu")),
        ("CALICO_DISABLE_FILE_LOGGING", literal("true")),
        ("FELIX_DEFAULTENDPOINTTOHOSTACTION", literal("ACCEPT")),
        ("FELIX_IPV6SUPPORT", literal("false")),
        ("FELIX_HEALTHENABLED", literal("true")),
        # The pack's own two, which parameters are bound to.
        ("CALICO_IPV4POOL_CIDR", literal("192.168.0.0/16")),
        ("CALICO_IPV4POOL_BLOCK_SIZE", literal("26")),
    ],
    "calico-kube-controllers": [
        ("ENABLED_CONTROLLERS", literal("node,loadbalancer")),
        ("DATASTORE_TYPE", literal("kubernetes")),
    ],
}

BIDIRECTIONAL = {"mountPropagation": "Bidirectional"}
READ_ONLY = {"readOnly": True}
WRITABLE = {"readOnly": False}

# Mount path -> volume and the flags that are set; a flag that is not listed must be absent.
MOUNTS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "upgrade-ipam": {
        "/var/lib/cni/networks": ("host-local-net-dir", {}),
        "/host/opt/cni/bin": ("cni-bin-dir", {}),
    },
    "install-cni": {
        "/host/opt/cni/bin": ("cni-bin-dir", {}),
        "/host/etc/cni/net.d": ("cni-net-dir", {}),
    },
    "ebpf-bootstrap": {
        "/sys/fs": ("sys-fs", BIDIRECTIONAL),
        "/var/run/calico": ("var-run-calico", BIDIRECTIONAL),
        "/nodeproc": ("nodeproc", READ_ONLY),
    },
    "calico-node": {
        "/host/etc/cni/net.d": ("cni-net-dir", WRITABLE),
        "/lib/modules": ("lib-modules", READ_ONLY),
        "/run/xtables.lock": ("xtables-lock", WRITABLE),
        "/var/run/calico": ("var-run-calico", WRITABLE),
        "/var/lib/calico": ("var-lib-calico", WRITABLE),
        "/var/run/nodeagent": ("policysync", {}),
        "/sys/fs/bpf": ("bpffs", {}),
        "/var/log/calico/cni": ("cni-log-dir", READ_ONLY),
    },
    "calico-kube-controllers": {},
}

# Volume -> path on the host and its type; without a type nothing is checked or made.
VOLUMES = {
    "lib-modules": ("/lib/modules", None),
    "var-run-calico": ("/var/run/calico", "DirectoryOrCreate"),
    "var-lib-calico": ("/var/lib/calico", "DirectoryOrCreate"),
    "xtables-lock": ("/run/xtables.lock", "FileOrCreate"),
    "sys-fs": ("/sys/fs/", "DirectoryOrCreate"),
    "bpffs": ("/sys/fs/bpf", "Directory"),
    "nodeproc": ("/proc", None),
    "cni-bin-dir": ("/opt/cni/bin", "DirectoryOrCreate"),
    "cni-net-dir": ("/etc/cni/net.d", None),
    "cni-log-dir": ("/var/log/calico/cni", None),
    "host-local-net-dir": ("/var/lib/cni/networks", None),
    "policysync": ("/var/run/nodeagent", "DirectoryOrCreate"),
}

NODE_CHECK = "/bin/calico-node"
CONTROLLERS_CHECK = "/usr/bin/check-status"
LIVENESS_TIMES = {
    "periodSeconds": 10,
    "initialDelaySeconds": 10,
    "failureThreshold": 6,
    "timeoutSeconds": 10,
}

# Container, probe, command, times; a time that is not listed must be absent.
PROBES = [
    ("calico-node", "livenessProbe", [NODE_CHECK, "-felix-live", "-bird-live"], LIVENESS_TIMES),
    (
        "calico-node",
        "readinessProbe",
        [NODE_CHECK, "-felix-ready", "-bird-ready"],
        {"periodSeconds": 10, "timeoutSeconds": 10},
    ),
    ("calico-kube-controllers", "livenessProbe", [CONTROLLERS_CHECK, "-l"], LIVENESS_TIMES),
    ("calico-kube-controllers", "readinessProbe", [CONTROLLERS_CHECK, "-r"], {"periodSeconds": 10}),
]


class Rule(NamedTuple):
    """One rule of a ClusterRole, in the order in which the fields are told."""

    groups: list[str]
    resources: list[str]
    verbs: list[str]
    names: list[str] | None = None


CORE = [""]
TOKEN_RULE = Rule(CORE, ["serviceaccounts/token"], ["create"], ["calico-cni-plugin"])
LOOK_UP_RULE = Rule(CORE, ["pods", "nodes", "namespaces"], ["get"])
SLICES_RULE = Rule(["discovery.k8s.io"], ["endpointslices"], ["watch", "list"])
SETTINGS_RULE = Rule(CORE, ["configmaps"], ["get"])
POLICY_INPUT_RULE = Rule(["networking.k8s.io"], ["networkpolicies"], ["watch", "list"])
SERVICES_RULE = Rule(CORE, ["services", "services/status"], ["get", "list", "update", "watch"])
POLICY_NAMES_RULE = Rule(
    BOTH_GROUPS,
    [
        "networkpolicies",
        "stagednetworkpolicies",
        "globalnetworkpolicies",
        "stagedglobalnetworkpolicies",
    ],
    ["watch", "list", "get", "create", "update", "delete"],
)
WORKLOADS_RULE = Rule(["apps"], ["daemonsets", "deployments"], ["get", "list", "watch"])

NODE_RULES = [
    TOKEN_RULE,
    LOOK_UP_RULE,
    SLICES_RULE,
    Rule(CORE, ["endpoints", "services"], ["watch", "list", "get"]),
    SETTINGS_RULE,
    Rule(CORE, ["nodes/status"], ["patch", "update"]),
    POLICY_INPUT_RULE,
    Rule(["policy.networking.k8s.io"], ["clusternetworkpolicies"], ["watch", "list"]),
    Rule(CORE, ["pods", "namespaces", "serviceaccounts"], ["list", "watch"]),
    Rule(CORE, ["pods/status"], ["patch"]),
    Rule(
        BOTH_GROUPS,
        [
            "globalfelixconfigs",
            "globalbgpconfigs",
            "felixconfigurations",
            "bgppeers",
            "bgpfilters",
            "bgpconfigurations",
            "ippools",
            "ipreservations",
            "ipamblocks",
            "globalnetworkpolicies",
            "stagedglobalnetworkpolicies",
            "networkpolicies",
            "stagednetworkpolicies",
            "stagedkubernetesnetworkpolicies",
            "globalnetworksets",
            "networksets",
            "clusterinformations",
            "hostendpoints",
            "blockaffinities",
            "caliconodestatuses",
            "tiers",
        ],
        ["get", "list", "watch"],
    ),
    Rule(BOTH_GROUPS, ["tiers"], ["create"]),
    Rule(
        BOTH_GROUPS,
        ["ippools", "felixconfigurations", "bgpconfigurations", "clusterinformations"],
        ["create", "update"],
    ),
    Rule(BOTH_GROUPS, ["caliconodestatuses"], ["update"]),
    Rule(CORE, ["nodes"], ["get", "list", "watch"]),
    Rule(BOTH_GROUPS, ["bgpconfigurations", "bgppeers"], ["create", "update"]),
    Rule(
        BOTH_GROUPS,
        ["blockaffinities", "ipamblocks", "ipamhandles"],
        ["get", "list", "create", "update", "delete"],
    ),
    Rule(BOTH_GROUPS, ["ipamconfigurations", "ipamconfigs"], ["get", "create"]),
    Rule(BOTH_GROUPS, ["blockaffinities"], ["watch"]),
    Rule(["apps"], ["daemonsets"], ["get"]),
    Rule(["kubevirt.io"], ["virtualmachineinstancemigrations"], ["get", "list", "watch"]),
]

CONTROLLERS_RULES = [
    Rule(CORE, ["nodes"], ["watch", "list", "get"]),
    Rule(CORE, ["pods"], ["get", "list", "watch"]),
    Rule(CORE, ["namespaces"], ["get", "list", "watch"]),
    SERVICES_RULE,
    Rule(BOTH_GROUPS, ["ipreservations"], ["list"]),
    Rule(
        BOTH_GROUPS,
        [
            "blockaffinities",
            "ipamblocks",
            "ipamhandles",
            "ipamconfigurations",
            "ipamconfigs",
            "tiers",
        ],
        ["get", "list", "create", "update", "delete", "watch"],
    ),
    Rule(BOTH_GROUPS, ["ippools"], ["list", "watch"]),
    Rule(BOTH_GROUPS, ["hostendpoints"], ["get", "list", "create", "update", "delete", "watch"]),
    Rule(BOTH_GROUPS, ["clusterinformations"], ["get", "list", "create", "update", "watch"]),
    Rule(
        BOTH_GROUPS,
        ["kubecontrollersconfigurations"],
        ["get", "list", "create", "update", "watch"],
    ),
    Rule(BOTH_GROUPS, ["kubecontrollersconfigurations/status"], ["get", "update"]),
    POLICY_NAMES_RULE,
    WORKLOADS_RULE,
    Rule(
        ["migration.projectcalico.org"],
        ["datastoremigrations", "datastoremigrations/status"],
        ["get", "list", "watch", "create", "update", "patch"],
    ),
    Rule(
        ["apiextensions.k8s.io"],
        ["customresourcedefinitions"],
        ["get", "list", "watch", "delete"],
    ),
    Rule(["apiregistration.k8s.io"], ["apiservices"], ["get", "list", "watch", "create", "delete"]),
    Rule(
        ["projectcalico.org"],
        ["*"],
        ["get", "list", "watch", "create", "update", "patch", "delete"],
    ),
    Rule([CRD_GROUP], ["*"], ["get", "list", "watch"]),
    Rule(["kubevirt.io"], ["virtualmachines", "virtualmachineinstances"], ["get", "list", "watch"]),
]

PLUGIN_RULES = [
    LOOK_UP_RULE,
    Rule(CORE, ["pods/status"], ["patch"]),
    Rule(
        BOTH_GROUPS,
        [
            "blockaffinities",
            "ipamblocks",
            "ipamhandles",
            "clusterinformations",
            "ippools",
            "ipreservations",
            "ipamconfigurations",
            "ipamconfigs",
        ],
        ["get", "list", "create", "update", "delete"],
    ),
    Rule(["kubevirt.io"], ["virtualmachineinstances", "virtualmachines"], ["get"]),
]

RULES = {
    "calico-node": NODE_RULES,
    "calico-kube-controllers": CONTROLLERS_RULES,
    "calico-cni-plugin": PLUGIN_RULES,
    "calico-tier-getter": [Rule(["projectcalico.org"], ["tiers"], ["get"])],
}

ETCD_RULES = {
    "calico-node": [
        TOKEN_RULE,
        LOOK_UP_RULE,
        SLICES_RULE,
        Rule(CORE, ["endpoints", "services"], ["watch", "list"]),
        SETTINGS_RULE,
        Rule(CORE, ["nodes/status"], ["patch"]),
    ],
    "calico-kube-controllers": [
        Rule(CORE, ["pods", "nodes", "namespaces", "serviceaccounts"], ["watch", "list", "get"]),
        SERVICES_RULE,
        POLICY_INPUT_RULE,
        POLICY_NAMES_RULE,
        WORKLOADS_RULE,
    ],
    "calico-cni-plugin": [LOOK_UP_RULE],
}

SUBJECTS = {
    **{
        name: {"kind": "ServiceAccount", "name": name, "namespace": SYSTEM}
        for name in ("calico-node", "calico-kube-controllers", "calico-cni-plugin")
    },
    "calico-tier-getter": {
        "apiGroup": RBAC_GROUP,
        "kind": "User",
        "name": "system:kube-controller-manager",
    },
}

# What install-cni puts in the place of each name, or a value of the same shape.
SUBSTITUTES = {
    "__CNI_MTU__": "1450",
    "__KUBERNETES_NODE_NAME__": "node-1",
    "__KUBECONFIG_FILEPATH__": "/etc/cni/net.d/calico-kubeconfig",
    "__ETCD_ENDPOINTS__": "https://10.0.0.1:2379,https://10.0.0.2:2379",
    "__ETCD_KEY_FILE__": "/etc/cni/net.d/calico-tls/etcd-key",
    "__ETCD_CERT_FILE__": "/etc/cni/net.d/calico-tls/etcd-cert",
    "__ETCD_CA_CERT_FILE__": "",
}

CNI_COMMON = {
    "type": "calico",
    "log_level": "info",
    "log_file_path": "/var/log/calico/cni/cni.log",
    "mtu": 1450,
    "ipam": {"type": "calico-ipam"},
    "policy": {"type": "k8s"},
    "kubernetes": {"kubeconfig": "/etc/cni/net.d/calico-kubeconfig"},
}
CNI_KUBERNETES = {"datastore_type": "kubernetes", "nodename": "node-1"}
CNI_ETCD = {
    "etcd_endpoints": "https://10.0.0.1:2379,https://10.0.0.2:2379",
    "etcd_key_file": "/etc/cni/net.d/calico-tls/etcd-key",
    "etcd_cert_file": "/etc/cni/net.d/calico-tls/etcd-cert",
    "etcd_ca_cert_file": "",
}
PORTMAP = {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}}


@cache
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the base objects other than CRDs by kind and name."""
    texts = [file.read_text(encoding="utf-8") for file in BASE_FILES]
    documents = chain.from_iterable(yaml.safe_load_all(text) for text in texts)
    return {(found["kind"], found["metadata"]["name"]): found for found in documents}


def pod_spec(kind: str, name: str) -> dict[str, Any]:
    """Return the spec of the pods that a workload makes."""
    spec: dict[str, Any] = objects()[kind, name]["spec"]["template"]["spec"]
    return spec


@cache
def containers() -> dict[str, dict[str, Any]]:
    """Return every container of both workloads by name, init containers first."""
    node = pod_spec("DaemonSet", "calico-node")
    controllers = pod_spec("Deployment", "calico-kube-controllers")
    found = [*node["initContainers"], *node["containers"], *controllers["containers"]]
    return {container["name"]: container for container in found}


@cache
def etcd_values() -> dict[tuple[str, str], Any]:
    """Return what the etcd patches write, by object and path."""
    patches = yaml.safe_load((PACK / "patches/etcd.yaml").read_text(encoding="utf-8"))["patches"]
    return {
        (patch["object"], operation["path"]): operation.get("value")
        for patch in patches
        for operation in patch["operations"]
    }


def rules(found: list[dict[str, Any]]) -> list[Rule]:
    """Return the rules of a ClusterRole as the tables write them."""
    return [
        Rule(rule["apiGroups"], rule["resources"], rule["verbs"], rule.get("resourceNames"))
        for rule in found
    ]


def cni_config(text: str) -> dict[str, Any]:
    """Return the CNI configuration as it stands on a node after install-cni has filled it in."""
    for name, value in SUBSTITUTES.items():
        text = text.replace(name, value)
    config: dict[str, Any] = json.loads(text)
    return config


def without(source: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the map without the keys."""
    return {key: value for key, value in source.items() if key not in keys}


def test_the_base_holds_exactly_the_objects_of_the_inventory() -> None:
    identities = [
        (found["kind"], found["apiVersion"], found["metadata"].get("namespace"), name)
        for (_, name), found in objects().items()
    ]

    assert sorted(map(str, identities)) == sorted(map(str, INVENTORY))


@pytest.mark.parametrize("file", [*BASE_FILES, *PATCH_FILES], ids=lambda file: file.name)
def test_each_file_says_first_what_it_is_for(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("file", [*BASE_FILES, *PATCH_FILES], ids=lambda file: file.name)
def test_readers_of_yaml_1_1_and_1_2_see_the_same(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert list(yaml.safe_load_all(text)) == list(YAML(typ="safe", pure=True).load_all(text))


@pytest.mark.parametrize("file", [*BASE_FILES, *PATCH_FILES], ids=lambda file: file.name)
def test_no_number_has_a_leading_zero(file: Path) -> None:
    octal = re.findall(r"(?m)^[^#]*:\s+0o?\d+\s*(?:#.*)?$", file.read_text(encoding="utf-8"))

    assert octal == []


def test_workloads_select_the_pods_that_they_label() -> None:
    for kind, name in (("DaemonSet", "calico-node"), ("Deployment", "calico-kube-controllers")):
        workload = objects()[kind, name]

        assert workload["metadata"]["labels"] == {"k8s-app": name}
        assert workload["spec"]["selector"] == {"matchLabels": {"k8s-app": name}}
        assert workload["spec"]["template"]["metadata"]["labels"] == {"k8s-app": name}


def test_calico_node_is_replaced_one_node_at_a_time() -> None:
    spec = objects()["DaemonSet", "calico-node"]["spec"]

    assert without(spec, "selector", "template") == {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    }


def test_calico_node_pods_run_on_every_linux_node_in_the_host_network() -> None:
    spec = pod_spec("DaemonSet", "calico-node")

    assert without(spec, "initContainers", "containers", "volumes") == {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "hostNetwork": True,
        "tolerations": [
            {"effect": "NoSchedule", "operator": "Exists"},
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"effect": "NoExecute", "operator": "Exists"},
        ],
        "serviceAccountName": "calico-node",
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 0,
        "priorityClassName": "system-node-critical",
    }


def test_there_is_never_more_than_one_pod_of_kube_controllers() -> None:
    spec = objects()["Deployment", "calico-kube-controllers"]["spec"]

    assert without(spec, "selector", "template") == {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
    }


def test_kube_controllers_pods_may_run_on_the_control_plane_in_the_pod_network() -> None:
    spec = pod_spec("Deployment", "calico-kube-controllers")

    assert without(spec, "containers") == {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "serviceAccountName": "calico-kube-controllers",
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "priorityClassName": "system-cluster-critical",
    }


def test_the_disruption_budget_lets_a_drain_take_the_only_pod() -> None:
    budget = objects()["PodDisruptionBudget", "calico-kube-controllers"]

    assert budget["metadata"]["labels"] == {"k8s-app": "calico-kube-controllers"}
    assert budget["spec"] == {
        "maxUnavailable": 1,
        "selector": {"matchLabels": {"k8s-app": "calico-kube-controllers"}},
    }


def test_containers_come_in_the_order_in_which_they_must_run() -> None:
    expected = [(name, image, command, "IfNotPresent") for name, image, command in CONTAINERS]

    assert [
        (name, found["image"], found.get("command"), found["imagePullPolicy"])
        for name, found in containers().items()
    ] == expected


@pytest.mark.parametrize("container", ENVIRONMENTS)
def test_a_container_has_the_variables_of_its_table_in_order(container: str) -> None:
    found = containers()[container].get("env", [])

    assert [(item["name"], without(item, "name")) for item in found] == ENVIRONMENTS[container]


def test_only_containers_that_ask_the_api_server_may_be_told_its_address() -> None:
    reference = {"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}
    told = {name: found["envFrom"] for name, found in containers().items() if "envFrom" in found}

    assert told == {
        "upgrade-ipam": [reference],
        "install-cni": [reference],
        "calico-node": [reference],
    }


@pytest.mark.parametrize("container", MOUNTS)
def test_a_container_mounts_exactly_the_paths_of_its_table(container: str) -> None:
    found = containers()[container].get("volumeMounts", [])

    assert {
        mount["mountPath"]: (mount["name"], without(mount, "name", "mountPath")) for mount in found
    } == MOUNTS[container]
    assert len(found) == len(MOUNTS[container])


def test_calico_node_has_exactly_the_volumes_of_the_table() -> None:
    volumes = pod_spec("DaemonSet", "calico-node")["volumes"]
    expected = [
        {"name": name, "hostPath": {"path": path, **({"type": kind} if kind else {})}}
        for name, (path, kind) in VOLUMES.items()
    ]

    assert sorted(volumes, key=str) == sorted(expected, key=str)


def test_every_volume_is_mounted() -> None:
    mounted = {volume for mounts in MOUNTS.values() for volume, _ in mounts.values()}

    assert mounted == set(VOLUMES)


@pytest.mark.parametrize(("container", "probe", "command", "times"), PROBES)
def test_a_probe_has_the_command_and_times_of_its_table(
    container: str, probe: str, command: list[str], times: dict[str, int]
) -> None:
    assert containers()[container][probe] == {"exec": {"command": command}, **times}


def test_probes_and_hooks_are_only_where_the_tables_have_them() -> None:
    watched = {
        (name, field)
        for name, found in containers().items()
        for field in found
        if field.endswith("Probe") or field == "lifecycle"
    }

    assert watched == {*(probe[:2] for probe in PROBES), ("calico-node", "lifecycle")}
    assert containers()["calico-node"]["lifecycle"] == {
        "preStop": {"exec": {"command": [NODE_CHECK, "-shutdown"]}}
    }


def test_only_kube_controllers_run_without_privileges() -> None:
    contexts = {name: found["securityContext"] for name, found in containers().items()}

    assert contexts == {
        "upgrade-ipam": {"privileged": True},
        "install-cni": {"privileged": True},
        "ebpf-bootstrap": {"privileged": True},
        "calico-node": {"privileged": True},
        "calico-kube-controllers": {"runAsNonRoot": True},
    }


def test_only_calico_node_asks_for_cpu_and_nothing_is_limited() -> None:
    asked = {
        name: found["resources"] for name, found in containers().items() if "resources" in found
    }

    assert asked == {"calico-node": {"requests": {"cpu": "250m"}}}


@pytest.mark.parametrize("role", RULES)
def test_a_role_has_exactly_the_rules_of_its_table(role: str) -> None:
    assert rules(objects()["ClusterRole", role]["rules"]) == RULES[role]


@pytest.mark.parametrize("role", ETCD_RULES)
def test_with_etcd_a_role_has_exactly_the_rules_of_its_table(role: str) -> None:
    assert rules(etcd_values()[f"ClusterRole/{role}", "/rules"]) == ETCD_RULES[role]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_binding_gives_its_role_to_one_subject(name: str) -> None:
    binding = objects()["ClusterRoleBinding", name]

    assert binding["roleRef"] == {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": name}
    assert binding["subjects"] == [SUBJECTS[name]]


def test_the_config_map_holds_four_strings() -> None:
    data = objects()["ConfigMap", "calico-config"]["data"]

    assert without(data, "cni_network_config") == {
        "typha_service_name": "none",
        "calico_backend": "bird",
        "veth_mtu": "0",
    }
    assert isinstance(data["cni_network_config"], str)


def test_the_cni_configuration_is_json_once_it_is_filled_in() -> None:
    text = objects()["ConfigMap", "calico-config"]["data"]["cni_network_config"]

    assert cni_config(text) == {
        "name": "k8s-pod-network",
        "cniVersion": "0.3.1",
        "plugins": [CNI_COMMON | CNI_KUBERNETES, PORTMAP],
    }


def test_with_etcd_the_cni_configuration_names_etcd_and_no_node() -> None:
    text = etcd_values()["ConfigMap/calico-config", "/data/cni_network_config"]

    assert cni_config(text) == {
        "name": "k8s-pod-network",
        "cniVersion": "0.3.1",
        "plugins": [CNI_COMMON | CNI_ETCD, PORTMAP],
    }


def test_with_etcd_the_certificate_is_readable_by_the_user_of_each_pod_only() -> None:
    node = etcd_values()["DaemonSet/calico-node", "/spec/template/spec/volumes/-"]
    (controllers,) = etcd_values()[
        "Deployment/calico-kube-controllers", "/spec/template/spec/volumes"
    ]

    # Root reads as the owner; user 999 of the controllers reads through group 0.
    assert node["secret"] == {"secretName": "calico-etcd-secrets", "defaultMode": 0o400}
    assert controllers["secret"] == {"secretName": "calico-etcd-secrets", "defaultMode": 0o440}
