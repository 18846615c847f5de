"""`packc explain`, `build --source-map` and `render --annotate`: what people are told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from packc.cli import main
from packc.cli.lookup import offered, steps_of
from packc.diagnostics import PackcError
from packc.emit import emit
from packc.load import load
from packc.model import (
    BaseObject,
    Cloud,
    FileContent,
    Identity,
    PatchedObject,
    Source,
    SourceKind,
    Value,
    Variant,
)
from packc.patching.pointer import Key
from packc.tracing.account import Account, printable
from packc.tracing.annotate import annotated
from packc.tracing.masking import Mask
from packc.tracing.sourcemap import rebuilt
from packc.values import Resolved
from packc.yamlio import parse

ROOT = Path(__file__).parent.parent
CALICO = "packs/calico"
NODE = "DaemonSet/calico-node"
ENV = "/spec/template/spec/containers/[name=calico-node]/env"
VXLAN = f"{ENV}/[name=CALICO_IPV4POOL_VXLAN]/value"
FEATURE_SETS = [
    chosen for size in range(3) for chosen in combinations(("etcd-tls", "windows-note"), size)
]
SECRET = "correct horse battery staple"

Explain = Callable[..., str]


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Runs a command in the repository and returns what it prints; it must succeed."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: object) -> str:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    return run


@pytest.fixture
def data(out: Explain) -> Callable[..., Any]:
    """Explains something as JSON and returns it."""
    return lambda *arguments: json.loads(out("explain", *arguments, "--output", "json"))


def line_of(file: str, text: str, after: str = "") -> int:
    """Return the first line of a file that holds a text, below one that holds another."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    start = next(index for index, line in enumerate(lines) if after in line)
    return next(n for n, line in enumerate(lines, start=1) if n > start and text in line)


# --- one field --------------------------------------------------------------------------------


def test_a_chain_leads_from_the_base_through_each_write_to_what_decided(out: Explain) -> None:
    text = out("explain", CALICO, "--cloud", "azure", NODE, VXLAN)

    base = line_of("packs/calico/base/node.yaml", "value:", after="CALICO_IPV4POOL_VXLAN")
    write = line_of(
        "packs/calico/patches/encapsulation.yaml", "parameter:", after="IPV4POOL_VXLAN]"
    )
    default = line_of("packs/calico/pack.yaml", "- name: calico.encapsulationMode")
    assert text.splitlines()[:7] == [
        "DaemonSet.apps/kube-system/calico-node",
        f'{VXLAN}: "Always"',
        f"  packs/calico/base/node.yaml:{base}:18",
        '      base: "Never"',
        f"  packs/calico/patches/encapsulation.yaml:{write}:16",
        '      replace: "Never" -> "Always"',
        '      parameter calico.encapsulationMode: "Always"'
        f" (default, packs/calico/pack.yaml:{default}:3)",
    ]
    assert "      where calico.encapsulationType is CALICO_IPV4POOL_VXLAN (cloud azure, " in text
    assert "      because a VXLAN pool takes its mode from the parameter" in text


def test_a_chain_as_json(data: Callable[..., Any]) -> None:
    answer = data(CALICO, "--cloud", "azure", NODE, VXLAN)

    (field,) = answer["fields"]
    base, write = field["chain"]
    assert (answer["variant"], answer["path"], field["value"]) == ("azure", VXLAN, "Always")
    assert (base["deed"], base["after"], "before" in base) == ("base", "Never", False)
    assert (write["deed"], write["before"], write["after"]) == ("replace", "Never", "Always")
    assert write["writer"] == "patches/encapsulation.yaml"
    assert write["parameter"]["source"] == "default"


def test_a_write_of_a_plugin_names_its_line_its_version_and_its_hook(out: Explain) -> None:
    path = f"{ENV}/[name=FELIX_AWSSRCDSTCHECK]/value"

    text = out("explain", CALICO, "--cloud=aws", "--set=calico.encapsulationMode=Never", NODE, path)

    line = line_of("plugins/packc_aws/__init__.py", "operations=(add(")
    assert f"  packc_aws/__init__.py:{line}:1\n" in text
    assert "      by plugin aws (packc 0.1.0), packc_patches\n" in text


