"""The linter of Palette packs: broken and hostile packs, whole folders, and what it prints.

Each finding has a case folder in tests/errors/ as well.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.cli import main
from packc.diagnostics import PackcError
from packc.palette.charts import MAX_UNPACKED
from packc.palette.gotext import scan
from packc.palette.jsontext import parse_json
from packc.palette.lint import lint
from packc.palette.presets import merged, without
from packc.palette.schemafile import NotAnEntry, fits, parse_entry

DEMO = Path(__file__).parent / "errors" / "common" / "palette" / "demo-1.0.0"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A Palette pack without a fault."""
    return Path(shutil.copytree(DEMO, tmp_path / "packs" / "demo-1.0.0"))


def codes(folder: Path) -> list[str]:
    return [f.code for pack in lint([str(folder)], lambda text: None) for f in pack.findings]


def test_a_sound_pack_has_no_findings(demo: Path) -> None:
    assert codes(demo) == []


def test_packs_are_found_below_a_folder(demo: Path) -> None:
    shutil.copytree(demo, demo.parent / "deeper" / "other-1.0.0")
    shutil.copytree(demo, demo.parent / ".hidden" / "third-1.0.0")

    packs = lint([str(demo.parent)], lambda text: None)

    assert [Path(pack.identity.shown).name for pack in packs] == ["other-1.0.0", "demo-1.0.0"]


@pytest.mark.parametrize("fail_on", ["error", "warning", "note", "never"])
def test_fail_on_says_which_findings_fail(
    demo: Path, fail_on: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo / "values.yaml").write_text(
        (demo / "values.yaml").read_text().replace("demo:1.0.0", "demo:latest")
    )

    code = main(["lint-palette", str(demo), "--fail-on", fail_on])

    assert code == (1 if fail_on in ("warning", "note") else 0)
    assert "warning[PK956]" in capsys.readouterr().err


def test_json_has_every_pack_with_its_findings(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo / "logo.png").unlink()

    main(["lint-palette", str(demo.parent), "--output", "json"])

    (pack,) = json.loads(capsys.readouterr().out)["packs"]
    assert (pack["pack"], pack["version"]) == ("demo", "1.0.0")
    assert pack["totals"] == {"error": 1, "warning": 0, "note": 0}
    assert pack["findings"][0]["code"] == "PK954"


def test_a_hundred_packs_take_seconds(demo: Path) -> None:
    for number in range(100):
        shutil.copytree(demo, demo.parent / f"copy-{number}")
    began = time.perf_counter()

    packs = lint([str(demo.parent)], lambda text: None)

    assert len(packs) == 101
    assert time.perf_counter() - began < 10


# --- hostile files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"version": ' + b"9" * 10_000 + b"}",
        b'{"name": NaN}',
        b'{"name": {"a": [1, {}]}, "cloudTypes": [null, [[]]], "constraints": {"dependencies": 7}}',
        b'{"constraints": {"resources": [{"components": [[]]}], "dependencies": [[]]}}',
        b'{"charts": ["\\u0000", "/etc/passwd", "' + b"a" * 5000 + b'"], "kubeManifests": ["~"]}',
    ],
)
def test_a_hostile_pack_file_is_reported(demo: Path, content: bytes) -> None:
    (demo / "pack.json").write_bytes(content)

    assert codes(demo) != []


@pytest.mark.parametrize("name", ["values.yaml", "presets.yaml", "schema.yaml"])
@pytest.mark.parametrize(
    "content",
    [
        b"\t- a",
        b"a: [",
        b"\x00",
        b"- a\n- b\n",
        b"just text",
        b"presets: {}\nmanifests: 7\ncharts: []\npack: [1]\n",
        b"presets: [7, {name: [], remove: 1}]\npack: {content: {images: [7, {}, {image: {}}]}}\n",
        b"a: " + b"[" * 5000 + b"]" * 5000,
        b"? [a]\n: b\n",
    ],
)
def test_hostile_yaml_is_reported(demo: Path, name: str, content: bytes) -> None:
    (demo / name).write_bytes(content)

    assert codes(demo) != []


def test_a_manifest_full_of_open_actions_takes_no_time(demo: Path) -> None:
    for text in ("{{ " * 300_000, '{{ "a" ' * 300_000, "{{ /* " * 300_000, "{{ `" * 300_000):
        (demo / "manifests" / "app.yaml").write_text(text)
        began = time.perf_counter()

        assert "PK970" in codes(demo)
        assert time.perf_counter() - began < 5


def test_a_chart_that_unpacks_without_end_is_refused(demo: Path) -> None:
    (demo / "charts").mkdir()
    entry = tarfile.TarInfo("side/templates/big.yaml")
    entry.size = MAX_UNPACKED + 1
    with gzip.open(demo / "charts" / "side.tgz", "wb") as stream:
        stream.write(entry.tobuf())
        for _ in range(MAX_UNPACKED // 1_048_576 + 1):
            stream.write(bytes(1_048_576))

    assert "PK958" in codes(demo)


@pytest.mark.parametrize("size", [0, 10, 100, 400])
def test_a_chart_that_is_cut_off_is_reported(demo: Path, size: int) -> None:
    (demo / "charts").mkdir()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        entry = tarfile.TarInfo("side/Chart.yaml")
        archive.addfile(entry)
    (demo / "charts" / "side.tgz").write_bytes(stream.getvalue()[:size])

    assert "PK958" in codes(demo)


def test_a_folder_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PackcError) as caught:
        lint([str(tmp_path / "nowhere")], lambda text: None)

    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["PK951"]


