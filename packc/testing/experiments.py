"""experiments: runs each experiment in a process of its own, and reads what it wrote down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from packc.diagnostics import Span
from packc.doctor.trials import PLAIN_ENVIRONMENT, PLAIN_SHIMS
from packc.testing import limits
from packc.testing.evidence import Answer, Complaint, Evidence, Journal, Place, Sighting
from packc.testing.subject import Subject

_IMPORT: Final = """\
import sys, time
import packc.api, packc.plugins
sys.stdout.flush()
started = time.perf_counter()
try:
    __import__(sys.argv[1])
except BaseException:
    raise SystemExit(3)
print("\\n" + str(time.perf_counter() - started))
"""
_TRIES: Final = 3
_CHANGED: Final = {"PYTHONHASHSEED": "7", "TZ": "<+1345>-13:45", "HOSTNAME": "certify-host"}
_CHANGED_SHIMS: Final = ("addresses", "usual-umask", "listing-backwards", "host", "clock", "cpus")


def observe(subject: Subject, packs: Sequence[str], seconds: float) -> Evidence:
    """Make all experiments with a plugin; `packs` are folders, `seconds` a hook's limit."""
    usual = {
        "name": subject.name,
        "group": subject.group,
        "packs": [str(Path(pack).absolute()) for pack in packs],
        "seconds": seconds,
        "watch": False,
        "reversed": False,
        "hostile": False,
    }
    here = ({**usual, "watch": True}, {**usual, "reversed": True}, {**usual, "hostile": True})
    with ThreadPoolExecutor() as pool:
        first = pool.submit(_experiments, subject, here, PLAIN_SHIMS, {})
        second = pool.submit(_experiments, subject, (usual,), _CHANGED_SHIMS, _CHANGED)
        (plain, reversed_, hostile), (changed,) = first.result(), second.result()
    journals = (plain[0], changed[0], reversed_[0], hostile[0])
    imports = tuple(_import_seconds(subject)) if plain[0].is_loaded else ()
    return Evidence(subject, *journals, imports, seconds, plain[1])


def _experiments(
    subject: Subject,
    requests: Sequence[Mapping[str, Any]],
    shims: Sequence[str],
    environment: Mapping[str, str],
) -> list[tuple[Journal, dict[str, Span]]]:
    """Make experiments in one surrounding; return their journals, and where hooks begin."""
    with tempfile.TemporaryDirectory(prefix="packc-certify-") as scratch:
        folder = Path(scratch)
        placed = [
            {**each, "journal": str(folder / f"{n}.json"), "printed": str(folder / f"{n}.txt")}
            for n, each in enumerate(requests)
        ]
        batch = {"memory": limits.MEMORY, "shims": shims, "requests": placed}
        ends = _run(batch, {**_inherited(), **PLAIN_ENVIRONMENT, **environment})
        return [
            _journal(_content(Path(request["journal"])), subject, end, request["seconds"])
            for request, end in zip(placed, ends, strict=True)
        ]


def _run(batch: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Run a batch in a process, and return how each experiment ended."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "packc.testing.child"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    count = len(batch["requests"])
    try:
        told, errors = process.communicate(json.dumps(batch).encode(), limits.PROCESS_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return [f"does not end within {limits.PROCESS_SECONDS:g} s"] * count
    if process.returncode != 0:
        raise RuntimeError(f"the experiments fail by themselves:\n{errors.decode()}")
    return [_ended(code) for code in json.loads(told)]


def _content(journal: Path) -> bytes:
    return journal.read_bytes() if journal.is_file() else b""


def _inherited() -> dict[str, str]:
    """Return this process's environment, with its path for imports and without its locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    path = dict.fromkeys(str(Path(entry or ".").absolute()) for entry in sys.path)
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def _ended(code: int) -> str:
    if code < 0:
        return f"kills its process by {signal.Signals(-code).name}"
    return f"ends its process with exit code {code}"


def _import_seconds(subject: Subject) -> list[float]:
    """Return how long the import takes, tried again while that is too long: machines are busy."""
    taken: list[float] = []
    while len(taken) < _TRIES and (not taken or min(taken) > limits.IMPORT_SECONDS):
        done = subprocess.run(
            [sys.executable, "-P", "-c", _IMPORT, subject.found.module],
            env=_inherited(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limits.PROCESS_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            return taken
        taken.append(float(done.stdout.splitlines()[-1]))
    return taken


# --- reading ----------------------------------------------------------------------------------


def _journal(
    written: bytes, subject: Subject, end: str, seconds: float
) -> tuple[Journal, dict[str, Span]]:
    events = [json.loads(line) for line in written.splitlines() if line.endswith(b"}")]
    told: dict[str, list[Any]] = {}
    for event in events:
        told.setdefault(event["what"], []).append(event)
    if "bug" in told:
        raise RuntimeError(f"an experiment failed by itself:\n{told['bug'][0]['text']}")
    answers = tuple(_answer(event) for event in told.get("answer", ()))
    begun = told.get("begin", [])
    is_done = "done" in told or (not answers and "complaint" in told)
    sights = told["done"][0]["sights"] if "done" in told else ()
    journal = Journal(
        answers=answers,
        complaints=tuple(_complaint(event, subject) for event in told.get("complaint", ())),
        sightings=tuple(_sighting(each) for each in sights),
        built=frozenset(Place(**event["place"]) for event in told.get("built", ())),
        parameters=tuple(told["parameters"][0]["names"]) if "parameters" in told else (),
        crash=None if is_done else end,
    )
    if begun:
        during = (begun[-1]["hook"], Place(**begun[-1]["place"]))
        is_hung = journal.crash is not None and time.monotonic() - begun[-1]["at"] > seconds
        journal = evolve(journal, during=during, is_hung=is_hung)
    hooks = told["hooks"][0]["hooks"] if "hooks" in told else {}
    return journal, {name: Span(**place) for name, place in hooks.items()}


def _answer(event: Mapping[str, Any]) -> Answer:
    data = {name: value for name, value in event.items() if name not in ("what", "place")}
    return Answer(place=Place(**event["place"]), **data)


def _complaint(event: Mapping[str, Any], subject: Subject) -> Complaint:
    spans = [Span(**each) for each in event["spans"]]
    own = [span for span in spans if subject.owns(span.file)]
    place = Place(**event["place"])
    named = any(words in event["told"] for words in _names(subject))
    span = own[0] if own else None
    return Complaint(event["code"], event["message"], place, span, bool(own) or named)


def _names(subject: Subject) -> tuple[str, ...]:
    """Return the words by which packc's messages name the plugin."""
    return (
        f"plugin '{subject.name}' (",
        f"plugin {subject.name} (",
        f"the cloud {subject.name} states no fact",
    )


def _sighting(data: Mapping[str, Any]) -> Sighting:
    span = Span(data["file"], data["line"])
    return Sighting(data["code"], data["hook"], data["deed"], span)
