"""report: what came of the rules, as lines for people, as JSON, and as JUnit for CI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from packc import __version__, render
from packc.diagnostics import Diagnostic
from packc.testing.certify import FAILED, SKIPPED, Report, Result


def lines(report: Report) -> Iterator[str]:
    """Yield a line for each rule, with what explains those that failed, and a count."""
    packs = ", ".join(f"{pack.name} {pack.version}" for pack in report.packs) or "none takes it"
    yield f"{report.subject}"
    yield f"packs: {packs}"
    yield ""
    for result in report.results:
        yield f"  {result.outcome:<8}{result.rule.name}{_remark(result)}"
    yield ""
    counts = {outcome: len(report.of(outcome)) for outcome in ("passed", FAILED, SKIPPED)}
    yield ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def _remark(result: Result) -> str:
    if result.outcome == FAILED:
        return f": see `{result.rule.command}`"
    return f": {result.reason}" if result.reason else ""


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    return {
        "plugin": {
            "name": report.subject.name,
            "distribution": report.subject.found.distribution.name,
            "version": report.subject.found.distribution.version,
        },
        "packc": __version__,
        "packs": [{"name": pack.name, "version": pack.version} for pack in report.packs],
        "passed": report.has_passed,
        "rules": [_rule_as_json(result) for result in report.results],
    }


def _rule_as_json(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": result.rule.name,
        "what": result.rule.what,
        "why": result.rule.why,
        "mend": result.rule.mend,
        "result": result.outcome,
    }
    if result.reason:
        data["reason"] = result.reason
    if result.diagnostics:
        data["diagnostics"] = [render.as_json(each) for each in result.diagnostics]
    return data


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML: a test case a rule."""
    name = f"packc.certify.{report.subject.name}"
    counts = {
        "tests": str(len(report.results)),
        "failures": str(len(report.of(FAILED))),
        "errors": "0",
        "skipped": str(len(report.of(SKIPPED))),
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts})
    for result in report.results:
        attributes = {"classname": name, "name": result.rule.name}
        case = ElementTree.SubElement(suite, "testcase", attributes)
        if result.outcome == FAILED:
            first = _clean(result.diagnostics[0].message)
            failure = ElementTree.SubElement(case, "failure", {"message": first, "type": "PK241"})
            failure.text = _clean(text_of(result.diagnostics))
        elif result.outcome == SKIPPED:
            ElementTree.SubElement(case, "skipped", {"message": result.reason or ""})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def text_of(diagnostics: tuple[Diagnostic, ...]) -> str:
    """Return diagnostics as a person reads them."""
    return render.text(diagnostics)


def _clean(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return "".join(c if c in "\t\n" or _is_xml(ord(c)) else "\ufffd" for c in text)


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
