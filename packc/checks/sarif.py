"""sarif: reports of `packc check` as SARIF 2.1.0, for code scanning; and as GitHub annotations.

Sources: OASIS, Static Analysis Results Interchange Format Version 2.1.0; GitHub, workflow commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from packc import __version__
from packc.checks.findings import Report, Reported, variants_text
from packc.codes import CODES
from packc.diagnostics import Diagnostic, Severity, Span
from packc.patching.pointer import format_pointer

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
DOCS: Final = "docs/diagnostics.md"
COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def as_sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the reports as one SARIF log with one run."""
    found = [(reported, False) for report in reports for reported in report.findings]
    found += [(reported, True) for report in reports for reported in report.silenced]
    codes = sorted({reported.diagnostic.code for reported, _ in found})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "packc",
                        "semanticVersion": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": f"not checked: {text}"}}
                            for report in reports
                            for text in report.unchecked
                        ],
                    }
                ],
                "results": [_result(reported, codes, silenced) for reported, silenced in found],
            }
        ],
    }


def as_annotations(reports: Sequence[Report]) -> Iterator[str]:
    """Yield a workflow command for each finding; GitHub shows it at its line."""
    for reported in (reported for report in reports for reported in report.findings):
        diagnostic = reported.diagnostic
        properties = {"title": diagnostic.code}
        if diagnostic.span is not None:
            place = diagnostic.span
            properties = {"file": place.file, "line": str(place.line), "col": str(place.column)}
            properties["title"] = diagnostic.code
        listed = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
        text = "\n".join((_message(reported), *_around(reported)))
        yield f"::{COMMANDS[diagnostic.severity]} {listed}::{_data(text)}"


def _around(reported: Reported) -> Iterator[str]:
    """Yield the other places and the variants, which annotations have no field for."""
    for other in reported.diagnostic.related:
        yield f"{other.span}: {other.message}" if other.span else other.message
    if reported.variants:
        yield f"in {variants_text(reported.variants)}"


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    if known is None:
        return {"id": code, "shortDescription": {"text": "a finding of a plugin"}}
    return {
        "id": code,
        "shortDescription": {"text": known.meaning},
        "help": {"text": f"{known.way_out} See {DOCS}."},
    }


def _result(reported: Reported, codes: Sequence[str], silenced: bool) -> dict[str, Any]:
    diagnostic = reported.diagnostic
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity.value,
        "message": {"text": _message(reported)},
        "locations": [_location(reported)],
        "properties": {"variants": list(reported.variants)},
    }
    related = [
        {"message": {"text": other.message}, "physicalLocation": _place(other.span)}
        for other in diagnostic.related
        if other.span is not None
    ]
    if related:
        result["relatedLocations"] = related
    if silenced:
        suppression = {"kind": "inSource", "status": "accepted"}
        result["suppressions"] = [{**suppression, "justification": reported.reason or ""}]
    return result


def _location(reported: Reported) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if reported.diagnostic.span is not None:
        location["physicalLocation"] = _place(reported.diagnostic.span)
    if reported.object is not None:
        name = f"{reported.object}{format_pointer(reported.path)}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    return location


def _place(span: Span) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(span.file)},
        "region": {"startLine": span.line, "startColumn": span.column},
    }


def _message(reported: Reported) -> str:
    """Return what is wrong, with found, expected and hint, since these formats have one text."""
    diagnostic: Diagnostic = reported.diagnostic
    lines = [diagnostic.message]
    for word in ("found", "expected", "hint"):
        text = getattr(diagnostic, word)
        if text is not None:
            lines.append(f"{word}: {text}")
    if reported.reason is not None:
        lines.append(f"severity set by the pack: {reported.reason}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
