"""test_calico_crds: the definitions match the API of Calico v3.32.1 and are structural."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import frozen
from jsonschema import Draft202012Validator

PACK = Path(__file__).parents[1] / "packs/calico"
CALICO = "crd.projectcalico.org"
POLICY = "policy.networking.k8s.io"
TABLE_ROW = re.compile(r"^\| (?P<crd>[a-z]+) \| `(?P<path>[^`]+)` \| \S.* \|$", re.MULTILINE)

# The whole of what a structural schema may say at a node, as far as these files use it.
KEYWORDS = {
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "required",
    "type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
}


@frozen
class Crd:
    """What Calico's client and the API server have to agree on for one kind."""

    kind: str
    plural: str
    scope: str = "Cluster"
    has_status: bool = False
    required: tuple[str, ...] = ()
    group: str = CALICO
    version: str = "v1"
    short_names: tuple[str, ...] = ()


CRDS = (
    Crd("BGPConfiguration", "bgpconfigurations"),
    Crd("BGPFilter", "bgpfilters"),
    Crd("BGPPeer", "bgppeers"),
    Crd("BlockAffinity", "blockaffinities", required=("cidr", "deleted", "node", "state")),
    Crd("CalicoNodeStatus", "caliconodestatuses"),
    Crd("ClusterInformation", "clusterinformations"),
    Crd(
        "ClusterNetworkPolicy",
        "clusternetworkpolicies",
        has_status=True,
        required=("priority", "subject", "tier"),
        group=POLICY,
        version="v1alpha2",
        short_names=("cnp",),
    ),
    Crd("FelixConfiguration", "felixconfigurations"),
    Crd("GlobalNetworkPolicy", "globalnetworkpolicies"),
    Crd("GlobalNetworkSet", "globalnetworksets"),
    Crd("HostEndpoint", "hostendpoints"),
    Crd(
        "IPAMBlock",
        "ipamblocks",
        required=("allocations", "attributes", "cidr", "strictAffinity", "unallocated"),
    ),
    Crd("IPAMConfig", "ipamconfigs", required=("autoAllocateBlocks", "strictAffinity")),
    Crd("IPAMHandle", "ipamhandles", required=("block", "handleID")),
    Crd("IPPool", "ippools", required=("cidr",)),
    Crd("IPReservation", "ipreservations"),
    Crd(
        "KubeControllersConfiguration",
        "kubecontrollersconfigurations",
        has_status=True,
        required=("controllers",),
    ),
    Crd("NetworkPolicy", "networkpolicies", scope="Namespaced"),
    Crd("NetworkSet", "networksets", scope="Namespaced"),
    Crd("StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies"),
    Crd("StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies", scope="Namespaced"),
    Crd("StagedNetworkPolicy", "stagednetworkpolicies", scope="Namespaced"),
    Crd("Tier", "tiers"),
)

DEFAULTS = {
    ("bgpconfigurations", "spec.logSeverityScreen"): "Info",
    ("bgpconfigurations", "spec.nodeMeshPassword.secretKeyRef.name"): "",
    ("bgpconfigurations", "spec.serviceLoadBalancerAggregation"): "Enabled",
    ("bgppeers", "spec.password.secretKeyRef.name"): "",
    ("felixconfigurations", "spec.nftablesMode"): "Auto",
    ("globalnetworkpolicies", "spec.tier"): "default",
    ("ipamblocks", "spec.sequenceNumber"): 0,
    ("ippools", "spec.assignmentMode"): "Automatic",
    ("kubecontrollersconfigurations", "spec.controllers.loadBalancer.assignIPs"): "AllServices",
    ("kubecontrollersconfigurations", "spec.controllers.policyMigration.enabled"): "Enabled",
    ("kubecontrollersconfigurations", "spec.healthChecks"): "Enabled",
    ("networkpolicies", "spec.tier"): "default",
    ("stagedglobalnetworkpolicies", "spec.stagedAction"): "Set",
    ("stagedglobalnetworkpolicies", "spec.tier"): "default",
    ("stagedkubernetesnetworkpolicies", "spec.stagedAction"): "Set",
    ("stagednetworkpolicies", "spec.stagedAction"): "Set",
    ("stagednetworkpolicies", "spec.tier"): "default",
    ("tiers", "spec.defaultAction"): "Deny",
}

