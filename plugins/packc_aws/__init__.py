"""packc_aws: what packc has to know of Amazon Web Services."""

from __future__ import annotations

from collections.abc import Iterator

from packc.api import Cloud, Fact, Level, Note, Patch, Variant, add, hookimpl

UNTUNNELLED_IN_SUBNET = ("CrossSubnet", "Never")
"""The modes of Calico in which packets inside a subnet carry the addresses of pods."""

FIREWALL = (
    "Security groups: let the nodes reach each other on {what}. IP-in-IP is a protocol of its own,"
    " number 4, and has no port."
)
FIREWALL_WITHOUT_TUNNEL = (
    "Security groups: let the nodes reach each other on {what}, and let traffic with the addresses"
    " of pods pass."
)
SOURCE_CHECK = (
    "With mode `{mode}`, packets inside a subnet carry the addresses of pods, which an instance"
    " drops while its source/destination check is on. `FELIX_AWSSRCDSTCHECK=Disable` lets each"
    " calico-node turn the check off; for that the IAM role of the nodes needs"
    " `ec2:DescribeInstances` and `ec2:ModifyNetworkInterfaceAttribute`."
)
NO_TUNNEL = (
    "With mode `Never`, nothing carries packets of pods from one subnet to another: the VPC knows"
    " the addresses of instances only. Keep all nodes in one subnet, or choose `CrossSubnet` or"
    " `Always`."
)
NODE_NAME = (
    "With Calico's data in etcd, Calico names a node after its host. On AWS the Kubernetes name of"
    " a node may be the private DNS name instead. Compare `hostname` on a node with `kubectl get"
    " nodes` before you apply; where they differ, set `NODENAME` on calico-node and `nodename` in"
    " the CNI configuration to one name."
)


@hookimpl
def packc_clouds() -> list[Cloud]:
    encapsulation = Fact(
        name="pod-network-encapsulation",
        supports=("ipip",),
        default="ipip",
        refuses={
            "vxlan": "the rules that are usual between the security groups of nodes pass IP"
            " protocol 4 and BGP, not VXLAN's UDP port 4789"
        },
    )
    return [
        Cloud(
            name="aws",
            title="Amazon Web Services",
            description="Instances in a VPC, with security groups between them.",
            facts=(encapsulation,),
        )
    ]


@hookimpl
def packc_patches(variant: Variant) -> list[Patch]:
    mode = variant.values.get("calico.encapsulationMode")
    if variant.pack != "calico" or mode not in UNTUNNELLED_IN_SUBNET:
        return []
    check_off = {"name": "FELIX_AWSSRCDSTCHECK", "value": "Disable"}
    return [
        Patch(
            object="DaemonSet/calico-node",
            operations=(add("/spec/template/spec/containers/[name=calico-node]/env/-", check_off),),
            description="packets inside a subnet carry pod addresses, which AWS drops while"
            " the source/destination check is on",
        )
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    return list(_calico_notes(variant)) if variant.pack == "calico" else []


def _calico_notes(variant: Variant) -> Iterator[Note]:
    mode = variant.values.get("calico.encapsulationMode")
    if mode == "Never":
        yield Note(FIREWALL_WITHOUT_TUNNEL.format(what="TCP port 179 (BGP)"))
        yield Note(NO_TUNNEL, Level.WARNING)
    elif mode is not None:
        yield Note(FIREWALL.format(what="IP protocol 4 (IP-in-IP) and TCP port 179 (BGP)"))
    if mode in UNTUNNELLED_IN_SUBNET:
        yield Note(SOURCE_CHECK.format(mode=mode))
    if "etcd-tls" in variant.features:
        yield Note(NODE_NAME, Level.WARNING)
