"""The cache saves time and changes nothing, whatever happens to it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packc import yamlio
from packc.cache import keys, store
from packc.cache.documents import PART, Documents
from packc.cache.state import FILE, FOLDER, INSTALLED, PLACE, State
from packc.cache.store import HEAD, MAX_ENTRY, Store
from packc.cache.watching import unwatched, watching
from packc.cache.witness import DISTRIBUTIONS, Witness
from packc.cli import main, unchanged
from packc.cli.parser import build_parser
from packc.diagnostics import PackcError, Span

PACKC: list[str | Path] = [sys.executable, "-m", "packc"]
SETTLED = 0.03
"""Seconds after which a file is no longer one that may have changed while the build ran."""
PROGRESS = re.compile(r"packc: \d+ of \d+: ")
NAME = keys.key("test", 1)
PAYLOAD = b"what was found out"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache of its own, which is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "packc"


@pytest.fixture
def kept(cache: Path) -> Path:
    """The file of an entry."""
    assert Store(str(cache)).put(NAME, PAYLOAD)
    return cache / NAME[0] / NAME


def packc(*arguments: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([*PACKC, *arguments], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cache" not in done.stderr or "--timings" in arguments
    return done.stdout


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def is_built(pack: Path, out: Path, *options: str | Path, cwd: Path | None = None) -> bool:
    """Build, and return whether a pass had to run; the output is right in any case."""
    time.sleep(SETTLED)
    report = json.loads(
        packc("build", pack, "-o", out, "--timings", "--output", "json", *options, cwd=cwd)
    )
    for variant in report["variants"]:
        manifests = (cwd or Path()) / variant["folder"] / "manifests.yaml"
        assert f"sha256:{_sha256(manifests)}" == variant["digest"]
    return "load" in report["timings"]


def without_progress(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not PROGRESS.match(line))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


# --- entries ----------------------------------------------------------------------------------


def test_an_entry_is_read_back(cache: Path, kept: Path) -> None:
    assert Store(str(cache)).get(NAME) == PAYLOAD
    assert Store(str(cache)).get(keys.key("test", 2)) is None


def test_every_file_and_folder_is_private(cache: Path, kept: Path) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (cache, kept.parent, kept)}

    assert modes == {cache: 0o700, kept.parent: 0o700, kept: 0o600}


def test_every_byte_is_checked(cache: Path, kept: Path) -> None:
    content = kept.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        kept.write_bytes(damaged)

        assert Store(str(cache)).get(NAME) is None


def test_a_truncated_entry_is_none(cache: Path, kept: Path) -> None:
    content = kept.read_bytes()
    for length in range(len(content)):
        kept.write_bytes(content[:length])

        assert Store(str(cache)).get(NAME) is None


def _longer(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes() + b"\0")


def _of_another_python(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes().replace(b"cpython-3", b"cpython-2"))


def _huge(entry: Path) -> None:
    os.truncate(entry, 10 * MAX_ENTRY)


def _folder(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


def _link(entry: Path) -> None:
    entry.rename(entry.with_name("elsewhere"))
    entry.symlink_to("elsewhere")


def _pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


def _open_to_others(entry: Path) -> None:
    entry.chmod(0o666)


def _of_another_user(entry: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(entry, 12345, 12345)


@pytest.mark.parametrize(
    "damage",
    [
        _longer,
        _of_another_python,
        _huge,
        _folder,
        _link,
        _pipe,
        _open_to_others,
        _of_another_user,
    ],
)
def test_an_entry_that_is_not_as_it_was_written_is_none(
    cache: Path, kept: Path, damage: Callable[[Path], None]
) -> None:
    damage(kept)

    assert Store(str(cache)).get(NAME) is None


def test_an_entry_does_not_pass_for_another(cache: Path, kept: Path) -> None:
    other = keys.key("test", 2)
    (cache / other[0]).mkdir(mode=0o700, exist_ok=True)
    shutil.copy2(kept, cache / other[0] / other)

    assert Store(str(cache)).get(other) is None
    assert Store(str(cache)).get(NAME) == PAYLOAD


# --- the folder -------------------------------------------------------------------------------


def _shared(folder: Path) -> None:
    folder.chmod(0o755)


def _linked(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to("moved")


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("mine")


def _given_away(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives folders away")
    os.chown(folder, 12345, 12345)


@pytest.mark.parametrize(
    ("spoil", "reason", "advice"),
    [
        (_shared, "is open to others (mode 0755)", "`chmod 700` it"),
        (_linked, "is no folder", "remove it"),
        (_a_file, "is no folder", "remove it"),
        (
            _given_away,
            "belongs to another user",
            "move it away, or set XDG_CACHE_HOME to another folder",
        ),
    ],
)
def test_a_folder_that_is_not_private_is_not_used_and_said_once(
    cache: Path, kept: Path, small: Path, spoil: Callable[[Path], None], reason: str, advice: str
) -> None:
    spoil(cache)
    before = tree(cache)

    command = [*PACKC, "build", small, small, "-o", small / "out"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0
    said = f"packc: the cache {cache} {reason}, so it is not used; {advice}\n"
    assert done.stderr.count(said) == 1
    assert Store(str(cache)).get(NAME) is None
    assert tree(cache) == before


@pytest.mark.parametrize("base", ["", "relative"])
@pytest.mark.parametrize("home", ["nowhere", "", "/", "//"])
def test_without_a_home_there_is_no_cache(
    monkeypatch: pytest.MonkeyPatch, base: str, home: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    monkeypatch.setenv("HOME", home)

    assert store.place() is None
    assert not store.opened().used


def test_in_a_folder_that_is_gone_a_build_does_without_the_cache(cache: Path, small: Path) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    command = [sys.executable, "-m", "packc", "build", small, "-o", small.parent / "out"]

    done = subprocess.run(
        ["sh", "-c", script, "sh", *command], capture_output=True, text=True, cwd=small.parent
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "small 1.0.0 aws" in done.stdout
    assert not cache.exists()


def test_the_environment_switches_it_off(
    cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.OFF, "1")

    assert is_built(small, small / "out")
    assert is_built(small, small / "out")
    assert not cache.exists()


def test_no_cache_neither_reads_nor_writes(cache: Path, small: Path) -> None:
    assert is_built(small, small / "out", "--no-cache")
    assert not cache.exists()
    assert is_built(small, small / "out")
    before = tree(cache)
    assert is_built(small, small / "out", "--no-cache")
    assert tree(cache) == before


def test_what_was_used_longest_ago_goes_first(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_SHARD", 10_000)
    names = [f"0{number}" for number in range(10)]
    for age, name in enumerate(names):
        one = Store(str(cache))
        one.put(name, bytes(1500))
        os.utime(cache / "0" / name, (age, age))
    assert Store(str(cache)).get(names[0])  # which is a use

    one.tidy()

    left = sorted(path.name for path in (cache / "0").iterdir())
    assert left == sorted([names[0], *names[-len(left) + 1 :]])
    assert 1 < len(left) < len(names)
    assert sum(path.stat().st_size for path in (cache / "0").iterdir()) <= 7_500


# --- disks ------------------------------------------------------------------------------------


@pytest.fixture
def namespace() -> list[str]:
    """A command prefix below which disks can be mounted that nobody else sees."""
    prefix = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"]).returncode != 0:
        pytest.skip("this user may not have a mount namespace")
    return prefix


FULL = """\
mkdir -p "$1" && mount -t tmpfs -o size=4k,mode=700 none "$1"
head -c 4096 /dev/zero >"$1/full"
"$2" -m packc build "$3" -o "$3/out"
find "$1" -type f | wc -l
"""
READ_ONLY = """\
mkdir -p "$1" && mount -t tmpfs -o mode=700 none "$1"
"$2" -m packc build "$3" -o "$3/out" >/dev/null
mount -o remount,ro "$1"
"$2" -m packc build "$3" -o "$3/out" --set small.size=2
"$2" -m packc build "$3" -o "$3/out"
find "$1" -type f | wc -l
"""


@pytest.mark.parametrize(("script", "entries"), [(FULL, 1), (READ_ONLY, None)])
def test_a_disk_that_takes_nothing_costs_nothing_else(
    cache: Path, small: Path, namespace: list[str], script: str, entries: int | None
) -> None:
    command = [*namespace, "sh", "-euc", script, "sh", str(cache), sys.executable, str(small)]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["small 1.0.0 aws", "small 1.0.0 azure"]
    assert entries is None or int(lines[-1]) == entries


# --- what makes a build another one -----------------------------------------------------------


def _touched(pack: Path) -> None:
    for file in pack.rglob("*.yaml"):
        os.utime(file, (1, 1))


def test_a_build_of_which_nothing_has_changed_is_not_run(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    assert is_built(small, out)
    first = tree(out)

    _touched(small)  # which changes the time that a file has, and no content
    time.sleep(SETTLED)

    assert not is_built(small, out)
    assert tree(out) == first


def test_the_same_report_is_printed(cache: Path, small: Path) -> None:
    replace(small / "base" / "objects.yaml", 'fast: "false"', "fast: off")
    time.sleep(SETTLED)
    command = [*PACKC, "build", small, "-v", "-o", small.parent / "out"]
    runs = [subprocess.run(command, capture_output=True, text=True) for _ in range(2)]
    inode = (small.parent / "out" / "small" / "1.0.0").stat().st_ino
    runs.append(subprocess.run(command, capture_output=True, text=True))
    json_runs = [packc(*command[3:4], *command[4:], "--output", "json") for _ in range(2)]

    assert (small.parent / "out" / "small" / "1.0.0").stat().st_ino == inode
    assert "warning[PK108]" in runs[0].stderr
    assert "small.size = 1" in runs[0].stderr
    assert runs[0].stdout == runs[1].stdout == runs[2].stdout
    assert len({without_progress(run.stderr) for run in runs}) == 1
    assert json_runs[0] == json_runs[1]


def _edited_base(pack: Path) -> None:
    replace(pack / "base" / "objects.yaml", "names: a", "names: b")


def _edited_spec(pack: Path) -> None:
    replace(pack / "pack.yaml", "default: 1,", "default: 2,")


def _edited_values(pack: Path) -> None:
    replace(pack.parent / "values.yaml", "3", "4")


def _edited_words(pack: Path) -> None:
    replace(pack.parent / "words.txt", "one", "two")


def _edited_kubernetes_values(pack: Path) -> None:
    replace(pack.parent / "kubernetes.yaml", "7", "8")


def _added_file(pack: Path) -> None:
    text = (pack / "more" / "first.yaml").read_text()
    (pack / "more" / "second.yaml").write_text(text.replace("first", "second"))


def _removed_file(pack: Path) -> None:
    (pack / "more" / "other.yaml").unlink()


def _linked_file(pack: Path) -> None:
    (pack / "base" / "objects.yaml").rename(pack / "objects.yaml")
    (pack / "base" / "objects.yaml").symlink_to("../objects.yaml")


PLUGIN = """\
from pathlib import Path

