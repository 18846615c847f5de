"""Fixtures, and the `tool` marker: a test that needs a program skips without it, except in CI."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIRED = "PACKC_REQUIRE_TOOLS"
NODE_MODULES = "PACKC_NODE_MODULES"


def _has_js_yaml() -> bool:
    modules = Path(os.environ.get(NODE_MODULES, "node_modules"))
    return shutil.which("node") is not None and (modules / "js-yaml").is_dir()


def _has_jest_sarif() -> bool:
    modules = Path(os.environ.get(NODE_MODULES, "node_modules"))
    return (modules / "@microsoft" / "jest-sarif").is_dir()


def _has_sigstore() -> bool:
    modules = Path(os.environ.get(NODE_MODULES, "node_modules")) / "@sigstore"
    return shutil.which("node") is not None and (modules / "verify").is_dir()


def _runs(program: str) -> bool:
    """Return whether it runs: pyenv has a python3.13 on the PATH that may stand for no version."""
    found = shutil.which(program)
    return found is not None and subprocess.run([found, "-V"], capture_output=True).returncode == 0


PYTHONS = ("python3.11", "python3.12", "python3.13")
PROBES: dict[str, Callable[[], bool]] = {
    "jest-sarif": _has_jest_sarif,
    "js-yaml": _has_js_yaml,
    "sigstore-js": _has_sigstore,
    **{python: partial(_runs, python) for python in PYTHONS},
}
"""How to find what is more than a program on the PATH."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("tool"):
        missing = [name for name in marker.args if not _has(name)]
        if missing and os.environ.get(REQUIRED):
            pytest.fail(f"{', '.join(missing)} must be installed: {REQUIRED} is set", pytrace=False)
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


def _has(name: str) -> bool:
    probe = PROBES.get(name)
    return probe() if probe else shutil.which(name) is not None


@pytest.fixture(scope="session", autouse=True)
def _cache_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests, and the programs that they start, leave the user's cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def calico() -> Path:
    """The folder of the Calico pack."""
    return ROOT / "packs" / "calico"


# --- what is made once for all tests ----------------------------------------------------------

Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Return the folder of a name, filled by the first worker of pytest-xdist that asks for it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make_once(name: str, make: Callable[[Path], None]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return make_once


def build_with_hatch(folder: Path, *options: str, **environment: str) -> None:
    """Build the sdist, and the wheel from it; with `--wheel` the wheel from the checkout."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        folder,
        *options,
        ROOT,
    ]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def distributions(once: Once) -> Path:
    """A folder with the sdist, and with the wheel that was built from it."""
    return once("distributions", build_with_hatch)


@pytest.fixture
def build_distributions() -> Callable[..., None]:
    """Build into a folder: the sdist and the wheel from it; with `--wheel` from the checkout."""
    return build_with_hatch


def _make_environment(folder: Path, python: str, wheel: Path) -> None:
    subprocess.run([python, "-m", "venv", folder], check=True)
    pip: list[str | Path] = [
        folder / "bin" / "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    done = subprocess.run([*pip, wheel], capture_output=True, text=True)
    if "from versions: none" in done.stderr and REQUIRED not in os.environ:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr


Environment = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def environment(once: Once, distributions: Path) -> Environment:
    """Return the environment of a name, made with a Python, in which the wheel is installed."""
    (wheel,) = distributions.glob("*.whl")

    def named(name: str, python: str) -> Path:
        return once(f"venv-{name}", lambda folder: _make_environment(folder, python, wheel))

    return named


Install = Callable[[str], Path]


@pytest.fixture(scope="session")
def installed(environment: Environment) -> Install:
    """Return the packc command of a new environment in which the wheel is installed."""

    def install(python: str) -> Path:
        return environment(Path(python).name, python) / "bin" / "packc"

    return install


# --- packs ------------------------------------------------------------------------------------


SMALL_SPEC = """\
packc: 1
name: small
version: 1.0.0
title: Small
description: A ConfigMap and a Secret.
clouds: [aws, azure]
parameters:
- {name: small.size, type: integer, description: A number., default: 1, maximum: 9}
- {name: small.fast, type: boolean, description: A switch., default: false}
- {name: small.names, type: list, description: Some names., default: [a], items: {type: string}}
- {name: small.labels, type: map, description: Some labels., default: {}, items: {type: string}}
- {name: small.word, type: string, description: A secret., secret: true}
objects:
- files: base/objects.yaml
bindings:
- {parameter: small.size, object: ConfigMap/small, path: /data/size, as: string}
- {parameter: small.fast, object: ConfigMap/small, path: /data/fast, as: string}
- {parameter: small.names, object: ConfigMap/small, path: /data/names, as: comma-list}
- {parameter: small.labels, object: ConfigMap/small, path: /metadata/labels}
- {parameter: small.word, object: Secret/small, path: /stringData/word}
"""

SMALL_OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: small, namespace: default, labels: {}}
data: {size: "1", fast: "false", names: a}
---
apiVersion: v1
kind: Secret
metadata: {name: small, namespace: default}
stringData: {word: ""}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of a pack with a parameter of each common type, quick to build."""
    folder = tmp_path / "packs" / "small"
    (folder / "base").mkdir(parents=True)
    (folder / "pack.yaml").write_text(SMALL_SPEC)
    (folder / "base" / "objects.yaml").write_text(SMALL_OBJECTS)
    return folder
