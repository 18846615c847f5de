"""Many packs: the same bytes, reports and exit codes whoever builds them, and nothing is lost."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.cli.meters import Lines
from packc.executors.ledger import Ledger
from packc.executors.processes import Processes

ROOT = Path(__file__).parent.parent
PLUGIN = """\
import ctypes
import os, pathlib, signal, time
from packc.api import Cloud, hookimpl

@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]

@hookimpl
def packc_patches(variant):
    {deed}
    return []
"""
SPEC = """\
packc: 1
name: {name}
version: "1.0"
title: Demo
description: A small pack.
clouds: [{cloud}]
objects:
- files: base.yaml
"""
BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: 'NUMBER'}\n"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with a dozen packs in `packs`: two of one name, one broken, one in two files."""
    for number in range(12):
        make_pack(tmp_path, f"p{number:02}", f"demo-{number}")
    make_pack(tmp_path, "p05", "demo-2")
    (tmp_path / "packs/p07/base.yaml").write_text("a: [")
    return tmp_path


def make_pack(folder: Path, place: str, name: str, cloud: str = "aws") -> None:
    pack = folder / "packs" / place
    pack.mkdir(parents=True, exist_ok=True)
    (pack / "pack.yaml").write_text(SPEC.format(name=name, cloud=cloud))
    (pack / "base.yaml").write_text(BASE.replace("NUMBER", name))


def make_plugin(folder: Path, deed: str) -> None:
    """Install a plugin for the cloud `moon`, whose hook does something first."""
    metadata = folder / "plugins" / "demo_moon-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: demo-moon\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[packc]\nmoon = demo_moon\n")
    (folder / "plugins" / "demo_moon.py").write_text(PLUGIN.format(deed=deed))


