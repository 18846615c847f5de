"""The benchmark: what it generates, how it counts, small runs, and a page true to its figures."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import generate, page, results
from bench.__main__ import main
from bench.cases import (
    COLD,
    EDITED,
    KUSTOMIZE,
    NO_CACHE,
    PARSE,
    PYTHON,
    UNCHANGED,
    WARM,
    Case,
    Command,
    Row,
)
from bench.catalogue import CATALOGUE, generated, many, own_base, shared_base, small_base, split
from bench.generate import CALICO_PATCH, GENERATED_PATCH
from bench.measure import BenchError, Launcher, Sample, measured
from bench.plot import HEIGHT, WIDTH, drawing, spaced
from bench.profiles import import_list
from bench.same import check, objects
from bench.statistics import ratios, spread
from bench.tools import environment, installed

SECONDS = st.floats(min_value=1e-4, max_value=1e4)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    scratch = tmp_path / "launcher"
    scratch.mkdir()
    with Launcher(environment(tmp_path), scratch) as started:
        yield started


def python(code: str, place: Path, name: str = "python") -> Row:
    """A row that runs a line of Python."""
    return Row(name, (Command((sys.executable, "-I", "-c", code), place / f"{name}.yaml"),))


def config_map(name: str, value: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: {value}}}\n"


# --- the generator ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 10, 999, 1000, 1001, 2500])
def test_generated_base_has_as_many_objects_as_asked_for(tmp_path: Path, count: int) -> None:
    generate.write_base(tmp_path / "base", generate.base_files(count))

    found = objects(sorted((tmp_path / "base").iterdir()))

    assert len(found) == count
    assert sum(kind == "Deployment" for _, kind, _, _ in found) == count // 10


def test_generated_files_hold_a_thousand_objects_each() -> None:
    counts = [text.count("apiVersion:") for _, text in generate.base_files(2500)]

    assert counts == [1000, 1000, 500]


@pytest.mark.parametrize("base", [own_base, small_base])
def test_no_two_packs_have_a_file_in_common(base: object) -> None:
    assert callable(base)
    one, other = ({text for _, text in base(number)} for number in (1, 2))

    assert one.isdisjoint(other)


def test_packs_with_one_base_have_the_same_files() -> None:
    assert [*shared_base(1)] == [*shared_base(2)]


def test_a_changed_patch_differs_in_one_line(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    generate.write_pack(pack, GENERATED_PATCH)
    file = pack / "patches" / "bench.yaml"
    before = file.read_text("utf-8").splitlines()

    generate.write_patch(pack, GENERATED_PATCH, 1)

    after = file.read_text("utf-8").splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


# --- statistics -------------------------------------------------------------------------------


def test_spread_is_median_and_quartiles() -> None:
    assert attrs.astuple(spread([5.0, 1.0, 2.0, 4.0, 3.0])) == (3.0, 2.0, 4.0)


@given(st.lists(SECONDS, min_size=1, max_size=30))
def test_spread_lies_among_the_values(values: list[float]) -> None:
    found = spread(values)

    assert min(values) <= found.lower <= found.median <= found.upper <= max(values)


@given(st.lists(st.tuples(SECONDS, SECONDS, st.sampled_from([0.5, 1.0, 2.0])), min_size=1))
def test_a_round_that_is_slow_for_both_has_the_same_ratio(
    rounds: list[tuple[float, float, float]],
) -> None:
    steady = ratios([one for one, _, _ in rounds], [other for _, other, _ in rounds])
    drifting = ratios(
        [one * speed for one, _, speed in rounds], [other * speed for _, other, speed in rounds]
    )

    assert drifting == steady


def test_a_baseline_of_one_run_stands_for_every_round() -> None:
    assert ratios([1.0, 2.0, 3.0], [4.0]) == (0.25, 0.5, 0.75)


# --- measuring --------------------------------------------------------------------------------


def test_memory_of_the_harness_is_not_counted(tmp_path: Path, launcher: Launcher) -> None:
    held = bytearray(200_000_000)
    held[::4096] = b"x" * len(held[::4096])

    sample = launcher.run(python("pass", tmp_path))

    assert sample.memory < 50_000_000


def test_memory_is_that_of_the_largest_process(tmp_path: Path, launcher: Launcher) -> None:
    small, large = (python(code, tmp_path) for code in ("pass", "x = b'x' * 100_000_000"))

    sample = launcher.run(attrs.evolve(small, commands=(*large.commands, *small.commands)))

    assert 100_000_000 < sample.memory < 200_000_000


def test_time_is_until_the_last_process_ends(tmp_path: Path, launcher: Launcher) -> None:
    nap = python("import time; time.sleep(0.2)", tmp_path)
    two = attrs.evolve(nap, commands=nap.commands * 2)

    one_by_one, at_once = (launcher.run(attrs.evolve(two, lanes=lanes)) for lanes in (1, 2))

    assert one_by_one.seconds > 0.4
    assert 0.2 < at_once.seconds < one_by_one.seconds


def test_a_command_that_fails_stops_the_run_with_its_words(
    tmp_path: Path, launcher: Launcher
) -> None:
    row = python("raise SystemExit('no such pack')", tmp_path, "broken")

    with pytest.raises(BenchError, match="broken failed with exit code 1\nno such pack"):
        launcher.run(row)


def test_a_program_that_is_not_there_stops_the_run(tmp_path: Path, launcher: Launcher) -> None:
    row = Row("absent", (Command(("no-such-program-of-bench",), tmp_path / "out"),))

    with pytest.raises(BenchError, match="found no program 'no-such-program-of-bench'"):
        launcher.run(row)


def test_rows_take_turns_and_each_round_begins_with_another(
    tmp_path: Path, launcher: Launcher
) -> None:
    order: list[tuple[str, int]] = []
    rows = tuple(
        attrs.evolve(
            python("pass", tmp_path, name),
            before=partial(lambda name, number: order.append((name, number)), name),
        )
        for name in "ab"
    )

    measured(Case("turns", "turns", rows), launcher, 2, lambda: order.append(("check", 0)))

    assert order == [
        *(("a", 0), ("b", 0), ("check", 0)),
        *(("b", 1), ("a", 1)),
        *(("a", 2), ("b", 2)),
    ]


def test_a_row_that_may_run_once_counts_its_first_run(tmp_path: Path, launcher: Launcher) -> None:
    often, once = (python("pass", tmp_path, name) for name in ("often", "once"))
    case = Case("runs", "runs", (often, attrs.evolve(once, most_runs=1)))

    samples = measured(case, launcher, 3, lambda: None)

    assert {name: len(found) for name, found in samples.items()} == {"often": 3, "once": 1}


# --- the same objects -------------------------------------------------------------------------


def case_of(place: Path, *texts: str, count: int | None = None) -> Case:
    rows = []
    for number, text in enumerate(texts):
        file = place / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        rows.append(Row(f"row {number}", outputs={"": (file,)}))
    return Case("same", "same", tuple(rows), objects=count)


def test_objects_in_another_order_are_the_same(tmp_path: Path) -> None:
    one, other = config_map("a", "1"), config_map("b", "2")

    check(case_of(tmp_path, f"{one}---\n{other}", f"---\n{other}---\n{one}---\n", count=2))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (config_map("a", "2"), "row 1 and row 0 differ in v1 ConfigMap a"),
        (config_map("a", "'1'"), "row 1 and row 0 differ in v1 ConfigMap a"),
        (config_map("b", "1"), "row 1 and row 0 differ in v1 ConfigMap a"),
        ("", "row 1 and row 0 differ in v1 ConfigMap a"),
        (config_map("a", "1") + "---\n" + config_map("a", "1"), "two objects are v1 ConfigMap  a"),
    ],
    ids=["value", "type", "name", "nothing", "twice"],
)
def test_other_objects_stop_the_run(tmp_path: Path, text: str, words: str) -> None:
    case = case_of(tmp_path, config_map("a", "1"), text)

    with pytest.raises(BenchError, match=words):
        check(case)


def test_fewer_objects_than_the_case_says_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="row 0 wrote 1 objects, expected 2"):
        check(case_of(tmp_path, config_map("a", "1"), count=2))


# --- one small run ----------------------------------------------------------------------------


@pytest.mark.tool("kubectl")
def test_packc_and_kustomize_write_the_same_objects(tmp_path: Path, launcher: Launcher) -> None:
    tools = installed()
    case = generated(20, tools, tmp_path / "case")

    samples = measured(case, launcher, 1, lambda: check(case))

    figures = results.case_figures(case, samples, {COLD: 0.5})
    rows = {row["name"]: row for row in figures["rows"]}
    assert rows[KUSTOMIZE]["ratio"] == {"median": 1.0, "lower": 1.0, "upper": 1.0}
    assert rows[COLD]["ratio"]["median"] > rows[PYTHON]["ratio"]["median"] > 0
    assert all(rows[name]["memory"] > 1_000_000 for name in (COLD, KUSTOMIZE, PARSE))
    for name in (EDITED, WARM, UNCHANGED):
        assert tools.has_cache or rows[name]["missing"] == NO_CACHE


def rows_of(case: Case, *names: str) -> Case:
    """Return the case with some of its rows only."""
    rows = {row.name: attrs.evolve(row, missing="") for row in case.rows}
    return attrs.evolve(case, rows=tuple(rows[name] for name in names))


def test_a_build_after_an_edit_has_another_value_to_write(
    tmp_path: Path, launcher: Launcher
) -> None:
    two = rows_of(generated(20, installed(), tmp_path / "case"), COLD, EDITED)

    measured(two, launcher, 1, lambda: check(two))

    # After the first round, whose outputs are compared, each has a number of its own.
    with pytest.raises(BenchError, match="differ in v1 ConfigMap bench item-00000"):
        check(two)


def test_a_warm_build_writes_output_that_was_removed(tmp_path: Path, launcher: Launcher) -> None:
    two = rows_of(generated(20, installed(), tmp_path / "case"), COLD, WARM)
    warm = two.rows[1]

    measured(two, launcher, 2, lambda: check(two))
    check(two)
    warm.before(3)

    (written,) = (file for files in warm.outputs.values() for file in files)
    assert not written.exists()
    assert list(Path(warm.environment["XDG_CACHE_HOME"]).rglob("*"))


def test_an_unchanged_build_finds_its_output(tmp_path: Path, launcher: Launcher) -> None:
    one = rows_of(generated(20, installed(), tmp_path / "case"), UNCHANGED)
    (written,) = (file for files in one.rows[0].outputs.values() for file in files)
    inodes: list[int] = []

    measured(one, launcher, 2, lambda: inodes.append(written.stat().st_ino))

    assert inodes == [written.stat().st_ino]


@pytest.mark.tool("kubectl")
def test_many_packs_are_compared_pack_by_pack(tmp_path: Path, launcher: Launcher) -> None:
    case = many(
        "packs", "{} packs", own_base, CALICO_PATCH, installed(), tmp_path / "case", count=2
    )

    measured(case, launcher, 1, lambda: check(case))

    assert case.title == "2 packs"
    assert [*case.rows[0].outputs] == ["bench-000", "bench-001"]


@pytest.mark.tool("kubectl")
def test_kustomizations_of_parts_give_the_whole(tmp_path: Path, launcher: Launcher) -> None:
    case = split(1001, installed(), tmp_path / "case")
    (kustomize,) = (row for row in case.rows if row.name == KUSTOMIZE)

    launcher.run(case.rows[0])
    launcher.run(kustomize)

    assert len(kustomize.commands) == 2
    check(attrs.evolve(case, rows=(case.rows[0], kustomize)))


@pytest.mark.tool("kubectl")
def test_a_run_writes_figures_and_profiles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--quick", "--runs", "1", "--only", "start", "--out", str(tmp_path)])

    figures = results.read(tmp_path / "quick.json")
    assert code == 0, capsys.readouterr().err
    assert figures is not None
    assert [case["name"] for case in figures["cases"]] == ["start"]
    assert {path.name for path in (tmp_path / "profiles").iterdir()} == {
        "functions-build.txt",
        "importtime-build.txt",
        "importtime-help.txt",
        "importtime-show.txt",
    }
    assert str(Path.home()) not in (tmp_path / "quick.json").read_text("utf-8")


@pytest.mark.parametrize(
    "arguments", [["--runs", "0"], ["--runs", "x"], ["--only", "nothing"], ["table"]]
)
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)

    assert end.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


@pytest.mark.tool("kubectl")
def test_a_case_of_many_minutes_has_to_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--only", "objects-10000-flat"])

    assert code == 1
    assert "add --long to run it" in capsys.readouterr().err


def test_a_page_without_figures_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["page", "--out", str(tmp_path)])

    assert code == 1
    assert "run python -m bench first" in capsys.readouterr().err


def test_import_list_has_the_slowest_module_first() -> None:
    report = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |        100 |   small\n"
        "import time:       900 |       1000 | large\n"
    )

    assert import_list(report).splitlines()[0] == "2 modules, 1000 us in all"
    assert [line.split()[-1] for line in import_list(report).splitlines()[2:]] == ["large", "small"]


# --- figures and the page ---------------------------------------------------------------------


def figures_of(processor: str, *names: str) -> results.Figures:
    return {"machine": {"processor": processor}, "cases": [{"name": name} for name in names]}


def test_figures_of_one_machine_are_kept_together() -> None:
    merged = results.merged(
        figures_of("one", "start", "calico-one"), figures_of("one", "start"), CATALOGUE
    )

    assert merged == figures_of("one", "calico-one", "start")


def test_figures_of_two_machines_are_never_mixed() -> None:
    merged = results.merged(figures_of("one", "start"), figures_of("two", "calico-one"), CATALOGUE)

    assert merged == figures_of("two", "calico-one")


def test_targets_name_rows_of_packc() -> None:
    named = {row for entry in CATALOGUE.values() for row in entry.targets}

    assert named == {COLD, WARM, UNCHANGED}


def test_missing_rows_have_no_figures() -> None:
    rows = (Row(COLD), Row(WARM, missing=NO_CACHE))
    case = Case("case", "title", rows, baseline=None)

    found = results.case_figures(case, {COLD: [Sample(1.0, 2)]}, {WARM: 0.5})

    assert found["rows"][1] == {"name": WARM, "target": 0.5, "missing": NO_CACHE}


def test_page_and_plots_are_made_from_the_figures() -> None:
    figures = results.read(results.RESULTS / "full.json")

    assert figures is not None
    made = page.written(figures)
    assert {path: path.read_text(encoding="utf-8") for path in made} == made


POSITIVE = st.floats(min_value=1e-6, max_value=1e12)
LINE = st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=5)


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", exclude_categories=["C"])),
        LINE,
        min_size=1,
        max_size=5,
    )
)
def test_every_point_of_a_plot_lies_inside(series: dict[str, list[tuple[float, float]]]) -> None:
    root = ElementTree.fromstring(drawing("t <&>", "x", "y", series, str))

    circles = [node for node in root.iter() if node.tag.endswith("circle")]
    assert len(circles) == sum(map(len, series.values()))
    for circle in circles:
        assert 0 < float(circle.attrib["cx"]) < WIDTH
        assert 0 < float(circle.attrib["cy"]) < HEIGHT


@given(st.lists(st.floats(min_value=0, max_value=400), min_size=1, max_size=6))
def test_labels_of_a_plot_never_overlap(heights: list[float]) -> None:
    moved = sorted(spaced(heights, 15))

    assert all(lower - upper > 15 - 1e-6 for upper, lower in pairwise(moved))
    assert math.isclose(moved[0], min(heights))
