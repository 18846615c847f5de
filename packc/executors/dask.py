"""dask: the packs of one call over an existing Dask cluster; no file system need be shared.

Packs go to the workers as bytes and their outputs come back as bytes, some packs in each task. A
task whose worker dies is given to another by Dask itself; one whose build dies is taken apart.
"""

from __future__ import annotations

import logging
import marshal
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from attrs import define, field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.executors import Result
from packc.executors.remote import Answer, run_program

SCHEME = "dask://"
CONNECT_SECONDS = 10
MOST_PACKS = 32
TASKS_OF_A_THREAD = 4
"""So many tasks for each thread of the cluster, so that all are done at about the same time."""
AHEAD = 2
"""So many tasks for each thread are on the cluster at a time; the others wait here, unread."""
TRIES = 2


@frozen
class Dask:
    """An executor. `parcel` packs up packs as bytes for the program, a module of packc.

    `tick` is called while nothing else happens.
    """

    address: str
    program: str
    parcel: Callable[[Sequence[str]], bytes]
    tick: Callable[[], None] = field(default=lambda: None)

    def run(self, packs: Sequence[str]) -> Iterator[tuple[int, Result]]:
        """Yield what became of each pack; see `Executor`.

        Raises PackcError (PK512) where the cluster cannot be used.
        """
        with _connected(self.address) as client:
            threads = sum(client.nthreads().values())
            yield from _Run(self, client, packs, threads).results()


@define(eq=False)
class _Task:
    """Some packs that one worker builds, by index."""

    packs: tuple[int, ...]
    tries: int = 1
    future: Any = None


@define(eq=False)
class _Run:
    terms: Dask
    client: Any
    packs: Sequence[str]
    threads: int
    waiting: deque[_Task] = field(init=False)
    submitted: deque[_Task] = field(factory=deque)

    def __attrs_post_init__(self) -> None:
        count = len(self.packs)
        size = max(1, min(MOST_PACKS, count // (self.threads * TASKS_OF_A_THREAD)))
        indices = range(count)
        self.waiting = deque(_Task(tuple(indices[at : at + size])) for at in indices[::size])

    def results(self) -> Iterator[tuple[int, Result]]:
        try:
            while self._submit():
                task = self.submitted.popleft()
                yield from self._results_of(task)
        finally:
            with suppress(Exception):  # the cluster may have gone
                self.client.cancel([task.future for task in self.submitted])

    def _submit(self) -> bool:
        """Keep the cluster busy, and return whether there is anything left to wait for."""
        while self.waiting and len(self.submitted) < self.threads * AHEAD:
            task = self.waiting.popleft()
            parcel = self.terms.parcel([self.packs[index] for index in task.packs])
            task.future = self.client.submit(run_program, self.terms.program, parcel, pure=False)
            self.submitted.append(task)
        return bool(self.submitted)

    def _results_of(self, task: _Task) -> Iterator[tuple[int, Result]]:
        code, content, printed = self._answer(task)
        sys.stderr.write(printed.decode(errors="backslashreplace"))
        if code == 0:
            results = marshal.loads(content)
            if "refused" in results:
                raise _unusable(self.terms.address, f"a worker refuses: {results['refused']}")
            yield from zip(task.packs, results["results"], strict=True)
        elif task.tries < TRIES:
            again = [_Task((index,), task.tries + 1) for index in task.packs]
            self.waiting.extendleft(reversed(again))
        else:
            yield from ((index, {"lost": _cause(code)}) for index in task.packs)

    def _answer(self, task: _Task) -> Answer:
        from distributed import TimeoutError as NotYetError
        from distributed.scheduler import KilledWorker

        while True:
            try:
                answer: Answer = task.future.result(timeout=0.2)
                return answer
            except NotYetError:
                if self.client.status != "running":
                    raise _unusable(self.terms.address, "the scheduler has gone") from None
                self.terms.tick()
            except KilledWorker:
                return -signal.SIGKILL, b"", b""
            except Exception as error:  # whatever the worker, or Dask, has raised
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                raise _unusable(self.terms.address, f"a task failed with {reason}") from error


def _cause(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


# --- the cluster ------------------------------------------------------------------------------


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Yield a client of the cluster, which has a worker at least."""
    _check_that_somebody_listens(address)
    try:
        import distributed
    except ImportError as error:
        text = f"to use '{address}' the library 'distributed' is missing"
        hint = "install packc[dask], here and on the workers"
        raise PackcError(Diagnostic("PK512", text, hint=hint)) from error

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is said as PK512
    connect: Any = distributed.Client
    try:
        client = connect(f"tcp://{address.removeprefix(SCHEME)}", timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise _unusable(address, "no Dask scheduler answers there") from error
    try:
        with suppress(Exception):  # that there is none is seen below
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        if not client.nthreads():
            raise _unusable(address, "it has no workers", "start one: `dask worker HOST:PORT`")
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)


def _check_that_somebody_listens(address: str) -> None:
    """Find what is mistyped, or down, before Dask is imported, which takes a second."""
    host, colon, port = address.removeprefix(SCHEME).rpartition(":")
    if not host or not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        hint = "write dask://HOST:PORT, with the scheduler's port, which is mostly 8786"
        raise PackcError(Diagnostic("PK511", f"'{address}' names no host and port", hint=hint))
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise _unusable(address, (error.strerror or str(error)).lower()) from error
    except UnicodeError as error:
        raise _unusable(address, "no host has such a name") from error


def _unusable(address: str, why: str, hint: str = "") -> PackcError:
    hint = hint or "see that its scheduler and workers run, with this packc and these plugins"
    return PackcError(Diagnostic("PK512", f"'{address}' cannot be used: {why}", hint=hint))