def start(
    folder: Path, *arguments: str, program: Sequence[str] = ("packc",), plugins: str = "plugins"
) -> Any:
    path = os.pathsep.join([str(folder / plugins), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-m", *program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def built(folder: Path, *options: str) -> tuple[int, Any, dict[str, bytes]]:
    """Return the exit code, the report and the files of a build of all packs."""
    names = [f"packs/{pack.name}" for pack in sorted((folder / "packs").iterdir())]
    run = start(folder, "build", *names, "--no-cache", "--output", "json", *options)
    out, err = run.communicate(timeout=90)
    assert "Traceback" not in err
    return run.returncode, json.loads(out), taken_away(folder / "dist")


def taken_away(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder, hidden ones too, and remove them."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return files


def wait_for(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "nothing has happened for a minute"
        time.sleep(0.01)


# --- processes --------------------------------------------------------------------------------


def test_several_processes_give_the_bytes_and_the_report_of_one(packs: Path) -> None:
    alone = built(packs, "--jobs", "1")

    together = built(packs, "--jobs", "3")

    assert together == alone
    assert alone[0] == 1
    assert [each["code"] for each in alone[1]["diagnostics"]] == ["PK504", "PK103"]
    assert len(alone[1]["variants"]) == 10


def test_a_worker_that_is_killed_once_costs_nothing(tmp_path: Path) -> None:
    make_plugin(
        tmp_path,
        "mark = pathlib.Path(os.environ['XDG_CACHE_HOME'], 'was-killed')\n"
        "    if not mark.exists() and variant.pack == 'demo-1':\n"
        "        mark.touch()\n"
        "        ctypes.CDLL(None).kill(os.getpid(), signal.SIGKILL)",
    )
    for number in range(4):
        make_pack(tmp_path, f"p{number}", f"demo-{number}", "moon")

    code, report, files = built(tmp_path, "--jobs", "2")

    assert code == 0
    assert report["diagnostics"] == []
    assert len({name.partition("/")[0] for name in files}) == 4


def test_a_pack_that_kills_each_worker_is_reported_and_the_others_are_built(
    tmp_path: Path,
) -> None:
    make_plugin(
        tmp_path, "variant.pack == 'demo-1' and ctypes.CDLL(None).kill(os.getpid(), signal.SIGKILL)"
    )
    for number in range(4):
        make_pack(tmp_path, f"p{number}", f"demo-{number}", "moon")

    code, report, files = built(tmp_path, "--jobs", "2")

    assert code == 1
    assert [each["code"] for each in report["diagnostics"]] == ["PK510"]
    assert {name.partition("/")[0] for name in files} == {"demo-0", "demo-2", "demo-3"}


def test_ctrl_c_ends_all_workers_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    make_plugin(tmp_path, "pathlib.Path(f'{os.getpid()}.begun').touch(); time.sleep(60)")
    for number in range(4):
        make_pack(tmp_path, f"p{number}", f"demo-{number}", "moon")
    names = [f"packs/p{number}" for number in range(4)]
    run = start(tmp_path, "build", *names, "--jobs", "2", "--hook-timeout", "0", "--no-cache")
    wait_for(lambda: len(list(tmp_path.glob("*.begun"))) == 2)

    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "Traceback" not in err
    assert taken_away(tmp_path / "dist") == {}
    for mark in tmp_path.glob("*.begun"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.stem), 0)


class _Echo:
    """Work that claims the same name for each pack, and says who has it."""

    def build(self, pack: str, claim: Callable[[tuple[str, str], str], str]) -> Any:
        return {"report": claim(("demo", "1"), pack)}

    def end(self) -> Any:
        return "done"


def test_the_first_pack_of_the_command_line_has_a_name_whoever_is_faster() -> None:
    packs = [f"p{number}" for number in range(20)]
    processes = Processes(4, _Echo())

    found = dict(processes.run(packs))

    assert found == {index: {"report": "p0"} for index in range(20)}
    assert processes.said == ["done"] * 4


@given(st.permutations(range(8)), st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_claims_are_answered_as_if_packs_were_built_in_turn(
    order: list[int], names: list[int]
) -> None:
    packs = [f"p{number}" for number in range(8)]
    ledger = Ledger(packs)

    answers = {
        index: owner
        for each in order
        for index, owner in ledger.claim(each, (str(names[each]), "1"))
    }

    assert answers == {index: packs[names.index(name)] for index, name in enumerate(names)}


# --- progress ---------------------------------------------------------------------------------


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    lines = Lines(1000, verbose=False, clock=lambda: now)

    for number in range(1, 1001):
        now = number / 20
        lines.done(f"p{number}", {"variants": [{}, {}]})

    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert said[0] == "packc: 200 of 1000 packs, 400 variants, 20.0 packs/s, 40 s left"


@pytest.mark.parametrize(("total", "said"), [(1, ["packc: step 10", "packc: step 20"]), (2, [])])
def test_a_log_gets_a_step_of_a_single_pack_now_and_then(
    capsys: pytest.CaptureFixture[str], total: int, said: list[str]
) -> None:
    now = 0.0
    lines = Lines(total, verbose=False, clock=lambda: now)

    for number in range(25):
        now = float(number)
        lines.step(f"step {number}")

    assert capsys.readouterr().err.splitlines() == said


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_terminal_gets_a_bar(packs: Path, jobs: str) -> None:
    ours, theirs = pty.openpty()
    names = [f"packs/p{number:02}" for number in range(4)]
    run = subprocess.Popen(
        [sys.executable, "-m", "packc", "build", *names, "--jobs", jobs],
        cwd=packs,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)

    shown = b"".join(iter(lambda: _read(ours), b"")).decode()
    os.close(ours)

    assert run.wait(60) == 0
    assert "4/4" in shown
    assert "4 variants" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # what Linux says at the end
        return b""


# --- a Dask cluster ---------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[Any]]]:
    """The address of a scheduler on loopback, and the processes of its two workers."""
    pytest.importorskip("distributed", reason="needs packc[dask]")
    (tmp_path / "dask").mkdir()
    place = tmp_path / "dask" / "scheduler.json"
    local = ("--no-dashboard", "--host", "127.0.0.1")
    programs = [
        start_dask(tmp_path, "scheduler", *local, "--port", "0", f"--scheduler-file={place}")
    ]
    wait_for(lambda: place.exists() and place.read_text().endswith("}"))
    address = json.loads(place.read_text())["address"].removeprefix("tcp://")
    for number in range(2):
        folder = f"--local-directory={tmp_path}/dask/{number}"
        worker = ("worker", address, *local, "--no-nanny", "--nthreads", "1", folder)
        programs.append(start_dask(tmp_path, *worker))
    yield f"dask://{address}", programs[1:]
    for program in programs:
        program.kill()
        program.communicate()


def start_dask(folder: Path, *arguments: str) -> Any:
    return start(folder, *arguments, program=("dask",))


def test_a_dask_cluster_gives_the_bytes_and_the_report_of_one_process(
    packs: Path, cluster: tuple[str, list[Any]]
) -> None:
    address, _ = cluster
    alone = built(packs, "--jobs", "1")

    together = built(packs, "--executor", address)

    assert together == alone


def test_a_dask_worker_that_is_killed_in_the_middle_loses_nothing(
    tmp_path: Path, cluster: tuple[str, list[Any]]
) -> None:
    address, workers = cluster
    begun = tmp_path / "begun"
    deed = f"pathlib.Path({str(begun)!r}).touch(); time.sleep(0.3)"
    make_plugin(tmp_path, deed)
    for number in range(8):
        make_pack(tmp_path, f"p{number}", f"demo-{number}", "moon")
    alone = built(tmp_path, "--jobs", "1")
    begun.unlink()

    names = [f"packs/p{number}" for number in range(8)]
    run = start(tmp_path, "build", *names, "--output", "json", "--executor", address)
    wait_for(begun.exists)
    os.killpg(workers[0].pid, signal.SIGKILL)
    out, _ = run.communicate(timeout=120)

    assert (run.returncode, json.loads(out), taken_away(tmp_path / "dist")) == alone


def test_a_worker_with_other_plugins_is_refused(
    packs: Path, cluster: tuple[str, list[Any]]
) -> None:
    address, _ = cluster
    make_plugin(packs, "pass")
    (packs / "plugins").rename(packs / "only-here")

    run = start(packs, "build", "packs/p00", "--executor", address, plugins="only-here")
    _, err = run.communicate(timeout=60)

    assert run.returncode == 1
    assert "error[PK512]" in err
    assert "it has nothing as packc:moon, expected demo-moon 1.0" in err
