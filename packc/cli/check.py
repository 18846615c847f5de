"""check: `packc check`: what can be known of packs without a cluster, for all their variants."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from attrs import evolve

from packc import render
from packc.checks.findings import Report, Reported, variants_text
from packc.checks.run import Question, check_pack
from packc.checks.sarif import as_annotations, as_sarif
from packc.cli.report import print_diagnostics, print_json, progress
from packc.cli.selection import documents, host_of, selection_of
from packc.diagnostics import Diagnostic, Related, Severity
from packc.patching.pointer import format_pointer
from packc.pipeline import Progress
from packc.plugins import Host


def run(options: Namespace) -> int:
    """Check every pack, print one report of all, and fail as --fail-on says."""
    question = Question(selection_of(options), options.kubernetes, options.max_variants)
    host = host_of(options)
    with progress(options, "checking") as step:
        reports = [_checked(folder, question, host, options, step) for folder in options.packs]
    match options.output:
        case "json":
            print_json({"packs": [_as_json(report) for report in reports]})
        case "sarif":
            print_json(as_sarif(reports))
        case "github":
            for line in as_annotations(reports):
                print(line)
        case _:
            _print_text(reports, options)
    return 1 if any(report.fails(options.fail_on) for report in reports) else 0


def _checked(
    folder: str, question: Question, host: Host, options: Namespace, step: Progress
) -> Report:
    """Check one pack; with --shuffle, also that no order decides what comes out."""
    report = check_pack(folder, question, host, step, documents())
    if not options.shuffle or not report.variants:
        return report
    from packc.doctor.shuffle import shuffle_choices  # needed for this option only

    limit = question.max_variants
    shuffled = shuffle_choices(folder, question.selection, limit, host.seconds, step)
    findings = (*report.findings, *map(Reported, shuffled.diagnostics))
    return evolve(report, findings=findings, shuffled=str(shuffled))


# --- text -------------------------------------------------------------------------------------


def _print_text(reports: list[Report], options: Namespace) -> None:
    shown = [_with_variants(reported, report) for report in reports for reported in report.findings]
    print_diagnostics(shown, options)
    if options.quiet:
        return
    for report in reports:
        print(_summary(report))
        if report.shuffled is not None:
            print(f"  shuffled: {report.shuffled}")
        for text in report.unchecked:
            print(f"  not checked: {text}")
        if options.verbose:
            for reported in report.silenced:
                diagnostic = reported.diagnostic
                print(f"  ignored: {diagnostic.code}: {diagnostic.message} ({reported.reason})")


def _with_variants(reported: Reported, report: Report) -> Diagnostic:
    """Return the finding with a line that says which variants have it."""
    added = []
    if reported.variants:
        added.append(Related(f"in {variants_text(reported.variants, report.variants)}"))
    if reported.reason is not None:
        added.append(Related(f"severity set in pack.yaml: {reported.reason}"))
    return evolve(reported.diagnostic, related=(*reported.diagnostic.related, *added))


def _summary(report: Report) -> str:
    diagnostics = [reported.diagnostic for reported in report.findings]
    count = render.count(diagnostics) or "no findings"
    off = f", {len(report.silenced)} ignored" if report.silenced else ""
    name = f"{report.pack} {report.version}".strip()
    refused = f" ({report.refused} more are refused by the pack)" if report.refused else ""
    variants = render.plural(len(report.variants), "variant")
    return f"{name}: {variants}{refused}, Kubernetes {report.kubernetes}: {count}{off}"


# --- json -------------------------------------------------------------------------------------


def _as_json(report: Report) -> dict[str, Any]:
    totals = {
        severity.value: sum(r.diagnostic.severity is severity for r in report.findings)
        for severity in Severity
    }
    return {
        "pack": report.pack,
        "version": report.version,
        "kubernetes": report.kubernetes,
        "variants": list(report.variants),
        "refused": report.refused,
        "totals": totals,
        "findings": [_finding(reported) for reported in report.findings],
        "ignored": [_finding(reported) for reported in report.silenced],
        "unchecked": list(report.unchecked),
        "shuffled": report.shuffled,
    }


def _finding(reported: Reported) -> dict[str, Any]:
    data = render.as_json(reported.diagnostic)
    if reported.object is not None:
        data["object"] = str(reported.object)
        data["path"] = format_pointer(reported.path)
    data["variants"] = list(reported.variants)
    if reported.reason is not None:
        data["reason"] = reported.reason
    return data
