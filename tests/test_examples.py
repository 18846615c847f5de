"""The projects of examples/: each is what `packc plugin new` and its tutorial leave, and works."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from packc.scaffold import Kind, License, Pipeline
from packc.scaffold.naming import Names
from packc.scaffold.project import Project, files_of

ROOT = Path(__file__).parent.parent
GCP = ROOT / "examples" / "packc-gcp"
WRITTEN_BY_HAND = {"README.md", "src/packc_gcp/__init__.py", "tests/test_gcp.py"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for the path of Python in which the example counts as installed."""
    project = tomllib.loads((GCP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (tmp_path / "packc_gcp").symlink_to(GCP / "src" / "packc_gcp")
    info = tmp_path / f"packc_gcp-{project['version']}.dist-info"
    info.mkdir()
    requirements = [f"Requires-Dist: {each}" for each in project["dependencies"]]
    lines = (f"Name: {project['name']}", f"Version: {project['version']}", *requirements, "")
    (info / "METADATA").write_text("\n".join(lines))
    (info / "entry_points.txt").write_text("[packc]\ngcp = packc_gcp\n")
    return tmp_path


def run(site: Path, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a module of Python with the example installed; nothing is written beside it."""
    path = os.pathsep.join([str(site), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, "-m", *arguments]
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True)


def test_example_differs_from_a_new_project_only_where_the_tutorial_says_so() -> None:
    names, author = Names("gcp", "Google Cloud"), "The packc authors"
    fresh = files_of(Project(names, Kind.CLOUD, License.APACHE, Pipeline.GITHUB, author))

    differing = {
        path for path, text in fresh.items() if (GCP / path).read_text(encoding="utf-8") != text
    }

    assert differing == WRITTEN_BY_HAND


def test_tests_of_the_example_pass(site: Path) -> None:
    """Among them are the rules for plugins; the tutorial's test runs mypy."""
    done = run(site, "pytest", "-p", "no:cacheprovider", "--basetemp", site / "tmp", cwd=GCP)

    assert done.returncode == 0, done.stdout + done.stderr


def test_example_builds_calico(site: Path, tmp_path: Path) -> None:
    done = run(site, "packc", "build", "packs/calico", "--cloud", "gcp", "-o", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    folder = tmp_path / "out" / "calico" / "3.32.1" / "gcp"
    assert "--can-ip-forward" in (folder / "NOTES.md").read_text(encoding="utf-8")
