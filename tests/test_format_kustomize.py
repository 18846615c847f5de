"""The kustomize format: what kustomize makes of it is what packc renders, variant by variant."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packc.build import Build
from packc.cli import main
from packc.emit import identity
from packc.formats.kustomize import emit_layers
from packc.formats.kustomize.delta import Delta, DoesNotFitError, applied, edits
from packc.formats.kustomize.knobs import Choices, Context, objects_of
from packc.formats.kustomize.layers import Layers, layers_of
from packc.formats.kustomize.readme import own_kustomization
from packc.formats.kustomize.values import OpenValues, open_values
from packc.formatting import build_of
from packc.model import Identity, Object
from packc.patching.jsondata import equal
from packc.pipeline import Selection, prepare
from packc.plugins import Host
from packc.values import Request
from packc.yamlio import parse

CALICO = Path(__file__).parent.parent / "packs" / "calico"
COMBINATIONS = 80
"""Clouds, features, encapsulation modes and backends that the Calico pack accepts."""

Found = Mapping[Identity, Object]


def build(folder: Path, *sets: str, features: tuple[str, ...] = ()) -> Build:
    request = Request(sets=sets)
    return build_of(prepare(str(folder), Selection((), features, request=request), Host()))


@cache
def calico_layers() -> Layers:
    return layers_of(build(CALICO))


@cache
def calico_values() -> OpenValues:
    return open_values(calico_layers())


def write(pack: Build, folder: Path) -> None:
    for file in emit_layers(pack).files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)


def kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["kubectl", "kustomize", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def read(text: str) -> dict[Identity, Object]:
    objects = [document.data for document in parse(text, "kustomize").documents]
    return {identity(data): data for data in objects}


def rendered(folder: Path) -> dict[Identity, Object]:
    done = kustomize(folder)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def differences(found: Found, wanted: Found) -> list[str]:
    """Return the objects that differ, or are on one side only."""
    return [
        str(who)
        for who in {**found, **wanted}
        if who not in found or who not in wanted or not equal(found[who], wanted[who])
    ]


def own(layers: Layers, context: Context, root: Path, *first: str) -> Path:
    """Write the kustomization that a user has for a context; `first` are components before all."""
    names = "+".join((context.cloud, *(c.name for c in context.components), *first))
    folder = root / f"own-{names}"
    folder.mkdir()
    text = own_kustomization(context.cloud, (*first, *layers.paths(context)), "..")
    (folder / "kustomization.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Calico pack for kustomize."""
    folder = tmp_path_factory.mktemp("kustomize")
    write(build(CALICO), folder)
    return folder


# --- Calico, with the real tool ---------------------------------------------------------------


