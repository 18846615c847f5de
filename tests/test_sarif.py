"""The machine formats of packc check: SARIF against its own schema, GitHub annotations, JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from packc.checks.findings import Report, Reported
from packc.checks.sarif import as_annotations, as_sarif
from packc.cli import main
from packc.diagnostics import Diagnostic, Related, Severity, Span
from packc.model import Identity

ROOT = Path(__file__).parent.parent
SCHEMA = "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
NODE = Identity("apps", "DaemonSet", "kube-system", "node")


def reported(severity: Severity = Severity.ERROR, **changes: Any) -> Reported:
    given = {
        "code": "PK402",
        "message": "the value of spec.a is 100% wrong",
        "span": Span("packs/a b/base,1.yaml", 3, 7),
        "hint": "quote it",
        "severity": severity,
        "found": "3",
        "related": (Related("the parameter", Span("pack.yaml", 9, 1)), Related("no place")),
        **changes,
    }
    return Reported(Diagnostic(**given), NODE, ("spec", "a/b", 0), ("aws", "azure"))


def report(*findings: Reported, silenced: tuple[Reported, ...] = ()) -> Report:
    unchecked = ("schemas of Kubernetes 1.99",)
    return Report("demo", "1.0", "1.34", ("aws",), findings, silenced, unchecked)


def every_shape() -> list[Report]:
    plain = Reported(Diagnostic("PK406", "not checked"))
    foreign = Reported(Diagnostic("ETCD101", "two of three", severity=Severity.WARNING))
    return [
        report(reported(), reported(Severity.NOTE, span=None), plain, silenced=(foreign,)),
        report(),
    ]


def real_schema() -> Any:
    """Return the schema of OASIS, as the npm package jest-sarif of Microsoft ships it."""
    modules = Path(os.environ.get("PACKC_NODE_MODULES", "node_modules"))
    return json.loads((modules / SCHEMA).read_text("utf-8"))


@pytest.mark.tool("jest-sarif")
def test_a_log_of_every_shape_fits_the_schema_of_sarif() -> None:
    validator = Draft4Validator(real_schema())

    assert list(validator.iter_errors(as_sarif(every_shape()))) == []


@pytest.mark.tool("jest-sarif")
def test_the_log_of_calico_fits_the_schema_of_sarif(
    calico: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["check", str(calico), "--output", "sarif"])

    log = json.loads(capsysbinary.readouterr().out)
    assert code == 0
    assert list(Draft4Validator(real_schema()).iter_errors(log)) == []
    assert len(log["runs"][0]["results"]) >= 30


def test_a_result_says_what_where_and_in_which_variants() -> None:
    (run,) = as_sarif([report(reported())])["runs"]

    (result,) = run["results"]
    assert result["ruleId"] == "PK402"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "PK402"
    assert result["level"] == "error"
    assert result["message"]["text"].splitlines() == [
        "the value of spec.a is 100% wrong",
        "found: 3",
        "hint: quote it",
    ]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "packs/a%20b/base%2C1.yaml"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    name = location["logicalLocations"][0]["fullyQualifiedName"]
    assert name == "DaemonSet.apps/kube-system/node/spec/a~1b/0"
    assert len(result["relatedLocations"]) == 1
    assert result["properties"]["variants"] == ["aws", "azure"]


def test_what_the_pack_ignores_is_suppressed_with_its_reason() -> None:
    ignored = Reported(Diagnostic("PK451", "no tag"), reason="a mirror")

    (run,) = as_sarif([report(silenced=(ignored,))])["runs"]

    (suppression,) = run["results"][0]["suppressions"]
    assert suppression["justification"] == "a mirror"


def test_what_was_not_checked_is_a_notification() -> None:
    (run,) = as_sarif([report()])["runs"]

    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "not checked: schemas of Kubernetes 1.99"


def test_an_annotation_escapes_what_github_reads() -> None:
    (line,) = as_annotations([report(reported())])

    assert line == (
        "::error file=packs/a b/base%2C1.yaml,line=3,col=7,title=PK402"
        "::the value of spec.a is 100%25 wrong%0Afound: 3%0Ahint: quote it"
        "%0Apack.yaml:9:1: the parameter%0Ano place%0Ain aws, azure"
    )


@pytest.mark.parametrize(
    ("severity", "command"),
    [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTE, "notice")],
)
def test_each_severity_has_its_workflow_command(severity: Severity, command: str) -> None:
    (line,) = as_annotations([report(reported(severity, span=None))])

    assert line.startswith(f"::{command} title=PK402::")


def test_a_message_cannot_start_a_workflow_command_of_its_own() -> None:
    hostile = "a\n::error::b\r\n::set-output name=x::y"

    (line,) = as_annotations([report(reported(message=hostile, span=Span("a\n::b", 1, 1)))])

    assert "\n" not in line
    assert "\r" not in line


def test_json_holds_findings_with_their_variants(
    calico: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["check", str(calico), "--output", "json"]) == 0

    (pack,) = json.loads(capsysbinary.readouterr().out)["packs"]
    assert pack["pack"] == "calico"
    assert pack["totals"] == {"error": 0, "warning": 0, "note": len(pack["findings"])}
    privileged = [f for f in pack["findings"] if f["message"].endswith("asks for privileged")]
    assert {f["code"] for f in privileged} == {"PK454"}
    assert all(f["object"] == "DaemonSet.apps/kube-system/calico-node" for f in privileged)
    assert all(set(f["variants"]) <= set(pack["variants"]) for f in pack["findings"])
    everywhere = next(f for f in privileged if "container calico-node" in f["message"])
    assert everywhere["variants"] == pack["variants"]


@pytest.mark.parametrize("output", ["json", "sarif", "github"])
def test_two_runs_print_the_same(
    output: str, calico: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    main(["check", str(calico), "--output", output])
    first = capsysbinary.readouterr().out

    main(["check", str(calico), "--output", output])

    assert capsysbinary.readouterr().out == first
