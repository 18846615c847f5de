"""lint_palette: `packc lint-palette`: what is wrong with Palette packs, whoever made them."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from typing import Any

from packc import render
from packc.cli.report import print_diagnostics, print_json, progress
from packc.codes import CODES
from packc.diagnostics import Diagnostic, PackcError, Severity
from packc.palette.lint import Linted, lint

GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def run(options: Namespace) -> int:
    """Lint every pack in the folders, and fail as --fail-on says."""
    try:
        with progress(options, "linting") as step:
            packs = lint(options.folders, step)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    findings = [finding for pack in packs for finding in pack.findings]
    if options.output == "json":
        print_json({"packs": [_as_json(pack) for pack in packs]})
    else:
        print_diagnostics(findings, options)
        if not options.quiet:
            _print_summary(packs, findings)
    return 1 if _fails(findings, options.fail_on) else 0


def _fails(findings: Sequence[Diagnostic], fail_on: str) -> bool:
    if fail_on == "never":
        return False
    grave = GRAVITY[: GRAVITY.index(Severity(fail_on)) + 1]
    return any(finding.severity in grave for finding in findings)


def _print_summary(packs: Sequence[Linted], findings: Sequence[Diagnostic]) -> None:
    """Print how many packs have each kind of finding, and the totals."""
    if len(packs) > 1:
        kinds = Counter(kind for pack in packs for kind in {_kind(f) for f in pack.findings})
        for (code, severity), number in sorted(kinds.items()):
            print(f"{severity}[{code}] in {render.plural(number, 'pack')}: {CODES[code].meaning}")
    clean = sum(not pack.has(Severity.ERROR) for pack in packs)
    found = render.count(findings) or "no findings"
    print(f"{render.plural(len(packs), 'pack')}, {clean} without errors: {found}")


def _kind(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, finding.severity.value


def _as_json(pack: Linted) -> dict[str, Any]:
    totals = Counter(finding.severity.value for finding in pack.findings)
    return {
        "folder": pack.identity.shown,
        "pack": pack.identity.name,
        "version": pack.identity.version,
        "totals": {severity.value: totals[severity.value] for severity in Severity},
        "findings": [render.as_json(finding) for finding in pack.findings],
    }
