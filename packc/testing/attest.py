"""attest: writes the certificate of a wheel: an in-toto statement that it keeps the rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packc import __version__
from packc.diagnostics import Diagnostic, PackcError
from packc.hookspecs import API_LEVEL
from packc.installed import package_digest
from packc.testing.certificate import PREDICATE, STATEMENT
from packc.testing.certify import FAILED, SKIPPED, Report, Result
from packc.testing.wheel import wheel_digest


def statement(report: Report, wheel: Path) -> bytes:
    """Return the certificate of a passing run: the same bytes for the same wheel and results.

    Raises PackcError (PK243) where a rule failed, or was skipped though it has something to say of
    the plugin, and where the wheel is not what is installed.
    """
    problem = next(_against(report), None)
    if problem is not None:
        hint = "a certificate is for a run that holds all rules, without failures"
        raise PackcError(Diagnostic("PK243", f"no certificate is written: {problem}", hint=hint))
    digest = wheel_digest(report.subject, wheel)
    data = {
        "_type": STATEMENT,
        "subject": [{"name": wheel.name, "digest": {"sha256": digest}}],
        "predicateType": PREDICATE,
        "predicate": _predicate(report),
    }
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _against(report: Report) -> Iterator[str]:
    """Yield what speaks against a certificate."""
    failed = ", ".join(result.rule.name for result in report.of(FAILED))
    if failed:
        yield f"{failed} failed"
    for result in report.of(SKIPPED):
        if result.reason not in result.rule.allowed:
            yield f"{result.rule.name} was skipped, since {result.reason}"
    if not report.packs:
        yield "no pack at hand takes the plugin"


def _predicate(report: Report) -> dict[str, Any]:
    found = report.subject.found
    return {
        "packc": __version__,
        "apiLevel": API_LEVEL,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "plugin": {
            "name": found.name,
            "group": report.subject.group,
            "distribution": found.distribution.name,
            "version": found.distribution.version,
            "digest": {"sha256": package_digest(found.module)},
        },
        "packs": [
            {"name": pack.name, "version": pack.version, "digest": {"sha256": pack.digest}}
            for pack in report.packs
        ],
        "rules": [_rule(result) for result in report.results],
    }


def _rule(result: Result) -> dict[str, str]:
    data = {"name": result.rule.name, "result": result.outcome}
    return {**data, "reason": result.reason} if result.reason else data
