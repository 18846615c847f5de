"""packc lock: what the lock holds, what a locked build refuses, and what an upgrade says."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.cli import main
from packc.installed import package_digest
from packc.load import load
from packc.lock import LOCK_FILE, read_lock

ROOT = Path(__file__).parent.parent
CLOUD = """\
from packc.api import Cloud, Patch, add, hookimpl


@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]


@hookimpl
def packc_patches(variant):
    size = add("/data/moon", "{size}")
    return [Patch("ConfigMap/small", (size,))] if "{size}" else []
"""
METADATA = "Metadata-Version: 2.1\nName: strange-moon\nVersion: {version}\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], small: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs packc in the folder above the pack `small`."""
    monkeypatch.chdir(small.parent)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def moon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that installs a version of the cloud `moon` that sets a size."""
    folder = tmp_path / "installed"
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def install(version: str = "1.0", size: str = "") -> None:
        shutil.rmtree(folder, ignore_errors=True)
        information = folder / f"strange_moon-{version}.dist-info"
        information.mkdir(parents=True)
        (folder / "strange_moon").mkdir()
        (folder / "strange_moon" / "__init__.py").write_text(CLOUD.replace("{size}", size))
        (information / "METADATA").write_text(METADATA.format(version=version))
        (information / "entry_points.txt").write_text("[packc]\nmoon = strange_moon\n")
        for name in [name for name in sys.modules if name.startswith("strange_moon")]:
            del sys.modules[name]

    yield install
    sys.modules.pop("strange_moon", None)


def locked(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / LOCK_FILE).read_text())
    return data


def codes(err: str) -> list[str]:
    return re.findall(r"error\[(PK\d+)\]", err)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


# --- what it holds ----------------------------------------------------------------------------


def test_a_lock_names_files_plugins_and_outputs(run: Run, small: Path) -> None:
    code, out, err = run("lock", "small")

    lock = locked(small)
    assert (code, err) == (0, "")
    assert out == "small/packc.lock: 2 files, 2 plugins, 2 variants\n"
    assert list(lock["files"]) == ["base/objects.yaml", "pack.yaml"]
    assert list(lock["clouds"]) == ["aws", "azure"]
    assert list(lock["outputs"]["aws"]["objects"]) == [
        "ConfigMap/default/small",
        "Secret/default/small",
    ]


def test_a_lock_is_the_same_wherever_it_is_written(
    run: Run, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("lock", "small")
    elsewhere = tmp_path / "else" / "where"
    shutil.copytree(small, elsewhere)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    run("lock", ".")

    assert (elsewhere / LOCK_FILE).read_bytes() == (small / LOCK_FILE).read_bytes()
    assert str(tmp_path) not in (small / LOCK_FILE).read_text()


def test_a_lock_agrees_with_the_build_records(run: Run, small: Path) -> None:
    run("lock", "small")
    run("build", "small", "-o", "out")

    lock = locked(small)
    for variant in ("aws", "azure"):
        record = json.loads(Path(f"out/small/1.0.0/{variant}/build.json").read_text())
        assert {entry["name"]: entry["digest"] for entry in record["inputs"]} == lock["files"]
        [plugin] = record["plugins"]
        assert lock["clouds"][variant] == {
            "digest": plugin["digest"],
            "name": plugin["distribution"],
            "version": plugin["version"],
        }
        digest = record["outputs"]["manifests.yaml"]["digest"]
        assert lock["outputs"][variant]["manifests"] == digest


def test_a_locked_build_records_the_lock_as_an_input(run: Run, small: Path) -> None:
    run("lock", "small")

    run("build", "small", "-o", "out", "--locked", "--cloud", "aws")

    record = json.loads(Path("out/small/1.0.0/aws/build.json").read_text())
    digest = f"sha256:{sha256((small / LOCK_FILE).read_bytes()).hexdigest()}"
    assert {"name": LOCK_FILE, "digest": digest} in record["inputs"]


def test_a_lock_covers_the_docs_and_the_logo_that_formats_read(run: Run, calico: Path) -> None:
    shutil.copytree(calico, "calico")
    (Path("calico") / LOCK_FILE).unlink(missing_ok=True)

    run("lock", "calico", "--format", "palette")

    lock = locked(Path("calico"))
    assert "logo.png" in lock["files"]
    assert list(lock["formats"]) == ["palette"]
    assert {"aws", "azure", "vmware"} <= set(lock["outputs"])


def test_a_lock_can_be_read_by_all_whatever_the_umask(run: Run, small: Path) -> None:
    before = os.umask(0o077)
    try:
        run("lock", "small")
    finally:
        os.umask(before)

    assert (small / LOCK_FILE).stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in small.iterdir()) == ["base", "pack.yaml", LOCK_FILE]


@given(st.binary(max_size=200))
def test_a_lock_of_any_bytes_is_refused_without_a_traceback(content: bytes) -> None:
    folder = ROOT / "tests" / "errors" / "common" / "pack"
    pack = load(folder, "pack")
    from tempfile import TemporaryDirectory

    from attrs import evolve

    from packc.diagnostics import PackcError

    with TemporaryDirectory() as place:
        (Path(place) / LOCK_FILE).write_bytes(content)
        with pytest.raises(PackcError) as caught:
            read_lock(evolve(pack, root=Path(place)))

    assert {each.code for each in caught.value.diagnostics} <= {"PK232", "PK233"}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("lock",), "1", "PK232"),
        (("lock",), True, "PK232"),
        (("lock",), 0, "PK232"),
        (("lock",), 9, "PK233"),
        (("edition",), None, "PK232"),
        (("files",), ["pack.yaml"], "PK232"),
        (("files", "pack.yaml"), 7, "PK232"),
        (("packc",), {}, "PK232"),
        (("packc", "digest"), [], "PK232"),
        (("clouds", "aws"), "packc", "PK232"),
        (("clouds", "aws", "more"), "x", "PK232"),
        (("outputs", "aws"), {}, "PK232"),
        (("outputs", "aws", "objects"), {"a": 1}, "PK232"),
        (("surplus",), 1, "PK232"),
    ],
)
def test_a_damaged_lock_is_refused_at_its_place(
    run: Run, small: Path, path: tuple[str, ...], value: Any, code: str
) -> None:
    run("lock", "small")
    lock = locked(small)
    inner = lock
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    (small / LOCK_FILE).write_text(json.dumps(lock, indent=2))

    for command in (["build", "--locked"], ["lock", "--check"], ["lock"], ["lock", "--upgrade"]):
        failed, _, err = run(*command, "small")
        assert (failed, codes(err)) == (1, [code])
    assert locked(small) == lock


# --- locked builds ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["build", "show", "check", "plugins"])
def test_what_is_as_it_was_locked_is_built(run: Run, command: str) -> None:
    run("lock", "small")

    code, _, err = run(command, "small", "--locked")

    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "small"],
        ["render", "small", "--cloud", "aws"],
        ["explain", "small", "--cloud", "aws"],
        ["show", "small"],
        ["check", "small"],
        ["plugins", "small"],
    ],
)
def test_what_differs_is_refused_by_each_command(
    run: Run, small: Path, arguments: list[str]
) -> None:
    run("lock", "small")
    change(small / "pack.yaml", "default: 1,", "default: 2,")

    code, _, err = run(*arguments, "--locked")

    assert (code, codes(err)) == (1, ["PK234"])
    assert "the file 'pack.yaml' differs from the lock" in err


def test_each_difference_is_an_error_of_its_own(run: Run, small: Path) -> None:
    run("lock", "small")
    lock = locked(small)
    lock["packc"]["version"] = "0.0.1"
    lock["clouds"]["aws"]["digest"] = "sha256:0"
    lock["files"]["base/gone.yaml"] = "sha256:0"
    del lock["files"]["base/objects.yaml"]
    (small / LOCK_FILE).write_text(json.dumps(lock, indent=2))

    code, _, err = run("build", "small", "--locked")

    assert code == 1
    assert sorted(re.findall(r"PK234\]: (.*) differs", err)) == [
        "packc",
        "the cloud 'aws'",
        "the file 'base/gone.yaml'",
        "the file 'base/objects.yaml'",
    ]
    assert "its files differ though the version does not" in err
    assert not Path("dist").exists()


def test_a_plugin_that_differs_is_refused_before_it_is_imported(
    run: Run, small: Path, moon: Callable[..., None]
) -> None:
    moon()
    run("lock", "small", "--cloud", "moon")
    moon(size="raise")
    module = Path(find_spec("strange_moon").origin or "")  # type: ignore[union-attr]
    module.write_text("raise RuntimeError('imported')\n")

    code, _, err = run("build", "small", "--cloud", "moon", "--locked")

    assert (code, codes(err)) == (1, ["PK234"])
    assert "strange_moon" not in sys.modules
    assert "expected: strange-moon 1.0, sha256:" in err


def test_a_format_that_the_lock_does_not_name_is_refused(run: Run) -> None:
    run("lock", "small")

    code, _, err = run("build", "small", "--locked", "--format", "all")

    assert (code, codes(err)) == (1, ["PK235"] * err.count("does not name the format"))
    assert "packc lock small --format kustomize" in err


def test_locked_formats_are_built(run: Run) -> None:
    run("lock", "small", "--format", "kustomize")

    code, _, err = run("build", "small", "--locked", "--format", "kustomize")

    assert (code, err) == (0, "")


def test_values_are_not_locked(run: Run) -> None:
    run("lock", "small")

    code, out, _ = run("render", "small", "--cloud", "aws", "--set", "small.size=7", "--locked")

    assert code == 0
    assert 'size: "7"' in out


@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_permissions_of_files_are_no_difference(run: Run, small: Path, mode: int) -> None:
    run("lock", "small")
    (small / "base" / "objects.yaml").chmod(mode)
    (small / LOCK_FILE).chmod(mode)

    assert run("build", "small", "--locked")[0] == 0


def test_line_ends_of_a_checkout_are_named(run: Run, small: Path) -> None:
    run("lock", "small")
    for file in (small / "pack.yaml", small / "base" / "objects.yaml", small / LOCK_FILE):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    code, _, err = run("build", "small", "--locked")

    assert (code, codes(err)) == (1, ["PK234", "PK234"])
    assert err.count("only its line ends differ: CRLF now") == 2
    assert ".gitattributes" in err


# --- digests ----------------------------------------------------------------------------------


def test_a_digest_covers_all_files_and_no_cache(tmp_path: Path) -> None:
    package = tmp_path / "counted"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    first = _digest(tmp_path)
    (package / "__pycache__" / "counted.cpython-311.pyc").write_text("x")
    with_cache = _digest(tmp_path)
    (package / "table.json").write_text("{}")

    assert with_cache == first
    assert _digest(tmp_path) != first


def _digest(folder: Path) -> str:
    command = "from packc.installed import package_digest; print(package_digest('counted.inner'))"
    path = os.pathsep.join([str(folder), str(ROOT), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", command],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_links_in_a_package_are_followed_once(tmp_path: Path) -> None:
    package = tmp_path / "counted"
    package.mkdir()
    (package / "__init__.py").write_text("")
    first = _digest(tmp_path)
    (package / "again").symlink_to(package)
    (package / "broken").symlink_to("nowhere")
    os.mkfifo(package / "pipe")

    assert _digest(tmp_path) == first


def test_a_wheel_has_the_digests_of_the_checkout(distributions: Path, tmp_path: Path) -> None:
    [wheel] = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    unpacked = {
        name: _digest_of_copy(tmp_path, name) for name in ("packc", "packc_aws", "packc_etcd_tls")
    }

    assert unpacked == {name: package_digest(name) for name in unpacked}


def _digest_of_copy(folder: Path, name: str) -> str:
    command = (
        "import sys; from packc.installed import package_digest; print(package_digest(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, name],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


# --- check and upgrade ------------------------------------------------------------------------


def test_check_writes_nothing_and_fails_where_something_differs(run: Run, small: Path) -> None:
    run("lock", "small")
    before = (small / LOCK_FILE).read_bytes()
    same = run("lock", "--check", "small")
    change(small / "pack.yaml", "default: 1,", "default: 2,")

    code, out, err = run("lock", "--check", "small")

    assert same == (0, "", "")
    assert (code, out) == (1, "")
    assert "the output of 'aws': ConfigMap/default/small differs from the lock" in err
    assert "Secret/default/small" not in err
    assert (small / LOCK_FILE).read_bytes() == before


def test_check_fails_without_a_lock(run: Run) -> None:
    code, _, err = run("lock", "--check", "small")

    assert (code, codes(err)) == (1, ["PK231"])


def test_upgrade_says_which_objects_a_new_plugin_changes(
    run: Run, small: Path, moon: Callable[..., None]
) -> None:
    moon("1.0")
    run("lock", "small", "--cloud", "moon")
    moon("1.1", size="8")

    code, out, err = run("lock", "--upgrade", "small")

    assert code == 1
    assert err == "small/packc.lock was not written: add --yes\n"
    assert re.search(
        r"the cloud 'moon' has changed: strange-moon 1\.0, .* -> strange-moon 1\.1", out
    )
    assert "the output of 'moon': ConfigMap/default/small has changed" in out
    assert "'aws'" not in out
    assert locked(small)["clouds"]["moon"]["version"] == "1.0"


def test_upgrade_names_objects_that_come_and_go(run: Run, small: Path) -> None:
    run("lock", "small")
    (small / "base" / "objects.yaml").write_text(
        (small / "base" / "objects.yaml").read_text()
        + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"
    )

    _, out, _ = run("lock", "--upgrade", "small", "--yes")

    assert "the output of 'aws': ConfigMap/more is new" in out
    assert "packc diff small --git HEAD" in out
    assert "accepted" in out
    assert run("lock", "--check", "small") == (0, "", "")


MARKER = "from pathlib import Path\nPath('imported').write_text('')\n"


def tampered(moon: Callable[..., None], size: str = "raise") -> Path:
    """Change the locked plugin `moon` without a new version; it tells when it is imported."""
    moon(size=size)
    module = Path(find_spec("strange_moon").origin or "")  # type: ignore[union-attr]
    module.write_text(MARKER + module.read_text())
    return module


@pytest.mark.parametrize("options", [["--check"], []])
def test_a_plugin_that_was_tampered_with_is_reported_before_it_is_imported(
    run: Run, small: Path, moon: Callable[..., None], options: list[str]
) -> None:
    moon()
    run("lock", "small", "--cloud", "moon")
    before = (small / LOCK_FILE).read_bytes()
    tampered(moon)

    code, out, err = run("lock", *options, "small")

    line = 1 + (small / LOCK_FILE).read_text().splitlines().index('    "moon": {')
    assert (code, out, codes(err)) == (1, "", ["PK234"])
    assert f"small/packc.lock:{line}:5: error[PK234]: the cloud 'moon' differs" in err
    assert "its files differ though the version does not" in err
    assert not Path("imported").exists()
    assert (small / LOCK_FILE).read_bytes() == before


def test_upgrade_imports_what_differs_to_show_what_it_changes(
    run: Run, moon: Callable[..., None]
) -> None:
    """The tests above can fail."""
    moon()
    run("lock", "small", "--cloud", "moon")
    tampered(moon, size="8")

    code, out, _ = run("lock", "--upgrade", "small")

    assert code == 1
    assert "the output of 'moon': ConfigMap/default/small has changed" in out
    assert Path("imported").exists()


@pytest.mark.parametrize("options", [["--check"], []])
def test_a_plugin_that_the_pack_lists_anew_is_not_imported_unasked(
    run: Run, small: Path, moon: Callable[..., None], options: list[str]
) -> None:
    run("lock", "small")
    tampered(moon)
    change(small / "pack.yaml", "clouds: [aws, azure]", "clouds: [aws, azure, moon]")

    code, _, err = run("lock", *options, "small")

    assert (code, codes(err)) == (1, ["PK234", "PK234"])
    assert "the cloud 'moon' differs from the lock" in err
    assert not Path("imported").exists()


def uninstall() -> None:
    information = Path(find_spec("strange_moon").origin or "").parents[1]  # type: ignore[union-attr]
    shutil.rmtree(information)


@pytest.mark.parametrize("options", [["--check"], []])
def test_a_locked_plugin_that_is_missing_is_a_difference_at_its_line(
    run: Run, small: Path, moon: Callable[..., None], options: list[str]
) -> None:
    moon()
    run("lock", "small", "--cloud", "moon")
    uninstall()

    code, _, err = run("lock", *options, "small")

    line = 1 + (small / LOCK_FILE).read_text().splitlines().index('    "moon": {')
    assert (code, codes(err)) == (1, ["PK234"])
    assert f"small/packc.lock:{line}:5: error[PK234]: the cloud 'moon' differs" in err
    assert "found: nothing" in err
    assert "packc lock --upgrade small" in err


def test_upgrade_removes_a_plugin_that_is_missing_and_not_listed(
    run: Run, small: Path, moon: Callable[..., None]
) -> None:
    moon()
    run("lock", "small", "--cloud", "moon")
    uninstall()

    refused, out, _ = run("lock", "--upgrade", "small")
    code, _, _ = run("lock", "--upgrade", "small", "--yes")

    assert (refused, code) == (1, 0)
    assert "the cloud 'moon' is removed: strange-moon 1.0, sha256:" in out
    assert "the output of 'moon' is removed" in out
    assert list(locked(small)["clouds"]) == ["aws", "azure"]
    assert run("lock", "--check", "small") == (0, "", "")


def test_upgrade_keeps_asking_for_a_plugin_that_the_pack_lists(
    run: Run, small: Path, moon: Callable[..., None]
) -> None:
    moon()
    change(small / "pack.yaml", "clouds: [aws, azure]", "clouds: [aws, azure, moon]")
    run("lock", "small")
    uninstall()

    code, _, err = run("lock", "--upgrade", "small", "--yes")

    assert (code, codes(err)) == (1, ["PK202"])
    assert "small/pack.yaml:" in err
    assert "moon" in locked(small)["clouds"]


def test_a_lock_that_differs_is_not_replaced_unseen(run: Run, small: Path) -> None:
    run("lock", "small")
    before = (small / LOCK_FILE).read_bytes()
    change(small / "pack.yaml", "default: 1,", "default: 2,")

    code, out, err = run("lock", "small")

    assert (code, out) == (1, "")
    assert "the file 'pack.yaml' differs from the lock" in err
    assert "the output of 'aws': ConfigMap/default/small differs from the lock" in err
    assert "accept it with `packc lock --upgrade small`" in err
    assert (small / LOCK_FILE).read_bytes() == before


def test_a_lock_that_is_up_to_date_is_left_alone(run: Run, small: Path) -> None:
    run("lock", "small")
    (small / LOCK_FILE).chmod(0o400)

    code, out, err = run("lock", "small")

    assert (code, out, err) == (0, "small/packc.lock: up to date\n", "")
    assert (small / LOCK_FILE).stat().st_mode & 0o777 == 0o400


def test_what_the_command_line_names_is_added_without_more_questions(run: Run, small: Path) -> None:
    run("lock", "small")

    code, out, err = run("lock", "small", "--cloud", "vmware", "--format", "kustomize")

    assert (code, err) == (0, "")
    assert out.endswith("3 variants, 3 differences accepted\n")
    assert list(locked(small)["formats"]) == ["kustomize"]


def test_what_the_command_line_names_covers_no_other_difference(run: Run, small: Path) -> None:
    run("lock", "small")
    before = (small / LOCK_FILE).read_bytes()
    change(small / "pack.yaml", "default: 1,", "default: 2,")

    code, _, err = run("lock", "small", "--format", "kustomize")

    assert code == 1
    assert "the file 'pack.yaml' differs from the lock" in err
    assert (small / LOCK_FILE).read_bytes() == before


def test_what_the_pack_lists_anew_is_added_by_an_upgrade(run: Run, small: Path) -> None:
    run("lock", "small")
    change(small / "pack.yaml", "clouds: [aws, azure]", "clouds: [aws, azure, vmware]")

    _, _, err = run("build", "small", "--locked")

    assert "add it with `packc lock --upgrade small`" in err


def test_upgrade_without_a_difference_is_done(run: Run) -> None:
    run("lock", "small")

    code, _, err = run("lock", "--upgrade", "small")

    assert (code, err) == (0, "")


@pytest.mark.parametrize(("answer", "is_written"), [("y\n", True), ("\n", False), ("n\n", False)])
def test_upgrade_asks_at_a_terminal(run: Run, small: Path, answer: str, is_written: bool) -> None:
    run("lock", "small")
    before = (small / LOCK_FILE).read_bytes()
    change(small / "pack.yaml", "default: 1,", "default: 2,")
    ours, theirs = pty.openpty()
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), *filter(None, sys.path)])
    process = subprocess.Popen(
        [sys.executable, "-m", "packc", "lock", "--upgrade", "small"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": path, "TERM": "dumb"},
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    shown = _all_of(ours)
    code = process.wait(60)

    assert "write small/packc.lock? [y/N]" in shown
    assert code == (0 if is_written else 1)
    assert ((small / LOCK_FILE).read_bytes() != before) is is_written


def _all_of(terminal: int) -> str:
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side has closed it
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return shown.decode()


def test_what_the_lock_names_stays_named(run: Run, small: Path) -> None:
    run("lock", "small", "--format", "kustomize", "--cloud", "vmware")

    run("lock", "small")

    lock = locked(small)
    assert list(lock["clouds"]) == ["aws", "azure", "vmware"]
    assert list(lock["formats"]) == ["kustomize"]


def test_a_plugin_that_is_not_installed_cannot_be_locked(run: Run, small: Path) -> None:
    change(small / "pack.yaml", "clouds: [aws, azure]", "clouds: [aws, mars]")

    code, _, err = run("lock", "small")

    assert (code, codes(err)) == (1, ["PK202"])
    assert not (small / LOCK_FILE).exists()


def test_variants_that_need_a_value_are_left_out(run: Run, small: Path) -> None:
    change(small / "pack.yaml", "secret: true}", "secret: true, required: true}")

    code, out, _ = run("lock", "small")

    assert (code, out) == (0, "small/packc.lock: 2 files, 2 plugins, 0 variants\n")


def test_one_pack_that_fails_does_not_stop_the_others(run: Run, small: Path) -> None:
    code, out, err = run("lock", "nowhere", "small")

    assert (code, codes(err)) == (1, ["PK127"])
    assert out.startswith("small/packc.lock: ")


def test_a_lock_that_cannot_be_written_leaves_nothing_behind(run: Run, small: Path) -> None:
    (small / LOCK_FILE).mkdir()

    code, _, err = run("lock", "small")

    assert (code, codes(err)) == (1, ["PK101"])
    assert sorted(path.name for path in small.iterdir()) == ["base", "pack.yaml", LOCK_FILE]


def test_differences_are_data_too(run: Run, small: Path) -> None:
    run("lock", "small")
    change(small / "pack.yaml", "title: Small", "title: Smaller")

    code, out, err = run("lock", "--check", "small", "--output", "json")

    [lock] = json.loads(out)["locks"]
    [difference] = lock["differences"]
    assert (code, lock["lock"], lock["written"]) == (1, "small/packc.lock", False)
    assert difference["what"] == "the file 'pack.yaml'"
    assert difference["locked"] != difference["found"]
    assert err == ""


# --- packc plugins ----------------------------------------------------------------------------


def test_plugins_names_level_digest_and_formats(run: Run) -> None:
    _, out, _ = run("plugins", "--json")
    _, same, _ = run("plugins", "--output", "json")

    plugins = {entry["name"]: entry for entry in json.loads(out)}
    assert same == out
    assert plugins["helm"]["formats"] == ["helm"]
    assert plugins["helm"]["hooks"] == ["packc_formats"]
    assert plugins["aws"]["api"] == 1
    assert plugins["aws"]["digest"] == f"sha256:{package_digest('packc_aws')}"
    assert plugins["aws"]["certificate"] is None


def test_plugins_finds_no_certificate_in_a_folder_without_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")

    _, out, _ = run("plugins", "--json", "--certificates", str(tmp_path))

    assert {entry["certificate"] for entry in json.loads(out) if "problem" not in entry} == {None}


def test_plugins_lists_a_refused_one_with_the_reason(run: Run) -> None:
    _, out, _ = run("plugins", "--json", "--refuse-plugin", "aws")

    plugins = {entry["name"]: entry for entry in json.loads(out)}
    assert plugins["aws"]["problem"].startswith("PK236: plugin 'aws' (packc ")
    assert "problem" not in plugins["azure"]


def test_a_refused_feature_that_is_off_is_a_warning(run: Run, calico: Path) -> None:
    shutil.copytree(calico, "calico")

    arguments = ["--cloud", "aws", "--refuse-plugin", "etcd-tls"]
    code, _, err = run("build", "calico", *arguments)

    assert code == 0
    assert "warning[PK236]" in err
