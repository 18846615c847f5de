"""processes: the packs of one call over forked processes of this machine.

A worker is forked when everything is imported, so it begins to build within milliseconds. One that
is killed is noticed by its closed channel; its pack is built once more, by another.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

from attrs import define, field, frozen

from packc.executors import Result
from packc.executors.channel import Channel, ClosedError, channels
from packc.executors.claims import Claim, Name
from packc.executors.ledger import Ledger

TRIES = 2
PATIENCE_SECONDS = 2.0
"""Workers that do not stop when they are interrupted are killed after that long."""
WAIT_MILLISECONDS = 100
READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


class Work(Protocol):
    """What a worker does, in a process of its own."""

    def build(self, pack: str, claim: Claim) -> Result:
        """Return what became of a pack."""

    def end(self) -> Any:
        """Tidy up, and return what there is to say about all that was built."""


class WorkerError(Exception):
    """A bug of packc that a worker has met; the message is its traceback."""


@define(eq=False)
class _Worker:
    process: int
    channel: Channel
    task: int | None = None


@frozen
class Processes:
    """An executor. `said` is what the workers say at their ends; `tick` is called now and then."""

    jobs: int
    work: Work
    tick: Callable[[], None] = field(default=lambda: None)
    said: list[Any] = field(factory=list)

    def run(self, packs: Sequence[str]) -> Iterator[tuple[int, Result]]:
        """Yield what became of each pack, as soon as it is known; see `Executor`."""
        crew = _Crew(packs, self)
        try:
            for _ in range(min(self.jobs, len(packs))):
                crew.hire()
            yield from crew.results()
        finally:
            crew.dismiss()


@define(eq=False)
class _Crew:
    """The workers of one run, and what they have to do."""

    packs: Sequence[str]
    terms: Processes
    workers: dict[int, _Worker] = field(factory=dict)
    tries: dict[int, int] = field(factory=dict)
    to_do: deque[int] = field(init=False)
    ledger: Ledger = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.to_do = deque(range(len(self.packs)))
        self.ledger = Ledger(self.packs)

    # --- workers ------------------------------------------------------------------------------

    def hire(self) -> None:
        """Fork a worker and give it a pack."""
        ours, theirs = channels()
        process = _fork()
        if process == 0:
            ours.close()
            for other in self.workers.values():
                other.channel.close()
            _serve(theirs, self.terms.work)
        theirs.close()
        worker = _Worker(process, ours)
        self.workers[ours.fileno()] = worker
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """Give a worker the next pack, or let it go home."""
        worker.task = self.to_do.popleft() if self.to_do else None
        with suppress(ClosedError):  # that it is dead is noticed when its channel is read
            worker.channel.send(None if worker.task is None else self.packs[worker.task])
        if worker.task is not None:
            self.tries[worker.task] = self.tries.get(worker.task, 0) + 1

    def dismiss(self) -> None:
        """Stop all workers; what one is just writing is written whole or not at all."""
        for worker in self.workers.values():
            worker.channel.close()
            with suppress(ProcessLookupError):
                os.kill(worker.process, signal.SIGINT)
        end = time.monotonic() + PATIENCE_SECONDS
        for worker in self.workers.values():
            _wait(worker.process, end)
        self.workers.clear()

    # --- what they say ------------------------------------------------------------------------

    def results(self) -> Iterator[tuple[int, Result]]:
        while self.workers:
            for worker in self._speaking():
                try:
                    message = worker.channel.receive()
                except ClosedError:
                    yield from self._bury(worker)
                else:
                    yield from self._hear(worker, *message)
            self.terms.tick()

    def _speaking(self) -> list[_Worker]:
        """Return the workers that have said something, or have ended, after a short wait."""
        poll = select.poll()
        for number in self.workers:
            poll.register(number, READABLE)
        return [self.workers[number] for number, _ in poll.poll(WAIT_MILLISECONDS)]

    def _hear(self, worker: _Worker, kind: str, content: Any) -> Iterator[tuple[int, Result]]:
        match kind:
            case "claim":
                assert worker.task is not None
                self._answer(self.ledger.claim(worker.task, content))
            case "result":
                assert worker.task is not None
                index = worker.task
                self._answer(self.ledger.end(index))
                self._give(worker)
                yield index, content
            case "end":
                self.terms.said.append(content)
            case _:
                raise WorkerError(content)

    def _answer(self, answers: Iterator[tuple[int, str]]) -> None:
        for index, owner in answers:
            for worker in self.workers.values():
                if worker.task == index:
                    with suppress(ClosedError):
                        worker.channel.send(owner)

    def _bury(self, worker: _Worker) -> Iterator[tuple[int, Result]]:
        """Clear up after a worker that has ended; what it was at is done again, or given up."""
        del self.workers[worker.channel.fileno()]
        worker.channel.close()
        _, status = os.waitpid(worker.process, 0)
        index = worker.task
        if index is None:
            return
        self.ledger.lose(index)
        if self.tries[index] < TRIES:
            self.to_do.appendleft(index)
        else:
            self._answer(self.ledger.end(index))
            yield index, {"lost": _cause(status)}
        if self.to_do:
            self.hire()


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Python 3.12 warns where a program that calls packc has threads; workers use none of it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _wait(process: int, end: float) -> None:
    """Wait for a worker until that time, then kill it."""
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return
        time.sleep(0.005)


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


# --- in the worker ----------------------------------------------------------------------------


def _serve(channel: Channel, work: Work) -> None:
    """Build packs until there are no more, and end the process."""
    code = 1
    try:
        signal.signal(signal.SIGINT, _interrupt_once)
        _build_all(channel, work)
        code = 0
    except (ClosedError, KeyboardInterrupt):
        pass  # whoever wanted the packs has gone
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


def _interrupt_once(number: int, frame: object) -> None:
    """Stop, and let nothing disturb the clearing up: Ctrl-C reaches workers twice."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _build_all(channel: Channel, work: Work) -> None:
    def claim(name: Name, pack: str) -> str:
        channel.send(("claim", name))
        return str(channel.receive())

    try:
        while (pack := channel.receive()) is not None:
            channel.send(("result", work.build(pack, claim)))
        channel.send(("end", work.end()))
    except ClosedError:
        raise
    except Exception:
        channel.send(("bug", traceback.format_exc()))
