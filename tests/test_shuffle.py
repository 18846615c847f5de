"""No order decides what a pack comes to; where one does, shuffling says so and names the plugin."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.diagnostics import Span
from packc.doctor.shuffle import MOST_ORDERS, orders, patch_orders, shuffle
from packc.load import load
from packc.model import BaseObject, Identity, Operation, Origin, Patch, PatchedObject, Write
from packc.patch import Patched
from packc.patching.jsondata import changed
from packc.pipeline import Selection
from packc.plugins import Found, Host, discover

ROOT = Path(__file__).parent.parent
IS_LONG = bool(os.environ.get("PACKC_LONG"))

PLUGIN = """\
{top}
from packc.api import Cloud, Feature, Note, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("{name}", "A cloud")]


@hookimpl
def packc_features():
    return [Feature("{name}", "A feature")]


@hookimpl
def packc_{hook}(variant):
{lines}
"""
WRITES = '    return [Patch("ConfigMap/demo", (add("/data/{name}", {value}),))]'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that installs a plugin for one test, as a module with its metadata."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    modules = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(name: str, value: str, top: str = "", before: str = "", hook: str = "patches") -> None:
        lines = [f"    {line}" for line in before.splitlines()]
        returned = WRITES if hook == "patches" else "    return [Note({value})]"
        lines.append(returned.format(name=name, value=value))
        text = PLUGIN.format(top=top, name=name, hook=hook, lines="\n".join(lines))
        (folder / f"shuffled_{name}.py").write_text(text)
        metadata = folder / f"shuffled_{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: demo-{name}\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(f"[packc]\n{name} = shuffled_{name}\n")
        (folder / "shuffled_state.py").write_text("seen = set()\n")

    yield make
    for name in set(sys.modules) - modules:
        if name.startswith("shuffled_"):
            del sys.modules[name]


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., str]:
    """Return a function that makes a pack of one ConfigMap for a cloud and features."""

    def make(cloud: str, *features: str) -> str:
        folder = tmp_path / "pack"
        (folder / "base").mkdir(parents=True)
        listed = "".join(f"\n- {{name: {name}, default: true}}" for name in features)
        (folder / "pack.yaml").write_text(
            "packc: 1\nname: demo\nversion: '1.0'\ntitle: Demo\ndescription: A pack.\n"
            f"clouds: [{cloud}]\nobjects: [{{files: base/config.yaml}}]\n"
            + (f"features:{listed}\n" if listed else "")
        )
        (folder / "base" / "config.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: '1'}\n"
        )
        return str(folder)

    return make


def shuffled(folder: str) -> Any:
    return shuffle(load(Path(folder), folder), Selection(), installed=discover())


# --- orders -----------------------------------------------------------------------------------


@given(st.integers(0, 6))
def test_few_names_come_in_every_order(count: int) -> None:
    names = [str(number) for number in range(count)]

    found = list(orders(names))

    assert found[0] == tuple(names)
    assert len(set(found)) == len(found) == math.factorial(count)


@given(st.integers(7, 40))
def test_many_names_come_in_random_orders_that_are_the_same_every_time(count: int) -> None:
    names = [str(number) for number in range(count)]

    found = list(orders(names))

    assert found == list(orders(names))
    assert found[0] == tuple(names)
    assert len(found) == MOST_ORDERS + 1
    assert all(sorted(order) == sorted(names) for order in found)


# --- plugins ----------------------------------------------------------------------------------


def test_plugins_that_keep_to_themselves_pass(install: Any, pack: Any) -> None:
    install("moon", "'one'")
    install("sun", "'two'")
    install("star", "'three'")

    result = shuffled(pack("moon", "star", "sun"))

    assert result.diagnostics == ()
    assert (result.variants, result.plugin_orders) == (1, 6 + 6)


def test_a_plugin_that_counts_its_questions_is_named(install: Any, pack: Any) -> None:
    install("moon", "str(next(count))", top="import itertools\ncount = itertools.count()")
    install("sun", "'two'")

    (finding,) = shuffled(pack("moon", "sun")).diagnostics

    assert finding.code == "PK810"
    assert "plugin 'moon' (demo-moon 1.0)" in finding.message
    assert "/data/moon of ConfigMap/demo" in finding.message
    assert finding.span.file == "shuffled_moon.py"


def test_plugins_that_share_state_are_caught_by_their_order(install: Any, pack: Any) -> None:
    top = "import shuffled_state"
    install("moon", "'one'", top, "shuffled_state.seen.add('moon')")
    install("sun", "seen", top, "seen = str(shuffled_state.seen)\nshuffled_state.seen.clear()")

    (finding,) = shuffled(pack("moon", "sun")).diagnostics

    assert finding.code == "PK811"
    assert finding.message == (
        "packc_patches of plugin 'sun' (demo-sun 1.0) depends on the order of the plugins"
        " in /data/sun of ConfigMap/demo"
    )
    assert finding.found == '"set()" in moon+sun, plugins loaded as sun, moon'
    assert finding.expected == "\"{'moon'}\""


def test_notes_that_depend_on_the_order_are_caught(install: Any, pack: Any) -> None:
    top = "import shuffled_state"
    install("moon", "'one'", top, "shuffled_state.seen.add('moon')")
    install("sun", "seen", top, "seen = str(shuffled_state.seen)\nshuffled_state.seen.clear()")
    note = Path(sys.path[0]) / "shuffled_sun.py"
    text = note.read_text().replace("packc_patches", "packc_notes")
    note.write_text(
        text.replace(WRITES.format(name="sun", value="seen"), "    return [Note(seen)]")
    )
    moon = Path(sys.path[0]) / "shuffled_moon.py"
    moon.write_text(
        moon.read_text()
        .replace("packc_patches", "packc_notes")
        .replace(WRITES.format(name="moon", value="'one'"), "    return []")
    )

    (finding,) = shuffled(pack("moon", "sun")).diagnostics

    assert finding.code == "PK811"
    assert "packc_notes of plugin 'sun'" in finding.message


def test_an_error_in_one_order_only_is_caught(install: Any, pack: Any) -> None:
    top = "import shuffled_state"
    install("moon", "'one'", top, "shuffled_state.seen.add('moon')")
    install("sun", "shuffled_state.seen.pop()", top)

    (finding,) = shuffled(pack("moon", "sun")).diagnostics

    assert finding.code == "PK811"
    assert finding.message == "whether PK205 occurs depends on the order of the plugins"
    assert "plugin 'sun'" in finding.related[0].message


def test_the_modules_are_as_before(install: Any, pack: Any) -> None:
    install("moon", "'one'")
    before = Host().load("moon").module

    shuffled(pack("moon"))

    assert sys.modules["shuffled_moon"] is before


def test_the_order_of_discovery_is_shuffled_too(install: Any, pack: Any) -> None:
    """A host that takes the plugins as they were found gives the same bytes."""
    install("moon", "'one'")
    install("sun", "'two'")
    folder = pack("moon", "sun")
    found: dict[str, tuple[Found, ...]] = dict(reversed(discover().items()))

    result = shuffle(load(Path(folder), folder), Selection(), installed=found)

    assert result.diagnostics == ()


# --- patches ----------------------------------------------------------------------------------


def base(data: dict[str, Any]) -> BaseObject:
    whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo"}, "data": data}
    identity = Identity("", "ConfigMap", "", "demo")
    return BaseObject(whole, identity, "base.yaml", lambda path: Span("base.yaml"))


def patch_of(writer: str, *operations: Operation) -> Patch:
    return Patch("ConfigMap/demo", operations, origin=Origin(writer))


def last_wins(bases: Sequence[BaseObject], patches: Iterable[Patch]) -> Patched:
    """An engine as packc's must not be: it writes in the order given, and sees no conflict."""
    (only,) = bases
    data, writes = only.data, []
    for each in patches:
        for operation in each.operations:
            name = operation.path.rpartition("/")[2]
            before = data["data"].get(name)
            data = changed(
                data, ("data", name), lambda c, k, v=operation.value: c.__setitem__(k, v)
            )
            path = ("data", name)
            assert each.origin is not None
            writes.append(
                Write(each.origin, operation, path, operation.path, before, operation.value)
            )
    return Patched((PatchedObject(only, data, tuple(writes)),), ())


