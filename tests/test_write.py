"""Writing is atomic: processes are killed, disks fill up and builds collide for real."""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packc.diagnostics import PackcError
from packc.model import OutputFile
from packc.write import write

ROOT = Path(__file__).parent.parent
WRITER = Path(__file__).parent / "programs" / "writer.py"
LONG = bool(os.environ.get("PACKC_LONG"))
PACKC: list[str | Path] = [sys.executable, "-m", "packc"]


def variants(tag: str, *names: str) -> dict[str, list[OutputFile]]:
    return {
        name: [
            OutputFile("manifests.yaml", f"{tag}\n".encode()),
            OutputFile("build.json", f"{tag}\n".encode()),
        ]
        for name in names
    }


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def modes(folder: Path) -> dict[str, int]:
    paths = [folder, *sorted(folder.rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in paths
    }


def code_of(folder: Path, content: dict[str, list[OutputFile]]) -> tuple[str, str]:
    with pytest.raises(PackcError) as caught:
        write(folder, content)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, diagnostic.message


def run_writer(*arguments: str | Path) -> list[dict[str, Any]]:
    """Run programs/writer.py and return what it saw."""
    command = [sys.executable, WRITER, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of writes need no disk to wait for."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)


# --- killed -----------------------------------------------------------------------------------

STEP = "1" if LONG else "2"
"""One line of Python in how many is tried: which ones differs with the interpreter's version."""

needs_seccomp = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64") or not sys.platform.startswith("linux"),
    reason="the numbers of the system calls are known for Linux on x86_64 and aarch64 only",
)


def whole(tag: str) -> dict[str, str]:
    tags = {"aws": tag, "azure": tag, "vmware": "old"}
    return {
        f"{name}/{file}": f"{name} {text}\n"
        for name, text in tags.items()
        for file in ("build.json", "manifests.yaml")
    }


def after_next_build(tag: str) -> dict[str, str]:
    return whole(tag) | {
        "vmware/build.json": "vmware next\n",
        "vmware/manifests.yaml": "vmware next\n",
    }


def test_a_kill_at_any_moment_leaves_the_old_tree_or_the_new_one(memory: Path) -> None:
    seen = run_writer("die", memory / "pack" / "1.0", "--number", STEP)

    assert len(seen) > 100
    assert [moment["killed"] for moment in seen] == [True] * (len(seen) - 1) + [False]
    trees = [moment["tree"] for moment in seen]
    switch = trees.index(whole("new"))
    assert 0 < switch < len(trees) - 1
    assert trees == [whole("old")] * switch + [whole("new")] * (len(trees) - switch)


def test_the_next_build_removes_what_a_killed_one_left(memory: Path) -> None:
    seen = run_writer("die", memory / "pack" / "1.0", "--number", "7")

    for moment in seen:
        tag = "old" if moment["tree"] == whole("old") else "new"
        assert moment["next"] == after_next_build(tag)
        assert moment["left"] == []


@needs_seccomp
def test_where_the_kernel_cannot_exchange_the_next_build_puts_the_old_tree_back(
    memory: Path,
) -> None:
    seen = run_writer("die", memory / "pack" / "1.0", "--without", "exchange")

    trees = [moment["tree"] for moment in seen]
    assert all(found in (whole("old"), {}, whole("new")) for found in trees)
    gap = seen[trees.index({})]
    assert gap["next"] == after_next_build("old")
    assert trees[-1] == whole("new")
    assert all(moment["left"] == [] for moment in seen)


@needs_seccomp
def test_where_the_file_system_has_no_links_other_variants_are_copied(memory: Path) -> None:
    seen = run_writer("die", memory / "pack" / "1.0", "--without", "links", "--number", "40")

    assert all(moment["tree"] in (whole("old"), whole("new")) for moment in seen)
    assert seen[-1]["tree"] == whole("new")


def test_a_killed_build_leaves_a_whole_output(memory: Path, small: Path) -> None:
    out = memory / "out"
    folder = out / "small" / "1.0.0"
    for size in (1, 2):
        subprocess.run(
            [*PACKC, "build", small, "-o", memory / str(size), "--set", f"small.size={size}"]
        )
    expected = [tree(memory / str(size) / "small" / "1.0.0") for size in (1, 2)]
    seed = random.Random(1)
    shutil.copytree(memory / "1", out)

    for attempt in range(100 if LONG else 6):
        command = [*PACKC, "build", small, "-o", out, "--set", f"small.size={attempt % 2 + 1}"]
        build = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _kill_while_it_writes(build, folder.parent, seed.uniform(0, 0.004))

        assert tree(folder) in expected

    subprocess.run([*PACKC, "build", small, "-o", out], check=True, stdout=subprocess.DEVNULL)
    assert [path.name for path in folder.parent.iterdir()] == ["1.0.0"]
    assert tree(folder) != {}


def _kill_while_it_writes(build: subprocess.Popen[bytes], parent: Path, delay: float) -> None:
    """Kill the build a little after its first sign of life on the disk."""
    before = set(parent.iterdir())
    while build.poll() is None and set(parent.iterdir()) == before:
        pass
    time.sleep(delay)
    build.send_signal(signal.SIGKILL)
    build.wait()


# --- at once ----------------------------------------------------------------------------------


def test_writers_of_one_folder_take_turns(memory: Path) -> None:
    folder, tags = memory / "pack" / "1.0", ("red", "green", "blue")
    write(folder, variants("other", "vmware"))
    wholes = {tag: _tagged(tag) for tag in tags}

    command: list[str | Path] = [
        sys.executable,
        WRITER,
        "many",
        folder,
        "--number",
        "200" if LONG else "40",
    ]
    writers = [subprocess.Popen([*command, "--tag", tag]) for tag in tags]
    while any(writer.poll() is None for writer in writers):
        seen = _read_at_once(folder)
        assert seen is None or seen in wholes.values()

    assert [writer.returncode for writer in writers] == [0, 0, 0]
    result = tree(folder)
    assert result.pop("vmware/manifests.yaml") == result.pop("vmware/build.json") == b"other\n"
    assert result in wholes.values()
    assert [path.name for path in folder.parent.iterdir()] == ["1.0"]


def _tagged(tag: str) -> dict[str, bytes]:
    return {
        f"{name}/{file}": f"{name} {tag}\n".encode()
        for name in ("aws", "azure")
        for file in ("build.json", "manifests.yaml")
    }


def _read_at_once(folder: Path) -> dict[str, bytes] | None:
    """Return two variants as one reader sees them; None when the folder it holds open went away."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except FileNotFoundError as error:
        raise AssertionError("the folder was missing for a moment") from error
    try:
        return {name: _read(held, name) for name in _tagged("")}
    except FileNotFoundError:
        return None
    finally:
        os.close(held)


def _read(held: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY, dir_fd=held)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def test_builds_into_one_folder_at_once_leave_one_of_them_whole(
    tmp_path: Path, small: Path
) -> None:
    out, sizes = tmp_path / "out", (2, 3, 4)
    write(out / "small" / "1.0.0", variants("other variant", "vmware"))
    write(out / "other" / "1.0.0", variants("other pack", "aws"))
    for size in sizes:
        command = [
            *PACKC,
            "build",
            small,
            "-o",
            tmp_path / str(size),
            "--set",
            f"small.size={size}",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    builds = [
        subprocess.Popen(
            [*PACKC, "build", small, "-o", out, "--set", f"small.size={size}"],
            stdout=subprocess.DEVNULL,
        )
        for size in sizes
    ]

    assert [build.wait() for build in builds] == [0, 0, 0]
    result = tree(out / "small" / "1.0.0")
    assert result.pop("vmware/manifests.yaml") == result.pop("vmware/build.json")
    assert result in [tree(tmp_path / str(size) / "small" / "1.0.0") for size in sizes]
    assert tree(out / "other" / "1.0.0")["aws/build.json"] == b"other pack\n"


# --- disks ------------------------------------------------------------------------------------


@pytest.fixture
def namespace() -> list[str]:
    """A command prefix below which disks can be mounted that nobody else sees."""
    prefix = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"]).returncode != 0:
        pytest.skip("this user may not have a mount namespace")
    return prefix


def in_namespace(namespace: list[str], script: str, *arguments: str | Path) -> str:
    """Run a shell script below the prefix and return its standard output."""
    command = [*namespace, "sh", "-euc", script, "sh", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_leaves_the_old_tree(tmp_path: Path, namespace: list[str]) -> None:
    script = 'mount -t tmpfs -o size=400k none "$1"; exec "$2" "$3" fill "$1" --number 400'

    seen = in_namespace(namespace, script, tmp_path, sys.executable, WRITER)

    *full, written = [json.loads(line) for line in seen.splitlines()]
    assert len(full) > 10
    old = full[0]["tree"]
    assert all("old" in text for text in old.values())
    assert all(entry == {"code": "PK503", "tree": old, "left": []} for entry in full)
    assert written["code"] is None
    assert all("new" in text for text in written["tree"].values())


READ_ONLY = """\
mount -t tmpfs none "$1"
"$2" -m packc build "$3" -o "$1/out" >/dev/null
find "$1" -type f | sort | xargs sha256sum >"$4/before"
mount -o remount,ro "$1"
"$2" -m packc build "$3" -o "$1/out" --set small.size=2 2>&1 && exit 1
find "$1" -type f | sort | xargs sha256sum >"$4/after"
"""


def test_a_read_only_disk_keeps_the_old_tree(
    tmp_path: Path, small: Path, namespace: list[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    said = in_namespace(namespace, READ_ONLY, disk, sys.executable, small, tmp_path)

    assert "error[PK503]" in said
    assert "read-only file system\n  hint: choose another folder with -o" in said
    assert (tmp_path / "before").read_text().count("\n") == 6
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


def test_a_file_size_limit_leaves_the_old_tree(tmp_path: Path, calico: Path) -> None:
    out = tmp_path / "out"
    subprocess.run([*PACKC, "build", calico, "-o", out, "--cloud", "aws"], check=True)
    before = tree(out)

    command = ["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", *PACKC, "build", calico, "-o", out]
    done = subprocess.run([*command, "--set", "calico.mtu=1400"], capture_output=True, text=True)

    assert done.returncode == 1
    assert "error[PK503]: cannot write" in done.stderr
    assert "file too large" in done.stderr
    assert tree(out) == before
    assert [path.name for path in (out / "calico").iterdir()] == ["3.32.1"]


# --- places that are taken, or are none -------------------------------------------------------


def test_a_path_through_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    code, message = code_of(tmp_path / "file" / "pack" / "1.0", variants("new", "aws"))

    assert code == "PK503"
    assert message.endswith("not a directory")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("parent", ["/proc/packc", "/dev/null"])
def test_a_place_where_nothing_can_be_made_is_reported(parent: str) -> None:
    code, _ = code_of(Path(parent) / "1.0", variants("new", "aws"))

    assert code == "PK503"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "pack" / "1.0"
    (folder / "aws").mkdir(parents=True)
    (folder / "aws" / "letter.txt").write_text("mine")

    code, message = code_of(folder, variants("new", "aws"))

    assert code == "PK504"
    assert message.endswith("aws' was not written by packc: it has no build.json")
    assert tree(tmp_path) == {"pack/1.0/aws/letter.txt": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "1.0").write_text("mine")

    code, _ = code_of(tmp_path / "1.0", variants("new", "aws"))

    assert code == "PK504"
    assert tree(tmp_path) == {"1.0": b"mine"}


@pytest.mark.parametrize("place", ["1.0", "1.0/aws"])
def test_a_symlink_in_the_place_is_not_followed(tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere, variants("mine", "aws"))
    link = tmp_path / "pack" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere / "aws" if place.endswith("aws") else elsewhere)

    code, _ = code_of(tmp_path / "pack" / "1.0", variants("new", "aws"))

    assert code == "PK504"
    assert link.is_symlink()
    assert tree(elsewhere)["aws/build.json"] == b"mine\n"


# --- what stays and what goes -----------------------------------------------------------------


def test_stale_files_go_and_everything_beside_the_variant_stays(tmp_path: Path) -> None:
    folder = tmp_path / "pack" / "1.0"
    write(folder, variants("old", "aws", "azure"))
    (folder / "aws" / "stale.yaml").write_text("stale")
    (folder / "mine.txt").write_text("mine")
    (folder / "notes").mkdir()
    (folder / "notes" / "link").symlink_to("../mine.txt")

    write(folder, variants("new", "aws"))

    assert tree(folder) == {
        "aws/build.json": b"new\n",
        "aws/manifests.yaml": b"new\n",
        "azure/build.json": b"old\n",
        "azure/manifests.yaml": b"old\n",
        "mine.txt": b"mine",
        "notes/link": b"mine",
    }
    assert (folder / "notes" / "link").is_symlink()


def test_a_pack_that_fails_leaves_its_old_output(tmp_path: Path, small: Path) -> None:
    out = tmp_path / "out"
    subprocess.run([*PACKC, "build", small, "-o", out], check=True)
    before = tree(out)

    command = [*PACKC, "build", small, "-o", out, "--set", "small.size=100"]
    done = subprocess.run(command, capture_output=True)

    assert done.returncode == 1
    assert tree(out) == before


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o377])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    files = [OutputFile("manifests.yaml", b"", private=True), OutputFile("build.json", b"")]
    (tmp_path / "pack").mkdir()
    before = os.umask(umask)
    try:
        write(tmp_path / "pack" / "1.0", {"aws": files})
    finally:
        os.umask(before)

    assert modes(tmp_path / "pack" / "1.0") == {
        ".": 0o755,
        "aws": 0o755,
        "aws/build.json": 0o644,
        "aws/manifests.yaml": 0o600,
    }


def test_manifests_with_a_secret_are_private(tmp_path: Path, small: Path) -> None:
    command = [*PACKC, "build", small, "-o", tmp_path, "--cloud", "aws"]

    subprocess.run([*command, "--set", "small.word=hush"], check=True)
    with_secret = modes(tmp_path / "small" / "1.0.0" / "aws")
    subprocess.run(command, check=True)
    without = modes(tmp_path / "small" / "1.0.0" / "aws")

    public = {".": 0o755, "NOTES.md": 0o644, "build.json": 0o644}
    assert with_secret == public | {"manifests.yaml": 0o600}
    assert without == public | {"manifests.yaml": 0o644}