@pytest.mark.tool("kubectl")
def test_kustomize_gives_what_packc_renders_for_every_combination(output: Path) -> None:
    """Combinations with the same components are one run of kustomize, compared with each."""
    layers = calico_layers()
    runs: dict[tuple[str, ...], list[Context]] = {}
    for context in layers.accepted:
        runs.setdefault((context.cloud, *layers.paths(context)), []).append(context)
    folders = [own(layers, contexts[0], output) for contexts in runs.values()]

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(rendered, folders))

    compared = [
        differences(found, objects_of(layers.choices.compile(context)))
        for found, contexts in zip(results, runs.values(), strict=True)
        for context in contexts
    ]
    assert compared == [[]] * COMBINATIONS
    assert layers.unreachable == ()
    assert {layers.choices.features(c.components) for c in layers.accepted} == {
        (),
        ("etcd-tls",),
        ("windows-note",),
        ("etcd-tls", "windows-note"),
    }


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize("cloud", ["aws", "azure", "vmware"])
def test_an_overlay_is_what_the_command_prints(
    cloud: str, output: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    main(["render", str(CALICO), "--cloud", cloud, "--quiet"])

    printed = read(capsysbinary.readouterr().out.decode())
    assert differences(rendered(output / "overlays" / cloud), printed) == []


@pytest.mark.tool("kubectl")
def test_components_in_another_order_stop_kustomize(output: Path) -> None:
    mode = "components/encapsulation-mode-never/azure"
    folder = output / "wrong-order"
    folder.mkdir()
    text = own_kustomization("azure", ("components/etcd-tls", mode), "..")
    (folder / "kustomization.yaml").write_text(text)

    done = kustomize(folder)

    assert done.returncode != 0
    assert "testing value /spec/template/spec/containers/0/env/7/name failed" in done.stderr


@pytest.mark.tool("kubectl")
def test_components_can_be_added_to_an_overlay_itself(output: Path, tmp_path: Path) -> None:
    """As Flux does with spec.components: kustomize runs them before the overlay's own patches."""
    shutil.copytree(output, tmp_path, dirs_exist_ok=True)
    overlay = tmp_path / "overlays" / "azure" / "kustomization.yaml"
    text = overlay.read_text().replace("- cloud\n", "- cloud\n- ../../components/etcd-tls\n")
    overlay.write_text(text)

    found = rendered(overlay.parent)

    wanted = build(CALICO).compile("azure", ("etcd-tls",), {})
    assert differences(found, objects_of(wanted)) == []


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_edited_values_are_what_packc_renders_with_them(cloud: str, tmp_path: Path) -> None:
    write(build(CALICO), tmp_path)
    for path in (tmp_path / "values" / "patches").iterdir():
        text = path.read_text()
        for old, new in (
            ("192.168.0.0/16", "10.244.0.0/16"),
            ('"26"', '"24"'),
            ('"0"', '"1440"'),
            ("quay.io/calico", "mirror.example.com:5000/calico"),
        ):
            text = text.replace(f"value: {old}", f"value: {new}").replace(
                f'value: "{old}"', f'value: "{new}"'
            )
        path.write_text(text)
    layers = calico_layers()
    context = next(
        c
        for c in layers.accepted
        if c.cloud == cloud and "components/etcd-tls" in layers.paths(c)[1:]
    )

    found = rendered(own(layers, context, tmp_path, "values"))

    values = {
        "calico.calicoNetworkCIDR": "10.244.0.0/16",
        "calico.blockSize": 24,
        "calico.mtu": 1440,
        "calico.imageRegistry": "mirror.example.com:5000/calico",
    }
    assert differences(found, objects_of(layers.choices.compile(context, values))) == []


@given(
    st.integers(20, 32),
    st.integers(0, 65535),
    st.sampled_from(("10.0.0.0/8", "172.16.0.0/12")),
    st.from_regex(r"[a-z]{1,9}\.example\.org(/[a-z]{1,9})?", fullmatch=True),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_values_of_all_kinds_come_out_of_all_components(
    size: int, mtu: int, network: str, registry: str, data: st.DataObject
) -> None:
    layers = calico_layers()
    context = data.draw(st.sampled_from(layers.accepted))
    values = {
        "calico.blockSize": size,
        "calico.mtu": mtu,
        "calico.calicoNetworkCIDR": network,
        "calico.imageRegistry": registry,
    }
    cloud = Context(context.cloud)
    before = objects_of(layers.choices.compile(cloud))
    patched = objects_of(layers.choices.compile(cloud, values))

    changes = Delta.between(before, patched)

    places = set(calico_values().parameters)
    assert set(changes.edited_places) <= places
    wanted = objects_of(layers.choices.compile(context, values))
    assert differences(layers.put_together(context, changes.applied(before)), wanted) == []


# --- what is written --------------------------------------------------------------------------


def test_two_builds_write_the_same_files(output: Path, tmp_path: Path) -> None:
    write(build(CALICO), tmp_path)

    files = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")}
    again = {name: (output / name).read_bytes() for name in files}
    assert len(files) > 60
    assert files == again


def test_the_readme_names_every_component_and_value(output: Path) -> None:
    text = (output / "README.md").read_text()

    folders = {
        path.parent.relative_to(output).as_posix() for path in output.glob("components/**/kust*")
    }
    assert folders
    assert all(f"`{folder}`" in text for folder in folders)
    assert "`calico.mtu`" in text
    assert "`windows-note`" in text


def test_a_secret_value_makes_its_files_private(tmp_path: Path, small: Path) -> None:
    files = {f.name: f for f in emit_layers(build(small, "small.word=hunter2")).files}

    assert files["base/secret-small.yaml"].private
    assert not files["README.md"].private
    assert b"hunter2" not in files["README.md"].content


def test_the_readme_says_how_to_set_a_map(small: Path) -> None:
    """A patch cannot set one: what it replaces is its whole default, key by key."""
    (text,) = (f.content.decode() for f in emit_layers(build(small)).files if f.name == "README.md")

    fixed = text.partition("## Set when it was built")[2]
    assert "| `small.labels` | Some labels. | map of string |" in fixed
    assert "A map is written `key=value,key=value`" in fixed
    assert "A list is written" not in fixed


def test_open_values_of_a_small_pack_are_patches(small: Path) -> None:
    values = open_values(layers_of(build(small)))

    assert {p.name for p in values.parameters.values()} == {"small.size", "small.names"}
    assert [p.name for p in values.fixed] == ["small.labels", "small.word"]


# --- a pack with everything that differs ------------------------------------------------------


@pytest.fixture
def mixed(small: Path) -> Path:
    """A pack with objects of one cloud, of one value, and values that share their names."""
    spec = (small / "pack.yaml").read_text()
    parameters = "".join(
        MODE.format(name, default) for name, default in (("one", "a"), ("two", "b"))
    )
    objects = (
        "- {files: base/aws.yaml, when: {cloud: aws}}\n"
        "- {files: base/plain.yaml, when: {not: {parameters: {one.mode: b}}}}\n"
    )
    spec = spec.replace("objects:\n", f"{parameters}objects:\n{objects}") + PATCHES
    (small / "pack.yaml").write_text(spec)
    for name in ("aws", "plain"):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: 'x.{name}'}}\ndata: {{k: v}}\n"
        (small / "base" / f"{name}.yaml").write_text(text)
    (small / "patches").mkdir()
    (small / "patches" / "modes.yaml").write_text(MODES)
    return small


