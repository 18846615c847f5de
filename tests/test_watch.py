"""`packc build --watch`, as a process of its own: it sees every way to save, and goes on."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """\
from packc.api import Cloud, hookimpl

@hookimpl
def packc_clouds():
    return [Cloud("moon", "The Moon")]

@hookimpl
def packc_patches(variant):
    return []
"""
SPEC = """\
packc: 1
name: demo
version: "1.0"
title: Demo
description: A small pack.
clouds: [moon]
parameters:
- {name: demo.size, type: integer, description: How large., default: 3}
objects:
- files: base/*.yaml
bindings:
- {parameter: demo.size, object: ConfigMap/demo, path: /data/size, as: string}
"""
BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: '1', colour: red}\n"
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"


class Watch:
    """A watch under way: what it has said so far, line by line."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(folder / "plugins"), *filter(None, sys.path)])
        self.folder = folder
        self.lines: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "packc", "build", "pack", "--watch", "--values", "site.yaml"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.put(line.rstrip("\n"))

    def until(self, text: str) -> list[str]:
        """Return what is said up to a line with that text."""
        said: list[str] = []
        while not said or text not in said[-1]:
            said.append(self.lines.get(timeout=60))
        return said

    def manifests(self) -> str:
        return (self.folder / "dist/demo/1.0/moon/manifests.yaml").read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """A watch of a small pack that has built it once."""
    files = {
        "pack/pack.yaml": SPEC,
        "pack/base/demo.yaml": BASE,
        "site.yaml": "demo.size: 4\n",
        "plugins/demo_moon.py": PLUGIN,
        "plugins/demo_moon-1.0.dist-info/METADATA": "Name: demo-moon\nVersion: 1.0\n",
        "plugins/demo_moon-1.0.dist-info/entry_points.txt": "[packc]\nmoon = demo_moon\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    watch = Watch(tmp_path)
    watch.until("Ctrl-C ends it")
    yield watch
    watch.process.kill()
    watch.process.wait()
    watch.reader.join()


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.swp")
    fresh.write_text(text)
    fresh.replace(path)


def by_backup(path: Path, text: str) -> None:
    path.rename(path.with_name(f"{path.name}~"))
    path.write_text(text)


@pytest.mark.parametrize("save", [in_place, by_rename, by_backup])
def test_a_save_is_built_and_its_effect_is_said(
    watch: Watch, save: Callable[[Path, str], Any]
) -> None:
    save(watch.folder / "pack/base/demo.yaml", BASE.replace("red", "blue"))

    said = watch.until('+ "blue"')

    assert "packc: pack/base/demo.yaml: built pack" in said
    assert '    - "red"' in said
    assert "colour: blue" in watch.manifests()


def test_a_save_that_puts_size_and_time_back_counts(watch: Watch) -> None:
    base = watch.folder / "pack/base/demo.yaml"
    before = base.stat()

    base.write_text(BASE.replace("red", "tan"))
    os.utime(base, ns=(before.st_atime_ns, before.st_mtime_ns))

    watch.until('+ "tan"')
    assert "colour: tan" in watch.manifests()


def test_a_file_that_the_pack_names_counts_whatever_its_name(watch: Watch) -> None:
    spec = watch.folder / "pack/pack.yaml"
    draft = watch.folder / "pack/base/other.yaml.tmp"
    draft.write_text(OTHER)
    spec.write_text(spec.read_text().replace("objects:\n", "objects:\n- files: base/*.tmp\n"))
    watch.until("1 object")

    draft.write_text(OTHER.replace("name: other", "name: third"))

    watch.until("other.yaml.tmp: built pack")
    watch.until("ConfigMap/third")
    assert "name: third" in watch.manifests()


def test_an_error_is_said_and_mended_without_a_new_start(watch: Watch) -> None:
    base = watch.folder / "pack/base/demo.yaml"

    base.write_text("a: [")
    watch.until("error[PK103]")
    base.write_text(BASE.replace("red", "green"))

    watch.until('+ "green"')
    assert "colour: green" in watch.manifests()


def test_new_and_deleted_files_count(watch: Watch) -> None:
    other = watch.folder / "pack/base/other.yaml"

    other.write_text(OTHER)
    watch.until("1 object")
    has_other = "name: other" in watch.manifests()
    other.unlink()
    watch.until("1 object")

    assert has_other
    assert "name: other" not in watch.manifests()


def test_a_values_file_counts(watch: Watch) -> None:
    (watch.folder / "site.yaml").write_text("demo.size: 5\n")

    watch.until("+ 5")
    watch.until('+ "5"')
    assert 'size: "5"' in watch.manifests()


def test_a_plugin_that_is_edited_takes_part_as_it_is_now(watch: Watch) -> None:
    plugin = watch.folder / "plugins/demo_moon.py"
    patch = "return [Patch('ConfigMap/demo', (Operation('replace', '/data/colour', 'grey'),))]"
    text = PLUGIN.replace("return []", patch).replace("Cloud, ", "Cloud, Operation, Patch, ", 1)

    plugin.write_text(text)

    watch.until("a plugin has changed")
    watch.until('+ "grey"')
    watch.until("Ctrl-C ends it")
    assert "colour: grey" in watch.manifests()


def test_ctrl_c_ends_it(watch: Watch) -> None:
    code = watch.stop()

    assert code == 130
    assert "colour: red" in watch.manifests()
