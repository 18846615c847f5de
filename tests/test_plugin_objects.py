"""packc_objects: whole objects that plugins bring, from their checks to every place that tells."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from textwrap import indent
from typing import Any

import jsonpatch
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from packc.bring import _Copier, _Unfit, bring
from packc.cli import main
from packc.diagnostics import PackcError
from packc.doctor.shuffle import shuffle
from packc.emit import emit
from packc.formats.derive import derive
from packc.formatting import build_of
from packc.frozen import FrozenList, FrozenMap
from packc.load import load
from packc.model import Cloud, NewObject, PatchedObject, Variant
from packc.pipeline import Compiled, Selection, account_of, compile_variant, prepare, traced
from packc.plugins import Host, discover
from packc.tracing.sourcemap import rebuilt, source_map

ROOT = Path(__file__).parent.parent
CALICO = str(ROOT / "packs" / "calico")
SECRET = "Secret/kube-system/calico-etcd-secrets"
SIZE = "- {name: demo.size, type: integer, description: Size., default: 3}\n"

CLOUD = """\
@hookimpl
def packc_clouds():
    return [Cloud("{name}", "A cloud")]
"""
FEATURE = """\
@hookimpl
def packc_features():
    return [Feature("{name}", "A feature")]
"""
MODULE = """\
from packc.api import (
    Cloud, Feature, FileContent, NewObject, Note, Parameter, Patch, add, hookimpl, new_object,
    replace,
)