MODE = """\
- name: {}.mode
  type: enum
  description: How it runs.
  values: [{{value: a}}, {{value: b}}]
  default: {}
"""
PATCHES = "patches: [patches/modes.yaml]\n"
MODES = """\
patches:
- object: ConfigMap/small
  when: {parameters: {one.mode: b}}
  operations:
  - {op: add, path: /data/mode, value: "yes"}
- object: ConfigMap/small
  when: {parameters: {two.mode: a}, cloud: azure}
  operations:
  - {op: add, path: /data/date, value: "2020-01-01"}
"""


@pytest.mark.tool("kubectl")
def test_objects_of_some_variants_come_and_go(mixed: Path, tmp_path: Path) -> None:
    root = tmp_path / "out"
    pack = build(mixed)
    write(pack, root)
    layers = layers_of(pack)

    wrong = {
        context: differences(rendered(own(layers, context, root)), objects_of(built))
        for context, built in layers.built.items()
    }

    assert len(wrong) == 16
    assert set(map(len, wrong.values())) == {0}


def test_names_that_two_parameters_share_are_told_apart(mixed: Path) -> None:
    names = {
        component.name
        for knob in Choices.of(build(mixed)).knobs
        for component in knob.components
        if component.parameter != "small.fast"
    }

    assert names == {"one.mode-a", "one.mode-b", "two.mode-a", "two.mode-b"}


# --- operations -------------------------------------------------------------------------------

SCALARS = st.sampled_from([None, True, False, 0, 1, 1.5, "", "a", "~/"])
ITEMS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcde"), "value": SCALARS}),
    unique_by=lambda item: item["name"],
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(st.sampled_from(["x", "y/", "~z"]), inner) | st.lists(inner),
    max_leaves=6,
)
OBJECTS = st.fixed_dictionaries({}, optional={"env": ITEMS, "volumes": ITEMS, "spec": DATA})


@given(OBJECTS, OBJECTS)
def test_operations_turn_one_object_into_the_other(before: Any, after: Any) -> None:
    operations = list(edits(before, after))

    found = applied(before, operations)
    plain = jsonpatch.apply_patch(before, [edit.as_json() for edit in operations])
    assert equal(found, after, exact=True)
    assert equal(plain, after, exact=True)


@given(ITEMS.filter(lambda items: len(items) > 1))
def test_operations_refuse_a_list_in_another_order(items: list[dict[str, Any]]) -> None:
    after = {"env": [*items[:-1], {**items[-1], "value": "other"}]}
    operations = list(edits({"env": items}, after))

    with pytest.raises(DoesNotFitError):
        applied({"env": [items[-1], *items[:-1]]}, operations)
