"""packc_vmware: what packc has to know of VMware vSphere."""

from __future__ import annotations

from collections.abc import Iterator

from packc.api import Cloud, Fact, Note, Variant, hookimpl

TUNNEL = (
    "Firewalls between the nodes, the distributed firewall of NSX among them, must pass IP"
    " protocol 4 (IP-in-IP, which has no port) and TCP port 179 (BGP)."
)
NO_TUNNEL = (
    "Firewalls between the nodes, the distributed firewall of NSX among them, must pass TCP port"
    " 179 (BGP) and traffic with the addresses of pods."
)
POD_ADDRESSES = (
    "With mode `{mode}`, nodes of one subnet send each other packets with the addresses of pods:"
    " the port group must pass addresses that are not the virtual machine's own. The MAC address"
    " stays its own."
)
MTU = (
    "An NSX segment adds a tunnel of its own below Calico's. Raise the MTU of the network beneath"
    " it, or set `calico.mtu` to what is left."
)


@hookimpl
def packc_clouds() -> list[Cloud]:
    encapsulation = Fact(
        name="pod-network-encapsulation",
        supports=("ipip",),
        default="ipip",
        refuses={
            "vxlan": "VXLAN over a VMXNET3 adapter with tunnel offload breaks the inner checksums,"
            " so that of all traffic between nodes only ICMP passes"
        },
    )
    return [
        Cloud(
            name="vmware",
            title="VMware vSphere",
            description="Virtual machines on ESXi, on plain port groups or on NSX segments.",
            facts=(encapsulation,),
        )
    ]


@hookimpl
def packc_notes(variant: Variant) -> list[Note]:
    return list(_calico_notes(variant)) if variant.pack == "calico" else []


def _calico_notes(variant: Variant) -> Iterator[Note]:
    mode = variant.values.get("calico.encapsulationMode")
    if mode is not None:
        yield Note(NO_TUNNEL if mode == "Never" else TUNNEL)
    if mode in ("CrossSubnet", "Never"):
        yield Note(POD_ADDRESSES.format(mode=mode))
    if variant.values.get("calico.mtu") == 0:
        yield Note(MTU)
