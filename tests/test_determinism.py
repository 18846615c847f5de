"""The same pack and values give the same bytes, whoever builds, where and with which Python."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKC = (sys.executable, "-m", "packc")
FEATURES = ("--feature", "windows-note", "--feature", "etcd-tls")

Outputs = Mapping[str, bytes]


def build(
    out: Path,
    *,
    pack: str | Path = ROOT / "packs" / "calico",
    command: tuple[str | Path, ...] = PACKC,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    umask: int = -1,
) -> Outputs:
    """Build six variants with and without features, and return every file with its bytes."""
    values = out.parent / "values.yaml"
    values.write_text("calico: {mtu: 1400, calicoNetworkCIDR: 10.0.0.0/8}\n")
    for options in ((), FEATURES):
        done = subprocess.run(
            [*command, "build", pack, "-o", out, "--values", values, "--quiet", *options],
            cwd=cwd,
            env=os.environ if environment is None else environment,
            umask=umask,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    outputs = build(tmp_path_factory.mktemp("expected") / "out")
    assert len(outputs) == 18
    return outputs


ENVIRONMENTS = [
    {"PYTHONHASHSEED": "0", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "1", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8"},
    {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONHASHSEED": "3", "PYTHONIOENCODING": "latin-1", "PYTHONOPTIMIZE": "2"},
    {"PYTHONHASHSEED": "4", "SOURCE_DATE_EPOCH": "1", "USER": "somebody", "HOSTNAME": "elsewhere"},
]


@pytest.mark.parametrize("changes", ENVIRONMENTS, ids=" ".join)
def test_the_hash_seed_and_the_environment_change_nothing(
    tmp_path: Path, expected: Outputs, changes: dict[str, str]
) -> None:
    assert build(tmp_path / "out", environment=os.environ | changes) == expected


@pytest.mark.skipif("PACKC_LONG" not in os.environ, reason="many repeats: set PACKC_LONG")
@pytest.mark.parametrize("seed", range(5, 30))
def test_no_hash_seed_changes_anything(tmp_path: Path, expected: Outputs, seed: int) -> None:
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}

    assert build(tmp_path / "out", environment=environment) == expected


def test_an_empty_environment_changes_nothing(tmp_path: Path, expected: Outputs) -> None:
    """Without HOME, USER, LANG and PATH, too."""
    assert build(tmp_path / "out", environment={}) == expected


def test_the_umask_changes_nothing(tmp_path: Path, expected: Outputs) -> None:
    assert build(tmp_path / "out", umask=0o077) == expected


@pytest.mark.parametrize(
    ("cwd", "pack"),
    [
        ("packs", "./calico/"),
        ("packs/calico", "."),
        (".", "tests/../packs/calico"),
    ],
)
def test_the_working_directory_and_the_spelling_of_the_path_change_nothing(
    tmp_path: Path, expected: Outputs, cwd: str, pack: str
) -> None:
    assert build(tmp_path / "out", cwd=ROOT / cwd, pack=pack) == expected


def test_a_copy_with_other_file_order_times_and_modes_changes_nothing(
    tmp_path: Path, expected: Outputs
) -> None:
    source, copy = ROOT / "packs" / "calico", tmp_path / "a copy elsewhere"
    files = sorted(path for path in source.rglob("*") if path.is_file())
    random.Random(1).shuffle(files)
    for age, file in enumerate(files):
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o600)
        os.utime(target, (age * 86_400, age * 86_400))

    assert build(tmp_path / "out", pack=copy) == expected


@pytest.mark.parametrize(
    "python",
    [
        pytest.param(name, marks=pytest.mark.tool(name))
        for name in ("python3.11", "python3.12", "python3.13")
    ],
)
def test_every_supported_python_writes_the_same(
    tmp_path: Path, expected: Outputs, python: str, installed: Callable[[str], Path]
) -> None:
    """From the wheel in a clean environment, so that an install changes nothing either."""
    command = installed(python)

    assert build(tmp_path / "out", command=(command,), cwd=tmp_path) == expected
