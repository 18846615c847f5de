"""The cloud plugins: what a cloud carries, what it adds to Calico, what its operator reads."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from packc.diagnostics import PackcError
from packc.model import Cloud, Distribution, Level, Note, Patch, Variant
from packc.pipeline import Selection, compile_variant, prepare
from packc.plugins import Found, Host
from packc.values import Request

ROOT = Path(__file__).parent.parent
FACT = "pod-network-encapsulation"
PLUGINS = {
    "aws": "packc_aws",
    "azure": "packc_azure",
    "etcd-tls": "packc_etcd_tls",
    "vmware": "packc_vmware",
    "windows-note": "packc_windows_note",
}
CLOUDS = ("aws", "azure", "vmware")


@pytest.fixture(scope="module")
def host() -> Host:
    packc = Distribution("packc", "0")
    return Host(
        installed={
            name: (Found(name, module, packc, EntryPoint(name, module, "packc")),)
            for name, module in PLUGINS.items()
        }
    )


def cloud_of(host: Host, name: str) -> Cloud:
    [cloud] = host.ask(host.load(name), "packc_clouds", Cloud)
    assert isinstance(cloud, Cloud)
    return cloud


def calico(host: Host, cloud: str, *features: str, pack: str = "calico", **values: Any) -> Variant:
    """Return a variant with Calico's parameters; `mode="Never"` sets calico.encapsulationMode."""
    names = {"mode": "calico.encapsulationMode", "backend": "calico.networkingBackend"}
    named = {names.get(name, f"calico.{name}"): value for name, value in values.items()}
    return Variant(pack, "3.32.1", cloud_of(host, cloud), features, named)


def notes_of(host: Host, variant: Variant) -> list[Note]:
    return list(host.ask(host.load(variant.cloud.name), "packc_notes", Note, variant=variant))


def text_of(notes: list[Note]) -> str:
    return "\n".join(note.text for note in notes)


@pytest.mark.parametrize(
    ("name", "carried", "refused"),
    [("aws", "ipip", "vxlan"), ("vmware", "ipip", "vxlan"), ("azure", "vxlan", "ipip")],
)
def test_a_cloud_carries_one_encapsulation_and_refuses_the_other(
    host: Host, name: str, carried: str, refused: str
) -> None:
    cloud = cloud_of(host, name)
    fact = cloud.fact(FACT)

    assert cloud.name == name
    assert fact is not None
    assert (fact.supports, fact.default) == ((carried,), carried)
    assert list(fact.refuses) == [refused]


@pytest.mark.parametrize("name", CLOUDS)
def test_facts_speak_of_no_pack(host: Host, name: str) -> None:
    assert "calico" not in repr(cloud_of(host, name)).lower()


@pytest.mark.parametrize(
    ("cloud", "asked", "reason"),
    [
        ("aws", "VXLAN", "because the rules that are usual between the security groups of nodes"),
        ("vmware", "VXLAN", "because VXLAN over a VMXNET3 adapter with tunnel offload"),
        ("azure", "IPIP", "because Azure's network fabric drops IP-in-IP packets (IP protocol 4)"),
    ],
)
def test_asking_for_what_a_cloud_does_not_carry_is_an_error_with_the_reason(
    host: Host, cloud: str, asked: str, reason: str
) -> None:
    request = Request(sets=(f"calico.encapsulationType=CALICO_IPV4POOL_{asked}",))
    selection = Selection(clouds=(cloud,), request=request)
    prepared = prepare(str(ROOT / "packs/calico"), selection, host)

    with pytest.raises(PackcError) as caught:
        compile_variant(prepared, prepared.active.clouds[cloud])

    [diagnostic] = caught.value.diagnostics
    assert "'calico.encapsulationType'" in diagnostic.message
    assert f"the cloud {cloud} does not support" in diagnostic.message
    assert reason in diagnostic.message
    assert not diagnostic.message.endswith(".")


# --- aws: the source/destination check ----------------------------------------------------------


