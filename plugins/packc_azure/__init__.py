"""packc_azure: what packc has to know of Microsoft Azure."""

from __future__ import annotations

from collections.abc import Iterator

from packc.api import Cloud, Fact, Level, Note, Variant, hookimpl

FIREWALL = (
    "Network security groups: the nodes reach each other on {what}. Azure's default rules pass all"
    " traffic inside a virtual network; a rule of your own that denies more must leave this open."
)
CROSS_SUBNET = (
    "With mode `CrossSubnet`, packets inside a subnet carry the addresses of pods, and there are"
    " reports that Azure loses them unless user-defined routes lead to the pods. Choose `Always`"
    " unless you have such routes."
)
NO_TUNNEL = (
    "With mode `Never`, Azure itself has to route the addresses of pods: that takes user-defined"
    " routes for the block of each node, and IP forwarding on each network interface. Choose"
    " `Always` unless you have both."
)


@hookimpl
def packc_clouds() -> list[Cloud]:
    encapsulation = Fact(
        name="pod-network-encapsulation",
        supports=("vxlan",),
        default="vxlan",
        refuses={"ipip": "Azure's network fabric drops IP-in-IP packets (IP protocol 4)"},
    )
    return [
        Cloud(
            name="azure",
            title="Microsoft Azure",
            description="Virtual machines in a virtual network.",
            facts=(encapsulation,),
        )
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    return list(_calico_notes(variant)) if variant.pack == "calico" else []


def _calico_notes(variant: Variant) -> Iterator[Note]:
    match variant.values.get("calico.encapsulationMode"):
        case "Never":
            yield Note(FIREWALL.format(what="TCP port 179 (BGP)"))
            yield Note(NO_TUNNEL, Level.WARNING)
        case "CrossSubnet":
            yield _tunnel(variant)
            yield Note(CROSS_SUBNET, Level.WARNING)
        case "Always":
            yield _tunnel(variant)


def _tunnel(variant: Variant) -> Note:
    bird = variant.values.get("calico.networkingBackend") == "bird"
    ports = "UDP port 4789 (VXLAN)" + (" and TCP port 179 (BGP)" if bird else "")
    return Note(FIREWALL.format(what=ports))
