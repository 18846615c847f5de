"""suite: the rules as tests, for a plugin's own test suite; pytest is imported by what uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from os import PathLike
from typing import Any

from packc.testing import report as reporting
from packc.testing.certify import SKIPPED, Report, Result, certify, find_rule
from packc.testing.rules import RULES
from packc.testing.subject import find_subject


def suite(
    name: str, packs: Sequence[str | PathLike[str]] = (), *, skip: Sequence[str] = ()
) -> type:
    """Return a class with a test for each rule, such as `test_deterministic`.

    `TestGcp = suite("gcp", packs=["tests/pack"])` in a file of tests is all that it takes. The
    experiments are made once, when the first of the tests runs. Raises PackcError, once for all
    tests, where there is no such plugin or rule.
    """
    find_subject(name)
    for rule in skip:
        find_rule(rule)

    @cache
    def examined() -> Report:
        return certify(name, packs, skip=skip)

    tests = {f"test_{rule.replace('-', '_')}": _test(rule, examined) for rule in RULES}
    return type("Conformance", (), {"__doc__": f"The plugin '{name}' keeps every rule.", **tests})


def _test(rule: str, examined: Callable[[], Report]) -> Any:
    def test(self: object) -> None:
        result = next(each for each in examined().results if each.rule.name == rule)
        judge(result)

    test.__doc__ = RULES[rule].what
    return test


def judge(result: Result) -> None:
    """Fail or skip the test that runs, as the rule has come out."""
    import pytest  # only where a test runs

    if result.outcome == SKIPPED:
        pytest.skip(result.reason or "")
    if result.diagnostics:
        text = reporting.text_of(result.diagnostics)
        pytest.fail(f"{text}\n\nsee `{result.rule.command}`", pytrace=False)
