"""`packc plugin new`: projects that work as they are, whatever they are called."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packc import __version__, yamlio
from packc.cli import main
from packc.diagnostics import PackcError, Severity
from packc.scaffold import Kind, License, Pipeline
from packc.scaffold.naming import MAX_NAME, NAME, YAML_WORDS, Names, names_of, plain
from packc.scaffold.place import place
from packc.scaffold.project import Project, files_of

ROOT = Path(__file__).parent.parent
LONGEST = "longest-name-that-a-plugin-can-ever-have"
KINDS = {Kind.CLOUD: "moon", Kind.FEATURE: "ends", Kind.FORMAT: "inventory"}


def project(
    name: str = "moon",
    title: str = "Moon Cloud",
    kind: Kind = Kind.CLOUD,
    license: License = License.APACHE,
    pipeline: Pipeline = Pipeline.BOTH,
    author: str = "Ada Moreno",
) -> Project:
    return Project(Names(name, title), kind, license, pipeline, author)


def write(folder: Path, files: dict[str, str]) -> Path:
    place(folder, files)
    return folder


# --- what a project holds ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    ("name", "title"), [("moon", "Moon"), (LONGEST, "T" * 60)], ids=["short", "longest"]
)
def test_project_is_tidy_whatever_it_is_called(
    tmp_path: Path, kind: Kind, name: str, title: str
) -> None:
    folder = write(tmp_path / "project", files_of(project(name, title, kind)))
    ruff = Path(sys.executable).parent / "ruff"

    for options in (["check"], ["format", "--check"]):
        done = subprocess.run([ruff, *options, "."], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("license", License)
def test_project_file_announces_the_plugin(kind: Kind, license: License) -> None:
    files = files_of(project(kind=kind, license=license))

    stated = tomllib.loads(files["pyproject.toml"])["project"]
    group = "packc.formats" if kind is Kind.FORMAT else "packc"
    assert stated["name"] == "packc-moon"
    assert stated["authors"] == [{"name": "Ada Moreno"}]
    assert stated["entry-points"] == {group: {"moon": "packc_moon"}}
    assert ("license" in stated, "LICENSE" in files) == (license is not License.NONE,) * 2


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (Pipeline.GITHUB, {".github/workflows/ci.yml"}),
        (Pipeline.GITLAB, {".gitlab-ci.yml"}),
        (Pipeline.BOTH, {".github/workflows/ci.yml", ".gitlab-ci.yml"}),
        (Pipeline.NONE, set()),
    ],
)
def test_pipeline_is_the_one_that_was_asked_for(pipeline: Pipeline, expected: set[str]) -> None:
    files = files_of(project(pipeline=pipeline))

    assert {path for path in files if path.endswith("ci.yml")} == expected


@pytest.mark.parametrize("license", [License.BSD, License.MIT])
def test_licence_names_the_holder(license: License) -> None:
    assert "Copyright (c) Ada Moreno\n" in files_of(project(license=license))["LICENSE"]


@pytest.mark.parametrize("kind", Kind)
def test_no_placeholder_is_left(kind: Kind) -> None:
    """Only the pipelines have a dollar: those of GitHub's and GitLab's own variables."""
    files = files_of(project(kind=kind))

    assert {path for path, text in files.items() if "$" in text} == {
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
    }


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".gitlab-ci.yml"])
def test_pipeline_is_yaml(path: str) -> None:
    parsed = yamlio.parse(files_of(project())[path].encode(), path)

    assert not any(each.severity is Severity.ERROR for each in parsed.diagnostics)
    assert "pytest" in str(parsed.documents[0].data)


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", ".gitlab-ci.yml"])
@pytest.mark.parametrize("bound", ["0.1.0", "1.20"])
def test_pipeline_installs_the_oldest_packc_that_the_project_states(
    path: str, bound: str, tmp_path: Path
) -> None:
    files = files_of(project())
    stated = files["pyproject.toml"].replace(f"packc>={__version__}", f"packc>={bound}")
    (tmp_path / "pyproject.toml").write_text(stated)
    [line] = re.findall(r"oldest=\$\(.*\)$", files[path], re.MULTILINE)

    done = subprocess.run(
        ["sh", "-c", f'{line}; echo "packc==$oldest"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"packc=={bound}\n"
    assert '--group dev "packc==$oldest"' in files[path]


def test_rules_of_a_project_are_tried_with_the_pack_of_its_tests() -> None:
    text = files_of(project())["tests/test_conformance.py"]

    assert 'PACKS = [Path(__file__).parent / "pack"]\n' in text
    assert 'TestMoon = suite("moon", PACKS)\n' in text


FITTING = st.from_regex(NAME, fullmatch=True).filter(
    lambda name: len(name) <= MAX_NAME and name not in YAML_WORDS
)
PLAIN = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters='"\\{}`'),
    min_size=1,
    max_size=60,
)


@settings(max_examples=25)
@given(name=FITTING, title=PLAIN, author=PLAIN, kind=st.sampled_from(Kind))
def test_every_name_that_is_taken_gives_files_that_parse(
    name: str, title: str, author: str, kind: Kind
) -> None:
    files = files_of(project(name, plain(title, "title"), kind, author=plain(author, "author")))

    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text)
    stated = tomllib.loads(files["pyproject.toml"])["project"]
    assert stated["authors"] == [{"name": author}]
    assert yamlio.parse(files["tests/pack/pack.yaml"].encode(), "pack.yaml").diagnostics == ()


@given(st.text(max_size=60))
def test_name_is_taken_or_refused_with_a_way_out(name: str) -> None:
    try:
        names = names_of(name, None, {"aws": "packc"})
    except PackcError as error:
        assert all(diagnostic.hint for diagnostic in error.diagnostics)
    else:
        assert names.module.isidentifier()
        assert names.camel.isidentifier()


# --- writing ----------------------------------------------------------------------------------


def test_project_fills_a_folder_that_is_empty(tmp_path: Path) -> None:
    (tmp_path / "packc-moon").mkdir()

    place(tmp_path / "packc-moon", {"a/b.txt": "text\n"})

    assert (tmp_path / "packc-moon" / "a" / "b.txt").read_text() == "text\n"
    assert [path.name for path in tmp_path.iterdir()] == ["packc-moon"]


def test_folder_with_files_is_left_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "packc-moon" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")

    with pytest.raises(PackcError, match="PK254"):
        place(mine.parent, {"mine.txt": "theirs"})

    assert mine.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["packc-moon"]


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "packc-moon").symlink_to("elsewhere")

    with pytest.raises(PackcError, match="PK254"):
        place(tmp_path / "packc-moon", {"a.txt": "text"})

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(PackcError, match="PK256"):
        place(tmp_path / "packc-moon", {"a.txt": "text", "n" * 300: "a name that is too long"})

    assert list(tmp_path.iterdir()) == []


# --- the command ------------------------------------------------------------------------------


def test_command_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["plugin", "new", "moon", "--kind", "cloud", "-o", str(tmp_path / "my work")])

    told = capsys.readouterr().out
    assert code == 0
    assert f"  cd '{tmp_path}/my work/packc-moon'\n" in told
    assert "  packc plugin certify moon --pack tests/pack\n" in told


def test_command_tells_machines_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plugin", "new", "moon", "--kind", "cloud", "-o", str(tmp_path), "--output", "json"])

    told = json.loads(capsys.readouterr().out)
    written = {
        path.relative_to(told["folder"]).as_posix()
        for path in Path(told["folder"]).rglob("*")
        if path.is_file()
    }
    assert set(told["files"]) == written


def test_command_needs_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["plugin", "new", "moon"])

    assert code == 2
    assert "--kind" in capsys.readouterr().err


# --- the projects work ------------------------------------------------------------------------


def test_projects_work_as_they_are(
    tmp_path: Path, calico: Path, environment: Callable[[str, str], Path]
) -> None:
    """A cloud, a feature and a format: installed beside packc's wheel, tested, typed and used."""
    tools = environment("projects", sys.executable) / "bin"
    folders = [tmp_path / f"packc-{name}" for name in KINDS.values()]
    for kind, name in KINDS.items():
        run(tools / "packc", "plugin", "new", name, "--kind", kind.value, cwd=tmp_path)

    run(tools / "pip", "install", "--quiet", "mypy", "pytest", *folders, cwd=tmp_path)

    for folder in folders:
        run(tools / "mypy", cwd=folder)
        run(tools / "python", "-m", "pytest", "-p", "no:cacheprovider", cwd=folder)
    options = ("--cloud", "moon", "--format", "inventory", "--format", "manifests", "-o", tmp_path)
    run(tools / "packc", "build", calico, *options, cwd=tmp_path)
    written = tmp_path / "calico" / "3.32.1"
    assert json.loads((written / "moon" / "build.json").read_text())["variant"]["listed"] is False
    record = json.loads((written / "inventory" / "build.json").read_text())
    assert record["unlistedClouds"] == ["moon"]
    assert "DaemonSet,kube-system,calico-node\n" in (written / "inventory/moon.csv").read_text()


def run(command: Path, *arguments: str | Path, cwd: Path) -> None:
    """Run a command with nothing of this process's Python in its way."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PY")}
    line = [command, *arguments]
    done = subprocess.run(line, cwd=cwd, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
