"""packc_windows_note: what a cluster with Windows nodes has to mind, given the values."""

from __future__ import annotations

from collections.abc import Iterator

from packc.api import Feature, Level, Note, Variant, hookimpl

LOST_IN_BLOCK = 4
"""Addresses of a block that Windows keeps for itself: three at the start, one at the end."""

NOT_INCLUDED = (
    "Calico for Windows is not part of this pack: its objects run on Linux nodes only, and a"
    " Windows node stays NotReady until Calico is installed there. Upstream documents the Tigera"
    " operator alone for that, with its data in the Kubernetes API."
)
NEEDS = (
    "Windows nodes need: Windows Server 2019 (build 17763.1432 or later) or 2022 (build 20348.169"
    " or later); Kubernetes 1.23 or later and containerd 1.6 or later, for HostProcess containers;"
    " kube-proxy for Windows, installed separately; the address of the API server in the ConfigMap"
    " `kubernetes-services-endpoint`; VXLAN on UDP port 4789 with a VNI of 4096 or more, as is"
    " Calico's default; and Linux nodes for the control plane and Calico's controllers."
)
IPIP = (
    "IP-in-IP is chosen: Calico on Windows refuses a cluster with an IP-in-IP pool in it. Set"
    " `calico.encapsulationType` to `CALICO_IPV4POOL_VXLAN` and keep the mode `Always`."
)
IPIP_ONLY = (
    "IP-in-IP is chosen, and the cloud {cloud} carries nothing else: Calico on Windows refuses a"
    " cluster with an IP-in-IP pool in it. Windows nodes can join only without a tunnel, or on a"
    " cloud that carries VXLAN."
)
CROSS_SUBNET = (
    "VXLAN runs with mode `CrossSubnet`: Windows nodes know `Always` only. Set"
    " `calico.encapsulationMode` to `Always`."
)
NO_TUNNEL = (
    "There is no tunnel (mode `Never`): Windows nodes then need BGP, by Calico's backend"
    " `windows-bgp` and the routing role of Windows, on one layer 2 network or a fabric that"
    " speaks BGP. With VXLAN and mode `Always` they do not."
)
BIRD = (
    "The backend `bird` is chosen beside VXLAN: Windows nodes need BGP off. Set"
    " `calico.networkingBackend` to `auto` or `vxlan`."
)
ETCD = (
    "Calico's data is in etcd: the operator, the one documented way to Calico on Windows, works"
    " with the Kubernetes API alone. Build without the feature `etcd-tls`."
)
STRICT_AFFINITY = (
    "`strictAffinity` is not set by this pack, and Windows nodes get no addresses without it. Run"
    " `calicoctl ipam configure --strictaffinity=true`, or create the IPAMConfig"
    " (crd.projectcalico.org/v1) `default` with `strictAffinity: true` and `autoAllocateBlocks:"
    " true`."
)
MTU = (
    "`calico.mtu` is {mtu}: Windows nodes do not support an MTU of your own for VXLAN, so that the"
    " two sides may differ. Set it to 0 unless you have tried it."
)
BLOCKS = (
    "With `strictAffinity` no node borrows addresses: {cidr} holds {blocks} of {size} addresses,"
    " which is room for at most that many nodes. A Windows node has one block, of which {usable}"
    " addresses are left for pods."
)


@hookimpl
def packc_features() -> list[Feature]:
    return [
        Feature(
            name="windows-note",
            title="Notes for Windows nodes",
            description="Says what Windows nodes would need and which values stand in their way;"
            " changes no object.",
        )
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    warnings = (Note(text, Level.WARNING) for text in _warnings(variant))
    return [Note(NOT_INCLUDED), Note(NEEDS), *(Note(text) for text in _blocks(variant)), *warnings]


def _warnings(variant: Variant) -> Iterator[str]:
    yield from _encapsulation(variant)
    if "etcd-tls" in variant.features:
        yield ETCD
    yield STRICT_AFFINITY
    mtu = variant.values.get("calico.mtu")
    if mtu not in (None, 0):
        yield MTU.format(mtu=mtu)


def _encapsulation(variant: Variant) -> Iterator[str]:
    kind = variant.values.get("calico.encapsulationType")
    mode = variant.values.get("calico.encapsulationMode")
    match kind, mode:
        case _, "Never":
            yield NO_TUNNEL
        case "CALICO_IPV4POOL_IPIP", _:
            yield IPIP if _carries_vxlan(variant) else IPIP_ONLY.format(cloud=variant.cloud.name)
        case "CALICO_IPV4POOL_VXLAN", "CrossSubnet":
            yield CROSS_SUBNET
    tunnel_is_vxlan = kind == "CALICO_IPV4POOL_VXLAN" and mode != "Never"
    if tunnel_is_vxlan and variant.values.get("calico.networkingBackend") == "bird":
        yield BIRD


def _carries_vxlan(variant: Variant) -> bool:
    fact = variant.cloud.fact("pod-network-encapsulation")
    return fact is None or "vxlan" in fact.supports


def _blocks(variant: Variant) -> Iterator[str]:
    cidr = variant.values.get("calico.calicoNetworkCIDR")
    block_size = variant.values.get("calico.blockSize")
    if cidr is None or block_size is None:
        return
    prefix = int(cidr.rpartition("/")[2])
    count, size = 2 ** (block_size - prefix), 2 ** (32 - block_size)
    blocks = "1 block" if count == 1 else f"{count} blocks"
    usable = max(size - LOST_IN_BLOCK, 0)
    yield BLOCKS.format(cidr=cidr, blocks=blocks, size=size, usable=usable)
