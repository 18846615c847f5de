"""A build that the cache has is not run: output that is gone or stale is written from the cache."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

RUNNER = """\
import sys
before = {*sys.modules}
from packc.cli import main
code = main(sys.argv[1:])
print(*sorted({*sys.modules} - before), file=sys.stderr)
sys.exit(code)
"""
RUN = [sys.executable, "-c", RUNNER]
SETTLED = 0.03
"""Seconds after which a file is no longer one that may have changed while the build ran."""
COMPILER = {"attr", "packc.pipeline", "packc.cli.build"}
SLOW_TO_IMPORT = {
    *("argparse", "contextlib", "ctypes", "enum", "hashlib", "json", "pathlib", "random", "re"),
    *("shutil", "tempfile", "typing"),
}
NEW_FOLDER = "small/1.0.0"


@attrs.frozen
class Run:
    """A build: its exit code, what it said, and the modules that it imported."""

    code: int
    output: str
    errors: str
    loaded: frozenset[str]

    @property
    def has_compiled(self) -> bool:
        return bool(self.loaded & COMPILER)


def build(*arguments: str | Path) -> Run:
    done = subprocess.run([*RUN, "build", *arguments], capture_output=True, text=True)
    errors, _, loaded = done.stderr.rstrip("\n").rpartition("\n")
    return Run(done.returncode, done.stdout, errors, frozenset(loaded.split()))


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return the mode of each file and folder below a folder, and the content of files."""
    return {
        path.relative_to(folder).as_posix(): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache of its own, which is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "packc"


@pytest.fixture
def out(cache: Path, small: Path) -> Path:
    """The output of the small pack, whose build the cache has."""
    time.sleep(SETTLED)
    folder = small.parent / "out"
    assert build(small, "-o", folder).has_compiled
    return folder


@pytest.fixture
def twins(cache: Path, small: Path) -> list[Path]:
    """Two packs with names of their own."""
    other = small.parent / "other"
    shutil.copytree(small, other)
    spec = other / "pack.yaml"
    spec.write_text(spec.read_text().replace("name: small\n", "name: other\n"))
    time.sleep(SETTLED)
    return [small, other]


# --- what is spared ---------------------------------------------------------------------------


def test_an_unchanged_build_imports_next_to_nothing(small: Path, out: Path) -> None:
    done = build(small, "-o", out)

    assert done.code == 0
    assert "packc.cli.unchanged" in done.loaded
    assert not done.loaded & {*COMPILER, *SLOW_TO_IMPORT, "packc.atomic"}


def test_output_that_is_gone_is_written_without_the_compiler(small: Path, out: Path) -> None:
    before = tree(out)
    shutil.rmtree(out)

    done = build(small, "-o", out)

    assert done.code == 0
    assert not done.loaded & {*COMPILER, *SLOW_TO_IMPORT}
    assert tree(out) == before


def test_an_older_state_replaces_the_output_without_the_compiler(small: Path, out: Path) -> None:
    before = tree(out)
    objects = small / "base" / "objects.yaml"
    text = objects.read_text()
    objects.write_text(text.replace("names: a", "names: b"))
    time.sleep(SETTLED)
    assert build(small, "-o", out).has_compiled
    assert tree(out) != before
    objects.write_text(text)

    done = build(small, "-o", out)

    assert not done.loaded & {*COMPILER, "shutil", "tempfile"}
    assert tree(out) == before
    assert [path.name for path in (out / "small").iterdir()] == ["1.0.0"]


@pytest.mark.parametrize(
    "options",
    [["--jobs", "3"], ["--jobs=1"], ["--executor", "processes"], ["-q"], ["--color=never"]],
)
def test_options_that_decide_nothing_do_not_start_the_compiler(
    small: Path, out: Path, options: list[str]
) -> None:
    assert not build(small, "-o", out, *options).has_compiled


@pytest.mark.parametrize("options", [["--no-cache"], ["--timings"]])
def test_options_about_the_compiler_start_it(small: Path, out: Path, options: list[str]) -> None:
    assert build(small, "-o", out, *options).has_compiled


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "1e3", "9" * 5000, "²"])
def test_a_number_of_jobs_that_is_none_is_refused(small: Path, out: Path, jobs: str) -> None:
    done = build(small, "-o", out, "--jobs", jobs)

    assert done.code == 2
    assert "--jobs" in done.errors


# --- what is the same -------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_bytes_and_modes_are_those_of_a_build(
    small: Path, cache: Path, tmp_path: Path, umask: int
) -> None:
    options = ["--source-map", "--format", "kustomize", "--format", "manifests"]
    out = tmp_path / "out"
    time.sleep(SETTLED)
    build(small, "-o", out, *options)
    shutil.rmtree(out)
    before = os.umask(umask)
    try:
        again = build(small, "-o", out, *options)
        built = build(small, "-o", tmp_path / "plain", "--no-cache", *options)
    finally:
        os.umask(before)

    assert not again.has_compiled
    assert again.output == built.output.replace(str(tmp_path / "plain"), str(out))
    assert len(tree(out / NEW_FOLDER)) > 10
    assert tree(out / NEW_FOLDER) == tree(tmp_path / "plain" / NEW_FOLDER)