# --- the parts --------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
)


@given(json_values, st.sampled_from([None, 2]))
def test_every_value_of_json_is_found_where_it_stands(data: object, indent: int | None) -> None:
    text = json.dumps(data, indent=indent)
    document = parse_json(text.encode(), "pack.json")
    lines = text.split("\n")

    def check(value: object, path: tuple[str | int, ...]) -> None:
        span = document.locate(path)
        rest = "\n".join((lines[span.line - 1][span.column - 1 :], *lines[span.line :]))
        found, _ = json.JSONDecoder().raw_decode(rest)
        assert found == value
        pairs = value.items() if isinstance(value, dict) else ()
        pairs = enumerate(value) if isinstance(value, list) else pairs
        for step, below in pairs:
            check(below, (*path, step))

    check(data, ())


@given(st.text(alphabet="{}-/*\"'`. abif\n", max_size=60))
def test_any_text_is_scanned(text: str) -> None:
    template = scan(text)

    assert all(0 <= problem.offset <= len(text) for problem in template.problems)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("{{ .Values.a.b }}", [("a", "b")]),
        ("{{- $.Values.a -}}", [("a",)]),
        ('{{ index .Values "a-b" "c" }}', [("a-b", "c")]),
        ("{{ if and .Values.a (not .Values.b) }}{{ end }}", [("a",), ("b",)]),
        ("{{ .Spectro.cluster }} {{ /* .Values.a }} */}}", []),
        ('{{ "}}" }}{{ .Values.a }}', [("a",)]),
        ('{{ index .Values.a "b" }}', [("a", "b")]),
        ('{{ $_ := set .Values "a" 1 }}{{ set .Values.b "c" dict }}', []),
        ('{{ if not (kindIs "map" .Values) }}{{ end }}', []),
        ("{{ toJson .Values }}", [()]),
    ],
)
def test_reads_of_a_template_are_found(text: str, reads: list[tuple[str, ...]]) -> None:
    template = scan(text)

    assert [read.path for read in template.reads] == reads
    assert template.problems == []


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ('{{ required | format "${list:[a,b]}" | hints "x" "y" }}', "a", "c"),
        ('{{ format "${number:[1-9]}" }}', 5, 10),
        ('{{ format "${string:/^[a-z]+$/}" }}', "abc", "ABC"),
        ('{{ readonly | format "${boolean}" }}', True, "maybe"),
    ],
)
def test_a_schema_tells_values_apart(schema: str, good: object, bad: object) -> None:
    (placeholder,), _ = parse_entry(schema)

    assert fits(placeholder, good)
    assert not fits(placeholder, bad)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("settings", {"a": "b"}, ["PK969"]),
        ("settings", {}, ["PK969"]),
        ("settings", ["a"], ["PK969"]),
        ("settings$[]", ["a"], []),
        ("settings", None, []),
        ("settings", "a", []),
    ],
)
def test_an_entry_for_one_value_does_not_fit_a_map_or_a_list(
    demo: Path, path: str, value: object, expected: list[str]
) -> None:
    values = demo / "values.yaml"
    values.write_text(f"{values.read_text()}    settings: {json.dumps(value)}\n")
    entry = f"""manifests.app.{path}: {{schema: '{{{{ format "${{string}}" }}}}'}}\n"""
    (demo / "schema.yaml").write_text(entry)
    manifest = demo / "manifests" / "app.yaml"
    manifest.write_text(manifest.read_text() + "# {{ toJson .Values.settings }}\n")

    assert codes(demo) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is version 1.0.0 of it.", []),
        ("This is version v1.0.0 of it.", []),
        ("This is version 0.9.0 of it.", ["PK972"]),
        ("This is version v0.9.0 of it.", ["PK972"]),
        ("Version: 0.9.0", ["PK972"]),
        ("The pack version 0.9.0 is here.", ["PK972"]),
        ("It needs Kubernetes version 1.31.0 or newer.", []),
    ],
)
def test_the_version_in_a_readme_is_that_of_the_pack(
    demo: Path, text: str, expected: list[str]
) -> None:
    readme = demo / "README.md"
    readme.write_text(readme.read_text().replace("1.0.0", "one") + f"\n{text}\n")

    assert codes(demo) == expected


@pytest.mark.parametrize(
    "schema",
    [
        "",
        "text",
        "{{ required format }}",
        '{{ format "${list}" }}',
        '{{ format "${string:abc}" }}',
        '{{ format "${string:/(/}" }}',
        '{{ format "${number:[a-b]}" }}',
        '{{ format "${boolean:x}" }}',
        '{{ format "' + "x" * 40_000 + '" }}',
    ],
)
def test_a_schema_that_breaks_the_grammar_is_refused(schema: str) -> None:
    with pytest.raises(NotAnEntry):
        parse_entry(schema)


maps = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.integers(), lambda below: st.dictionaries(st.sampled_from("abc"), below), max_leaves=6
    ),
)


@given(maps, maps)
def test_merging_twice_changes_nothing(values: dict[str, object], more: dict[str, object]) -> None:
    once = merged(values, more)

    assert merged(once, more) == once


@given(maps, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_removing_twice_changes_nothing(values: dict[str, object], path: list[str]) -> None:
    once = without(values, path)

    assert without(once, path) == once
