"""Palette packs: complete, sound by independent rules, and rendered to what packc renders.

Palette renders a manifest as a Go template whose `.Values` is the subtree manifests.<name> of the
values. Helm has the same engine: a chart whose values are that subtree stands in for Palette.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from packc import yamlio
from packc.build import Build
from packc.cli import main
from packc.diagnostics import PackcError
from packc.emit import emit
from packc.formats.palette import emit_packs, pack_files
from packc.formats.palette.expressions import of_integers
from packc.formats.palette.plan import Plan, plans_of
from packc.formats.space import Combination, Mark
from packc.formatting import build_of
from packc.model import Object
from packc.palette.lint import lint
from packc.palette.presets import Preset, merged
from packc.palette.schemafile import fits, parse_entry
from packc.pipeline import Selection, prepare
from packc.plugins import Host

ROOT = Path(__file__).parent.parent
PART = 1 if os.environ.get("PACKC_LONG") or os.environ.get("PACKC_REQUIRE_TOOLS") else 8
"""One in so many of the combinations that are refused is tried."""
STEP = 1 if PART == 1 else 5
"""One in so many of the combinations is looked at for its images: 5 has all features in turn."""


@frozen
class Written:
    """The packs of a build in a folder."""

    folder: Path
    plans: tuple[Plan, ...]

    def file(self, plan: Plan, name: str) -> Path:
        return self.folder / plan.folder / name

    def values(self, plan: Plan) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load(self.file(plan, "values.yaml").read_text())
        return loaded

    def subtree(self, plan: Plan) -> dict[str, Any]:
        """Return what Palette hands to the manifest, with its macro filled in."""
        subtree: dict[str, Any] = self.values(plan)["manifests"][plan.stem]
        return {**subtree, "cloud": "aws"} if "cloud" in subtree else subtree


def build_of_pack(pack: Path) -> Build:
    return build_of(prepare(str(pack), Selection(), Host()))


def written(build: Build, folder: Path) -> Written:
    plans = plans_of(build)
    for plan in plans:
        for name, content in pack_files(plan):
            path = folder / plan.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return Written(folder, plans)


@pytest.fixture(scope="module")
def calico_packs(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(build_of_pack(ROOT / "packs" / "calico"), tmp_path_factory.mktemp("palette"))


# --- which packs ------------------------------------------------------------------------------


def test_clouds_whose_defaults_agree_share_a_pack(calico_packs: Written) -> None:
    packs = [json.loads(calico_packs.file(p, "pack.json").read_text()) for p in calico_packs.plans]

    found = [(p["name"], p["displayName"], p["layer"], p["cloudTypes"]) for p in packs]
    assert found == [
        ("cni-calico", "Calico", "cni", ["aws", "vsphere"]),
        ("cni-calico-azure", "Calico", "cni", ["azure"]),
    ]


def test_the_documented_names_stay(calico_packs: Written) -> None:
    defaults = {
        plan.name: [
            calico_packs.values(plan)["manifests"]["calico"][name]
            for name in ("encapsulationType", "encapsulationMode", "calicoNetworkCIDR")
        ]
        for plan in calico_packs.plans
    }

    assert defaults == {
        "cni-calico": ["CALICO_IPV4POOL_IPIP", "Always", "192.168.0.0/16"],
        "cni-calico-azure": ["CALICO_IPV4POOL_VXLAN", "Always", "192.168.0.0/16"],
    }


def test_the_command_writes_complete_folders(
    calico: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "dist")

    code = main(["build", str(calico), "--format", "palette", "-o", out, "--cloud", "azure"])

    folder = tmp_path / "dist" / "calico" / "3.32.1" / "palette" / "cni-calico-azure-3.32.1"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert code == 0, capsys.readouterr().err
    assert names == {
        "README.md",
        "logo.png",
        "manifests/calico.yaml",
        "pack.json",
        "presets.yaml",
        "schema.yaml",
        "values.yaml",
    }


def test_an_archive_holds_the_folder_and_nothing_of_the_machine(small_palette: Path) -> None:
    files = {file.name: file.content for file in emit_packs(build_of_pack(small_palette)).files}
    again = {file.name: file.content for file in emit_packs(build_of_pack(small_palette)).files}

    with tarfile.open(fileobj=io.BytesIO(files["small-1.0.0.tar.gz"])) as archive:
        held = {entry.name: archive.extractfile(entry) for entry in archive}
        contents = {name: stream.read() for name, stream in held.items() if stream}
    assert contents == {n: c for n, c in files.items() if n.startswith("small-1.0.0/")}
    assert files == again


# --- sound by the rules of the linter, and by independent ones --------------------------------


def test_the_linter_finds_nothing(calico_packs: Written) -> None:
    packs = lint([str(calico_packs.folder)], lambda text: None)

    assert [pack.identity.name for pack in packs] == ["cni-calico", "cni-calico-azure"]
    assert [finding for pack in packs for finding in pack.findings] == []


def containers(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping):
        for key, below in node.items():
            if key in ("containers", "initContainers"):
                yield from below
            yield from containers(below)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from containers(item)


def test_the_images_are_those_of_all_variants(calico_packs: Written) -> None:
    for plan in calico_packs.plans:
        listed = {e["image"] for e in calico_packs.values(plan)["pack"]["content"]["images"]}

        used = set()
        for combination in plan.derived.combinations[::STEP]:
            values = {
                n: v for n, v in plan.derived.space.at(combination).items() if v is not Mark.OTHER
            }
            features = plan.derived.space.features(combination)
            cloud = plan.derived.space.cloud(combination).name
            objects = plan.build.compile(cloud, features, values).objects
            used |= {each["image"] for data in objects for each in containers(data)}
        assert listed == used


def test_the_files_are_as_the_community_wants_them(calico_packs: Written) -> None:
    for plan in calico_packs.plans:
        pack = json.loads(calico_packs.file(plan, "pack.json").read_text())
        headings = re.findall(r"^## (.+)$", calico_packs.file(plan, "README.md").read_text(), re.M)

        assert re.fullmatch(r"\d+\.\d+\.\d+", pack["version"])
        assert plan.folder == f"{pack['name']}-{pack['version']}"
        assert [*calico_packs.values(plan)["manifests"]] == ["calico"]
        assert pack["kubeManifests"] == ["manifests/calico.yaml"]
        assert calico_packs.file(plan, "manifests/calico.yaml").is_file()
        assert calico_packs.file(plan, "logo.png").read_bytes()[:4] == b"\x89PNG"
        assert headings == ["Prerequisites", "Parameters", "Upgrade", "Usage", "References"]


def test_every_parameter_has_a_comment_a_schema_entry_and_a_row(calico_packs: Written) -> None:
    for plan in calico_packs.plans:
        schema = yaml.safe_load(calico_packs.file(plan, "schema.yaml").read_text())
        text = calico_packs.file(plan, "values.yaml").read_text()
        table = calico_packs.file(plan, "README.md").read_text()

        assert all(parameter.type != "map" for parameter in plan.parameters)
        for parameter in plan.parameters:
            path = ".".join(plan.path(parameter.name))
            entry = f"manifests.calico.{path}"
            assert entry in schema or f"{entry}$[]" in schema
            assert f"| `{path}` |" in table
            assert " ".join(parameter.description.split())[:40] in re.sub(r"\s*#?\s+", " ", text)


def test_the_schema_lets_through_what_packc_takes_and_nothing_else(calico_packs: Written) -> None:
    azure = calico_packs.plans[1]
    schema = yaml.safe_load(calico_packs.file(azure, "schema.yaml").read_text())

    def takes(name: str, value: Any) -> bool:
        (placeholder,), _ = parse_entry(schema[f"manifests.calico.{name}"]["schema"])
        return fits(placeholder, value)

    assert takes("encapsulationType", "CALICO_IPV4POOL_VXLAN")
    assert not takes("encapsulationType", "CALICO_IPV4POOL_IPIP")
    assert takes("calicoNetworkCIDR", "10.32.0.0/12")
    assert not takes("calicoNetworkCIDR", "10.32.0.1/12")
    assert takes("blockSize", 26)
    assert not takes("blockSize", 33)
    assert takes("imageRegistry", "mirror.test:5000/calico")
    assert not takes("imageRegistry", "https://mirror.test")
    assert not takes("features.etcd-tls", "maybe")
    assert takes("etcd.endpoints$[]", "http://etcd.test:2379")
    assert not takes("etcd.endpoints$[]", "ftp://etcd.test:2379")


# --- presets ----------------------------------------------------------------------------------


def presets_of(packs: Written, plan: Plan) -> list[Preset]:
    """Return the presets as an independent reader has them."""
    entries = yaml.safe_load(packs.file(plan, "presets.yaml").read_text())["presets"]
    return [
        Preset(e["name"], e["group"], tuple(e["remove"]), yaml.safe_load(e["add"])) for e in entries
    ]


def test_a_preset_gives_the_same_values_after_any_other(calico_packs: Written) -> None:
    for plan in calico_packs.plans:
        presets, values = presets_of(calico_packs, plan), calico_packs.values(plan)

        for preset in presets:
            for other in presets:
                if other.group == preset.group:
                    assert preset.applied(other.applied(values)) == preset.applied(values)


def test_the_header_names_the_presets_that_the_values_have(calico_packs: Written) -> None:
    for plan in calico_packs.plans:
        first = calico_packs.file(plan, "values.yaml").read_text().splitlines()[0]
        presets, values = presets_of(calico_packs, plan), calico_packs.values(plan)

        same = [f"{p.group}:{p.name}" for p in presets if p.applied(values) == values]
        assert first == f"# spectrocloud.com/enabled-presets: {','.join(same)}"
        assert len(same) == 2


# --- a small pack -----------------------------------------------------------------------------

PALETTE = """\
logo: logo.png
palette:
  layer: addon
  addonType: monitoring
  cloudTypes: {aws: [aws, eks], azure: azure}
  presets:
  - {name: plain, displayName: Plain, group: Size, parameters: {small.size: 1}}
  - {name: loud, displayName: Loud, group: Size, parameters: {small.size: 9, small.word: it's}}
"""


POD = """\
---
apiVersion: v1
kind: Pod
metadata: {name: small, namespace: default}
spec: {containers: [{name: small, image: "quay.test/small:1.0.0"}]}
"""


@pytest.fixture
def small_palette(small: Path) -> Path:
    """The small pack, without secrets, with what Palette has to know of it."""
    spec = small / "pack.yaml"
    spec.write_text(spec.read_text().replace(", secret: true", "") + PALETTE)
    (small / "logo.png").write_bytes((ROOT / "packs" / "calico" / "logo.png").read_bytes())
    objects = small / "base" / "objects.yaml"
    objects.write_text(objects.read_text() + POD)
    return small


def test_a_preset_removes_what_only_others_of_its_group_set(
    small_palette: Path, tmp_path: Path
) -> None:
    packs = written(build_of_pack(small_palette), tmp_path / "out")
    (plan,) = packs.plans
    plain, loud = presets_of(packs, plan)

    assert plain.remove == ("manifests.small.word",)
    assert plain.add == {"manifests": {"small": {"size": 1}}}
    assert loud.remove == ()
    values = packs.values(plan)
    assert plain.applied(loud.applied(values)) == values


def test_extra_cloud_types_are_those_of_the_pack(small_palette: Path, tmp_path: Path) -> None:
    packs = written(build_of_pack(small_palette), tmp_path / "out")

    pack = json.loads(packs.file(packs.plans[0], "pack.json").read_text())

    assert pack["cloudTypes"] == ["aws", "eks", "azure"]
    assert pack["addonType"] == "monitoring"


def test_the_linter_accepts_the_small_pack(small_palette: Path, tmp_path: Path) -> None:
    written(build_of_pack(small_palette), tmp_path / "out")

    (pack,) = lint([str(tmp_path / "out")], lambda text: None)

    assert pack.findings == ()


# --- rendered by the engine of Palette --------------------------------------------------------

helm = pytest.mark.tool("helm")


@pytest.fixture(scope="module")
def charts(calico_packs: Written, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A chart for each pack, whose one template is the manifest and whose values are empty."""
    return {
        plan.name: chart_of(calico_packs, plan, tmp_path_factory.mktemp(plan.name))
        for plan in calico_packs.plans
    }


def chart_of(packs: Written, plan: Plan, folder: Path) -> Path:
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: stand-in\nversion: 0.0.0\n")
    manifest = packs.file(plan, "manifests/" + plan.stem + ".yaml").read_text()
    (folder / "templates" / "manifest.yaml").write_text(manifest)
    return folder


def render(chart: Path, subtree: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["helm", "template", "release", chart, "--values", "-"],
        input=json.dumps(subtree),
        capture_output=True,
        text=True,
        timeout=120,
    )


def objects_of(rendered: str) -> list[Object]:
    documents = yamlio.parse(rendered.encode(), "helm").documents
    return [document.data for document in documents if document.data]


def random_values(plan: Plan, combination: Combination, random: Random) -> dict[str, Any]:
    """Return a value for every open parameter of Calico, and the finite ones as combined."""
    stated = plan.derived.space.at(combination)
    network = f"10.{random.randrange(256)}.{random.randrange(0, 256, 16)}.0/20"
    values = {
        "calico.calicoNetworkCIDR": network,
        "calico.blockSize": random.randint(20, 32),
        "calico.mtu": random.choice([0, 1, 1440, 65535]),
        "calico.imageRegistry": random.choice(["quay.io/calico", "mirror.test:5000/a/b", "x"]),
        **{name: value for name, value in stated.items() if value is not Mark.OTHER},
    }
    if stated.get("kubernetes.podCIDR") is Mark.OTHER:
        values["kubernetes.podCIDR"] = network
    if "etcd-tls" in plan.derived.space.features(combination):
        values["etcd.endpoints"] = [
            f"https://etcd-{n}.test:2379" for n in range(random.randint(1, 3))
        ]
    return values


def subtree_of(
    packs: Written, plan: Plan, combination: Combination, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the pack with those of a combination in them."""
    on = plan.derived.space.features(combination)
    chosen: dict[str, Any] = {"features": {"etcd-tls": "etcd-tls" in on}}
    for name, value in values.items():
        *parents, last = plan.path(name)
        node = chosen
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    subtree = merged(packs.subtree(plan), chosen)
    if "cloud" in subtree:
        words = {cloud: word for word, cloud in plan.cloud_types().items()}
        subtree["cloud"] = words[plan.derived.space.cloud(combination).name]
    return subtree


def every(check: Callable[[Any], str | None], cases: list[Any]) -> list[str]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [complaint for complaint in pool.map(check, cases) if complaint]


@helm
def test_every_combination_renders_to_what_packc_renders(
    calico_packs: Written,
    charts: dict[str, Path],
    record_property: Callable[[str, object], None],
) -> None:
    def compared(case: tuple[Plan, Combination]) -> str | None:
        plan, combination = case
        values = random_values(plan, combination, Random(repr(combination)))
        space = plan.derived.space
        run = render(charts[plan.name], subtree_of(calico_packs, plan, combination, values))
        built = plan.build.compile(
            space.cloud(combination).name, space.features(combination), values
        )
        if run.returncode == 0 and emit(objects_of(run.stdout)) == emit(built.objects):
            return None
        return f"{plan.name} {combination} {values}: {run.stderr or 'other objects'}"

    cases = [(plan, c) for plan in calico_packs.plans for c in plan.derived.combinations]

    record_property("combinations compared", len(cases))
    assert every(compared, cases) == []
    assert len(cases) == 160


@helm
def test_what_packc_refuses_is_refused_with_a_reason(
    calico_packs: Written, charts: dict[str, Path]
) -> None:
    def compared(case: tuple[Plan, Combination]) -> str | None:
        plan, combination = case
        space = plan.derived.space
        values = random_values(plan, combination, Random(repr(combination)))
        with pytest.raises(PackcError):
            plan.build.compile(space.cloud(combination).name, space.features(combination), values)
        run = render(charts[plan.name], subtree_of(calico_packs, plan, combination, values))
        reasons = [plan.in_palettes_words(r.text) for r in space.reasons(combination)]
        said = run.returncode != 0 and any(reason in run.stderr for reason in reasons)
        return None if said else f"{plan.name} {combination}: {run.stderr}"

    cases = [
        (plan, combination)
        for plan in calico_packs.plans
        for combination in plan.derived.space.combinations()
        if combination not in set(plan.derived.combinations)
    ]

    assert len(cases) == 272
    assert every(compared, cases[::PART]) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cloud": "gcp"}, "set cloud to one of aws"),
    ({"mtu": -1}, "mtu: expected integer"),
    ({"mtu": "1440"}, "mtu: expected integer"),
    ({"mtu": 14.5}, "mtu: expected integer"),
    ({"mtu": True}, "mtu: expected integer"),
    ({"etcd": "none"}, "manifests.calico.etcd: expected a map"),
    ({"features": []}, "manifests.calico.features: expected a map"),
    ({"cloud": None}, "set cloud to one of aws, vsphere"),
    ({"encapsulationMode": "always"}, "expected one of Always, CrossSubnet, Never"),
    ({"imageRegistry": "Quay.io/x"}, "imageRegistry: expected string"),
    ({"calicoNetworkCIDR": "10.0.0.1/16"}, "expected cidr"),
    ({"calicoNetworkCIDR": "169.254.8.0/24"}, "link-local"),
    ({"calicoNetworkCIDR": "168.0.0.0/6"}, "link-local"),
    ({"calicoNetworkCIDR": "10.0.0.0/28"}, "smaller than one block"),
    ({"kubernetes": {"podCIDR": "10.0.0.0/16"}}, "must agree"),
    ({"features": {"etcd-tls": "false"}}, "expected true or false"),
    ({"features": {"etcd-tls": True}, "etcd": {"endpoints": []}}, "expected list of url"),
    ({"features": {"etcd-tls": True}, "etcd": {"endpoints": ["ftp://x"]}}, "expected list of url"),
]


@helm
@pytest.mark.parametrize(("values", "words"), WRONG)
def test_a_wrong_value_is_refused(
    calico_packs: Written, charts: dict[str, Path], values: dict[str, Any], words: str
) -> None:
    plan = calico_packs.plans[0]

    run = render(charts[plan.name], merged(calico_packs.subtree(plan), values))

    assert run.returncode != 0
    assert words in run.stderr


@helm
def test_a_reason_calls_the_cloud_as_palette_does(
    calico_packs: Written, charts: dict[str, Path]
) -> None:
    values = {"cloud": "vsphere", "encapsulationType": "CALICO_IPV4POOL_VXLAN"}
    plan = calico_packs.plans[0]

    run = render(charts[plan.name], merged(calico_packs.subtree(plan), values))

    assert "cannot be CALICO_IPV4POOL_VXLAN on vsphere: " in run.stderr


@helm
def test_what_is_left_out_or_null_has_its_default(
    calico_packs: Written, charts: dict[str, Path]
) -> None:
    plan = calico_packs.plans[0]
    values = calico_packs.subtree(plan)
    expected = emit(plan.build.compile("aws", (), {}).objects)

    def compared(values: Mapping[str, Any]) -> str | None:
        run = render(charts[plan.name], values)
        same = emit(objects_of(run.stdout)) == expected
        return None if same else f"{sorted(values)}: {run.stderr}"

    without = [{k: v for k, v in values.items() if k != name} for name in values if name != "cloud"]
    null = [{**values, name: None} for name in values if name != "cloud"]
    assert every(compared, [{"cloud": "aws"}, *without, *null]) == []


@helm
def test_hostile_text_reaches_the_objects_unharmed(small_palette: Path, tmp_path: Path) -> None:
    packs = written(build_of_pack(small_palette), tmp_path / "out")
    (plan,) = packs.plans
    (tmp_path / "chart").mkdir()
    chart = chart_of(packs, plan, tmp_path / "chart")
    texts = [
        "{{ fail }}",
        "a: b",
        "- x",
        "'",
        '"',
        "\\",
        "yes",
        "1e3",
        "#",
        "\n\t ",
        " ",
        "é\u2028",
    ]

    def compared(text: str) -> str | None:
        built = plan.build.compile("aws", (), {"small.word": text, "small.names": [text]})
        run = render(chart, {**packs.subtree(plan), "word": text, "names": [text]})
        same = emit(objects_of(run.stdout)) == emit(built.objects)
        return None if same else f"{text!r}: {run.stderr}"

    assert every(compared, texts) == []


# --- values of every kind --------------------------------------------------------------------

WIDE = """\
packc: 1
name: wide
version: 1.0.0
title: Wide
description: Parameters of every kind.
clouds: [aws]
logo: logo.png
parameters:
- {name: wide.count, type: integer, description: A number., default: 1}
- {name: wide.least, type: integer, description: A number., default: 20, minimum: 20}
- {name: wide.most, type: integer, description: A number., default: -5, maximum: 9}
- {name: wide.ratio, type: number, description: A number., default: 0.5, minimum: 0}
- name: wide.labels
  type: map
  description: Labels, {{ all }}.
  default: {a: b}
  items: {type: string}
- {name: wide.quoted, type: string, description: A word., default: ab, pattern: '[a-z"{}/]{2,8}'}
- {name: wide.short, type: string, description: A word., default: ab, minLength: 1, maxLength: 3}
- {name: wide.deep.name, type: string, description: A name., required: true, minLength: 2}
- {name: wide.deep.size, type: integer, description: A number., default: 1}
- {name: wide.other.word, type: string, description: A word.}
objects:
- files: base/objects.yaml
bindings:
- {parameter: wide.count, object: Pod/wide, path: /metadata/annotations/count, as: string}
- {parameter: wide.count, object: Pod/wide, path: /spec/priority}
- {parameter: wide.least, object: Pod/wide, path: /spec/least}
- {parameter: wide.most, object: Pod/wide, path: /spec/most}
- {parameter: wide.ratio, object: Pod/wide, path: /spec/ratio}
- {parameter: wide.labels, object: Pod/wide, path: /metadata/labels}
- {parameter: wide.quoted, object: Pod/wide, path: /spec/quoted}
- {parameter: wide.short, object: Pod/wide, path: /spec/short}
- {parameter: wide.deep.name, object: Pod/wide, path: /spec/hostname}
- {parameter: wide.deep.size, object: Pod/wide, path: /spec/size}
- {parameter: wide.other.word, object: Pod/wide, path: /spec/word}
palette:
  layer: addon
  addonType: monitoring
  cloudTypes: {aws: aws}
  presets:
  - {name: few, displayName: Few, group: Size, parameters: {wide.deep.size: 1}}
  - name: many
    displayName: Many
    group: Size
    parameters: {wide.deep.size: 9, wide.other.word: a}
"""

WIDE_OBJECTS = """\
apiVersion: v1
kind: Pod
metadata: {name: wide, namespace: default, labels: {}, annotations: {count: ""}}
spec:
  containers: [{name: wide, image: "quay.test/wide:1.0.0"}]
  priority: 0
  least: 0
  most: 0
  ratio: 0
  quoted: ""
  short: ""
  hostname: ""
  size: 0
  word: ""
"""


def wide_pack(folder: Path, spec: str = WIDE) -> Path:
    (folder / "base").mkdir(parents=True)
    (folder / "pack.yaml").write_text(spec)
    (folder / "base" / "objects.yaml").write_text(WIDE_OBJECTS)
    (folder / "logo.png").write_bytes((ROOT / "packs" / "calico" / "logo.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("wide")
    return written(build_of_pack(wide_pack(folder / "pack")), folder / "out")


@pytest.fixture(scope="module")
def wide_chart(wide: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chart_of(wide, wide.plans[0], tmp_path_factory.mktemp("wide-chart"))


NAMED = {"deep": {"name": "it"}}


@helm
@pytest.mark.parametrize(
    "number", [0, 7, 999_999, 10**6, 10**9, 2**53 - 1, -(10**9), -(2**53) + 1, 1_234_567]
)
def test_an_integer_is_written_as_packc_writes_it(
    wide: Written, wide_chart: Path, number: int
) -> None:
    values = {"wide.count": number, "wide.deep.name": "it"}

    run = render(wide_chart, {**wide.subtree(wide.plans[0]), **NAMED, "count": number})

    assert run.returncode == 0, run.stderr
    expected = wide.plans[0].build.compile("aws", (), values).objects
    assert emit(objects_of(run.stdout)) == emit(expected)
    assert f"priority: {number}\n" in run.stdout


@helm
@pytest.mark.parametrize("number", [1.5, "7", True, 2**53, -(2**53), 1e300, [1], {"a": 1}, ""])
def test_what_is_no_integer_is_refused(wide: Written, wide_chart: Path, number: object) -> None:
    run = render(wide_chart, {**wide.subtree(wide.plans[0]), **NAMED, "count": number})

    assert run.returncode != 0
    assert "count: expected integer" in run.stderr


@helm
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"least": 19}, "least: expected integer (at least 20)"),
        ({"most": 10**6}, "most: expected integer (at most 9)"),
        ({"ratio": -0.5}, "ratio: expected number"),
        ({"deep": {"name": "x"}}, "deep.name has to be set: expected string"),
        ({"deep": {}}, "deep.name has to be set: expected string"),
        ({"deep": None}, "deep.name has to be set: expected string"),
        ({"labels": "a=b"}, "labels: expected map"),
    ],
)
def test_a_limit_on_one_side_is_kept(
    wide: Written, wide_chart: Path, values: dict[str, Any], words: str
) -> None:
    run = render(wide_chart, {**wide.subtree(wide.plans[0]), **NAMED, **values})

    assert run.returncode != 0
    assert words in run.stderr


@helm
@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, {"a": "b"}),
        ({"labels": None}, {"a": "b"}),
        ({"labels": {}}, {}),
        ({"labels": {"c": "d"}}, {"c": "d"}),
    ],
)
def test_a_map_replaces_its_default(
    wide: Written, wide_chart: Path, given: dict[str, Any], labels: dict[str, str]
) -> None:
    """Palette merges what the user sets into values.yaml, which is why the map is not in there."""
    run = render(wide_chart, merged(wide.subtree(wide.plans[0]), {**NAMED, **given}))

    (pod,) = objects_of(run.stdout)
    assert pod["metadata"]["labels"] == labels


def test_the_default_of_a_map_stands_in_its_comment(wide: Written) -> None:
    text = wide.file(wide.plans[0], "values.yaml").read_text()

    assert "labels" not in wide.subtree(wide.plans[0])
    assert 'Left out, it is {"a": "b"}; what is set here replaces all of that' in text
    assert "{{" not in text


def test_a_branch_that_sets_nothing_can_be_uncommented(wide: Written) -> None:
    text = wide.file(wide.plans[0], "values.yaml").read_text()
    branch = re.search(r"(?m)^    # other:\n(    # .*\n?)*", text)
    assert branch is not None

    uncommented = text.replace(branch[0], branch[0].replace("    # ", "    ").rstrip() + " it\n")

    assert "other" not in wide.subtree(wide.plans[0])
    assert yaml.safe_load(uncommented)["manifests"]["wide"]["other"] == {"word": "it"}


def test_a_preset_takes_away_the_branch_that_another_adds(wide: Written) -> None:
    plan = wide.plans[0]
    few, many = presets_of(wide, plan)

    assert few.remove == ("manifests.wide.other",)
    assert few.applied(many.applied(wide.values(plan))) == wide.values(plan)


def test_the_linter_accepts_the_wide_pack(wide: Written) -> None:
    (pack,) = lint([str(wide.folder)], lambda text: None)

    assert pack.findings == ()


def test_a_map_has_no_entry_in_the_schema(wide: Written) -> None:
    schema = yaml.safe_load(wide.file(wide.plans[0], "schema.yaml").read_text())

    assert "manifests.wide.labels" not in schema


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("least", ["20", "29", "100", "1000000"], ["19", "-20", "2", "20.5", "x"]),
        ("most", ["9", "0", "-5", "-1000000"], ["10", "100", "1.5", "-0"]),
        ("count", ["0", "-12", "34"], ["1.5", "", "one", "01"]),
        ("quoted", ["ab", '"{}/'], ["a", "AB", "abcdefghi"]),
        ("short", ["a", "abc"], ["abcd"]),
        ("deep.name", ["ab", "abc" * 9], ["a"]),
    ],
)
def test_the_form_refuses_what_packc_refuses(
    wide: Written, name: str, good: list[str], bad: list[str]
) -> None:
    schema = yaml.safe_load(wide.file(wide.plans[0], "schema.yaml").read_text())
    (placeholder,), _ = parse_entry(schema[f"manifests.wide.{name}"]["schema"])
    expression = re.compile(placeholder.argument[1:-1])

    assert [text for text in good if not expression.search(text)] == []
    assert [text for text in bad if expression.search(text)] == []


integers = st.integers(-(10**20), 10**20)


@given(st.none() | integers, integers)
def test_a_limit_is_an_expression(limit: int | None, number: int) -> None:
    least = re.compile(of_integers(limit, None) if (limit or 0) > 0 else of_integers(limit, 9))
    most = re.compile(of_integers(None, limit))

    is_low = limit is None or number <= limit
    is_high = limit is None or number >= limit
    assert bool(most.fullmatch(str(number))) == is_low
    assert bool(least.fullmatch(str(number))) == (is_high and ((limit or 0) > 0 or number <= 9))


def test_a_preset_beside_a_parameter_that_has_to_be_set_is_kept(wide: Written) -> None:
    assert [preset.name for preset in presets_of(wide, wide.plans[0])] == ["few", "many"]


TOO_MANY = """\
refusals:
- when: {parameters: {wide.deep.size: 9}}
  parameter: wide.deep.size
  reason: nobody needs that many
"""


def test_a_preset_that_is_refused_says_why(tmp_path: Path) -> None:
    spec = WIDE.replace("palette:\n", f"{TOO_MANY}palette:\n")

    with pytest.raises(PackcError) as caught:
        emit_packs(build_of_pack(wide_pack(tmp_path / "pack", spec)))

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "PK983"
    (reason,) = diagnostic.related
    assert reason.message.startswith("on aws: PK136: ")
    assert "nobody needs that many" in reason.message


# --- what cannot be written -------------------------------------------------------------------


def codes_of(build: Build) -> list[str]:
    with pytest.raises(PackcError) as caught:
        emit_packs(build)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_a_version_that_is_no_semantic_version_is_refused(small_palette: Path) -> None:
    build = build_of_pack(small_palette)

    assert codes_of(evolve(build, spec=evolve(build.spec, version="1.5"))) == ["PK953"]


def test_a_pack_without_a_logo_is_refused(small_palette: Path) -> None:
    build = build_of_pack(small_palette)

    assert codes_of(evolve(build, spec=evolve(build.spec, logo=None))) == ["PK973"]


def test_a_pack_without_images_is_refused(small_palette: Path) -> None:
    objects = small_palette / "base" / "objects.yaml"
    objects.write_text(objects.read_text().removesuffix(POD))

    assert codes_of(build_of_pack(small_palette)) == ["PK955"]


def test_a_preset_that_sets_a_secret_is_refused(small: Path) -> None:
    (small / "pack.yaml").write_text((small / "pack.yaml").read_text() + PALETTE)
    (small / "logo.png").write_bytes((ROOT / "packs" / "calico" / "logo.png").read_bytes())

    assert codes_of(build_of_pack(small)) == ["PK908"]


def test_what_the_linter_finds_is_said_by_the_build(small_palette: Path) -> None:
    objects = small_palette / "base" / "objects.yaml"
    objects.write_text(objects.read_text().replace("small:1.0.0", "small:latest"))

    findings = emit_packs(build_of_pack(small_palette)).findings

    assert [finding.code for finding in findings] == ["PK956"]
    assert findings[0].message.startswith("small-1.0.0/values.yaml: 'quay.test/small:latest'")


@pytest.mark.parametrize("default", ["'{{ x }}'", str(2**53)])
def test_a_default_that_palette_would_change_is_refused(tmp_path: Path, default: str) -> None:
    old = "default: 1}" if default.isdigit() else "default: ab, minLength: 1, maxLength: 3}"
    spec = WIDE.replace(old, f"default: {default}}}", 1)

    assert codes_of(build_of_pack(wide_pack(tmp_path / "pack", spec))) == ["PK985"]


def test_a_macro_of_palette_may_be_a_default(tmp_path: Path) -> None:
    macro = "{{ .spectro.system.cluster.name }}"
    spec = WIDE.replace("default: ab, minLength: 1, maxLength: 3}", f"default: '{macro}'}}")

    packs = written(build_of_pack(wide_pack(tmp_path / "pack", spec)), tmp_path / "out")

    assert packs.subtree(packs.plans[0])["short"] == macro
    assert ".spectro" not in packs.file(packs.plans[0], "manifests/wide.yaml").read_text()


def test_an_image_without_a_default_is_refused(tmp_path: Path) -> None:
    image = "- {parameter: wide.deep.name, object: Pod/wide, as: image-registry, path: 'IMAGE'}\n"
    place = "/spec/containers/[name=wide]/image"
    spec = WIDE.replace("palette:\n", image.replace("IMAGE", place) + "palette:\n")

    assert codes_of(build_of_pack(wide_pack(tmp_path / "pack", spec))) == ["PK986"]