from packc.api import Cloud, Note, hookimpl

import {library}

WORD = (Path(__file__).parent / "word.txt").read_text()


@hookimpl
def packc_clouds():
    return [Cloud("north", WORD, {library}.TEXT)]


@hookimpl
def packc_notes(variant):
    return [Note(WORD + {library}.TEXT)]
"""


@pytest.fixture
def pack(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack that reads files of every kind, with a plugin that reads one of its own."""
    around = small.parent
    replace(small / "pack.yaml", "clouds: [aws, azure]", "clouds: [north]")
    replace(small / "pack.yaml", "objects:\n", "objects:\n- files: more/*.yaml\n")
    parameters = (
        "- {name: small.text, type: file, description: A file., required: true}\n"
        "- {name: small.seven, type: integer, description: Of Kubernetes., default: 0,"
        " fromKubernetes: seven}\nobjects:\n"
    )
    replace(small / "pack.yaml", "objects:\n", parameters)
    (small / "more").mkdir()
    for name in ("first", "other"):
        (small / "more" / f"{name}.yaml").write_text(
            f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: default}}}}"
        )
    (around / "values.yaml").write_text("small: {size: 3, text: words.txt}")
    (around / "words.txt").write_text("one")
    (around / "kubernetes.yaml").write_text("seven: 7")
    plugins = around / "plugins"
    (plugins / "packc_north").mkdir(parents=True)
    (plugins / "packc_north" / "__init__.py").write_text(PLUGIN.format(library="north_library"))
    (plugins / "packc_north" / "word.txt").write_text("North")
    (plugins / "north_library.py").write_text('TEXT = "!"\n')
    installed = plugins / "north-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: north\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[packc]\nnorth = packc_north\n")
    monkeypatch.setenv("PYTHONPATH", f"{plugins}:{os.environ.get('PYTHONPATH', '')}")
    return small