def test_an_operation_without_a_line_is_placed_where_its_hook_begins(
    small: Path, tmp_path: Path
) -> None:
    plugins = tmp_path / "plugins"
    metadata = plugins / "moon-2.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: moon\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text("[packc]\nmoon = demo_moon\n")
    (plugins / "demo_moon.py").write_text(
        "from packc.api import Cloud, Operation, Patch, hookimpl\n\n\n"
        "@hookimpl\ndef packc_clouds():\n    return [Cloud('moon', 'Moon')]\n\n\n"
        "@hookimpl\ndef packc_patches(variant):\n"
        "    return [Patch('ConfigMap/small', (Operation('add', '/data/moon', 'full'),))]\n"
    )
    command = [sys.executable, "-m", "packc", "explain", small, "--cloud=moon", "ConfigMap/small"]

    done = subprocess.run(
        [*command, "data.moon"],
        env=os.environ | {"PYTHONPATH": f"{plugins}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines()[1:] == [
        '/data/moon: "full"',
        "  demo_moon.py:9:1",
        '      add: "full"',
        "      by plugin moon (moon 2.0), packc_patches",
    ]


def test_a_value_names_the_option_or_the_line_that_set_it(
    data: Callable[..., Any], tmp_path: Path
) -> None:
    values = tmp_path / "site.yaml"
    values.write_text("calico:\n  blockSize: 24\n")
    options = ("--cloud", "aws", "--values", values, "--set", "calico.mtu=1440")

    block = data(CALICO, *options, NODE, f"{ENV}/[name=CALICO_IPV4POOL_BLOCK_SIZE]/value")
    mtu = data(CALICO, *options, "ConfigMap/calico-config", "/data/veth_mtu")

    sources = [answer["fields"][0]["chain"][-1]["parameter"] for answer in (block, mtu)]
    assert (sources[0]["value"], sources[0]["source"]) == (24, "site.yaml:2")
    assert (sources[0]["line"], sources[0]["column"]) == (2, 14)
    assert (sources[1]["value"], sources[1]["source"]) == (1440, "--set calico.mtu")


@pytest.mark.parametrize(
    "path",
    [
        f"{ENV}/[name=IP]/value",
        f"{ENV}/5/value",
        "spec.template.spec.containers[0].env[5].value",
        ".spec.template.spec.containers[name=calico-node].env[name=IP].value",
        "spec['template'].spec.containers[0].env[5]['value']",
    ],
)
def test_a_path_may_be_written_in_several_ways(data: Callable[..., Any], path: str) -> None:
    answer = data(CALICO, "--cloud", "aws", NODE, path)

    assert (answer["path"], answer["fields"][0]["value"]) == (
        f"{ENV}/[name=IP]/value",
        "autodetect",
    )


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", ()),
        ("/a~1b/0", ("a/b", "0")),
        ("/a/", ("a",)),
        ("a.b", ("a", "b")),
        (r"annotations.example\.org/x", ("annotations", "example.org/x")),
        ("data['a.b'].c", ("data", "a.b", "c")),
        ("a[mountPath=/lib/x].b", ("a", Key("mountPath", "/lib/x"), "b")),
    ],
)
def test_paths_are_pointers_or_dotted(path: str, steps: tuple[Any, ...]) -> None:
    assert steps_of(path) == steps


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x", "a.", "a['b]", "[name=]x]"])
def test_a_dotted_path_that_is_not_finished_is_refused(path: str) -> None:
    with pytest.raises(PackcError) as refused:
        steps_of(path)

    assert refused.value.diagnostics[0].code == "PK301"


def test_a_removed_field_names_who_removed_it(out: Explain) -> None:
    image = "spec.template.spec.initContainers[name=upgrade-ipam].image"

    text = out("explain", CALICO, "--cloud=aws", "--feature=etcd-tls", NODE, image)

    line = line_of("packs/calico/patches/etcd.yaml", "op: remove")
    assert "/spec/template/spec/initContainers/[name=upgrade-ipam]/image: removed\n" in text
    assert f"  packs/calico/patches/etcd.yaml:{line}:5\n      remove: was " in text
    assert "      where feature etcd-tls is on\n" in text


# --- objects and subtrees ---------------------------------------------------------------------


def test_an_object_is_shown_as_a_tree_of_its_leaves_with_their_lines(out: Explain) -> None:
    text = out("explain", CALICO, "--cloud", "aws", "ConfigMap/calico-config")

    lines = [line.split(maxsplit=1) for line in text.splitlines()[2:]]
    places = {what: place for place, what in (line for line in lines if len(line) == 2)}
    name = line_of("packs/calico/base/config.yaml", "name: calico-config")
    binding = line_of("packs/calico/pack.yaml", "path: /data/veth_mtu")
    assert places['name: "calico-config"'] == f"packs/calico/base/config.yaml:{name}"
    assert places['veth_mtu: "0"  <- calico.mtu (default)'] == f"packs/calico/pack.yaml:{binding}"


def test_a_subtree_lists_what_was_removed_below_it(out: Explain) -> None:
    text = out("explain", CALICO, "--cloud=aws", "--feature=etcd-tls", NODE, ENV)

    _, _, gone = text.partition("\nremoved:\n")
    assert [line.split()[1].rpartition("/")[2] for line in gone.splitlines()] == [
        "[name=DATASTORE_TYPE]",
        "[name=WAIT_FOR_DATASTORE]",
        "[name=NODENAME]",
    ]


def test_verbose_prints_the_chain_of_each_leaf(out: Explain) -> None:
    text = out("explain", CALICO, "--cloud=aws", "ConfigMap/calico-config", "/data", "--verbose")

    assert '/data/calico_backend: "bird"\n  packs/calico/base/config.yaml:' in text
    assert "      parameter calico.mtu: 0 (default, packs/calico/pack.yaml:" in text


def test_without_an_object_all_are_listed_and_those_that_the_variant_lacks(
    data: Callable[..., Any], out: Explain
) -> None:
    answer = data(CALICO, "--cloud=aws", "--feature=etcd-tls")
    text = out("explain", CALICO, "--cloud=aws", "--feature=etcd-tls")

    names = [entry["object"] for entry in answer["objects"]]
    assert "DaemonSet.apps/kube-system/calico-node" in names
    assert all(f"\n{name} " in text for name in names)
    kinds = {entry["object"].partition(".")[0] for entry in answer["absent"]}
    assert kinds == {"CustomResourceDefinition"}
    assert all(entry["conditions"] == ["feature etcd-tls is on"] for entry in answer["absent"])


def test_an_object_nested_without_end_is_refused(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = "{a: " * 90 + "{}" + "}" * 90
    paths = ["/data" + "/a" * 91 * level + "/a" for level in range(6)]
    operations = [f"  - {{op: add, path: {path}, value: {value}}}\n" for path in paths]
    spec = (small / "pack.yaml").read_text()
    (small / "pack.yaml").write_text(spec + "patches: [deep.yaml]\n")
    text = "patches:\n- object: ConfigMap/small\n  operations:\n" + "".join(operations)
    (small / "deep.yaml").write_text(text)

    codes = [
        main(["explain", str(small), "--cloud=aws", *name]) for name in ([], ["ConfigMap/small"])
    ]

    assert codes == [1, 1]
    assert capsys.readouterr().err.count("error[PK502]") == 2


# --- what must not be shown -------------------------------------------------------------------


@pytest.fixture
def secretive(small: Path) -> Path:
    """A pack that puts a secret into a Secret and, by mistake, into a ConfigMap; and a file."""
    spec = (small / "pack.yaml").read_text()
    spec = spec.replace(
        "objects:\n",
        "- {name: small.file, type: file, description: A file.}\n"
        "- {name: small.items, type: list, description: Secrets., secret: true,"
        " items: {type: string}}\nobjects:\n",
    )
    spec += (
        "- {parameter: small.word, object: ConfigMap/small, path: /data/word}\n"
        "- {parameter: small.items, object: ConfigMap/small, path: /data/items, as: comma-list}\n"
        "- {parameter: small.file, object: ConfigMap/small, path: /data/file, as: string}\n"
        "patches: [patches/after.yaml]\n"
    )
    (small / "pack.yaml").write_text(spec)
    objects = (small / "base" / "objects.yaml").read_text()
    added = 'names: a, word: "", items: "", file: ""}'
    (small / "base" / "objects.yaml").write_text(objects.replace("names: a}", added))
    (small / "patches").mkdir()
    (small / "patches" / "after.yaml").write_text(
        "patches:\n"
        "- object: ConfigMap/small\n"
        "  operations:\n"
        "  - {op: copy, from: /data/word, path: /data/copied, overrides: pack.yaml}\n"
        "  - {op: move, from: /data/word, path: /data/moved, overrides: pack.yaml}\n"
        "- object: Secret/small\n"
        "  operations:\n"
        "  - {op: copy, from: /metadata/name, path: /metadata/labels, optional: never}\n"
    )
    (small / "values.yaml").write_text(
        f"small.word: {SECRET}\nsmall.items: [{SECRET} 1, {SECRET} 2]\nsmall.file: note.txt\n"
    )
    (small / "note.txt").write_text(f"a file that holds {SECRET}\n")
    return small


@pytest.mark.parametrize("form", [(), ("--verbose",), ("--output=json",)])
def test_no_secret_and_no_content_of_a_file_is_shown(
    out: Explain, secretive: Path, form: tuple[str, ...]
) -> None:
    options = (secretive, "--cloud=aws", "--values", secretive / "values.yaml", *form)

    shown = [
        out("explain", *options),
        *(out("explain", *options, name) for name in ("ConfigMap/small", "Secret/small")),
        *(
            out("explain", *options, "ConfigMap/small", f"/data/{key}")
            for key in ("word", "items", "file", "copied", "moved")
        ),
        out("explain", *options, "Secret/small", "/stringData/word"),
    ]

    assert "(secret)" in shown[1]
    assert "(content of note.txt)" in shown[1]
    assert not any("horse" in text for text in shown)


def test_the_source_map_and_the_comments_hold_no_secret(
    out: Explain, secretive: Path, tmp_path: Path
) -> None:
    options = (secretive, "--cloud=aws", "--values", secretive / "values.yaml")

    out("build", *options, "--source-map", "-o", tmp_path / "dist")
    text = out("render", *options, "--annotate")

    content = (tmp_path / "dist" / "small" / "1.0.0" / "aws" / "source-map.json").read_text()
    comments = [line.rpartition("  # ")[2] for line in text.splitlines() if "  # " in line]
    assert "(secret)" in content
    assert "horse" not in content
    assert any("small.word=(secret)" in comment for comment in comments)
    assert not any("horse" in comment for comment in comments)


def test_a_mask_covers_a_secret_also_inside_a_text_and_in_base64() -> None:
    source = Source(SourceKind.SET, "--set")
    mask = Mask.of(
        [
            Value("word", "hunter2", source, secret=True),
            Value("pin", 4711, source, secret=True),
            Value("file", FileContent("dir/ca.pem", "PEM"), source),
            Value("open", "open", source),
        ]
    )
    config = Identity("", "ConfigMap", "", "x")

    shown = mask.shown({"a": ["x hunter2 y", "aHVudGVyMg==", 4711, "PEM", "open"]}, config, ())

    assert shown == {"a": ["(secret)", "(secret)", "(secret)", "(content of ca.pem)", "open"]}


# --- the source map ---------------------------------------------------------------------------


def test_a_source_map_is_written_beside_the_manifests_on_request_only(
    out: Explain, tmp_path: Path
) -> None:
    out("build", CALICO, "--cloud=aws", "-o", tmp_path / "without")
    out("build", CALICO, "--cloud=aws", "--source-map", "-o", tmp_path / "with")

    without, with_map = (next(tmp_path.glob(f"{name}/*/*/aws")) for name in ("without", "with"))
    record = json.loads((with_map / "build.json").read_text())
    content = (with_map / "source-map.json").read_bytes()
    manifests = (with_map / "manifests.yaml").read_text()
    assert not (without / "source-map.json").exists()
    assert (without / "manifests.yaml").read_text() == manifests
    assert record["outputs"]["source-map.json"]["bytes"] == len(content)
    assert emit(rebuilt(content)) == manifests
    assert len(content) < len(manifests)


def test_a_source_map_is_the_same_wherever_the_pack_is(out: Explain, tmp_path: Path) -> None:
    shutil.copytree(ROOT / CALICO, tmp_path / "elsewhere" / "pack")
    packs = (CALICO, f"{CALICO}/", tmp_path / "elsewhere" / "pack")

    for index, pack in enumerate(packs):
        options = ("--cloud=azure", "--feature=etcd-tls", "--source-map")
        out("build", pack, *options, "-o", tmp_path / str(index))

    maps = {file.read_bytes() for file in tmp_path.rglob("source-map.json")}
    assert len(maps) == 1
    assert str(ROOT).encode() not in maps.pop()


def test_a_source_map_has_the_documented_form(out: Explain, tmp_path: Path) -> None:
    options = ("--cloud=azure", "--feature=etcd-tls", "--source-map")

    out("build", CALICO, *options, "-o", tmp_path)

    (file,) = tmp_path.rglob("source-map.json")
    found = json.loads(file.read_text())
    node = next(o for o in found["objects"] if o["object"].startswith("DaemonSet"))
    containers = node["fields"]["/spec"]["/template"]["/spec"]["/containers"]["-"]
    value = next(
        entry["/value"]
        for entry in containers[0]["/env"]["-"]
        if entry["/name"][0] == "CALICO_IPV4POOL_VXLAN"
    )
    write = found["writes"][value[1][1]["write"]]
    assert (found["format"], found["variant"]) == (1, "azure+etcd-tls")
    assert (node["file"], node["fields"]["/kind"]) == ("base/node.yaml", ["DaemonSet", 3, 7])
    assert (value[0], value[1][0]["value"], value[1][1]["value"]) == ("Always", "Never", "Always")
    assert (write["writer"], write["operation"]) == ("patches/encapsulation.yaml", "replace")
    assert found["parameters"][write["parameter"]]["file"] == "pack.yaml"
    assert "/spec/template/spec/initContainers/[name=upgrade-ipam]" in node["removed"]


# --- comments in manifests --------------------------------------------------------------------


@pytest.mark.parametrize("features", FEATURE_SETS, ids="+".join)
@pytest.mark.parametrize("cloud", ["aws", "azure", "vmware"])
def test_annotated_manifests_hold_the_same_objects(
    out: Explain, cloud: str, features: tuple[str, ...]
) -> None:
    options = (CALICO, f"--cloud={cloud}", *(f"--feature={name}" for name in features))

    plain, text = out("render", *options), out("render", *options, "--annotate")

    assert text != plain
    assert list(yaml.load_all(text, yaml.CSafeLoader)) == list(
        yaml.load_all(plain, yaml.CSafeLoader)
    )


def test_comments_name_files_relative_to_the_pack_plugins_and_parameters(out: Explain) -> None:
    options = ("--cloud=aws", "--set=calico.encapsulationMode=Never")

    lines = out("render", CALICO, *options, "--annotate").splitlines()

    kind = line_of("packs/calico/base/node.yaml", "kind: DaemonSet")
    plugin = line_of("plugins/packc_aws/__init__.py", "operations=(add(")
    mode = line_of("packs/calico/patches/encapsulation.yaml", "parameter:", after="POOL_IPIP")
    config = line_of("packs/calico/base/config.yaml", "cni_network_config: |")
    assert f"kind: DaemonSet  # base/node.yaml:{kind}" in lines
    assert f"          value: Disable  # aws: packc_aws/__init__.py:{plugin}" in lines
    assert (
        f"          value: Never  # patches/encapsulation.yaml:{mode}"
        " calico.encapsulationMode=Never (--set calico.encapsulationMode)"
    ) in lines
    assert f"  cni_network_config: |  # base/config.yaml:{config}" in lines


def test_comments_leave_every_dangerous_text_as_it_is(calico: Path) -> None:
    spec = json.loads((ROOT / "tests" / "readers" / "dangerous.json").read_text())
    identity = Identity("", "Thing", "", "thing")
    thing = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "thing"}, "spec": spec}
    text = emit([thing])
    (document,) = parse(text, "thing.yaml", marks=True).documents
    base = BaseObject(thing, identity, "a\n# file.yaml", document.locate)
    variant = Variant("calico", "1", Cloud("aws", "AWS"), ())
    account = Account.of(load(calico), Resolved(variant, {}, ()), {}, {})

    commented = annotated(account, [PatchedObject(base, thing)], text)

    (read,) = parse(commented, "commented.yaml").documents
    assert read.data == thing
    assert commented.count("  # thing.yaml:") > 100