# The fields of each spec with their types; FelixConfiguration is open.
FIELDS = {
    "bgpconfigurations": {
        "asNumber": "integer",
        "bindMode": "string",
        "communities": "array",
        "ignoredInterfaces": "array",
        "ipv4NormalRoutePriority": "integer",
        "ipv6NormalRoutePriority": "integer",
        "listenPort": "integer",
        "localWorkloadPeeringIPV4": "string",
        "localWorkloadPeeringIPV6": "string",
        "logSeverityScreen": "string",
        "nodeMeshMaxRestartTime": "string",
        "nodeMeshPassword": "object",
        "nodeToNodeMeshEnabled": "boolean",
        "prefixAdvertisements": "array",
        "programClusterRoutes": "string",
        "serviceClusterIPs": "array",
        "serviceExternalIPs": "array",
        "serviceLoadBalancerAggregation": "string",
        "serviceLoadBalancerIPs": "array",
    },
    "bgpfilters": {
        "exportV4": "array",
        "exportV6": "array",
        "importV4": "array",
        "importV6": "array",
    },
    "bgppeers": {
        "asNumber": "integer",
        "filters": "array",
        "keepOriginalNextHop": "boolean",
        "keepaliveTime": "string",
        "localASNumber": "integer",
        "localWorkloadSelector": "string",
        "maxRestartTime": "string",
        "nextHopMode": "string",
        "node": "string",
        "nodeSelector": "string",
        "numAllowedLocalASNumbers": "integer",
        "password": "object",
        "peerIP": "string",
        "peerSelector": "string",
        "reachableBy": "string",
        "reversePeering": "string",
        "sourceAddress": "string",
        "ttlSecurity": "integer",
    },
    "blockaffinities": {
        "cidr": "string",
        "deleted": "string",
        "node": "string",
        "state": "string",
        "type": "string",
    },
    "caliconodestatuses": {"classes": "array", "node": "string", "updatePeriodSeconds": "integer"},
    "clusterinformations": {
        "calicoVersion": "string",
        "clusterGUID": "string",
        "clusterType": "string",
        "datastoreReady": "boolean",
        "variant": "string",
    },
    "globalnetworkpolicies": {
        "applyOnForward": "boolean",
        "doNotTrack": "boolean",
        "egress": "array",
        "ingress": "array",
        "namespaceSelector": "string",
        "order": "number",
        "performanceHints": "array",
        "preDNAT": "boolean",
        "selector": "string",
        "serviceAccountSelector": "string",
        "tier": "string",
        "types": "array",
    },
    "globalnetworksets": {"nets": "array"},
    "hostendpoints": {
        "expectedIPs": "array",
        "interfaceName": "string",
        "node": "string",
        "ports": "array",
        "profiles": "array",
    },
    "ipamblocks": {
        "affinity": "string",
        "affinityClaimTime": "string",
        "allocations": "array",
        "attributes": "array",
        "cidr": "string",
        "deleted": "boolean",
        "sequenceNumber": "integer",
        "sequenceNumberForAllocation": "object",
        "strictAffinity": "boolean",
        "unallocated": "array",
    },
    "ipamconfigs": {
        "autoAllocateBlocks": "boolean",
        "kubeVirtVMAddressPersistence": "string",
        "maxBlocksPerHost": "integer",
        "strictAffinity": "boolean",
    },
    "ipamhandles": {"block": "object", "deleted": "boolean", "handleID": "string"},
    "ippools": {
        "allowedUses": "array",
        "assignmentMode": "string",
        "blockSize": "integer",
        "cidr": "string",
        "disableBGPExport": "boolean",
        "disabled": "boolean",
        "ipipMode": "string",
        "namespaceSelector": "string",
        "natOutgoing": "boolean",
        "nodeSelector": "string",
        "vxlanMode": "string",
    },
    "ipreservations": {"reservedCIDRs": "array"},
    "kubecontrollersconfigurations": {
        "controllers": "object",
        "debugProfilePort": "integer",
        "etcdV3CompactionPeriod": "string",
        "healthChecks": "string",
        "logSeverityScreen": "string",
        "prometheusMetricsPort": "integer",
    },
    "networkpolicies": {
        "egress": "array",
        "ingress": "array",
        "order": "number",
        "performanceHints": "array",
        "selector": "string",
        "serviceAccountSelector": "string",
        "tier": "string",
        "types": "array",
    },
    "networksets": {"nets": "array"},
    "stagedglobalnetworkpolicies": {
        "applyOnForward": "boolean",
        "doNotTrack": "boolean",
        "egress": "array",
        "ingress": "array",
        "namespaceSelector": "string",
        "order": "number",
        "performanceHints": "array",
        "preDNAT": "boolean",
        "selector": "string",
        "serviceAccountSelector": "string",
        "stagedAction": "string",
        "tier": "string",
        "types": "array",
    },
    "stagedkubernetesnetworkpolicies": {
        "egress": "array",
        "ingress": "array",
        "podSelector": "object",
        "policyTypes": "array",
        "stagedAction": "string",
    },
    "stagednetworkpolicies": {
        "egress": "array",
        "ingress": "array",
        "order": "number",
        "performanceHints": "array",
        "selector": "string",
        "serviceAccountSelector": "string",
        "stagedAction": "string",
        "tier": "string",
        "types": "array",
    },
    "tiers": {"defaultAction": "string", "order": "number"},
    "clusternetworkpolicies": {
        "egress": "array",
        "ingress": "array",
        "priority": "integer",
        "subject": "object",
        "tier": "string",
    },
}

