"""The plugin windows-note: what it says, and which values earn a warning."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.model import Cloud, Distribution, Fact, Feature, Level, Note, Variant
from packc.plugins import Found, Host

IPIP, VXLAN = "CALICO_IPV4POOL_IPIP", "CALICO_IPV4POOL_VXLAN"
BOTH = Cloud("both", "Both", facts=(Fact("pod-network-encapsulation", ("ipip", "vxlan"), "vxlan"),))
IPIP_ONLY = Cloud("old", "Old", facts=(Fact("pod-network-encapsulation", ("ipip",), "ipip"),))
FIT = {
    "calico.encapsulationType": VXLAN,
    "calico.encapsulationMode": "Always",
    "calico.networkingBackend": "auto",
    "calico.calicoNetworkCIDR": "192.168.0.0/16",
    "calico.blockSize": 26,
    "calico.mtu": 0,
}
"""Values that suit Windows nodes as well as this pack's can."""


def windows_note() -> Host:
    entry = EntryPoint("windows-note", "packc_windows_note", "packc")
    found = Found("windows-note", entry.value, Distribution("packc", "0"), entry)
    return Host(installed={"windows-note": (found,)})


HOST = windows_note()


def notes_of(values: dict[str, Any], *features: str, cloud: Cloud = BOTH) -> list[Note]:
    variant = Variant("calico", "3.32.1", cloud, ("windows-note", *features), values)
    return list(HOST.ask(HOST.load("windows-note"), "packc_notes", Note, variant=variant))


def warnings_of(values: dict[str, Any], *features: str, cloud: Cloud = BOTH) -> list[str]:
    notes = notes_of(values, *features, cloud=cloud)
    return [note.text for note in notes if note.level is Level.WARNING]


def test_the_feature_needs_no_settings() -> None:
    [feature] = HOST.ask(HOST.load("windows-note"), "packc_features", Feature)

    assert (feature.name, dict(feature.settings)) == ("windows-note", {})


def test_it_changes_no_object_and_checks_nothing() -> None:
    assert HOST.hooks(HOST.load("windows-note")) == ("packc_features", "packc_notes")


def test_it_says_what_is_missing_and_what_windows_nodes_need() -> None:
    missing, needs, _, _ = notes_of(FIT)

    assert "not part of this pack" in missing.text
    assert [w for w in ("containerd", "kube-proxy", "UDP port 4789") if w not in needs.text] == []


def test_values_that_fit_still_leave_strict_affinity_to_do() -> None:
    [warning] = warnings_of(FIT)

    assert "`strictAffinity: true`" in warning


@pytest.mark.parametrize(
    ("values", "beginning"),
    [
        ({"calico.encapsulationType": IPIP}, "IP-in-IP is chosen: "),
        (
            {"calico.encapsulationType": IPIP, "calico.encapsulationMode": "CrossSubnet"},
            "IP-in-IP is chosen: ",
        ),
        ({"calico.encapsulationMode": "CrossSubnet"}, "VXLAN runs with mode `CrossSubnet`"),
        ({"calico.encapsulationMode": "Never"}, "There is no tunnel"),
        (
            {"calico.encapsulationType": IPIP, "calico.encapsulationMode": "Never"},
            "There is no tunnel",
        ),
        ({"calico.networkingBackend": "bird"}, "The backend `bird` is chosen"),
        (
            {"calico.encapsulationType": IPIP, "calico.networkingBackend": "bird"},
            "IP-in-IP is chosen: ",
        ),
        (
            {"calico.encapsulationMode": "Never", "calico.networkingBackend": "bird"},
            "There is no tunnel",
        ),
        ({"calico.mtu": 1440}, "`calico.mtu` is 1440"),
    ],
)
def test_each_value_that_stands_in_the_way_earns_its_warning(
    values: dict[str, Any], beginning: str
) -> None:
    warnings = warnings_of(FIT | values)

    assert len(warnings) == 2, "its own and the one about strictAffinity"
    assert any(text.startswith(beginning) for text in warnings)


def test_data_in_etcd_earns_a_warning() -> None:
    assert any("`etcd-tls`" in text for text in warnings_of(FIT, "etcd-tls"))


def test_a_cloud_without_vxlan_is_not_told_to_choose_it() -> None:
    ipip = FIT | {"calico.encapsulationType": IPIP}

    assert any("`CALICO_IPV4POOL_VXLAN`" in text for text in warnings_of(ipip))
    assert not any("`CALICO_IPV4POOL_VXLAN`" in text for text in warnings_of(ipip, cloud=IPIP_ONLY))


@pytest.mark.parametrize(
    ("cidr", "size", "said"),
    [
        ("192.168.0.0/16", 26, "holds 1024 blocks of 64 addresses"),
        ("10.0.0.0/24", 26, "holds 4 blocks of 64 addresses"),
        ("10.0.0.0/20", 20, "holds 1 block of 4096 addresses"),
        ("10.0.0.0/26", 32, "of which 0 addresses are left"),
        ("10.0.0.0/16", 26, "of which 60 addresses are left"),
    ],
)
def test_the_room_for_nodes_is_counted(cidr: str, size: int, said: str) -> None:
    notes = notes_of(FIT | {"calico.calicoNetworkCIDR": cidr, "calico.blockSize": size})

    assert any(said in note.text for note in notes)


@given(st.sets(st.sampled_from(sorted(FIT))))
def test_a_pack_may_lack_any_of_the_parameters(known: set[str]) -> None:
    notes = notes_of({name: FIT[name] for name in known})

    assert notes[0].text.startswith("Calico for Windows is not part of this pack")
    assert [note.level for note in notes].count(Level.WARNING) == 1
