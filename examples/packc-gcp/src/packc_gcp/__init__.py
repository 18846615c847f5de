"""packc_gcp: what packc has to know of Google Cloud.

packc finds this module by the entry point in pyproject.toml, which has the cloud's name. It takes
part in a build only where a pack lists the cloud, or the command line names it with `--cloud`.
"""

from __future__ import annotations

from collections.abc import Iterator

from packc.api import Cloud, Fact, Finding, Level, Note, Severity, Variant, hookimpl

NETWORK_MTU = 1460
"""Bytes in a packet on a VPC network that was made without saying otherwise."""

OVERHEAD = {"CALICO_IPV4POOL_IPIP": 20, "CALICO_IPV4POOL_VXLAN": 50}
"""Bytes that each encapsulation of Calico takes from a packet."""

FIREWALL = "Firewall rules of the VPC network: the nodes must reach each other on {what}."
FORWARDING = (
    "The machines have to be made with `--can-ip-forward`: without it Google Cloud drops packets"
    " with addresses that are not the machine's own."
)
NO_TUNNEL = (
    "With mode `Never`, the VPC network itself has to carry the addresses of pods: it needs a route"
    " to the block of each node. Choose `Always` unless you have these routes."
)
CROSS_SUBNET = "the network of Google Cloud has no layer 2, so every packet has to be wrapped"


@hookimpl
def packc_clouds() -> list[Cloud]:
    """Say what the cloud can do. Facts speak of no pack; packs ask for them by their names."""
    encapsulation = Fact(
        name="pod-network-encapsulation",
        supports=("ipip", "vxlan"),
        # Calico's guide for self-managed clusters on Google Cloud uses it.
        default="ipip",
    )
    return [
        Cloud(
            name="gcp",
            title="Google Cloud",
            description="Machines of Compute Engine in one VPC network.",
            facts=(encapsulation,),
        )
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    """Tell the operator of a variant what packc cannot see or do."""
    return list(_calico_notes(variant)) if variant.pack == "calico" else []


@hookimpl
def packc_check(variant: Variant) -> list[Finding]:
    """Find values that cannot work on this cloud, or that lose packets."""
    return list(_calico_findings(variant)) if variant.pack == "calico" else []


def _calico_notes(variant: Variant) -> Iterator[Note]:
    yield Note(FIREWALL.format(what=" and ".join(_ports(variant))))
    never = variant.values.get("calico.encapsulationMode") == "Never"
    if never or variant.values.get("calico.encapsulationType") == "CALICO_IPV4POOL_IPIP":
        yield Note(FORWARDING)
    if never:
        yield Note(NO_TUNNEL, Level.WARNING)


def _ports(variant: Variant) -> Iterator[str]:
    """Yield what a firewall has to pass with these values."""
    kind = variant.values.get("calico.encapsulationType")
    backend = variant.values.get("calico.networkingBackend")
    wrapped = variant.values.get("calico.encapsulationMode") != "Never"
    if wrapped and kind == "CALICO_IPV4POOL_VXLAN":
        yield "UDP port 4789 (VXLAN)"
    elif wrapped:
        yield "IP protocol 4 (IP-in-IP, which has no port)"
    if not wrapped or kind != "CALICO_IPV4POOL_VXLAN" or backend == "bird":
        yield "TCP port 179 (BGP)"


def _calico_findings(variant: Variant) -> Iterator[Finding]:
    mode = variant.values.get("calico.encapsulationMode")
    if mode == "CrossSubnet":
        yield Finding(
            code="GCP101",
            message=f"the mode CrossSubnet does not work on Google Cloud: {CROSS_SUBNET}",
            parameter="calico.encapsulationMode",
            hint="leave calico.encapsulationMode out, or set it to Always",
        )
    mtu = variant.values.get("calico.mtu", 0)
    kind = variant.values.get("calico.encapsulationType", "")
    most = NETWORK_MTU - (OVERHEAD.get(kind, 0) if mode != "Never" else 0)
    if mtu > most:
        yield Finding(
            code="GCP102",
            message=f"pods have an MTU of {mtu}, and a VPC network leaves them {most}",
            severity=Severity.WARNING,
            parameter="calico.mtu",
            hint="set calico.mtu to 0, and Calico finds it out; ignore this where your network"
            " was made with a larger MTU",
        )