def test_an_engine_that_depends_on_the_order_is_caught() -> None:
    patches = [
        patch_of("a.yaml", Operation("add", "/data/colour", "red")),
        patch_of("b.yaml", Operation("add", "/data/colour", "blue")),
    ]

    _, (finding,) = patch_orders([base({})], patches, name="moon", engine=last_wins)

    assert finding.code == "PK811"
    assert "/data/colour of ConfigMap/demo" in finding.message
    assert "a.yaml and b.yaml" in finding.message
    assert (finding.found, finding.expected) == (
        '"red" in moon, patches handed over as b.yaml, a.yaml',
        '"blue"',
    )


def test_the_engine_of_packc_is_not_caught() -> None:
    patches = [
        patch_of("a.yaml", Operation("add", "/data/colour", "red")),
        patch_of("b.yaml", Operation("add", "/data/size", "5")),
        patch_of("c.yaml", Operation("add", "/data/shape", "round")),
    ]

    tried, findings = patch_orders([base({})], patches, name="moon")

    assert (tried, findings) == (2 * math.factorial(3), [])


MEMBERS = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.dictionaries(MEMBERS, st.tuples(st.sampled_from(["one", "two", "three"]), st.integers())),
)
def test_patches_of_several_writers_pass_wherever_there_is_no_conflict(
    writes: dict[str, tuple[str, int]],
) -> None:
    patches = [
        patch_of(writer, Operation("add", f"/data/{member}", str(value)))
        for member, (writer, value) in writes.items()
    ]

    _, findings = patch_orders([base({})], patches, name="moon")

    assert findings == []


# --- the command ------------------------------------------------------------------------------


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "packc", "check", "packs/calico", "--shuffle", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_calico_is_the_same_in_every_order() -> None:
    limit = () if IS_LONG else ("--max-variants", "6")

    run = check("--output", "json", *limit)

    (report,) = json.loads(run.stdout)["packs"]
    codes = {finding["code"] for finding in report["findings"]}
    assert run.returncode == 0
    assert report["shuffled"].endswith("seed 8902")
    assert codes.isdisjoint({"PK810", "PK811"})


def test_the_summary_says_what_was_tried() -> None:
    run = check("--max-variants", "3")

    assert "  shuffled: 3 variants, " in run.stdout
