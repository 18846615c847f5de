"""The cloud as a user meets it, by packc's command, and what its hooks answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packc.api import Severity, Variant

import packc_gcp as plugin

CLOUD = "gcp"
PACK = Path(__file__).parent / "pack"


def packc(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run packc on the pack that stands beside this file."""
    command, *options = arguments
    line = [sys.executable, "-m", "packc", command, str(PACK), "--cloud", CLOUD, *options]
    return subprocess.run(line, capture_output=True, text=True)


def calico(kind: str = "IPIP", mode: str = "Always", mtu: int = 0) -> Variant:
    """Return a variant of the pack `calico` on this cloud."""
    (cloud,) = plugin.packc_clouds()
    values = {
        "calico.encapsulationType": f"CALICO_IPV4POOL_{kind}",
        "calico.encapsulationMode": mode,
        "calico.networkingBackend": "auto",
        "calico.mtu": mtu,
    }
    return Variant("calico", "1.0.0", cloud, (), values)


def notes(variant: Variant) -> str:
    return "\n".join(note.text for note in plugin.packc_notes(variant))


def test_cloud_decides_the_encapsulation() -> None:
    rendered = packc("render")

    assert rendered.returncode == 0, rendered.stderr
    assert "  encapsulation: ipip\n" in rendered.stdout


def test_other_encapsulation_can_be_chosen() -> None:
    rendered = packc("render", "--set", "network.encapsulation=vxlan")

    assert "  encapsulation: vxlan\n" in rendered.stdout


@pytest.mark.parametrize(
    ("variant", "ports"),
    [
        (calico(), "IP protocol 4 (IP-in-IP, which has no port) and TCP port 179 (BGP)."),
        (calico("VXLAN"), "UDP port 4789 (VXLAN)."),
        (calico("VXLAN", "Never"), "TCP port 179 (BGP)."),
    ],
)
def test_operators_of_calico_are_told_what_the_firewall_has_to_pass(
    variant: Variant, ports: str
) -> None:
    assert f"reach each other on {ports}" in notes(variant)


def test_machines_forward_packets_unless_vxlan_wraps_them_all() -> None:
    assert plugin.FORWARDING in notes(calico())
    assert plugin.FORWARDING not in notes(calico("VXLAN"))
    assert plugin.FORWARDING in notes(calico("VXLAN", "Never"))


def test_cross_subnet_is_refused() -> None:
    (finding,) = plugin.packc_check(calico(mode="CrossSubnet"))

    assert (finding.code, finding.severity) == ("GCP101", Severity.ERROR)


@pytest.mark.parametrize(("kind", "most"), [("IPIP", 1440), ("VXLAN", 1410)])
def test_mtu_that_leaves_no_room_is_a_warning(kind: str, most: int) -> None:
    (finding,) = plugin.packc_check(calico(kind, mtu=most + 1))

    assert (finding.code, finding.severity) == ("GCP102", Severity.WARNING)
    assert plugin.packc_check(calico(kind, mtu=most)) == []


def test_other_packs_are_left_alone() -> None:
    (cloud,) = plugin.packc_clouds()
    other = Variant("network", "1.0.0", cloud, ())

    assert plugin.packc_notes(other) == []
    assert plugin.packc_check(other) == []