def test_annotate_goes_with_yaml_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["render", CALICO, "--cloud=aws", "--annotate", "--output=json"])

    assert code == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_what_cannot_be_printed_is_replaced() -> None:
    assert printable("a\n\x1b[31m\u202eb") == "a??[31m?b"


# --- completion, and the cost of all this -----------------------------------------------------

THING = {"spec": {"env": [{"name": "A", "value": {}}], "size": 1, "list": [[1], []]}}


@pytest.mark.parametrize(
    ("prefix", "paths"),
    [
        ("", ["/spec/"]),
        ("/sp", ["/spec/"]),
        ("/spec/", ["/spec/env/", "/spec/size", "/spec/list/"]),
        ("/spec/env/[na", ["/spec/env/[name=A]/"]),
        ("/spec/env/0/", ["/spec/env/0/name", "/spec/env/0/value"]),
        ("/spec/env/[name=A]/v", ["/spec/env/[name=A]/name", "/spec/env/[name=A]/value"]),
        ("/spec/list/", ["/spec/list/0/", "/spec/list/1"]),
        ("/nowhere/", []),
        ("/spec/size/", []),
    ],
)
def test_completion_goes_one_step_at_a_time(prefix: str, paths: list[str]) -> None:
    assert offered(THING, prefix) == paths


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "packc explain packs/calico --cloud azure DaemonS",
            "DaemonSet.apps/kube-system/calico-node",
        ),
        (
            "packc explain packs/calico Deploy",
            "Deployment.apps/kube-system/calico-kube-controllers",
        ),
        (f"packc explain packs/calico --cloud aws {NODE} /spec/update", "/spec/updateStrategy/"),
        (f"packc explain packs/calico {NODE} /spec/update", "/spec/updateStrategy/"),
    ],
)
def test_the_shell_is_offered_objects_and_paths(line: str, expected: str) -> None:
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = f"{sys.executable} -m packc 8>&1 9>/dev/null >/dev/null 2>&1"

    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=os.environ | environment, capture_output=True
    )

    assert done.stdout.decode().split() == [expected]


def test_rendering_does_not_even_load_what_explains() -> None:
    program = (
        "import sys; from packc.cli import main; main(['render', 'packs/calico', '--cloud=aws']);"
        "print([name for name in sys.modules if name in"
        " ('packc.tracing.trace', 'packc.tracing.account', 'packc.tracing.sourcemap',"
        " 'packc.tracing.annotate')], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.stderr.splitlines()[-1] == "[]"
