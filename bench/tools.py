"""tools: what is installed here, what this packc can do, and what kind of machine this is."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parent.parent
CPU_FACTS = Path("/proc/cpuinfo")


@attrs.frozen
class Tools:
    """The commands to compare; None for one that is not installed."""

    packc: tuple[str, ...]
    kustomize: tuple[str, ...] | None
    helm: tuple[str, ...] | None
    has_cache: bool
    has_timings: bool
    cores: int


def installed() -> Tools:
    """Return the tools on the PATH, and the abilities that this packc's --help shows."""
    packc = _packc()
    options = output_of((*packc, "build", "--help"))
    return Tools(
        packc=packc,
        kustomize=_first(("kubectl", "kustomize"), ("kustomize", "build")),
        helm=_first(("helm", "template")),
        has_cache="--no-cache" in options,
        has_timings="--timings" in options,
        cores=cores(),
    )


def _packc() -> tuple[str, ...]:
    """Return the command that a user types: the script beside this Python, where there is one."""
    script = Path(sys.executable).parent / "packc"
    return (str(script),) if script.is_file() else (sys.executable, "-m", "packc")


def _first(*commands: tuple[str, ...]) -> tuple[str, ...] | None:
    return next((command for command in commands if shutil.which(command[0])), None)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(home: Path) -> dict[str, str]:
    """Return what measured processes see: the path to programs and modules, and an empty home."""
    inherited = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**inherited, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "LC_ALL": "C"}


def machine(tools: Tools) -> Mapping[str, str | int]:
    """Return the facts that figures depend on; nothing that tells one machine from its like."""
    return {
        "processor": _processor(),
        "cores": tools.cores,
        "system": platform.system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packc": output_of((*tools.packc, "--version")).removeprefix("packc "),
        "started": "script" if len(tools.packc) == 1 else "python -m packc",
        "kustomize": _kustomize_version(tools.kustomize),
        "helm": _helm_version(tools.helm),
    }


def _processor() -> str:
    if CPU_FACTS.is_file():
        for line in CPU_FACTS.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _kustomize_version(command: tuple[str, ...] | None) -> str:
    match command:
        case ("kubectl", *_):
            lines = output_of(("kubectl", "version", "--client")).splitlines()
            versions = [line.rpartition(" ")[2] for line in lines]
            return f"kubectl {' with kustomize '.join(versions)}"
        case (program, *_):
            return f"kustomize {output_of((program, 'version'))}"
        case _:
            return "none"


def _helm_version(command: tuple[str, ...] | None) -> str:
    return output_of(("helm", "version", "--short")) if command else "none"


def output_of(command: Sequence[str]) -> str:
    """Return what a command prints, or nothing where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.stdout.strip() if done.returncode == 0 else ""