# How many CEL rules stand at each place of the kinds that have rules outside policy rules.
RULE_COUNTS = {
    ("bgpconfigurations", "spec"): 2,
    ("bgpfilters", "spec.exportV4[]"): 3,
    ("bgppeers", "spec"): 6,
    ("felixconfigurations", ""): 1,
    ("felixconfigurations", "spec"): 1,
    ("globalnetworkpolicies", "spec"): 4,
    ("globalnetworkpolicies", "spec.ingress[]"): 3,
    ("hostendpoints", "spec"): 2,
    ("ippools", "spec"): 4,
    ("ippools", "spec.blockSize"): 1,
    ("ippools", "spec.cidr"): 1,
    ("stagedglobalnetworkpolicies", "spec"): 4,
    ("tiers", ""): 3,
}

Schema = dict[str, Any]


@cache
def read(plural: str) -> dict[str, Any]:
    """Return the definition in the file of that plural name."""
    text = (PACK / "base/crds" / f"{plural}.yaml").read_text(encoding="utf-8")
    crd: dict[str, Any] = yaml.safe_load(text)
    return crd


def root_schema(plural: str) -> Schema:
    """Return the schema of the only version."""
    schema: Schema = read(plural)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield each schema node with its path; `[]` stands for list items, `{}` for map values."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}".removeprefix("."))
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


def node_at(plural: str, path: str) -> Schema:
    """Return the schema node at a path."""
    return dict(nodes(root_schema(plural)))[path]


each_crd = pytest.mark.parametrize("crd", CRDS, ids=lambda crd: crd.plural)


def test_folder_holds_one_file_for_each_kind() -> None:
    files = sorted(path.name for path in (PACK / "base/crds").iterdir())

    assert files == sorted(f"{crd.plural}.yaml" for crd in CRDS)
    assert len(files) == 23


@each_crd
def test_names_are_those_that_calico_asks_for(crd: Crd) -> None:
    found = read(crd.plural)

    assert found["apiVersion"] == "apiextensions.k8s.io/v1"
    assert found["kind"] == "CustomResourceDefinition"
    assert found["metadata"]["name"] == f"{crd.plural}.{crd.group}"
    assert found["spec"]["group"] == crd.group
    assert found["spec"]["scope"] == crd.scope
    assert found["spec"]["names"] == {
        "kind": crd.kind,
        "listKind": f"{crd.kind}List",
        "plural": crd.plural,
        "singular": crd.kind.lower(),
        **({"shortNames": list(crd.short_names)} if crd.short_names else {}),
    }


@each_crd
def test_one_version_is_served_and_stored(crd: Crd) -> None:
    spec = read(crd.plural)["spec"]

    assert [version["name"] for version in spec["versions"]] == [crd.version]
    assert spec["versions"][0]["served"] is True
    assert spec["versions"][0]["storage"] is True
    assert "conversion" not in spec


@each_crd
def test_unknown_fields_are_dropped_outside_open_places(crd: Crd) -> None:
    spec = read(crd.plural)["spec"]

    assert spec.get("preserveUnknownFields") is (False if crd.group == CALICO else None)


@each_crd
def test_status_subresource_is_on_only_where_its_writer_uses_it(crd: Crd) -> None:
    """With it, a plain update loses the status; without it, a status update is a 404."""
    version = read(crd.plural)["spec"]["versions"][0]

    assert version.get("subresources") == ({"status": {}} if crd.has_status else None)


