"""describe: what an installed plugin provides, told by a process of its own.

A list of plugins is for those who do not know yet what they have: nothing of a plugin runs in the
process that makes the list, and one that ends its process ends no other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

from packc.answers import misfit
from packc.build import Format
from packc.diagnostics import Diagnostic, PackcError
from packc.model import Cloud, Feature
from packc.plugins import Found, Host, discover
from packc.supervision import GRACE_SECONDS

MEMBERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "api": int,
        "clouds": tuple[str, ...],
        "features": tuple[str, ...],
        "formats": tuple[str, ...],
        "settings": Mapping[str, str],
        "hooks": tuple[str, ...],
    }
)
QUESTIONS: Final = 4
"""How often a plugin's time limit can pass: its import and three hooks."""
START_SECONDS: Final = 10.0
"""More than an interpreter takes to start, on a machine that is busy."""


def describe(plugins: Sequence[Found], seconds: float) -> list[dict[str, Any]]:
    """Return what each plugin provides, as plain data, or the `problem` that it has.

    `seconds` is how long a hook may take. Several processes run at a time.
    """
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        return list(pool.map(lambda found: _told(found, seconds), plugins))


def problem(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return what a description holds of a plugin that cannot be described."""
    return {"problem": f"{diagnostic.code}: {diagnostic.message}"}


def _told(found: Found, seconds: float) -> dict[str, Any]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, found.entry_point.group, found.name, str(seconds)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(timeout=_limit(seconds))
    except subprocess.TimeoutExpired:
        return _silent(found, f"does not end within {_limit(seconds):g} s")
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started ends with it
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    return _parsed(told) or _silent(found, f"{_ended(process.returncode)} and says nothing")


def _limit(seconds: float) -> float | None:
    return seconds * QUESTIONS + GRACE_SECONDS + START_SECONDS if seconds else None


def _silent(found: Found, reason: str) -> dict[str, Any]:
    return problem(Diagnostic("PK203", f"{found} cannot be asked: its process {reason}"))


def _ended(code: int) -> str:
    return f"ends with exit code {code}" if code >= 0 else f"is ended by {_signal(-code)}"


def _signal(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _parsed(told: bytes) -> dict[str, Any] | None:
    """Return the answer; None where it is none, whoever has written it."""
    try:
        answer = json.loads(told)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    shape = {"problem": str} if "problem" in answer else MEMBERS
    fits = shape.keys() == answer.keys() and all(
        misfit(answer[name], shape[name]) is None for name in shape
    )
    return answer if fits else None


# --- the process of a plugin ------------------------------------------------------------------


def main() -> None:
    """Ask one plugin, and tell the answer on what was standard output; nobody else can."""
    group, name, seconds = sys.argv[1:]
    tell = os.dup(1)
    os.dup2(2, 1)
    told = json.dumps(_description(Host(discover(group), float(seconds)), name)).encode()
    while told:
        told = told[os.write(tell, told) :]
    os._exit(0)  # without what the plugin wants to be done at the end


def _description(host: Host, name: str) -> dict[str, Any]:
    try:
        plugin = host.load(name)
        features = host.ask(plugin, "packc_features", Feature)
        return {
            "api": plugin.level,
            "clouds": [cloud.name for cloud in host.ask(plugin, "packc_clouds", Cloud)],
            "features": [feature.name for feature in features],
            "formats": [form.name for form in host.ask(plugin, "packc_formats", Format)],
            "settings": {
                setting: text for feature in features for setting, text in feature.settings.items()
            },
            "hooks": list(host.hooks(plugin)),
        }
    except PackcError as error:
        return problem(error.diagnostics[0])


if __name__ == "__main__":
    main()