def config(name, **data):
    head = {{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": name}}}}
    return new_object(head | {{"data": data}}, "what the tests ask for")


{offer}

@hookimpl
def packc_objects(variant):
{objects}


{more}
"""

Install = Callable[..., None]
MakePack = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a plugin for one test, as a module with its metadata."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    modules = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(objects: str, name: str = "moon", more: str = "", offer: str = CLOUD) -> None:
        text = MODULE.format(
            offer=offer.format(name=name), objects=indent(objects, "    "), more=more
        )
        (folder / f"bringing_{name}.py").write_text(text)
        metadata = folder / f"bringing_{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: demo-{name}\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(f"[packc]\n{name} = bringing_{name}\n")

    yield make
    for name in set(sys.modules) - modules:
        if name.startswith("bringing_"):
            del sys.modules[name]


@pytest.fixture
def pack(tmp_path: Path) -> MakePack:
    """Return a function that makes a pack of one ConfigMap for the cloud moon."""

    def make(more: str = "", clouds: str = "moon", patches: str = "") -> str:
        folder = tmp_path / "pack"
        (folder / "base").mkdir(parents=True)
        (folder / "pack.yaml").write_text(
            "packc: 1\nname: demo\nversion: 1.0.0\ntitle: Demo\ndescription: A pack.\n"
            f"clouds: [{clouds}]\nobjects: [{{files: base/config.yaml}}]\nparameters:\n{SIZE}"
            + more
            + ("patches: [patches.yaml]\n" if patches else "")
        )
        (folder / "base" / "config.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: '1'}\n"
        )
        if patches:
            (folder / "patches.yaml").write_text(f"patches:\n{patches}")
        return str(folder)

    return make


def compiled(folder: str, cloud: str = "moon", features: tuple[str, ...] = ()) -> Compiled:
    prepared = prepare(folder, Selection((cloud,), features), Host())
    return compile_variant(prepared, prepared.active.clouds[cloud])


def objects_of(variant: Compiled) -> dict[str, PatchedObject]:
    return {str(entry.identity): entry for entry in variant.patched.objects}


def refused(folder: str) -> list[tuple[str, str]]:
    """Return the code and the message of each error of a build."""
    with pytest.raises(PackcError) as caught:
        compiled(folder)
    return [(each.code, each.message) for each in caught.value.diagnostics]


# --- what is brought --------------------------------------------------------------------------


def test_an_object_comes_into_the_variant_and_knows_who_brought_it(
    install: Install, pack: MakePack
) -> None:
    install('return [config("craters", tycho="86 km")]')

    entry = objects_of(compiled(pack()))["ConfigMap/craters"]

    assert entry.data["data"] == {"tycho": "86 km"}
    assert str(entry.base.origin) == "plugin moon (demo-moon 1.0)"
    assert entry.base.reason == "what the tests ask for"
    assert entry.base.locate(("data", "tycho")).file == "bringing_moon.py"


def test_pack_and_plugins_patch_what_a_plugin_brings(install: Install, pack: MakePack) -> None:
    patch = 'return [Patch("ConfigMap/craters", (add("/data/of", variant.cloud.name),))]'
    install(
        'return [config("craters", size="0", called="?")]',
        more=f"@hookimpl\ndef packc_patches(variant):\n    {patch}\n",
    )
    binding = "{parameter: demo.size, object: ConfigMap/craters, path: /data/size, as: string}"
    of_pack = (
        "- object: ConfigMap/craters\n"
        "  operations: [{op: replace, path: /data/called, value: Tycho}]\n"
    )

    entry = objects_of(compiled(pack(f"bindings: [{binding}]\n", patches=of_pack)))

    assert entry["ConfigMap/craters"].data["data"] == {"size": "3", "called": "Tycho", "of": "moon"}
    assert {write.origin.writer for write in entry["ConfigMap/craters"].writes} == {
        "moon",
        "pack.yaml",
        "patches.yaml",
    }


def test_two_writers_of_a_brought_object_conflict_as_anywhere(
    install: Install, pack: MakePack
) -> None:
    patch = '[Patch("ConfigMap/craters", (replace("/data/size", "9"),))]'
    install(
        'return [config("craters", size="0")]',
        more=f"@hookimpl\ndef packc_patches(variant):\n    return {patch}\n",
    )
    binding = "{parameter: demo.size, object: ConfigMap/craters, path: /data/size, as: string}"

    found = refused(pack(f"bindings: [{binding}]\n"))

    assert [code for code, _ in found] == ["PK308"]


def test_a_patch_that_nothing_answers_to_still_names_what_there_is(
    install: Install, pack: MakePack
) -> None:
    install('return [config("craters")]')
    of_pack = "- object: ConfigMap/crater\n  operations: [{op: add, path: /data/x, value: y}]\n"
    folder = pack(patches=of_pack)

    with pytest.raises(PackcError) as caught:
        compiled(folder)

    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.found) == ("PK302", "ConfigMap/craters, ConfigMap/demo")


def test_a_feature_that_is_off_brings_nothing(install: Install, pack: MakePack) -> None:
    install("return []")
    install('return [config("light")]', "sun", offer=FEATURE)
    folder = pack("features: [{name: sun}]\n")

    without, with_it = compiled(folder), compiled(folder, features=("sun",))

    assert set(objects_of(with_it)) - set(objects_of(without)) == {"ConfigMap/light"}


def test_a_module_that_provides_two_plugins_brings_an_object_once(
    install: Install, pack: MakePack, tmp_path: Path
) -> None:
    install('return [config("craters")]', more=FEATURE.format(name="sun"))
    entries = tmp_path / "plugins" / "bringing_moon-1.0.dist-info" / "entry_points.txt"
    entries.write_text("[packc]\nmoon = bringing_moon\nsun = bringing_moon\n")

    found = compiled(pack("features: [{name: sun, default: true}]\n"))

    assert len(found.objects) == 2


def test_what_happens_to_the_data_later_changes_nothing(install: Install, pack: MakePack) -> None:
    install(
        "KEPT['data']['seen'] = f\"{KEPT['data'].get('seen', '')}I\"\nreturn [NewObject(KEPT)]",
        more="KEPT = {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'kept'},"
        " 'data': {}}\n",
    )
    folder = pack()
    prepared = prepare(folder, Selection(("moon",)), Host())

    first = compile_variant(prepared, prepared.active.clouds["moon"])
    before = emit(first.objects)
    compile_variant(prepared, prepared.active.clouds["moon"])

    assert emit(first.objects) == before


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objects", "code", "text"),
    [
        ('return [NewObject(["v1"])]', "PK206", "data is a list"),
        ("return [{}]", "PK206", "a dict, expected NewObject"),
        ("return [NewObject({1: 2})]", "PK206", "expected a map with text as keys"),
        ("return [NewObject({})]", "PK222", "no text at 'apiVersion'"),
        ('return [NewObject({"apiVersion": "v1"})]', "PK222", "no text at 'kind'"),
        ('return [NewObject({"apiVersion": "v1", "kind": "Pod"})]', "PK222", "no 'metadata'"),
        ("return [config(7)]", "PK222", "expected text, at '/metadata/name'"),
        ('return [config("")]', "PK222", "at '/metadata/name'"),
        ("return [config('a', b={1, 2})]", "PK223", "found a set, expected plain data"),
        ("return [config('a', b=b'x')]", "PK223", "found a bytes"),
        ("return [config('a', b=__import__('datetime').date(1969, 7, 20))]", "PK223", "a date"),
        ("return [config('a', b=FileContent('x', 'y'))]", "PK223", "found a FileContent"),
        ("return [config('a', b=[0, float('inf')])]", "PK223", "found inf, expected a finite"),
        ("return [config('a', b=2**63)]", "PK223", "an integer of more than 64 bits"),
        ("return [config('a', b={3: 'x'})]", "PK223", "found an int as a key"),
        ("return [config('a', b='\\ud83d')]", "PK223", "half a surrogate pair"),
        ("return [config('a', b='x' * 4_000_000)]", "PK224", "more than 3145728 characters"),
        ("return [config('a', b=[0] * 300_000)]", "PK224", "more than 200000 values"),
    ],
)
def test_what_is_no_object_is_refused(
    install: Install, pack: MakePack, objects: str, code: str, text: str
) -> None:
    install(objects)

    ((found, message),) = refused(pack())

    assert (found, text in message) == (code, True), message
    assert "plugin 'moon' (demo-moon 1.0)" in message


@pytest.mark.parametrize(
    "field",
    ["status", "metadata.creationTimestamp", "metadata.managedFields", "metadata.resourceVersion"],
)
def test_what_the_cluster_sets_is_refused(install: Install, pack: MakePack, field: str) -> None:
    outer, _, inner = field.partition(".")
    holder = f'found.data["{outer}"]' if inner else "found.data"
    install(f'found = config("a")\n{holder}["{inner or outer}"] = None\nreturn [found]')

    ((code, message),) = refused(pack())

    assert code == "PK222"
    assert f"'{inner or outer}' is set by the cluster, at '/{field.replace('.', '/')}'" in message


def test_a_map_that_runs_code_of_the_plugin_is_refused(install: Install, pack: MakePack) -> None:
    more = "from collections import UserDict\n"
    install('return [config("a", b=UserDict(x="y"))]', more=more)

    ((code, message),) = refused(pack())

    assert (code, "found an UserDict" in message) == ("PK223", True)


def test_a_dict_of_its_own_kind_is_read_as_the_dict_that_it_is(
    install: Install, pack: MakePack
) -> None:
    more = "class Odd(dict):\n    def items(self):\n        raise RuntimeError('not for packc')\n"
    install('return [config("a", b=Odd(x="y"))]', more=more)

    data = objects_of(compiled(pack()))["ConfigMap/a"].data["data"]

    assert data == {"b": {"x": "y"}}


def test_a_map_that_fails_when_it_is_read_is_the_plugins_fault(
    install: Install, pack: MakePack
) -> None:
    more = (
        "from collections import UserDict\n"
        "class Broken(UserDict):\n"
        "    def __iter__(self):\n        raise RuntimeError('not for packc')\n"
    )
    install("return [NewObject(Broken(kind='ConfigMap'))]", more=more)

    ((code, message),) = refused(pack())

    assert code in ("PK205", "PK206", "PK223")
    assert "packc_objects of plugin 'moon' (demo-moon 1.0)" in message


def test_every_object_that_is_wrong_is_reported_in_one_run(
    install: Install, pack: MakePack
) -> None:
    install('return [config(""), config("a", b={1}), config("demo"), config("c"), config("c")]')

    assert sorted(code for code, _ in refused(pack())) == ["PK221", "PK221", "PK222", "PK223"]


def test_an_object_of_the_pack_is_not_brought_again(install: Install, pack: MakePack) -> None:
    install('return [config("demo")]')

    ((code, message),) = refused(pack())

    assert code == "PK221"
    assert message.endswith("brings ConfigMap/demo, which the pack has in base/config.yaml")


def test_two_plugins_that_bring_one_object_are_named_in_one_order(
    install: Install, pack: MakePack
) -> None:
    names = ("moon", "sun", "star")
    install('return [config("sky")]')
    for name in names[1:]:
        install('return [config("sky")]', name, offer=FEATURE)
    host, cloud = Host(), Cloud("moon", "A cloud")
    variant = Variant("demo", "1.0.0", cloud, ())

    texts = set()
    for order in permutations(names):
        with pytest.raises(PackcError) as caught:
            bring([host.load(name) for name in order], host, variant, ())
        texts.add(tuple(each.message for each in caught.value.diagnostics))

    assert texts == {
        (
            "plugin star (demo-star 1.0) brings ConfigMap/sky,"
            " which plugin moon (demo-moon 1.0) brings as well",
            "plugin sun (demo-sun 1.0) brings ConfigMap/sky,"
            " which plugin moon (demo-moon 1.0) brings as well",
        )
    }


plain_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain_data)
def test_plain_data_is_copied_as_it_is(value: Any) -> None:
    copy = _Copier().copied(value, ())

    assert repr(copy) == repr(value)
    assert not isinstance(value, dict | list) or copy is not value


@given(plain_data)
def test_views_of_arguments_become_plain_data(value: Any) -> None:
    copy = _Copier().copied({"a": FrozenMap({"b": value}), "c": FrozenList((value,))}, ())

    assert repr(copy) == repr({"a": {"b": value}, "c": [value]})


def test_references_that_multiply_without_end_are_stopped() -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]

    with pytest.raises(_Unfit, match="more than 200000 values"):
        _Copier().copied(value, ())


# --- order ------------------------------------------------------------------------------------


def test_no_order_of_plugins_changes_what_is_brought(install: Install, pack: MakePack) -> None:
    install('return [config("b"), config("a")]')
    for name in ("sun", "star"):
        patch = f'return [Patch("ConfigMap/a", (add("/data/{name}", "x"),))]'
        install(
            f'return [config("{name}")]',
            name,
            more=f"@hookimpl\ndef packc_patches(variant):\n    {patch}\n",
            offer=FEATURE,
        )
    listed = "features: [{name: sun, default: true}, {name: star, default: true}]\n"
    folder = pack(listed)

    result = shuffle(load(Path(folder), folder), Selection(), installed=discover())

    assert result.diagnostics == ()
    assert result.patch_orders > 1


def test_shuffling_blames_the_hook_that_brings_other_data_each_time(
    install: Install, pack: MakePack
) -> None:
    install('SEEN.append(1)\nreturn [config("a", seen=str(len(SEEN)))]', more="SEEN = []\n")
    folder = pack()

    result = shuffle(load(Path(folder), folder), Selection(), installed=discover())

    messages = [each.message for each in result.diagnostics]
    assert any("packc_objects of plugin 'moon'" in text for text in messages), messages
    assert any("/data/seen of ConfigMap/a" in text for text in messages), messages


# --- what tells of it -------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must work, and return its standard output."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_explain_begins_the_chain_with_the_plugin_its_hook_and_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = (ROOT / "plugins/packc_etcd_tls/__init__.py").read_text().splitlines()
    line = next(n for n, text in enumerate(source, 1) if text.strip() == "secret = new_object(")
    options = ("--cloud=aws", "--feature=etcd-tls")

    text = run(capsys, "explain", CALICO, *options, SECRET, "/type")
    data = json.loads(run(capsys, "explain", CALICO, *options, SECRET, "/type", "--output=json"))

    assert text.splitlines() == [
        SECRET,
        '/type: "Opaque"',
        f"  packc_etcd_tls/__init__.py:{line}:1",
        '      brought: "Opaque"',
        "      by plugin etcd-tls (packc 0.1.0), packc_objects",
        "      because what etcd's clients mount: the client certificate, its key and its CA",
    ]
    (link,) = data["fields"][0]["chain"]
    assert (link["deed"], link["writer"], link["hook"]) == ("brought", "etcd-tls", "packc_objects")


def test_explain_says_which_feature_brings_what_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = json.loads(run(capsys, "explain", CALICO, "--cloud=aws", "--output=json"))

    code = main(["explain", CALICO, "--cloud=aws", SECRET])

    assert [e["conditions"] for e in listed["absent"]] == [["feature etcd-tls is off"]]
    assert (code, f"error[PK342]: {SECRET}" in capsys.readouterr().err) == (1, True)


def test_diff_says_who_brings_an_object_and_why_the_other_side_lacks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--cloud=aws", "--right-feature=etcd-tls", "--output=json")

    data = json.loads(run(capsys, "diff", CALICO, *options))

    (found,) = (e for e in data["pairs"][0]["objects"] if e["object"] == SECRET)
    (left,), (right,) = found["changes"][0]["left"], found["changes"][0]["right"]
    assert (left["deed"], left["conditions"]) == ("left out", ["feature etcd-tls is off"])
    assert (right["deed"], right["writer"]) == ("brought", "plugin etcd-tls (packc 0.1.0)")


def test_the_source_map_names_the_plugin_and_rebuilds_the_bytes(
    install: Install, pack: MakePack
) -> None:
    install('return [config("craters", tycho="86 km")]')
    prepared = prepare(pack(), Selection(("moon",)), Host())
    variant = compile_variant(prepared, prepared.active.clouds["moon"])

    content = source_map(account_of(prepared, variant.resolved), traced(variant)).content

    (brought,) = (e for e in json.loads(content)["objects"] if e["object"] == "ConfigMap/craters")
    assert (brought["plugin"], brought["version"]) == ("demo-moon", "1.0")
    assert (brought["hook"], brought["file"]) == ("packc_objects", "bringing_moon.py")
    assert emit(rebuilt(content)) == variant.manifests


def test_patches_of_a_brought_object_begin_with_the_whole_of_it(
    install: Install, pack: MakePack, capsys: pytest.CaptureFixture[str]
) -> None:
    install('return [config("craters", size="0"), config("bare")]')
    binding = "{parameter: demo.size, object: ConfigMap/craters, path: /data/size, as: string}"
    folder = pack(f"bindings: [{binding}]\n")

    patches = json.loads(run(capsys, "render", folder, "--cloud=moon", "--output=patches"))

    made = [jsonpatch.apply_patch({}, each["operations"]) for each in patches]
    data = {str(e.identity): e.data for e in compiled(folder).patched.objects}
    assert [each["file"] for each in patches] == [None, None]
    assert {f"ConfigMap/{each['metadata']['name']}": each for each in made} == {
        name: data[name] for name in ("ConfigMap/bare", "ConfigMap/craters")
    }


def test_a_secret_in_a_brought_secret_is_not_shown(
    install: Install, pack: MakePack, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        'return [NewObject({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"},'
        ' "stringData": {"word": "tranquility"}})]'
    )
    folder = pack()

    shown = [
        run(capsys, "explain", folder, "--cloud=moon", "Secret/key", "--verbose"),
        run(capsys, "explain", folder, "--cloud=moon", "Secret/key", "--output=json"),
    ]

    assert all("(secret)" in text for text in shown)
    assert not any("tranquility" in text for text in shown)


# --- check, diff's rules ----------------------------------------------------------------------


def test_check_finds_a_fault_in_a_brought_object_at_the_line_that_brings_it(
    install: Install, pack: MakePack, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        'return [NewObject({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key",'
        ' "namespace": "default"}, "data": {"word": "no base64"}})]'
    )

    main(["check", pack(), "--output", "json"])

    findings = json.loads(capsys.readouterr().out)["packs"][0]["findings"]
    (found,) = (each for each in findings if each["code"] == "PK402")
    assert (found["file"], "no base64" in json.dumps(found)) == ("bringing_moon.py", False)
    assert found["related"][0]["message"] == (
        "brought by plugin moon (demo-moon 1.0) in packc_objects"
    )


def test_check_looks_at_what_each_variant_brings(
    install: Install, pack: MakePack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Objects of one variant are gone when the next comes; none may stand for another."""
    install("return []")
    key = (
        'return [NewObject({{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": "key",'
        ' "namespace": "default"}}, "data": {{"word": "{data}"}}}})]'
    )
    names = [f"c{number:02}" for number in range(20)]
    for name in names:
        install(key.format(data="eA==" if name < "c10" else f"no base64 {name}"), name)

    main(["check", pack(clouds=", ".join(names)), "--output", "json"])

    findings = json.loads(capsys.readouterr().out)["packs"][0]["findings"]
    found = [each["file"] for each in findings if each["code"] == "PK402"]
    assert found == [f"bringing_{name}.py" for name in names[10:]]


@pytest.mark.parametrize(("name", "code"), [("light", 0), ("lihgt", 0), ("demo", 0)])
def test_an_impact_may_be_on_what_a_plugin_brings_that_takes_no_part(
    install: Install, pack: MakePack, name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    install("return []")
    install('return [config("light")]', "sun", offer=FEATURE)
    impact = f"{{object: ConfigMap/{name}, path: /data, class: cosmetic, reason: Nobody reads it.}}"
    folder = pack(f"features: [{{name: sun}}]\nimpacts: [{impact}]\n")

    assert main(["diff", folder, "--cloud=moon", "--right-set", "demo.size=4"]) == code


@pytest.mark.parametrize(("name", "code"), [("light", 0), ("lihgt", 1)])
def test_an_impact_on_nothing_is_an_error_where_all_that_bring_took_part(
    install: Install, pack: MakePack, name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    install("return []")
    install('return [config("light")]', "sun", offer=FEATURE)
    impact = f"{{object: ConfigMap/{name}, path: /data, class: cosmetic, reason: Nobody reads it.}}"
    folder = pack(f"features: [{{name: sun}}]\nimpacts: [{impact}]\n")

    found = main(["diff", folder, "--cloud=moon", "--right-feature=sun"])

    assert (found, "PK302" in capsys.readouterr().err) == (code, bool(code))


# --- formats ----------------------------------------------------------------------------------


def test_in_kustomize_an_object_of_a_feature_is_a_resource_of_its_component(
    install: Install, pack: MakePack, tmp_path: Path
) -> None:
    install("return []")
    install('return [config("light", colour="white")]', "sun", offer=FEATURE)
    folder, out = pack("features: [{name: sun}]\n"), tmp_path / "out"

    assert main(["build", folder, "--format=kustomize", "-o", str(out), "--quiet"]) == 0

    (component,) = out.rglob("components/*/kustomization.yaml")
    (resource,) = yaml.safe_load(component.read_text())["resources"]
    data = yaml.safe_load((component.parent / resource).read_text())
    assert (component.parent.name, data["metadata"]["name"]) == ("sun", "light")


def test_values_that_a_plugin_puts_into_objects_become_holes_of_templates(
    install: Install, pack: MakePack
) -> None:
    """A value that the hook singles out is noticed, although no patch compares it."""
    install(
        'size = variant.values["demo.size"]\n'
        'return [config("a", size="many" if size == 1234 else str(size))]'
    )
    prepared = prepare(pack(), Selection(("moon",)), Host())

    derived = derive(build_of(prepared))

    (brought,) = (each for each in derived.objects if each.identity.name == "a")
    assert "1234" in repr(derived.space.dimensions)
    assert "demo.size" in repr(brought.node)


def test_a_new_object_made_without_the_helper_is_placed_where_its_hook_begins(
    install: Install, pack: MakePack
) -> None:
    install(
        'return [NewObject({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})]'
    )

    base = objects_of(compiled(pack()))["ConfigMap/a"].base

    text = (Path(sys.modules["bringing_moon"].__file__ or "")).read_text().splitlines()
    assert text[base.locate(()).line - 1 :][:2] == ["@hookimpl", "def packc_objects(variant):"]


def test_an_object_is_compared_by_its_data_and_not_by_its_line() -> None:
    assert NewObject({"kind": "A"}) == NewObject({"kind": "A"})
