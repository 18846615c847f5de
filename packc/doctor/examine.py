"""examine: build a pack plainly, then with one change at a time, and say what moved and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import Factory, asdict, define, frozen

from packc.diagnostics import Diagnostic, Span, in_order
from packc.doctor.findings import Symptoms, failed, sighted
from packc.doctor.moved import moves
from packc.doctor.trials import PLAIN, Trial, trials
from packc.doctor.workshop import Report, Workshop, workshop
from packc.pipeline import Prepared, Selection, compile_pack, prepare
from packc.plugins import HOOK_SECONDS, Host
from packc.tracing.masking import Mask

SAME, DIFFERS, NOT_TRIED = "same", "differs", "not tried"

_UNREADABLE: Final = frozenset({"PK101", "PK138"})
"""What a build says when its user may not read a file that another user gave."""

Step = Callable[[str], None]


@frozen
class Outcome:
    """What came of one change: SAME, DIFFERS or NOT_TRIED, with what should be known of it."""

    change: str
    result: str
    remark: str | None = None


@frozen
class Examination:
    """What came of all: `builds` counts the processes that built the pack."""

    pack: str
    version: str
    variants: tuple[str, ...]
    builds: int
    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]


def examine(
    folder: str,
    selection: Selection,
    only: Sequence[str] = (),
    seconds: float = HOOK_SECONDS,
    step: Step = lambda text: None,
) -> Examination:
    """Build the pack again and again, and return what that showed; `only` names the changes to try.

    Raises PackcError with what is wrong when the pack does not build to begin with.
    """
    prepared = prepare(folder, selection, Host(seconds=seconds))
    variants = list(compile_pack(prepared))
    mask = Mask.of(value for each in variants for value in each.resolved.values.values())
    files = _files(prepared)
    request = {
        "selection": _request(selection, files),
        "seconds": seconds,
        "now": datetime.now(UTC).isoformat(),
    }
    with workshop(Path(folder), request, list(files.values())) as shop:
        examiner = _Examiner(shop, step)
        examiner.run(trials(only, list(prepared.active.plugins), shop.root))
    spec = prepared.pack.spec
    return Examination(
        spec.name,
        spec.version,
        tuple(compiled.name for compiled in variants),
        examiner.builds,
        tuple(examiner.outcomes),
        in_order((*examiner.findings, *examiner.symptoms.diagnostics(mask))),
    )


@define
class _Examiner:
    shop: Workshop
    step: Step
    builds: int = 1
    outcomes: list[Outcome] = Factory(list)
    findings: list[Diagnostic] = Factory(list)
    symptoms: Symptoms = Factory(Symptoms)

    def run(self, planned: Sequence[Trial]) -> None:
        """Run all trials, several at a time, and judge them in their order."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            plain = pool.submit(self.shop.build, PLAIN)
            tried = {pool.submit(self.shop.build_at_once, trial.runs): trial for trial in planned}
            for number, done in enumerate(as_completed(tried), 1):
                self.step(f"{number} of {len(tried)} changes: {tried[done].change}")
        self._judge_plain(plain.result())
        for future, trial in tried.items():
            self.outcomes.append(self._judge(trial, plain.result(), future.result()))

    def _judge_plain(self, plain: Report) -> None:
        self.findings.extend(sighted(plain.sights))
        if plain.crash or plain.failures:
            self.findings.append(failed("process", *_failure(plain)))

    def _judge(self, trial: Trial, plain: Report, reports: Sequence[Report]) -> Outcome:
        self.builds += len(reports)
        if not plain.shots:
            return Outcome(trial.change, NOT_TRIED, "there is no plain build to compare with")
        differs, remark = False, trial.limit
        for report in reports:
            if trial.change == "user" and _is_withheld(report):
                remark = "with the rights of root: without them not all can be read here"
                continue
            if report.crash or report.failures:
                self.findings.append(failed(trial.change, *_failure(report)))
                differs = True
            for name, shot in report.shots.items():
                moved = moves(plain.shots[name], shot)
                differs |= self.symptoms.add(trial.change, name, moved)
        return Outcome(trial.change, DIFFERS if differs else SAME, remark)


def _is_withheld(report: Report) -> bool:
    """Tell whether there is no build only because this user may not read something."""
    codes = {failure["code"] for failure in report.failures}
    return bool(report.unreadable or (codes and codes <= _UNREADABLE))


def _failure(report: Report) -> tuple[str, Span | None]:
    if report.crash:
        return report.crash, None
    first = report.failures[0]
    span = Span(first["file"], first["line"], first["column"]) if "file" in first else None
    return f"{first['code']}: {first['message']}", span


# --- what is built ----------------------------------------------------------------------------


def _files(prepared: Prepared) -> dict[str, str]:
    """Return the files that `--set` names, by parameter: as absolute paths, for any folder."""
    of_files = {each.name for each in prepared.active.parameters if each.type == "file"}
    values = prepared.settings.values
    return {
        name: str(Path(value.value.path).absolute())
        for name, value in values.items()
        if name in of_files and value.source.name.startswith("--set")
    }


def _request(selection: Selection, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the selection as JSON data; all files of it as absolute paths."""
    data = asdict(selection)
    for name in ("values_files", "kubernetes_values"):
        data["request"][name] = [str(Path(file).absolute()) for file in data["request"][name]]
    data["request"]["sets"] = [_absolute(text, files) for text in data["request"]["sets"]]
    return data


def _absolute(text: str, files: Mapping[str, str]) -> str:
    name = text.partition("=")[0]
    return f"{name}={files[name]}" if name in files else text
