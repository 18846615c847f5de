"""lock: `packc lock`: write, compare and renew the locks of packs."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from packc import render
from packc.cli.report import print_diagnostics, print_json, progress
from packc.cli.selection import host_of, named_formats
from packc.diagnostics import Diagnostic, PackcError
from packc.load import load
from packc.lock import (
    KINDS,
    Difference,
    Lock,
    Read,
    diagnostic_of,
    differences,
    inputs_now,
    installed_of,
    lock_name,
    read_lock,
)
from packc.locking import Wanted, make_lock, write_lock
from packc.pack import Pack
from packc.plugins import Host

GIT_HINT = "for each field, compare a revision: packc diff {pack} --git HEAD"


@frozen
class Outcome:
    """What became of the lock of one pack."""

    pack: Pack
    read: Read | None
    lock: Lock
    differences: Sequence[Difference]
    is_written: bool = field(default=False, kw_only=True)

    @property
    def name(self) -> str:
        return lock_name(self.pack)


def run(options: Namespace) -> int:
    """Lock every pack; one that fails does not stop the others."""
    outcomes: list[Outcome] = []
    errors: list[Diagnostic] = []
    for folder in dict.fromkeys(options.packs):
        try:
            outcomes.append(_locked(folder, options))
        except PackcError as error:
            errors.extend(error.diagnostics)
    if options.output == "json":
        print_json(
            {
                "locks": [_as_json(outcome) for outcome in outcomes],
                "diagnostics": [render.as_json(error) for error in errors],
            }
        )
    elif not options.upgrade:
        errors.extend(each for outcome in outcomes for each in _diagnostics(outcome))
    print_diagnostics(errors, options)
    is_stale = any(outcome.differences and not outcome.is_written for outcome in outcomes)
    return 1 if errors or is_stale else 0


def _locked(folder: str, options: Namespace) -> Outcome:
    """Compare, and write where that is asked for.

    Only --upgrade runs a plugin that is not as it was locked: to show what it would change.
    """
    pack = load(Path(folder), folder)
    read = _read(pack, options)
    wanted = Wanted(tuple(options.clouds), named_formats(options.formats))
    host = host_of(options)
    host.check_refused()
    if read is not None and not options.upgrade:
        outcome = _stopped(pack, read, wanted, host)
        if outcome is not None:
            return outcome
    known = Wanted.of(read.lock) if read else Wanted()
    with progress(options, "locking") as step:
        lock = make_lock(folder, known.installed(installed_of(host)) | wanted, host, step)
    found = differences(read.lock, lock, pack) if read else ()
    return _written(Outcome(pack, read, lock, found), wanted, options)


def _stopped(pack: Pack, read: Read, wanted: Wanted, host: Host) -> Outcome | None:
    """Return what differs where a plugin does, before any is imported; None where none does."""
    known = Wanted.of(read.lock)
    now, problems = inputs_now(pack, (known | wanted).named(pack), installed_of(host))
    if problems:
        raise PackcError(*problems)
    found = differences(read.lock, now, pack, outputs=False)
    unasked = (each for each in found if not _is_asked_for(each, wanted))
    if any(each.place[0] in KINDS for each in unasked):
        return Outcome(pack, read, now, found)
    return None


def _is_asked_for(difference: Difference, wanted: Wanted) -> bool:
    """Return whether a difference is an addition that the command line names."""
    group, *names = difference.place
    if difference.locked is not None or not names:
        return False
    if group == "outputs":
        return len(names) == 1 and names[0].partition("+")[0] in wanted.clouds
    return names[0] in {"clouds": wanted.clouds, "formats": wanted.formats}.get(group, ())


def _written(outcome: Outcome, wanted: Wanted, options: Namespace) -> Outcome:
    """Write the lock where it is new, or where what differs is accepted."""
    found = outcome.differences
    is_unwanted = not all(_is_asked_for(each, wanted) for each in found)
    if options.check or (is_unwanted and not options.upgrade):
        return outcome
    if options.upgrade and found:
        _print(_upgrade_text(outcome), options)
        if not (options.yes or _is_wanted(outcome, options)):
            return outcome
    if outcome.read is not None and not found:
        _print([f"{outcome.name}: up to date"], options)
        return outcome
    write_lock(outcome.pack.root, outcome.name, outcome.lock)
    _print([_summary(outcome)], options)
    return evolve(outcome, is_written=True)


def _read(pack: Pack, options: Namespace) -> Read | None:
    try:
        return read_lock(pack)
    except PackcError as error:
        if options.check or options.upgrade or error.diagnostics[0].code != "PK231":
            raise
        return None


def _is_wanted(outcome: Outcome, options: Namespace) -> bool:
    """Ask at the terminal; say what to do where there is none."""
    if options.output != "text" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(f"{outcome.name} was not written: add --yes", file=sys.stderr)
        return False
    return input(f"write {outcome.name}? [y/N] ").strip().lower() in ("y", "yes")


# --- text -------------------------------------------------------------------------------------


def _print(lines: Sequence[str], options: Namespace) -> None:
    if options.output == "text" and not options.quiet:
        print("\n".join(lines), flush=True)


def _summary(outcome: Outcome) -> str:
    lock = outcome.lock
    plugins = sum(len(plugins) for plugins in lock.plugins.values())
    changed = f", {render.plural(len(outcome.differences), 'difference')} accepted"
    return (
        f"{outcome.name}: {render.plural(len(lock.files), 'file')},"
        f" {render.plural(plugins, 'plugin')}, {render.plural(len(lock.outputs), 'variant')}"
        f"{changed if outcome.differences else ''}"
    )


def _upgrade_text(outcome: Outcome) -> list[str]:
    inputs = [each for each in outcome.differences if each.place[0] != "outputs"]
    return [
        f"{outcome.name}:",
        *(f"  {each}" for each in inputs),
        *_output_text(outcome),
    ]


def _output_text(outcome: Outcome) -> Iterator[str]:
    """Yield what happens to the output, object by object."""
    outputs = [each for each in outcome.differences if each.place[0] == "outputs"]
    if not outputs:
        yield "  no output changes"
        return
    yield from (f"  {each}" for each in outputs)
    yield f"  {GIT_HINT.format(pack=outcome.pack.shown)}"


def _diagnostics(outcome: Outcome) -> Iterator[Diagnostic]:
    if outcome.read is not None and not outcome.is_written:
        for difference in outcome.differences:
            yield diagnostic_of(difference, outcome.read)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "lock": outcome.name,
        "written": outcome.is_written,
        "differences": [
            {"what": each.what, "locked": each.locked, "found": each.found}
            for each in outcome.differences
        ],
    }
