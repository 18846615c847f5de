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
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from packc.diagnostics import Span
from packc.doctor.trials import PLAIN_ENVIRONMENT, PLAIN_SHIMS
from packc.testing import limits
from packc.testing.evidence import (
    DECLARED,
    DEFAULT,
    IMPORT,
    IMPORTED,
    Answer,
    Complaint,
    Evidence,
    Journal,
    Place,
    Sighting,
    UsedPack,
)
from packc.testing.subject import Subject

_IMPORT: Final = """\
import os, sys, time
import packc.api, packc.plugins
module, tell = sys.argv[1], int(sys.argv[2])
write, end, clock, encode = os.write, os._exit, time.perf_counter, str.encode
started = clock()
try:
    __import__(module)
    write(tell, encode(repr(clock() - started)))
finally:
    end(0)
"""
"""Tells the seconds on a descriptor of its own, by functions that it took before the plugin."""
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
    imports = _import_seconds(subject) if plain[0].is_loaded else ()
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
    if process.returncode < 0:  # nothing of packc ends it so: the plugin reached for its parent
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return [f"kills what runs it by {signal.Signals(-process.returncode).name}"] * count
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


def _import_seconds(subject: Subject) -> tuple[float, ...]:
    """Return how long the import takes, tried again while that is too long: machines are busy.

    Empty where the plugin keeps it from being told.
    """
    taken: list[float] = []
    while len(taken) < _TRIES and (not taken or min(taken) > limits.IMPORT_SECONDS):
        told = _timed_import(subject.found.module)
        try:
            taken.append(float(told))
        except ValueError:
            return ()
    return tuple(taken)


def _timed_import(module: str) -> bytes:
    """Import a module in a process of its own, and return what that tells of the seconds."""
    read, write = os.pipe()
    os.set_blocking(read, False)  # a process that the plugin leaves behind may hold the other end
    try:
        subprocess.run(
            [sys.executable, "-P", "-c", _IMPORT, module, str(write)],
            env=_inherited(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
            timeout=limits.PROCESS_SECONDS,
            check=False,
        )
        return os.read(read, 64)
    except (subprocess.TimeoutExpired, BlockingIOError):
        return b""
    finally:
        os.close(read)
        os.close(write)


# --- reading ----------------------------------------------------------------------------------


def _journal(
    written: bytes, subject: Subject, end: str, seconds: float
) -> tuple[Journal, dict[str, Span]]:
    try:
        return _read(written, subject, end, seconds)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Journal(crash="spoils the journal of what it does"), {}


def _read(
    written: bytes, subject: Subject, end: str, seconds: float
) -> tuple[Journal, dict[str, Span]]:
    told: dict[str, list[Any]] = {}
    for line in written.splitlines():
        if line.endswith(b"}"):
            event = json.loads(line)
            told.setdefault(event["what"], []).append(event)
    is_broken = "broken" in told
    if is_broken:
        reason = told["broken"][0]["text"].strip().splitlines()[-1]
        end = f"leaves a process in which packc does not work: {reason}"
    answers = tuple(_answer(event) for event in told.get("answer", ()))
    begun = told.get("begin", [])
    is_done = "done" in told or (not is_broken and not answers and "complaint" in told)
    sights = told["done"][0]["sights"] if "done" in told else ()
    imported = (_imported(event) for event in told.get("imported", ()))
    packs = (UsedPack(e["name"], e["version"], e["digest"]) for e in told.get("pack", ()))
    asked = (e["hook"] for e in begun if e["place"]["kind"] in (DEFAULT, DECLARED))
    journal = Journal(
        answers=answers,
        complaints=tuple(_complaint(event, subject) for event in told.get("complaint", ())),
        sightings=(*(_sighting(each) for each in sights), *imported),
        built=frozenset(Place(**event["place"]) for event in told.get("built", ())),
        asked=frozenset(asked),
        packs=tuple(dict.fromkeys(packs)),
        parameters=tuple(told["parameters"][0]["names"]) if "parameters" in told else (),
        crash=None if is_done else end,
    )
    if begun:
        during = (begun[-1]["hook"], Place(**begun[-1]["place"]))
        is_late = time.monotonic() - begun[-1]["at"] > seconds
        is_hung = journal.crash is not None and not is_broken and is_late
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


def _imported(event: Mapping[str, Any]) -> Sighting:
    return Sighting(IMPORTED, IMPORT, event["module"], Span(event["file"], event["line"], 1))


def _sighting(data: Mapping[str, Any]) -> Sighting:
    span = Span(data["file"], data["line"])
    return Sighting(data["code"], data["hook"], data["deed"], span)