def test_other_variants_stay(small: Path, out: Path) -> None:
    build(small, "-o", out, "--cloud", "aws")
    shutil.rmtree(out / NEW_FOLDER / "aws")
    (out / NEW_FOLDER / "mine").mkdir(mode=0o750)
    (out / NEW_FOLDER / "mine" / "letter").write_text("mine")
    before = tree(out)

    done = build(small, "-o", out, "--cloud", "aws")

    assert not done.has_compiled
    after = tree(out)
    assert after.items() >= before.items()
    assert {name.split("/")[2] for name in after.keys() - before.keys()} == {"aws"}


def test_progress_is_the_same_whether_packs_are_built_or_found(
    twins: list[Path], tmp_path: Path
) -> None:
    command = [*twins, "-v", "-o", tmp_path / "out", "--jobs", "1"]
    built = build(*command)
    shutil.rmtree(tmp_path / "out")
    written, found = build(*command), build(*command)

    assert built.has_compiled
    assert not written.has_compiled
    assert not found.has_compiled
    lines = [f"packc: {number} of 2: {pack}" for number, pack in enumerate(twins, 1)]
    assert built.errors.splitlines()[:2] == lines
    assert built.errors == written.errors == found.errors
    assert built.output == written.output == found.output


def test_two_packs_of_one_name_are_refused_before_anything_is_overwritten(
    small: Path, out: Path
) -> None:
    twin = small.parent / "twin"
    shutil.copytree(small, twin)
    objects = twin / "base" / "objects.yaml"
    objects.write_text(objects.read_text().replace("names: a", "names: b"))
    time.sleep(SETTLED)
    build(twin, "-o", out)
    build(small, "-o", out)
    before = tree(out)

    done = build(small, twin, "-o", out)

    assert done.code == 1
    assert "error[PK504]" in done.errors
    assert tree(out) == before


# --- effort -----------------------------------------------------------------------------------


def test_entries_of_the_cache_are_counted(small: Path, out: Path) -> None:
    lines = build(small, "-o", out, "--timings").errors.splitlines()
    report = json.loads(build(small, "-o", out, "--timings", "--output", "json").output)

    assert [line.split()[1:] for line in lines[-2:]] == [["cache", "hits"], ["cache", "misses"]]
    assert all(line.split()[0].isdigit() for line in lines[-2:])
    assert all(re.fullmatch(r" *\d+\.\d ms  \w+", line) for line in lines[:-2])
    assert report["cache"]["hits"] > 0
    assert report["cache"]["misses"] == 0
    assert not {*report["timings"]} & {"cache hits", "cache misses"}


def test_without_a_cache_nothing_of_it_is_counted(small: Path, out: Path) -> None:
    done = build(small, "-o", out, "--timings", "--no-cache")

    assert " ms  load" in done.errors
    assert "cache" not in done.errors


# --- a cache that is damaged or read-only -----------------------------------------------------


def _flipped(entry: Path) -> None:
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)


def _cut(entry: Path) -> None:
    os.truncate(entry, entry.stat().st_size - 1)


@pytest.mark.parametrize("damage", [_flipped, _cut, Path.unlink])
def test_whichever_entry_is_damaged_the_output_is_right(
    cache: Path, small: Path, out: Path, damage: Callable[[Path], None]
) -> None:
    before = tree(out)
    whole = cache.with_name("whole")
    shutil.copytree(cache, whole)
    compiled = []
    for entry in sorted(path for path in whole.rglob("*") if path.is_file()):
        shutil.rmtree(cache)
        shutil.copytree(whole, cache)
        damage(cache / entry.relative_to(whole))
        shutil.rmtree(out)

        done = build(small, "-o", out)

        assert done.code == 0
        assert tree(out) == before
        compiled.append(done.has_compiled)
    # Parsed parts are entries too, and not needed here.
    assert 0 < sum(compiled) < len(compiled)


@pytest.fixture
def namespace() -> list[str]:
    """A command prefix below which disks can be mounted that nobody else sees."""
    prefix = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"]).returncode != 0:
        pytest.skip("this user may not have a mount namespace")
    return prefix


