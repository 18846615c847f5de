"""workshop: copies of a pack in a temporary folder, and builds of them, a process each."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.doctor.moved import Shot
from packc.doctor.trials import PLAIN_ENVIRONMENT, PLAIN_SHIMS, Run

BUILD_SECONDS: Final = 300
_ELSEWHERE: Final = "else where/ünï/packs"
_LONG_AGO: Final = 1_000_000_000


@frozen
class Report:
    """What came of one build: its variants, or why there are none.

    `failures` are diagnostics as JSON; `crash` says how the process ended where it did not report.
    """

    shots: Mapping[str, Shot] = field(factory=dict, repr=False)
    sights: Sequence[Mapping[str, Any]] = ()
    failures: Sequence[Mapping[str, Any]] = ()
    unreadable: str | None = None
    crash: str | None = None


@frozen
class Workshop:
    """Builds one pack. `request` is what all builds have in common; `reads` what they read."""

    root: Path
    name: str
    request: Mapping[str, Any] = field(repr=False)
    reads: tuple[str, ...] = ()

    def build(self, run: Run) -> Report:
        """Build in a process of its own, and wait for it."""
        return self.report(self.start(run))

    def build_at_once(self, runs: Sequence[Run]) -> list[Report]:
        """Start all builds before waiting for the first."""
        started = [self.start(run) for run in runs]
        return [self.report(process) for process in started]

    def start(self, run: Run) -> subprocess.Popen[bytes]:
        """Start a build; it reports on its standard output."""
        folder, working_folder = self.root / run.copy / self.name, self.root
        if run.copy == "elsewhere":
            folder = self.root / _ELSEWHERE / f"copy of {self.name}"
            working_folder = folder.parent
        request = {
            **self.request,
            "folder": str(folder),
            "shims": [*PLAIN_SHIMS, *run.shims],
            "order": run.order,
            "reads": self.reads,
            "watch": run.is_watched,
        }
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "packc.doctor.child"],
            cwd=working_folder,
            env={**_inherited(), "HOME": str(self.root), **PLAIN_ENVIRONMENT, **run.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as stream:  # it ends: its report says why
            stream.write(json.dumps(request).encode())
        process.stdin = None
        return process

    def report(self, process: subprocess.Popen[bytes]) -> Report:
        """Wait for a build and return its report."""
        try:
            output, errors = process.communicate(timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Report(crash=f"takes longer than {BUILD_SECONDS} s")
        if process.returncode != 0:
            return Report(crash=_ended(process.returncode, errors.decode(errors="replace")))
        return _report(json.loads(output))


@contextmanager
def workshop(pack: Path, request: Mapping[str, Any], reads: Sequence[str]) -> Iterator[Workshop]:
    """Yield a workshop with the copies of a pack; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="packc-doctor-") as scratch:
        root = Path(scratch).resolve()
        root.chmod(0o755)  # another user has to get in
        name = pack.resolve().name or "pack"
        try:
            _copy(pack, root / "plain" / name)
            _copy(pack, root / _ELSEWHERE / f"copy of {name}")
            _copy(pack, root / "backwards" / name, backwards=True)
        except OSError as error:
            raise PackcError(_no_copy(error)) from error
        yield Workshop(root, name, request, (str(root), *_import_path(), *reads))


def _copy(pack: Path, target: Path, *, backwards: bool = False) -> None:
    """Copy a pack; backwards, the last file comes first and all are old."""
    target.mkdir(parents=True)
    for source in sorted(pack.iterdir(), reverse=backwards):
        copied = target / source.name
        if source.is_symlink():
            copied.symlink_to(source.readlink())
        elif source.is_dir():
            _copy(source, copied, backwards=backwards)
        elif source.is_file():
            shutil.copyfile(source, copied)
            copied.chmod(0o644)
            if backwards:
                os.utime(copied, (_LONG_AGO, _LONG_AGO))


def _no_copy(error: OSError) -> Diagnostic:
    reason = (error.strerror or str(error)).lower()
    text = f"the pack cannot be copied to a temporary folder: {reason}"
    hint = "make all files of the pack readable, or set TMPDIR to a folder with some space"
    return Diagnostic("PK503", text, hint=hint)


def _inherited() -> dict[str, str]:
    """Return this process's environment, with its path for imports and without its locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    kept.pop("LANGUAGE", None)
    return {**kept, "PYTHONPATH": os.pathsep.join(_import_path())}


def _import_path() -> list[str]:
    return list(dict.fromkeys(str(Path(entry or ".").absolute()) for entry in sys.path))


def _ended(code: int, errors: str) -> str:
    if code < 0:
        return f"the process is killed by {signal.Signals(-code).name}"
    lines = errors.strip().splitlines()
    return f"the process ends with exit code {code}: {lines[-1] if lines else 'it says nothing'}"


def _report(data: dict[str, Any]) -> Report:
    if data.get("unreadable"):
        return Report(unreadable=data["unreadable"])
    shots = [_converter().structure(each, Shot) for each in data["shots"]]
    return Report({each.variant: each for each in shots}, data["sights"], data["failures"])


@cache
def _converter() -> Any:
    from cattrs import Converter  # slow to import

    return Converter()