@pytest.mark.parametrize(("plural", "fields"), FIELDS.items(), ids=list(FIELDS))
def test_spec_has_the_fields_of_the_api(plural: str, fields: dict[str, str]) -> None:
    properties = root_schema(plural)["properties"]["spec"]["properties"]

    assert {name: node["type"] for name, node in properties.items()} == fields


@each_crd
def test_required_fields_of_the_spec(crd: Crd) -> None:
    spec = root_schema(crd.plural)["properties"]["spec"]

    assert tuple(spec.get("required", ())) == crd.required


@pytest.mark.parametrize("plural", ["clusternetworkpolicies", "tiers"])
def test_kinds_whose_rules_need_a_spec_require_one(plural: str) -> None:
    assert root_schema(plural)["required"] == ["metadata", "spec"]


@pytest.mark.parametrize(
    ("plural", "path"),
    [
        ("bgpconfigurations", "spec.asNumber"),
        ("bgpfilters", "spec.importV4[].asPathPrefix[]"),
        ("bgppeers", "spec.asNumber"),
        ("bgppeers", "spec.localASNumber"),
    ],
)
def test_private_four_byte_as_numbers_are_allowed(plural: str, path: str) -> None:
    """The format int32, which some API servers enforce, would refuse them."""
    node = node_at(plural, path)

    assert node["format"] == "int64"
    assert (node["minimum"], node["maximum"]) == (0, 2**32 - 1)


@each_crd
def test_file_says_first_what_the_kind_is_for(crd: Crd) -> None:
    text = (PACK / "base/crds" / f"{crd.plural}.yaml").read_text(encoding="utf-8")

    assert text.startswith(f"# {crd.kind}: ")


def test_policy_api_carries_the_approval_that_its_group_needs() -> None:
    annotations = read("clusternetworkpolicies")["metadata"]["annotations"]

    assert annotations == {
        "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/network-policy-api/pull/347",
        "policy.networking.k8s.io/bundle-version": "v0.2.0",
        "policy.networking.k8s.io/channel": "standard",
    }


def test_policy_api_prints_tier_priority_and_age() -> None:
    columns = read("clusternetworkpolicies")["spec"]["versions"][0]["additionalPrinterColumns"]

    assert [(column["name"], column["jsonPath"]) for column in columns] == [
        ("Tier", ".spec.tier"),
        ("Priority", ".spec.priority"),
        ("Age", ".metadata.creationTimestamp"),
    ]


def test_free_slots_of_a_block_may_be_null() -> None:
    assert node_at("ipamblocks", "spec.allocations[]") == {"type": "integer", "nullable": True}


def test_nothing_else_but_the_report_time_may_be_null() -> None:
    nullable = {
        (crd.plural, path)
        for crd in CRDS
        for path, node in nodes(root_schema(crd.plural))
        if node.get("nullable")
    }

    assert nullable == {
        ("ipamblocks", "spec.allocations[]"),
        ("caliconodestatuses", "status.lastUpdated"),
    }


@pytest.mark.parametrize(
    ("plural", "type_name"),
    [("blockaffinities", "string"), ("ipamblocks", "boolean"), ("ipamhandles", "boolean")],
)
def test_deleted_is_text_in_a_block_affinity_only(plural: str, type_name: str) -> None:
    assert node_at(plural, "spec.deleted")["type"] == type_name


def test_defaults_of_specs_are_those_of_the_api() -> None:
    found = {
        (crd.plural, path): node["default"]
        for crd in CRDS
        for path, node in nodes(root_schema(crd.plural))
        if "default" in node and path.startswith("spec.")
    }

    assert found == DEFAULTS


@pytest.mark.parametrize(("place", "count"), RULE_COUNTS.items(), ids=lambda value: str(value))
def test_rules_stand_where_the_api_has_them(place: tuple[str, str], count: int) -> None:
    assert len(node_at(*place)["x-kubernetes-validations"]) == count