def run_in(namespace: list[str], script: str, *arguments: str | Path) -> list[str]:
    """Run a shell script below the prefix and return the lines that it prints."""
    command = [*namespace, "sh", "-uc", script, "sh", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


READ_ONLY_CACHE = """\
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"
rm -r "$2"
"$3" -c "$4" build "$5" -o "$2" 2>&1 >/dev/null
"""


def test_a_read_only_cache_is_read(
    cache: Path, small: Path, out: Path, namespace: list[str]
) -> None:
    before = tree(out)

    lines = run_in(namespace, READ_ONLY_CACHE, cache, out, sys.executable, RUNNER, small)

    assert not {*lines[-1].split()} & COMPILER
    assert tree(out) == before


# --- a place that cannot be written -----------------------------------------------------------


def _a_link(place: Path) -> None:
    place.parent.joinpath("elsewhere").mkdir()
    place.symlink_to("elsewhere")


def _a_file(place: Path) -> None:
    place.write_text("mine")


def _a_folder_of_somebody_else(place: Path) -> None:
    place.mkdir()
    (place / "letter").write_text("mine")


@pytest.mark.parametrize("place", ["small/1.0.0", "small/1.0.0/aws", "small", "."])
@pytest.mark.parametrize("take", [_a_link, _a_file, _a_folder_of_somebody_else])
def test_a_place_that_is_taken_is_treated_as_by_a_build(
    small: Path, out: Path, place: str, take: Callable[[Path], None]
) -> None:
    if place == ".":
        shutil.rmtree(out)
    else:
        shutil.rmtree(out / place)
    take(out / place)
    plain = out.with_name("plain")
    shutil.copytree(out, plain, symlinks=True) if out.is_dir() else shutil.copy2(out, plain)

    done = build(small, "-o", out)
    built = build(small, "-o", plain, "--no-cache")

    assert done.code == built.code
    assert done.errors == built.errors.replace(str(plain), str(out))
    assert tree(out) == tree(plain)


READ_ONLY_DISK = """\
mount -t tmpfs none "$1"
"$2" -m packc build "$3" -o "$1/out" >/dev/null
rm "$1/out/small/1.0.0/aws/NOTES.md"
mount -o remount,ro "$1"
"$2" -m packc build "$3" -o "$1/out" 2>&1
echo "code $?"
"$2" -m packc build "$3" -o "$1/out" --no-cache 2>&1
echo "code $?"
find "$1" | wc -l
"""
FULL_DISK = """\
mount -t tmpfs -o size=64k none "$1"
"$2" -m packc build "$3" -o "$1/out" >/dev/null
rm "$1/out/small/1.0.0/aws/NOTES.md"
dd if=/dev/zero of="$1/full" bs=1k 2>/dev/null
"$2" -m packc build "$3" -o "$1/out" 2>&1
echo "code $?"
"$2" -m packc build "$3" -o "$1/out" --no-cache 2>&1
echo "code $?"
find "$1/out" | wc -l
"""


@pytest.mark.parametrize(
    ("script", "reason"),
    [(READ_ONLY_DISK, "read-only file system"), (FULL_DISK, "no space left on device")],
)
def test_a_disk_that_takes_nothing_is_reported_as_by_a_build(
    cache: Path, small: Path, tmp_path: Path, namespace: list[str], script: str, reason: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    time.sleep(SETTLED)

    *said, left = run_in(namespace, script, disk, sys.executable, small)

    half = len(said) // 2
    assert said[:half] == said[half:]
    assert said[0].startswith("error[PK503]: cannot write")
    assert said[0].endswith(reason)
    assert said[half - 1] == "code 1"
    whole = len(["out", "small", "1.0.0", "aws", "azure"]) + 2 * 3
    assert int(left) == whole - 1 + (script == READ_ONLY_DISK)


# --- at once, and killed ----------------------------------------------------------------------


def test_builds_that_race_leave_one_whole_output(small: Path, out: Path) -> None:
    before = tree(out)
    for _ in range(3):
        shutil.rmtree(out)

        racing = [
            subprocess.Popen([*RUN, "build", small, "-q", "-o", out], stderr=subprocess.PIPE)
            for _ in range(6)
        ]
        said = [process.communicate()[1].decode() for process in racing]

        assert [process.returncode for process in racing] == [0] * 6
        assert not COMPILER & {*" ".join(said).split()}
        assert {text.count("\n") for text in said} == {1}
        assert tree(out) == before


def test_a_killed_run_leaves_a_whole_output_or_the_old_one(small: Path, out: Path) -> None:
    manifests = out / NEW_FOLDER / "aws" / "manifests.yaml"
    new = tree(out)
    seed = random.Random(1)
    killed = 0
    for _ in range(20):
        manifests.write_bytes(b"old")
        old = tree(out)
        running = subprocess.Popen(
            [*RUN, "build", small, "-q", "-o", out], stderr=subprocess.DEVNULL
        )
        while running.poll() is None and len([*(out / "small").iterdir()]) == 1:
            pass
        time.sleep(seed.uniform(0, 0.002))
        running.send_signal(signal.SIGKILL)
        killed += running.wait() == -signal.SIGKILL

        left = {name: file for name, file in tree(out).items() if "/.packc-" not in name}
        assert left in (old, new)
        assert not build(small, "-o", out).has_compiled
        assert tree(out) == new
    assert killed
