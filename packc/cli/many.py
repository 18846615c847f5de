"""many: the packs of one call, built here or by an executor, and reported in their order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from packc.cache.store import Store
from packc.cli.meter import Meter
from packc.cli.report import told
from packc.diagnostics import Diagnostic, PackcError
from packc.executors import Executor, Result
from packc.executors.claims import Claim
from packc.model import OutputFile

if TYPE_CHECKING:
    from argparse import Namespace

Report = Mapping[str, Any]

SCHEMES = "processes, or dask://HOST:PORT for a Dask cluster"
WORTH_BYTES = 1_500_000
"""Packs that are larger together are built faster by several processes: two with a base as large
as Calico's, or sixty small ones. Measured."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
WORKER = "packc.cli.worker"


class Session(Protocol):
    """What all packs of one call share."""

    store: Store
    claim_owner: Claim

    def prepare_to_fork(self) -> None:
        """Do what all workers would do."""

    def begin_in_worker(self) -> None:
        """Begin anew in a forked worker."""


class Call(NamedTuple):
    """A call of `packc build`, and how it builds one pack."""

    options: Namespace
    session: Session
    build: Callable[[str], Report]


def reports(packs: Sequence[str], call: Call, meter: Meter) -> list[Report]:
    """Return the report of each pack, in the order of the packs.

    Where the executor cannot go on, the last one says why.
    """
    found: list[Report] = []
    said: list[Any] = []
    try:
        executor = _chosen(packs, call, meter, said)
        for index, result in _in_order(_metered(executor.run(packs), packs, meter)):
            found.append(_report(packs[index], result, call.session.claim_owner))
    except PackcError as error:
        return [*found, failed(*error.diagnostics)]
    if said:
        from packc.cli.forked import add_up

        add_up(said, call.session.store)
    return found


def _metered(
    results: Iterator[tuple[int, Result]], packs: Sequence[str], meter: Meter
) -> Iterator[tuple[int, Result]]:
    for index, result in results:
        meter.done(packs[index], result.get("report", {"variants": ()}))
        yield index, result


def _in_order(results: Iterable[tuple[int, Result]]) -> Iterator[tuple[int, Result]]:
    """Yield the results in the order of their indices, each as soon as those before it are done."""
    held: dict[int, Result] = {}
    following = 0
    for index, result in results:
        held[index] = result
        while following in held:
            yield following, held.pop(following)
            following += 1


# --- who builds -------------------------------------------------------------------------------


class _Here(NamedTuple):
    """An executor: this process."""

    build: Callable[[str], Report]

    def run(self, packs: Sequence[str]) -> Iterator[tuple[int, Result]]:
        for index, pack in enumerate(packs):
            yield index, {"report": self.build(pack)}


def _chosen(packs: Sequence[str], call: Call, meter: Meter, said: list[Any]) -> Executor:
    """Return who builds; raise PackcError (PK511) for a name that is unknown.

    `said` is filled with what workers have to say at their ends.
    """
    options = call.options
    if options.executor.startswith("dask://"):
        from packc.cli.elsewhere import Parcels  # few builds use it
        from packc.cli.named import files_named
        from packc.executors.dask import Dask
        from packc.executors.parcel import refuse_absolute

        refuse_absolute((*packs, *files_named(options)))
        return Dask(options.executor, WORKER, Parcels(options), meter.tick)
    if options.executor != "processes":
        text = f"there is no executor '{options.executor}'"
        raise PackcError(Diagnostic("PK511", text, hint=f"use {SCHEMES}"))
    jobs = _jobs(packs, options.jobs)
    if jobs == 1:
        return _Here(call.build)
    from packc.cli.forked import Work  # one pack is built here
    from packc.executors.processes import Processes

    call.session.prepare_to_fork()
    return Processes(jobs, Work(call), meter.tick, said)


def _jobs(packs: Sequence[str], wanted: int | None) -> int:
    if len(packs) == 1 or wanted == 1:
        return 1
    if wanted is not None:
        return min(wanted, len(packs))
    jobs = min(_cores(), len(packs))
    return jobs if jobs > 1 and _is_worth_it(packs) else 1


def _cores() -> int:
    """Return how many cores this process may use; a container has a share of the machine's."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = CGROUP_LIMIT.read_text().split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):  # there is no limit
        return cores


def _is_worth_it(packs: Sequence[str]) -> bool:
    """Return whether the packs are large enough; the rest is not looked at when they are."""
    total = 0
    for size in (size for pack in packs for size in _sizes(pack)):
        total += size
        if total >= WORTH_BYTES:
            return True
    return False


def _sizes(pack: str) -> Iterator[int]:
    for folder, _, names in os.walk(pack):
        for name in names:
            try:
                yield os.stat(f"{folder}/{name}").st_size  # noqa: PTH116  # there may be thousands
            except OSError:  # a link that leads nowhere
                continue


# --- what comes back --------------------------------------------------------------------------


def _report(pack: str, result: Result, claim: Claim) -> Report:
    """Return the report of a pack; what came from elsewhere is written here."""
    if "lost" in result:
        return failed(_lost(pack, result["lost"]))
    report: Report = result["report"]
    if "output" not in result:
        return report
    if report["pack"] and (owner := claim(report["pack"], pack)) != pack:
        stays = {**report, "diagnostics": result["early"]}
        return _failed_after(stays, taken(pack, owner, *report["pack"]))
    try:
        _write(*result["output"])
    except PackcError as error:
        return _failed_after(report, *error.diagnostics)
    return report


def _write(folder: str, files: Mapping[str, Sequence[tuple[str, bytes, bool]]]) -> None:
    if files:
        from packc.write import write  # many calls write nothing here

        variants = {name: [OutputFile(*file) for file in files[name]] for name in files}
        write(Path(folder), variants)


def _failed_after(report: Report, *diagnostics: Diagnostic) -> Report:
    said = [*report["diagnostics"], *map(told, diagnostics)]
    return {**report, "failed": True, "variants": [], "formats": [], "diagnostics": said}


def failed(*diagnostics: Diagnostic) -> Report:
    """Return the report of a pack of which nothing is known but what went wrong."""
    return _failed_after({"pack": (), "diagnostics": []}, *diagnostics)


def taken(folder: str, other: str, name: str, version: str) -> Diagnostic:
    """Return the error for two packs of one call that would be written to one place."""
    text = f"'{folder}' is {name} {version} too, as '{other}' is"
    hint = "build them one by one, into different folders with -o"
    return Diagnostic("PK504", text, hint=hint)


def _lost(pack: str, how: str) -> Diagnostic:
    text = f"the process that built '{pack}' {how}, twice"
    hint = "it may need more memory, or fewer --jobs; `packc doctor` finds a plugin that crashes"
    return Diagnostic("PK510", text, hint=hint)