def env_of_calico_node(host: Host, *sets: str, features: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the environment of calico-node on AWS, as it is built."""
    selection = Selection(("aws",), features, request=Request(sets=sets))
    prepared = prepare(str(ROOT / "packs/calico"), selection, host)
    compiled = compile_variant(prepared, prepared.active.clouds["aws"])
    [node] = [entry for entry in compiled.objects if entry["kind"] == "DaemonSet"]
    [container] = node["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item.get("value") for item in container["env"]}


@pytest.mark.parametrize("mode", ["CrossSubnet", "Never"])
@pytest.mark.parametrize("features", [(), ("etcd-tls",)])
def test_aws_turns_the_source_check_off_where_pods_show_their_addresses(
    host: Host, mode: str, features: tuple[str, ...]
) -> None:
    env = env_of_calico_node(host, f"calico.encapsulationMode={mode}", features=features)

    assert env["FELIX_AWSSRCDSTCHECK"] == "Disable"


def test_aws_leaves_the_source_check_alone_where_every_packet_is_wrapped(host: Host) -> None:
    env = env_of_calico_node(host, "calico.encapsulationMode=Always")

    assert "FELIX_AWSSRCDSTCHECK" not in env


@pytest.mark.parametrize(("pack", "values"), [("other", {"mode": "Never"}), ("calico", {})])
def test_aws_patches_nothing_that_it_does_not_know(
    host: Host, pack: str, values: dict[str, str]
) -> None:
    variant = calico(host, "aws", pack=pack, **values)

    assert host.ask(host.load("aws"), "packc_patches", Patch, variant=variant) == ()


@pytest.mark.parametrize(
    ("mode", "said"), [("Always", False), ("CrossSubnet", True), ("Never", True)]
)
def test_aws_names_the_rights_that_turning_the_check_off_takes(
    host: Host, mode: str, said: bool
) -> None:
    text = text_of(notes_of(host, calico(host, "aws", mode=mode)))

    assert ("ec2:DescribeInstances" in text) is said
    assert ("ec2:ModifyNetworkInterfaceAttribute" in text) is said


@pytest.mark.parametrize(("features", "said"), [(("etcd-tls",), True), ((), False)])
def test_aws_warns_that_etcd_names_nodes_after_their_hosts(
    host: Host, features: tuple[str, ...], said: bool
) -> None:
    notes = notes_of(host, calico(host, "aws", *features, mode="Always"))

    assert any("NODENAME" in note.text and note.level is Level.WARNING for note in notes) is said


# --- notes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cloud", "values", "needed", "unneeded"),
    [
        ("aws", {"mode": "Always"}, ["IP protocol 4", "TCP port 179"], ["4789"]),
        ("aws", {"mode": "CrossSubnet"}, ["IP protocol 4", "TCP port 179"], ["4789"]),
        ("aws", {"mode": "Never"}, ["TCP port 179"], ["IP protocol 4", "4789"]),
        ("vmware", {"mode": "Always"}, ["IP protocol 4", "TCP port 179"], ["4789"]),
        ("vmware", {"mode": "CrossSubnet"}, ["IP protocol 4", "TCP port 179"], ["4789"]),
        ("vmware", {"mode": "Never"}, ["TCP port 179"], ["IP protocol 4", "4789"]),
        ("azure", {"mode": "Always"}, ["UDP port 4789"], ["TCP port 179"]),
        ("azure", {"mode": "CrossSubnet"}, ["UDP port 4789"], ["TCP port 179"]),
        ("azure", {"mode": "Always", "backend": "bird"}, ["UDP port 4789", "TCP port 179"], []),
        ("azure", {"mode": "Always", "backend": "vxlan"}, ["UDP port 4789"], ["TCP port 179"]),
        ("azure", {"mode": "Never"}, ["TCP port 179"], ["4789"]),
    ],
)
def test_notes_name_what_firewalls_must_pass_and_no_more(
    host: Host, cloud: str, values: dict[str, str], needed: list[str], unneeded: list[str]
) -> None:
    text = text_of(notes_of(host, calico(host, cloud, **values)))

    assert [what for what in needed if what not in text] == []
    assert [what for what in unneeded if what in text] == []


@pytest.mark.parametrize(
    ("cloud", "mode", "warned"),
    [
        ("aws", "Always", False),
        ("aws", "Never", True),
        ("azure", "Always", False),
        ("azure", "CrossSubnet", True),
        ("azure", "Never", True),
        ("vmware", "Always", False),
    ],
)
def test_modes_that_a_cloud_carries_only_with_care_earn_a_warning(
    host: Host, cloud: str, mode: str, warned: bool
) -> None:
    notes = notes_of(host, calico(host, cloud, mode=mode))

    assert any(note.level is Level.WARNING for note in notes) is warned


@pytest.mark.parametrize(
    ("mode", "said"), [("Always", False), ("CrossSubnet", True), ("Never", True)]
)
def test_vmware_says_when_port_groups_see_the_addresses_of_pods(
    host: Host, mode: str, said: bool
) -> None:
    assert ("port group must" in text_of(notes_of(host, calico(host, "vmware", mode=mode)))) is said


@pytest.mark.parametrize(("mtu", "said"), [(0, True), (1400, False)])
def test_vmware_speaks_of_the_mtu_until_it_is_set(host: Host, mtu: int, said: bool) -> None:
    notes = notes_of(host, calico(host, "vmware", mode="Always", mtu=mtu))

    assert ("`calico.mtu`" in text_of(notes)) is said


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("pack", "values"), [("other", {"mode": "Never", "mtu": 0}), ("calico", {})]
)
def test_a_pack_without_calicos_parameters_gets_no_notes(
    host: Host, cloud: str, pack: str, values: dict[str, Any]
) -> None:
    assert notes_of(host, calico(host, cloud, pack=pack, **values)) == []
