"""The wheel and the sdist: what they hold, and that a clean install does what the checkout does."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from packc import __version__

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOLS = PYPROJECT["tool"]
PLUGINS = sorted(path.name for path in (ROOT / "plugins").glob("packc_*"))
PACKAGES = ["packc", *PLUGINS]
NAMES = {plugin.removeprefix("packc_").replace("_", "-"): plugin for plugin in PLUGINS}
FORMATS = {name: f"packc.formats.{name}" for name in ("helm", "kustomize", "palette")}


@pytest.fixture
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("*.whl")
    return found


@pytest.fixture
def sdist(distributions: Path) -> Path:
    (found,) = distributions.glob("*.tar.gz")
    return found


def files_of(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def read(wheel: Path, name: str) -> str:
    with ZipFile(wheel) as archive:
        return archive.read(f"packc-{__version__}.dist-info/{name}").decode()


def sources() -> set[str]:
    """Return the files of every package in the checkout, as a wheel names them."""
    return {
        path.relative_to(root).as_posix()
        for root, package in [(ROOT, "packc"), *((ROOT / "plugins", name) for name in PLUGINS)]
        for path in (root / package).rglob("*")
        if path.suffix in (".py", ".tmpl") or path.name == "py.typed"
    }


def build_wheel(folder: Path, build: Callable[..., None], **environment: str) -> str:
    build(folder, "--wheel", **environment)
    (wheel,) = folder.glob("*.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


# --- pyproject.toml ---------------------------------------------------------------------------


def test_the_version_is_stated_once_and_again() -> None:
    assert PYPROJECT["project"]["version"] == __version__


def test_every_plugin_folder_is_in_every_list() -> None:
    contracts = TOOLS["importlinter"]["contracts"]
    lists = {
        "wheel": [
            Path(path).name for path in TOOLS["hatch"]["build"]["targets"]["wheel"]["packages"]
        ],
        "contents": TOOLS["check-wheel-contents"]["toplevel"],
        "mypy": [name for name in TOOLS["mypy"]["packages"] if name != "bench"],
        "importlinter": TOOLS["importlinter"]["root_packages"],
    }
    plugins = {
        contract["name"]: contract.get("forbidden_modules") or contract.get("modules")
        for contract in contracts
        if contract["name"] in ("packc imports no plugin", "plugins do not import each other")
    }

    assert lists == dict.fromkeys(lists, PACKAGES)
    assert len(plugins) == 2
    assert plugins == dict.fromkeys(plugins, PLUGINS)


def test_every_plugin_has_an_entry_point_of_its_name() -> None:
    assert PYPROJECT["project"]["entry-points"]["packc"] == NAMES


def test_every_python_that_is_promised_is_supported() -> None:
    promised = {
        classifier.rpartition(" ")[2]
        for classifier in PYPROJECT["project"]["classifiers"]
        if classifier.startswith("Programming Language :: Python :: 3.")
    }

    assert promised == {"3.11", "3.12", "3.13"}
    assert PYPROJECT["project"]["requires-python"] == f">={min(promised)}"


# --- the wheel --------------------------------------------------------------------------------


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    info = f"packc-{__version__}.dist-info/"

    packaged = {name for name in files_of(wheel) if not name.startswith(info)}

    assert packaged == sources()
    assert {f"{package}/py.typed" for package in PACKAGES} <= packaged
    assert f"{info}licenses/LICENSE" in files_of(wheel)


def test_the_wheel_has_the_command_and_the_plugins(wheel: Path) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(read(wheel, "entry_points.txt"))

    assert dict(entry_points["packc"]) == NAMES
    assert dict(entry_points["console_scripts"]) == {"packc": "packc.__main__:main"}


def test_check_wheel_contents_is_content(wheel: Path) -> None:
    command = [Path(sys.executable).parent / "check-wheel-contents", wheel]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("epoch", [{}, {"SOURCE_DATE_EPOCH": "1700000000"}], ids=["unset", "set"])
def test_two_builds_of_the_wheel_are_the_same(
    tmp_path: Path, build_distributions: Callable[..., None], epoch: dict[str, str]
) -> None:
    first = build_wheel(tmp_path / "first", build_distributions, **epoch)
    second = build_wheel(tmp_path / "second", build_distributions, **epoch, TZ="Asia/Tokyo")

    assert first == second


def test_the_wheel_from_the_sdist_is_the_wheel_from_the_checkout(
    tmp_path: Path, wheel: Path, build_distributions: Callable[..., None]
) -> None:
    from_checkout = build_wheel(tmp_path, build_distributions)

    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == from_checkout


# --- the sdist --------------------------------------------------------------------------------


def is_cache(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part.startswith(".") or part == "__pycache__" for part in parts)


FOLDERS = ("packs", "tests", "snapshots", "docs", "examples", "packc", "plugins", "templates")


def test_the_sdist_holds_all_that_tests_and_readers_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}

    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not is_cache(path)
    }
    assert len(wanted) > 100
    assert wanted | {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "action.yml"} <= held
    assert {name for name in held if "__pycache__" in name or name.startswith(".")} == {
        ".gitignore",
        ".pre-commit-hooks.yaml",
    }


# --- installed --------------------------------------------------------------------------------


def run(command: Path, *arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run([command, *arguments], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_clean_install_builds_what_the_checkout_builds(
    tmp_path: Path, calico: Path, installed: Callable[[str], Path]
) -> None:
    clean, checkout = installed(sys.executable), Path(sys.executable).parent / "packc"

    outputs = {}
    for name, command in (("clean", clean), ("checkout", checkout)):
        run(command, "build", calico, "-o", tmp_path / name, cwd=tmp_path)
        outputs[name] = {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }

    assert len(outputs["clean"]) == 9
    assert outputs["clean"] == outputs["checkout"]


def test_a_clean_install_has_the_plugins(tmp_path: Path, installed: Callable[[str], Path]) -> None:
    found = json.loads(run(installed(sys.executable), "plugins", "--output", "json", cwd=tmp_path))

    assert {entry["name"]: entry["module"] for entry in found} == {**NAMES, **FORMATS}
    assert all("problem" not in entry for entry in found)
    assert {entry["version"] for entry in found} == {__version__}


def test_a_clean_install_has_packc_only(tmp_path: Path, installed: Callable[[str], Path]) -> None:
    """What tests need, such as jsonpatch, is no dependency of users."""
    python = installed(sys.executable).parent / "python"

    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json", cwd=tmp_path))

    names = {entry["name"].lower() for entry in listed}
    assert "packc" in names
    assert not names & {"pytest", "jsonpatch", "jsonschema", "pyyaml", "hypothesis", "ruff"}
