"""Formats on the command line: which are there, what is written, and that it is always the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from packc.cli import main
from packc.formatting import write_formats
from packc.model import Distribution
from packc.pipeline import Selection, prepare
from packc.plugins import Found, Host

Run = Callable[..., tuple[int, str]]
ROOT = Path(__file__).parent.parent


@pytest.fixture
def run(small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that builds the small pack and returns the exit code and what it prints."""
    monkeypatch.chdir(small)

    def build(*arguments: str) -> tuple[int, str]:
        code = main(["build", ".", "-o", "out", *arguments])
        return code, capsys.readouterr().out

    return build


def tree(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_manifests_are_what_is_written_unless_told(run: Run, small: Path) -> None:
    code, _ = run()

    assert code == 0
    assert sorted(each.name for each in (small / "out/small/1.0.0").iterdir()) == ["aws", "azure"]


def test_a_format_is_written_beside_the_variants(run: Run, small: Path) -> None:
    _, printed = run("--format", "helm", "--format", "manifests", "--output", "json")

    summary = json.loads(printed)
    (helm,) = summary["formats"]
    folder = small / "out/small/1.0.0"
    assert len(summary["variants"]) == 2
    assert (helm["format"], helm["folder"]) == ("helm", "out/small/1.0.0/helm")
    assert sorted(each.name for each in folder.iterdir()) == ["aws", "azure", "helm"]
    assert helm["files"] == len(tree(folder / "helm")) - 1


def test_a_format_alone_leaves_the_variants_as_they_are(run: Run, small: Path) -> None:
    run()
    before = tree(small / "out/small/1.0.0")

    code, printed = run("--format", "helm", "--set", "small.size=3")

    after = tree(small / "out/small/1.0.0")
    assert code == 0
    assert before.items() <= after.items()
    assert printed.startswith("small 1.0.0 helm: ")


@pytest.mark.parametrize("form", ["helm", "kustomize", "palette", "manifests"])
def test_every_format_refuses_a_default_that_does_not_fit(form: str, run: Run, small: Path) -> None:
    code, _ = run("--format", form, "--set", "small.size=many")

    assert code == 1
    assert not (small / "out").exists()


def test_a_chart_has_the_same_bytes_whatever_the_hash_seed(small: Path, tmp_path: Path) -> None:
    trees = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "packc", "build", small, "-o", out, "--format", "helm"]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run(list(map(str, command)), check=True, env=environment, capture_output=True)
        trees.append(tree(out))

    assert trees[0] == trees[1]


def test_the_record_names_every_file_with_its_digest(run: Run, small: Path) -> None:
    run("--format", "helm")

    files = tree(small / "out/small/1.0.0/helm")
    record = json.loads(files.pop("build.json"))
    assert set(record["outputs"]) == set(files)
    assert {entry["name"] for entry in record["plugins"]} == {"aws", "azure", "helm"}


def test_the_example_of_the_documentation_is_a_format(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "plugins" / "packc_formats.md").read_text(encoding="utf-8")
    _, code = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "demo_inventory.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint("inventory", "demo_inventory", "packc.formats")
    found = Found("inventory", "demo_inventory", Distribution("demo", "1.0"), entry)
    prepared = prepare(str(small), Selection(), Host())

    write_formats(prepared, ["inventory"], Host({"inventory": (found,)}), tmp_path / "out")

    files = tree(tmp_path / "out/small/1.0.0/inventory")
    assert files["aws.txt"] == b"ConfigMap/small\nSecret/small\n"
    assert sorted(files) == ["aws.txt", "azure.txt", "build.json"]
