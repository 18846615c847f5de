"""pytest_plugin: `pytest -p packc.testing.pytest_plugin --packc-certify gcp` runs the rules.

It is no entry point of pytest: packc, installed, changes nobody's tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import pytest

from packc import render
from packc.diagnostics import PackcError
from packc.testing.certify import Report, certify, find_rule
from packc.testing.rules import RULES
from packc.testing.subject import find_subject
from packc.testing.suite import judge


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("packc", "conformance of packc plugins")
    for option, metavar, text in (
        ("--packc-certify", "NAME", "hold this plugin against the rules; repeat for several"),
        ("--packc-pack", "DIR", "a pack to try it with; repeat for several"),
        ("--packc-skip", "RULE", "a rule to leave out; repeat for several"),
    ):
        group.addoption(option, action="append", default=[], metavar=metavar, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse names that stand for nothing, before there is a test for each rule."""
    try:
        for name in config.getoption("--packc-certify"):
            find_subject(name)
        for rule in config.getoption("--packc-skip"):
            find_rule(rule)
    except PackcError as error:
        raise pytest.UsageError(render.text(error.diagnostics)) from error


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the rules to the tests that were found."""
    for name in config.getoption("--packc-certify"):
        items.extend(
            _Rules.from_parent(session, name=f"packc certify {name}", plugin=name).collect()
        )


class _Rules(pytest.Collector):
    """The rules for one plugin; the experiments are made when the first of them runs."""

    plugin: str

    @classmethod
    def from_parent(cls, parent: pytest.Session, *, name: str, plugin: str) -> _Rules:  # type: ignore[override]
        rules: _Rules = super().from_parent(parent, name=name)
        rules.plugin = plugin
        return rules

    def collect(self) -> Iterable[pytest.Item]:
        return [_RuleItem.from_parent(self, name=name) for name in RULES]

    @cached_property
    def report(self) -> Report:
        packs = self.config.getoption("--packc-pack")
        return certify(self.plugin, packs, skip=self.config.getoption("--packc-skip"))


class _RuleItem(pytest.Item):
    """One rule as a test."""

    def runtest(self) -> None:
        assert isinstance(self.parent, _Rules)
        judge(next(each for each in self.parent.report.results if each.rule.name == self.name))

    def reportinfo(self) -> tuple[str, int | None, str]:
        return __file__, None, f"{self.parent.name if self.parent else ''}: {self.name}"