OPTIONS = ("--values", "values.yaml", "--kubernetes-values", "kubernetes.yaml")


def _edited_plugin(pack: Path) -> None:
    replace(pack.parent / "plugins" / "packc_north" / "__init__.py", "WORD +", "2 * WORD +")


def _edited_plugin_data(pack: Path) -> None:
    replace(pack.parent / "plugins" / "packc_north" / "word.txt", "North", "South")


def _edited_library(pack: Path) -> None:
    replace(pack.parent / "plugins" / "north_library.py", "!", "?")


def _another_version(pack: Path) -> None:
    plugins = pack.parent / "plugins"
    replace(plugins / "north-1.0.dist-info" / "METADATA", "Version: 1.0", "Version: 1.1")


def _a_rival(pack: Path) -> None:
    """Install a second plugin, which is not named in the pack."""
    plugins = pack.parent / "plugins"
    shutil.copytree(plugins / "north-1.0.dist-info", plugins / "west-1.0.dist-info")
    replace(plugins / "west-1.0.dist-info" / "METADATA", "north", "west")
    replace(plugins / "west-1.0.dist-info" / "entry_points.txt", "north =", "west =")


def _shadowed_library(pack: Path) -> None:
    (pack.parent / "plugins" / "north_library").mkdir()
    init = pack.parent / "plugins" / "north_library" / "__init__.py"
    init.write_text('TEXT = "shadow"\n')