@pytest.mark.parametrize(
    ("plural", "path", "values"),
    [
        ("ippools", "spec.ipipMode", {"Never", "Always", "CrossSubnet"}),
        ("ippools", "spec.vxlanMode", {"Never", "Always", "CrossSubnet"}),
        ("ippools", "spec.allowedUses[]", {"Workload", "Tunnel", "LoadBalancer"}),
        ("ippools", "spec.assignmentMode", {"Automatic", "Manual"}),
        ("tiers", "spec.defaultAction", {"Pass", "Deny"}),
        ("networkpolicies", "spec.ingress[].action", {"Allow", "Deny", "Log", "Pass"}),
        ("clusternetworkpolicies", "spec.egress[].action", {"Accept", "Deny", "Pass"}),
        ("clusternetworkpolicies", "spec.tier", {"Admin", "Baseline"}),
    ],
)
def test_choices_are_those_of_the_api(plural: str, path: str, values: set[str]) -> None:
    assert set(node_at(plural, path)["enum"]) == values


@pytest.mark.parametrize(
    "plural",
    [
        "globalnetworkpolicies",
        "networkpolicies",
        "stagedglobalnetworkpolicies",
        "stagednetworkpolicies",
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_policies_share_one_schema_of_rules(plural: str, direction: str) -> None:
    assert node_at(plural, f"spec.{direction}[]") == node_at("networkpolicies", "spec.ingress[]")


@each_crd
def test_every_node_is_typed(crd: Crd) -> None:
    untyped = [
        path
        for path, node in nodes(root_schema(crd.plural))
        if ("type" in node) == (node.get("x-kubernetes-int-or-string") is True)
    ]

    assert untyped == []


@each_crd
def test_nodes_use_known_keywords_that_suit_their_type(crd: Crd) -> None:
    misplaced = [
        (path, sorted(node))
        for path, node in nodes(root_schema(crd.plural))
        if node.keys() - KEYWORDS
        or ("properties" in node and "additionalProperties" in node)
        or ((node.keys() & {"properties", "additionalProperties"}) and node["type"] != "object")
        or (("items" in node) != (node.get("type") == "array"))
    ]

    assert misplaced == []


@each_crd
def test_objects_name_their_fields_or_say_that_they_are_open(crd: Crd) -> None:
    """An object with neither loses every field; the API server itself knows `metadata` only."""
    empty = [
        path
        for path, node in nodes(root_schema(crd.plural))
        if node.get("type") == "object"
        and path != "metadata"
        and not node.keys()
        & {"properties", "additionalProperties", "x-kubernetes-preserve-unknown-fields"}
    ]

    assert empty == []


@each_crd
def test_required_names_are_properties(crd: Crd) -> None:
    unknown = [
        (path, name)
        for path, node in nodes(root_schema(crd.plural))
        for name in node.get("required", ())
        if name not in node["properties"]
    ]

    assert unknown == []


@each_crd
def test_defaults_are_valid_values(crd: Crd) -> None:
    refused = [
        (path, node["default"])
        for path, node in nodes(root_schema(crd.plural))
        if "default" in node and not Draft202012Validator(node).is_valid(node["default"])
    ]

    assert refused == []


@each_crd
def test_required_fields_have_no_default(crd: Crd) -> None:
    """A default makes a field present, so to require it as well says two things."""
    both = [
        (path, name)
        for path, node in nodes(root_schema(crd.plural))
        for name in node.get("required", ())
        if "default" in node["properties"][name]
    ]

    assert both == []


@each_crd
def test_rules_have_an_expression_and_a_message(crd: Crd) -> None:
    unclear = [
        (path, rule)
        for path, node in nodes(root_schema(crd.plural))
        for rule in node.get("x-kubernetes-validations", ())
        if not (rule["rule"].strip() and rule["message"].strip() and "self" in rule["rule"])
        or rule.keys() - {"rule", "message", "reason"}
    ]

    assert unclear == []


@each_crd
def test_rules_name_only_fields_that_the_schema_has(crd: Crd) -> None:
    """CEL refuses to compile a rule on a field without a schema, open object or not."""
    unknown = [
        (path, field)
        for path, node in nodes(root_schema(crd.plural))
        for rule in node.get("x-kubernetes-validations", ())
        for field in re.findall(r"\bself\.(\w+)\b(?!\()", rule["rule"])
        if field not in node.get("properties", {})
    ]

    assert unknown == []


def test_open_places_and_their_table_agree() -> None:
    documented = TABLE_ROW.findall((PACK / "README.md").read_text(encoding="utf-8"))
    found = [
        (crd.plural, path)
        for crd in CRDS
        for path, node in nodes(root_schema(crd.plural))
        if "x-kubernetes-preserve-unknown-fields" in node
    ]

    assert documented == sorted(found)