@pytest.mark.parametrize(
    "change",
    [
        _edited_base,
        _edited_spec,
        _edited_values,
        _edited_words,
        _edited_kubernetes_values,
        _added_file,
        _removed_file,
        _linked_file,
        _edited_plugin,
        _edited_plugin_data,
        _edited_library,
        _another_version,
        _a_rival,
        _shadowed_library,
    ],
)
def test_whatever_a_build_reads_is_part_of_the_key(
    cache: Path, pack: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # which makes a folder in a package
    around = pack.parent
    is_built(Path("small"), Path("out"), *OPTIONS, cwd=around)
    assert not is_built(Path("small"), Path("out"), *OPTIONS, cwd=around)
    change(pack)

    assert is_built(Path("small"), Path("out"), *OPTIONS, cwd=around)

    packc("build", "small", "-o", "fresh", "--no-cache", *OPTIONS, cwd=around)
    assert tree(around / "out") == tree(around / "fresh")


MAP = "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {}, namespace: default}}}}\n"


@pytest.mark.parametrize(
    ("pattern", "there", "new"),
    [
        ("base/*/deploy.yaml", "x/deploy.yaml", "y/deploy.yaml"),
        ("base/*/sub/deploy.yaml", "x/sub/deploy.yaml", "y/sub/deploy.yaml"),
        ("base/**/deploy.yaml", "x/deploy.yaml", "y/z/deploy.yaml"),
        ("base/*/sub/*.yaml", "x/sub/a.yaml", "y/sub/b.yaml"),
    ],
)
def test_a_new_file_is_seen_wherever_a_pattern_looks(
    cache: Path, small: Path, pattern: str, there: str, new: str
) -> None:
    replace(small / "pack.yaml", "objects:\n", f"objects:\n- files: {pattern}\n")
    first, second = small / "base" / there, small / "base" / new
    first.parent.mkdir(parents=True)
    second.parent.mkdir(parents=True)
    first.write_text(MAP.format("first"))
    out = small.parent / "out"
    is_built(small, out)
    assert not is_built(small, out)
    second.write_text(MAP.format("second"))

    assert is_built(small, out)
    assert "second" in (out / "small/1.0.0/aws/manifests.yaml").read_text()


@pytest.mark.parametrize("name", ["a.dist-info/values.yaml", "values.pyc", "__pycache__/v.x.pyc"])
def test_values_count_whatever_their_file_is_called(cache: Path, small: Path, name: str) -> None:
    values, out = small.parent / name, small.parent / "out"
    values.parent.mkdir(exist_ok=True)
    values.write_text("small.size: 3\n")
    is_built(small, out, "--values", values)
    assert not is_built(small, out, "--values", values)
    values.write_text("small.size: 4\n")

    assert is_built(small, out, "--values", values)


def test_a_pack_in_shared_memory_is_compared(cache: Path, small: Path) -> None:
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no shared memory")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        pack, out = Path(folder, "small"), small.parent / "out"
        shutil.copytree(small, pack)
        is_built(pack, out)
        assert not is_built(pack, out)
        _edited_base(pack)

        assert is_built(pack, out)


def test_a_build_that_reads_a_device_is_not_kept(cache: Path, small: Path) -> None:
    command = [*PACKC, "build", small, "-o", small.parent / "out", "--values", "/dev/stdin"]
    for size in ("3", "4", "4"):
        given = small.parent / "given.yaml"
        given.write_text(f"small.size: {size}\n")
        time.sleep(SETTLED)
        with given.open() as stream:
            done = subprocess.run(command, stdin=stream, capture_output=True, text=True)

        assert done.returncode == 0, done.stderr
        manifests = small.parent / "out" / "small" / "1.0.0" / "aws" / "manifests.yaml"
        assert f'size: "{size}"' in manifests.read_text()


def test_a_folder_of_the_pack_counts_though_modules_may_come_from_it(
    cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(small / "pack.yaml", "base/objects.yaml", "base/*.yaml")
    path = f"{small / 'base'}:{os.environ.get('PYTHONPATH', '')}"
    monkeypatch.setenv("PYTHONPATH", path)
    out = small.parent / "out"
    is_built(small, out)
    assert not is_built(small, out)
    (small / "base" / "new.yaml").write_text(MAP.format("new"))

    assert is_built(small, out)


def test_what_a_plugin_reads_when_it_is_imported_counts_for_all_packs_of_a_call(
    cache: Path, pack: Path
) -> None:
    word = pack.parent / "far" / "word.txt"
    word.parent.mkdir()
    word.write_text("Far")
    plugin = pack.parent / "plugins" / "packc_north" / "__init__.py"
    replace(plugin, 'Path(__file__).parent / "word.txt"', f"Path({str(word)!r})")
    shutil.copytree(pack, pack.parent / "twin")
    replace(pack.parent / "twin" / "pack.yaml", "name: small\n", "name: twin\n")
    both = ("small", "out", "twin", "--jobs", "1", *OPTIONS)
    is_built(*map(Path, both[:2]), *both[2:], cwd=pack.parent)  # Python may write bytecode now
    is_built(*map(Path, both[:2]), *both[2:], cwd=pack.parent)
    assert not is_built(Path("twin"), Path("out"), *OPTIONS, cwd=pack.parent)
    word.write_text("Near")

    assert is_built(Path("twin"), Path("out"), *OPTIONS, cwd=pack.parent)


def test_what_was_built_before_an_edit_is_found_after_it_is_undone(
    cache: Path, small: Path
) -> None:
    out = small.parent / "out"
    is_built(small, out)
    first = tree(out)
    _edited_base(small)
    assert is_built(small, out)
    replace(small / "base" / "objects.yaml", "names: b", "names: a")

    assert not is_built(small, out)
    assert tree(out) == first


@pytest.mark.parametrize(
    "options",
    [
        ("--cloud", "aws"),
        ("--set", "small.size=2"),
        ("--source-map",),
        ("--format", "kustomize"),
        ("--refuse-plugin", "vmware"),
    ],
)
def test_every_option_that_decides_is_part_of_the_key(
    cache: Path, small: Path, options: tuple[str, ...]
) -> None:
    out = small.parent / "out"
    is_built(small, out)

    assert is_built(small, out, *options)
    assert not is_built(small, out, *options)


def test_a_lock_is_part_of_the_key(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    packc("lock", small)
    is_built(small, out, "--locked")
    assert not is_built(small, out, "--locked")
    replace(small / "packc.lock", '"edition": 1', '"edition": 2')

    done = subprocess.run([*PACKC, "build", small, "-o", out, "--locked"], capture_output=True)

    assert done.returncode == 1
    assert b"PK234" in done.stderr


@pytest.mark.parametrize("name", ["packc.__version__", "sys.version", "sys.path"])
def test_versions_and_places_are_part_of_the_key(name: str) -> None:
    script = (
        "import sys, packc\n{}\nfrom packc.cache.keys import here, key\nprint(key('a', here()))"
    )

    plain, other = (
        subprocess.run([sys.executable, "-c", script.format(change)], capture_output=True)
        for change in ("", f"{name} = {name} + {name}[:1]")
    )

    assert plain.returncode == other.returncode == 0
    assert plain.stdout != other.stdout


def test_an_edit_of_packc_is_another_packc(
    cache: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(keys.__file__).parent.parent
    shutil.copytree(source, tmp_path / "packc", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    out = small.parent / "out"
    is_built(small, out, cwd=tmp_path)
    assert not is_built(small, out, cwd=tmp_path)
    with (tmp_path / "packc" / "emit.py").open("a") as module:
        module.write("# edited\n")

    assert is_built(small, out, cwd=tmp_path)


# --- the output -------------------------------------------------------------------------------


def _deleted(variant: Path) -> None:
    (variant / "NOTES.md").unlink()


def _all_deleted(variant: Path) -> None:
    shutil.rmtree(variant.parent.parent)


def _edited(variant: Path) -> None:
    replace(variant / "manifests.yaml", "ConfigMap", "Configmap")


def _more(variant: Path) -> None:
    (variant / "extra.yaml").write_text("mine")


def _closed(variant: Path) -> None:
    variant.chmod(0o700)


def _closed_above(variant: Path) -> None:
    variant.parent.chmod(0o700)


def _more_folders(variant: Path) -> None:
    (variant / "empty").mkdir()


def _readable_by_none(variant: Path) -> None:
    (variant / "manifests.yaml").chmod(0o600)


def _replaced_by_a_link(variant: Path) -> None:
    (variant / "manifests.yaml").rename(variant.parent / "manifests.yaml")
    (variant / "manifests.yaml").symlink_to("../manifests.yaml")


@pytest.mark.parametrize(
    "change",
    [
        _deleted,
        _all_deleted,
        _edited,
        _more,
        _more_folders,
        _closed,
        _closed_above,
        _readable_by_none,
        _replaced_by_a_link,
    ],
)
def test_output_that_was_touched_is_written_again(
    cache: Path, small: Path, change: Callable[[Path], None]
) -> None:
    out = small.parent / "out"
    is_built(small, out)
    before = {name: content for name, content in tree(out).items() if "/aws/" in name}
    change(out / "small" / "1.0.0" / "aws")

    assert not is_built(small, out)

    variant = out / "small" / "1.0.0" / "aws"
    assert {name: c for name, c in tree(out).items() if "/aws/" in name} == before
    assert sorted(path.name for path in variant.iterdir()) == [
        "NOTES.md",
        "build.json",
        "manifests.yaml",
    ]
    assert stat.S_IMODE((variant / "manifests.yaml").stat().st_mode) == 0o644
    assert [stat.S_IMODE(each.stat().st_mode) for each in (variant, variant.parent)] == [0o755] * 2
    assert not (variant / "manifests.yaml").is_symlink()


def test_output_whose_content_the_cache_has_lost_is_built(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    is_built(small, out)
    before = tree(out)
    shutil.rmtree(out)
    for file in cache.rglob("*"):
        if file.is_file() and b"kind: ConfigMap" in file.read_bytes():
            file.unlink()

    assert is_built(small, out)
    assert tree(out) == before


def test_a_place_that_was_taken_meanwhile_is_refused(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    is_built(small, out)
    shutil.rmtree(out / "small" / "1.0.0" / "aws")
    (out / "small" / "1.0.0" / "aws").mkdir()
    (out / "small" / "1.0.0" / "aws" / "mine").write_text("mine")

    done = subprocess.run([*PACKC, "build", small, "-o", out], capture_output=True, text=True)

    assert done.returncode == 1
    assert "error[PK504]" in done.stderr
    assert (out / "small" / "1.0.0" / "aws" / "mine").read_text() == "mine"


def test_two_packs_of_one_name_are_refused_whether_kept_or_not(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    twin = small.parent / "twin"
    shutil.copytree(small, twin)
    is_built(small, out)
    is_built(twin, out)

    command = [*PACKC, "build", small, twin, "-o", out]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 1
    assert "error[PK504]" in done.stderr


def test_only_the_pack_that_changed_is_built(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    other = small.parent / "other"
    shutil.copytree(small, other)
    replace(other / "pack.yaml", "name: small\n", "name: other\n")
    is_built(small, out, other)
    before = (out / "small" / "1.0.0").stat().st_ino
    _edited_base(other)

    assert is_built(small, out, other)
    assert (out / "small" / "1.0.0").stat().st_ino == before


# --- what is not kept -------------------------------------------------------------------------


def test_no_secret_reaches_the_cache(cache: Path, small: Path) -> None:
    out = small.parent / "out"
    values = small.parent / "values.yaml"
    values.write_text("small.word: correct-horse\n")

    assert is_built(small, out, "--set", "small.word=battery-staple")
    assert is_built(small, out, "--set", "small.word=battery-staple")
    assert is_built(small, out, "--values", values)
    assert is_built(small, out, "--values", values, "--format", "kustomize")

    assert tree(cache)
    for name, content in tree(cache).items():
        assert b"battery" not in content, name
        assert b"horse" not in content, name


NOT_TO_BE_KEPT = """\
kind: {kind}
apiVersion: v1
metadata: {{name: hidden, namespace: default}}
{section}: {{word: aG9yc2U=}}
"""


@pytest.mark.parametrize("kind", ["Secret", '"Secr\\u0065t"'])
@pytest.mark.parametrize("section", ["data", "stringData"])
def test_no_object_of_a_kind_that_is_secret_reaches_the_cache(
    cache: Path, small: Path, kind: str, section: str
) -> None:
    (small / "base" / "hidden.yaml").write_text(NOT_TO_BE_KEPT.format(kind=kind, section=section))
    replace(small / "pack.yaml", "objects:\n", "objects:\n- files: base/hidden.yaml\n")
    out = small.parent / "out"

    assert is_built(small, out)
    assert is_built(small, out, "--format", "kustomize")
    assert is_built(small, out)

    assert tree(cache)
    assert not [name for name, content in tree(cache).items() if b"aG9yc2U=" in content]


def test_a_secret_in_a_list_does_not_reach_the_cache(cache: Path) -> None:
    hidden = NOT_TO_BE_KEPT.format(kind="Secret", section="data").replace("\n", "\n  ")
    content = f"apiVersion: v1\nkind: List\nitems:\n- {hidden}".encode()

    Documents(Store(str(cache))).parse(content, "file", marks=False)

    assert not tree(cache)


def test_the_default_of_a_secret_parameter_does_not_reach_the_cache(
    cache: Path, small: Path
) -> None:
    replace(small / "pack.yaml", "secret: true", "secret: true, default: aG9yc2U=")

    assert is_built(small, small.parent / "out")

    assert tree(cache)
    assert not [name for name, content in tree(cache).items() if b"aG9yc2U=" in content]


def test_a_build_with_an_error_is_not_kept(cache: Path, small: Path) -> None:
    replace(
        small / "pack.yaml", "object: ConfigMap/small, path: /data/size", "object: A/b, path: /a"
    )
    command = [*PACKC, "build", small, "-o", small.parent / "out"]

    runs = [subprocess.run(command, capture_output=True, text=True) for _ in range(2)]

    assert runs[0].returncode == runs[1].returncode == 1
    assert runs[0].stderr == runs[1].stderr != ""


ASKING = {
    "the time": ("packc_check(variant, objects, now)", "return []"),
    "a program": ("packc_notes(variant)", "import subprocess; subprocess.run(['true']); return []"),
}


@pytest.mark.parametrize("what", ASKING)
def test_a_build_that_asks_the_world_outside_is_not_kept(
    cache: Path, pack: Path, what: str
) -> None:
    head, body = ASKING[what]
    module = pack.parent / "plugins" / "packc_north" / "__init__.py"
    text = module.read_text().partition("@hookimpl\ndef packc_notes")[0]
    module.write_text(f"{text}@hookimpl\ndef {head}:\n    {body}\n")

    assert is_built(Path("small"), Path("out"), *OPTIONS, cwd=pack.parent)
    assert is_built(Path("small"), Path("out"), *OPTIONS, cwd=pack.parent)


def test_what_changed_while_a_build_ran_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    time.sleep(SETTLED)
    state = Witness()

    assert state.vouches_for([(FILE, str(file))])
    file.write_text("new")
    assert not state.vouches_for([(FILE, str(file))])


def _trees(tmp_path: Path) -> Path:
    """Return a link to the first of two trees, of which the second is not newer."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "link").symlink_to("one")
    time.sleep(SETTLED)
    return tmp_path / "link"


def _retarget(link: Path) -> None:
    link.with_name("other").symlink_to("two")
    link.with_name("other").replace(link)


def test_a_link_that_leads_elsewhere_after_the_read_is_noticed(tmp_path: Path) -> None:
    link = _trees(tmp_path)
    state = Witness()
    with watching(state, str(link)) as watch:
        (link / "file").read_text()
        _retarget(link)

    assert not state.vouches_for([(FILE, str(link / "file"))])
    assert not state.vouches_for([(PLACE, str(link))])
    assert (PLACE, str(link)) in watch.watches()


def test_a_link_that_led_elsewhere_between_a_look_and_the_read_is_noticed(tmp_path: Path) -> None:
    link = _trees(tmp_path)
    state = Witness()
    watches = [(FILE, str(link / "file"))]
    state.digest(watches)
    _retarget(link)
    with watching(state, "pack"):
        (link / "file").read_text()

    assert not state.vouches_for(watches)


def test_a_file_that_was_removed_after_the_read_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    time.sleep(SETTLED)
    state = Witness()
    with watching(state, "pack"):
        file.read_text()
    file.unlink()

    assert not state.vouches_for([(FILE, str(file))])


def test_a_file_that_was_never_there_is_nothing_to_notice(tmp_path: Path) -> None:
    file = tmp_path / "file"
    time.sleep(SETTLED)
    state = Witness()
    with watching(state, "pack"), contextlib.suppress(OSError):
        file.read_text()

    assert state.vouches_for([(FILE, str(file))])


def test_what_was_installed_while_a_build_ran_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    state = Witness()
    state.note(DISTRIBUTIONS)

    assert state.vouches_for([])
    (tmp_path / "some-1.dist-info").mkdir()
    assert not state.vouches_for([])


def test_a_build_during_which_something_was_installed_is_not_kept(cache: Path, pack: Path) -> None:
    plugins = pack.parent / "plugins"
    module = plugins / "packc_north" / "__init__.py"
    text = module.read_text().partition("@hookimpl\ndef packc_notes")[0]
    deed = f"Path({str(plugins)!r}, 'late-1.dist-info').mkdir(exist_ok=True)"
    module.write_text(f"{text}@hookimpl\ndef packc_notes(variant):\n    {deed}\n    return []\n")

    built = [is_built(Path("small"), Path("out"), *OPTIONS, cwd=pack.parent) for _ in range(3)]

    assert built == [True, True, False]


# --- watching ---------------------------------------------------------------------------------


def test_a_file_of_python_that_is_read_as_data_counts(tmp_path: Path) -> None:
    with watching(Witness(), "pack") as watch:
        Path(os.__file__).read_bytes()
        list(Path(os.__file__).parent.iterdir())

    assert {(FILE, os.__file__), (FOLDER, str(Path(os.__file__).parent))} <= {*watch.watches()}


@pytest.mark.parametrize(
    ("place", "is_outside"),
    [
        ("/proc/self/status", True),
        ("/dev/null", False),
        ("linked", True),
        ("folder/status", True),
        ("pipe", True),
        ("file", False),
        ("absent", False),
        ("round", False),
    ],
)
def test_only_files_can_be_compared_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, is_outside: bool
) -> None:
    monkeypatch.setattr("packc.cache.watching._has_asked", False)  # as in a new process
    (tmp_path / "file").touch()
    (tmp_path / "linked").symlink_to("/proc/self/status")
    (tmp_path / "folder").symlink_to("/proc/self")
    (tmp_path / "round").symlink_to("round")
    os.mkfifo(tmp_path / "pipe")
    with watching(Witness(), "pack") as watch, contextlib.suppress(OSError):
        os.close(os.open(tmp_path / place, os.O_RDONLY | os.O_NONBLOCK))

    assert watch.asked_outside is is_outside
    with watching(Witness(), "next") as following:
        pass
    assert following.asked_outside is is_outside


def test_a_folder_that_is_listed_by_its_descriptor_counts(tmp_path: Path) -> None:
    with watching(Witness(), "pack") as watch:
        descriptor = os.open(tmp_path, os.O_RDONLY)
        list(os.scandir(descriptor))
    os.close(descriptor)

    assert (FOLDER, str(tmp_path)) in watch.watches()


def test_reads_are_heard_and_writes_are_not(tmp_path: Path) -> None:
    (tmp_path / "read").write_text("text")
    with watching(Witness(), "pack") as watch:
        (tmp_path / "read").read_text()
        with contextlib.suppress(OSError):
            (tmp_path / "absent").read_bytes()
        (tmp_path / "written").write_text("text")
        list(tmp_path.iterdir())
        with unwatched():
            (tmp_path / "written").read_text()

    heard = {(kind, path) for kind, path in watch.watches() if path.startswith(str(tmp_path))}
    assert heard == {
        (FILE, str(tmp_path / "read")),
        (FILE, str(tmp_path / "absent")),
        (FOLDER, str(tmp_path)),
    }


def test_every_kind_of_watch_sees_its_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "file"
    link = tmp_path / "link"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to("nowhere")
    watches = [(FILE, str(file)), (FOLDER, str(tmp_path)), (PLACE, str(link)), (INSTALLED, "some")]

    def states() -> list[bytes]:
        return [State().digest([watch]) for watch in watches]

    seen = [states()]
    changes: tuple[Callable[[], object], ...] = (
        lambda: file.write_text("one"),
        lambda: file.write_text("two"),
        lambda: link.symlink_to("file"),
        lambda: elsewhere.replace(link),
        lambda: (tmp_path / "some.py").touch(),
        lambda: (tmp_path / "some-1.dist-info").mkdir(),
    )
    for change in changes:
        change()
        seen.append(states())

    changed = [[a != b for a, b in zip(x, y, strict=True)] for x, y in itertools.pairwise(seen)]
    assert changed == [
        [True, True, False, False],
        [True, False, False, False],
        [False, True, True, False],
        [False, True, True, False],
        [False, True, False, True],
        [False, True, False, True],
    ]


# --- the plain way to read arguments ----------------------------------------------------------

WORDS = st.sampled_from(
    [
        *unchanged.LISTS,
        *unchanged.TEXTS,
        *unchanged.SWITCHES,
        "--out=x",
        "--set=a=b",
        "--color=never",
        "packs/a",
        "packs/b",
        "json",
        "text",
        "never",
        "a=-1",
    ]
)


@given(st.lists(WORDS, max_size=7))
def test_arguments_are_read_as_argparse_reads_them(words: list[str]) -> None:
    arguments = ["build", *words]
    plain = unchanged.parse(arguments)
    if plain is None:
        return
    with contextlib.redirect_stderr(io.StringIO()):
        full: Namespace = build_parser(arguments).parse_args(arguments)

    assert vars(plain) == {n: v for n, v in vars(full).items() if n != "run"}


def test_options_that_decide_are_all_in_the_key() -> None:
    said = {"packs", "run", "output", "color", "quiet", "verbose", "no_cache", "timings"}
    said |= {"executor", "jobs", "watch"}
    said |= {"hook_timeout"}  # a hook that takes longer is an error, and errors are not kept
    options = build_parser(["build"]).parse_args(["build", "pack"])
    in_key = {*unchanged.LISTS.values(), "out", "locked", "source_map"}

    assert set(vars(options)) == said | in_key


# --- parsed files -----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "---\n",
        "--- # comment\n",
        "--- |\n text\n",
        "...\n",
        "%YAML 1.1\n---\n",
        "# comment\n",
        "\n",
        "a: {b: [1, 0400, off]}\n",
        "text: |\n  one\n\n  ---\n",
        "quoted: 'one\n  two'\n",
        "list:\n- one\n- {two: ~}\n",
        "broken: 'one\n",
        "twice: 1\ntwice: 2\n",
        "anchor: &one [1]\nalias: *one\n",
        "tag: !odd 1\n",
        "\ufeff",
        "line: a\rb: 1\r\n",
        "args: [https://host]\n",
        "tab:\tone\n",
        "---\t# tab\n",
        "--- >-\n---",
        "long: " + "x" * PART + "\n",
        "umlaut: ä\u2028ö\n",
    ]
)


def outcome(parse: Callable[[], yamlio.Parsed]) -> Any:
    try:
        parsed = parse()
    except PackcError as error:
        return error.diagnostics
    return parsed.diagnostics, [
        (each.data, each.span, list(places(each, each.data, ()))) for each in parsed.documents
    ]


def places(document: yamlio.Document, value: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    yield document.locate(path), document.locate_key(path), type(value)
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(document, item, (*path, key))


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12), st.integers(0, 11), PIECES, st.booleans())
def test_a_file_is_the_same_parsed_or_kept_and_after_an_edit(
    pieces: list[str], place: int, edit: str, marks: bool
) -> None:
    edited = [*pieces[:place], edit, *pieces[place:]]
    with tempfile.TemporaryDirectory() as folder:
        documents = Documents(Store(f"{folder}/cache"))
        for content in ("".join(pieces).encode(), "".join(edited).encode()) * 2:
            expected = outcome(partial(yamlio.parse, content, "file", marks=marks))
            found = outcome(partial(documents.parse, content, "file", marks=marks))

            assert repr(found) == repr(expected)


DATA = "".join(f"k{number}: {'x' * 60}\n" for number in range(PART // 32))


@pytest.mark.parametrize(
    "content",
    [
        f"args: [https://host]\n{DATA}---\na:\tb\n{DATA}",
        f"a:\tb\n{DATA}---\n{DATA}---\nargs: [https://host]\n",
        f"args: [https://host]\n{DATA}---\t# tab\n{DATA}",
        f"args: [https://host]\n{DATA}--- >-\n---",
        f"{DATA}---\n{DATA}---\nargs: [https://host]\n---\n- 1\n--- |\n text\n",
    ],
)
def test_where_parsers_disagree_a_file_is_read_as_a_whole(cache: Path, content: str) -> None:
    expected = outcome(partial(yamlio.parse, content.encode(), "file"))

    for _ in range(2):
        documents = Documents(Store(str(cache)))
        found = outcome(partial(documents.parse, content.encode(), "file", marks=False))

        assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("begin", "end", "entries"),
    [("---\n", "", 2), ("---\t# tab\n", "", 1), ("", "---\t# tab\n", 1), ("", "---", 1)],
)
def test_a_file_with_an_odd_separator_is_not_taken_apart(
    cache: Path, begin: str, end: str, entries: int
) -> None:
    content = f"{begin}{DATA}---\n- 1\n{end}".encode()

    Documents(Store(str(cache))).parse(content, "file", marks=False)

    assert len(tree(cache)) == entries


def test_a_place_in_a_document_that_is_not_there_is_that_of_the_document() -> None:
    source = yamlio.Source(b"a: 1\n", "file")
    document = yamlio.Document({"a": 1}, "file", Span("file", 7, 1), 1, source)

    assert document.locate(("a",)) == Span("file", 7, 1)


def test_after_an_edit_only_the_part_with_it_is_parsed(cache: Path) -> None:
    texts = [f"name: n{number}\ntext: {'x' * 400}\n" for number in range(1000)]
    one = Store(str(cache))
    Documents(one).parse("---\n".join(texts).encode(), "file", marks=False)
    parts = one.misses
    texts[500] = "name: edited\n"
    texts.insert(100, "name: new\n")

    again = Store(str(cache))
    parsed = Documents(again).parse("---\n".join(texts).encode(), "file", marks=False)

    assert len(parsed.documents) == 1001
    assert 10 < parts < 500
    assert again.misses <= 4


# --- with and without -------------------------------------------------------------------------

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["size", "names", "default", "title", "more", "out", "warn", "nothing"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=4,
)


def _edit(folder: Path, kind: str, number: int) -> None:
    spec, base = folder / "pack" / "pack.yaml", folder / "pack" / "base" / "objects.yaml"
    match kind:
        case "size":
            base.write_text(base.read_text().replace("data: {", f"data: {{k{number}: v, "))
        case "default":
            spec.write_text(spec.read_text().replace("default: 1", f"default: {number + 1}"))
        case "title":
            spec.write_text(spec.read_text().replace("title: ", "title: A ", 1))
        case "warn":
            base.write_text(base.read_text() + f"---\n# {number}\n")
        case "names":
            base.write_text(base.read_text().replace("names: a", f"names: {number}"))
        case "more":
            more = folder / "pack" / "base" / f"more{number}.yaml"
            name = f"{{name: m{number}, namespace: default}}"
            more.write_text(f"{{apiVersion: v1, kind: ConfigMap, metadata: {name}}}\n")
        case "out":
            shutil.rmtree(folder / "out", ignore_errors=True)


@settings(deadline=None, max_examples=8)
@given(EDITS)
def test_with_and_without_the_cache_the_bytes_and_diagnostics_are_the_same(
    edits: Sequence[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        patch.setenv("XDG_CACHE_HOME", str(folder / "xdg"))
        _make_pack(folder / "pack")
        for kind, number in (("nothing", 0), *edits, ("nothing", 0)):
            _edit(folder, kind, number)
            time.sleep(SETTLED)

            cached = _run("build", folder / "pack", "-v", "-o", folder / "out")
            plain = _run("build", folder / "pack", "-v", "-o", folder / "plain", "--no-cache")

            assert cached == plain.replace(f"{folder}/plain", f"{folder}/out")
            assert tree(folder / "out") == tree(folder / "plain")


def _make_pack(folder: Path) -> None:
    (folder / "base").mkdir(parents=True)
    (folder / "pack.yaml").write_text(
        "packc: 1\nname: tiny\nversion: 1.0.0\ntitle: Tiny\ndescription: Maps.\nclouds: [aws]\n"
        "parameters:\n- {name: a.size, type: integer, description: A number., default: 1}\n"
        "objects:\n- files: base/*.yaml\n"
        "bindings:\n- {parameter: a.size, object: ConfigMap/a, path: /data/size, as: string}\n"
    )
    (folder / "base" / "objects.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"
        "data: {size: '1', names: a}\n"
    )


def _run(*arguments: str | Path) -> str:
    """Run packc in this process, and return its exit code and all that it says."""
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main([str(each) for each in arguments])
        said.seek(0)
        return f"{code}\n{without_progress(said.read())}"


# --- two at once ------------------------------------------------------------------------------


def test_builds_that_race_share_the_cache(cache: Path, small: Path) -> None:
    time.sleep(SETTLED)
    running = [
        subprocess.Popen(
            [*PACKC, "build", small, "-q", "-o", small.parent / f"out{number % 3}"],
            stderr=subprocess.PIPE,
        )
        for number in range(9)
    ]
    said = [process.communicate()[1] for process in running]

    assert [process.returncode for process in running] == [0] * 9
    assert said == [b""] * 9
    assert tree(small.parent / "out0") == tree(small.parent / "out1") == tree(small.parent / "out2")
    assert packc("cache", "verify").endswith(" entries read, 0 damaged\n")
    assert not list(cache.rglob(f"{store.FRESH}*"))


# --- packc cache ------------------------------------------------------------------------------


def test_info_says_what_is_there(cache: Path, kept: Path) -> None:
    assert packc("cache", "info").splitlines() == [
        f"folder: {cache}",
        "used: yes",
        "holds: 1 entry",
        f"size: {len(HEAD) + keys.SIZE + len(PAYLOAD)} bytes of at most 1073741824",
    ]


def test_clear_removes_every_entry(cache: Path, kept: Path) -> None:
    assert packc("cache", "clear") == "1 entry removed\n"
    assert packc("cache", "clear") == "0 entries removed\n"
    assert not tree(cache)


def test_verify_removes_what_is_damaged_and_nothing_else(cache: Path, kept: Path) -> None:
    other = keys.key("test", 2)
    Store(str(cache)).put(other, PAYLOAD)
    _longer(kept)

    done = subprocess.run([*PACKC, "cache", "verify"], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stdout == f"removed: {kept}\n2 entries read, 1 damaged\n"
    assert packc("cache", "verify") == "1 entry read, 0 damaged\n"


@pytest.mark.parametrize(
    ("command", "end"), [("verify", "1 entry read, 1 damaged"), ("clear", "0 entries removed")]
)
def test_an_entry_that_cannot_be_removed_is_named(
    cache: Path, kept: Path, command: str, end: str
) -> None:
    _folder(kept)

    done = subprocess.run([*PACKC, "cache", command], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stdout == f"cannot be removed: {kept}\n{end}\n"


def test_verify_leaves_what_another_python_wrote(cache: Path, kept: Path) -> None:
    head = HEAD.replace(b"cpython-3", b"cpython-2")
    kept.write_bytes(head + store.seal(head, NAME, PAYLOAD) + PAYLOAD)

    assert packc("cache", "verify") == "1 entry read, 0 damaged\n"
    assert Store(str(cache)).get(NAME) is None
