"""Every seeded plugin breaks the rule that its folder is named for; good plugins break none.

A folder of tests/seeded/ holds `seeded.py`, a plugin with one fault. `requires` says what it
requires instead of packc>=0.1, `group` that it is a format. It is installed as a distribution.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from packc.testing import FAILED, PASSED, Report, certify
from packc.testing.rules import RULES

ROOT = Path(__file__).parent.parent
SEEDED = ROOT / "tests" / "seeded"
IS_LONG = bool(os.environ.get("PACKC_LONG"))
SEEDS = sorted(path for path in SEEDED.iterdir() if path.is_dir())
EXAMPLES = sorted(file.parent for file in (ROOT / "examples").glob("*/pyproject.toml"))

ALSO: Mapping[str, frozenset[str]] = {
    "bounded-answers-without-end": frozenset({"hook-time"}),  # on a busy machine
}
"""The further rules that a fault may break as well."""

SECONDS: Mapping[str, float] = {"hook-time": 2.0}
"""How long a hook may run where it runs for ever."""


def rule_of(seed: Path) -> str:
    """Return the rule that a folder is named for: the longest that its name begins with."""
    return max((rule for rule in RULES if seed.name.startswith(f"{rule}-")), key=len)


def tried() -> list[Path]:
    """Return the seeds to try: by default the first of each rule, with PACKC_LONG all of them."""
    first = {rule_of(seed): seed for seed in reversed(SEEDS)}
    return SEEDS if IS_LONG else [seed for seed in SEEDS if first[rule_of(seed)] == seed]


def install(seed: Path, folder: Path) -> None:
    """Put a seeded plugin into a folder as an installed distribution."""
    text = (seed / "seeded.py").read_text()
    requires = seed / "requires"
    group = seed / "group"
    metadata = folder / "packc_seeded-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "packc_seeded.py").write_text(text)
    required = requires.read_text().strip() if requires.exists() else "packc>=0.1"
    head = "Metadata-Version: 2.1\nName: packc-seeded\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(f"{head}Requires-Dist: {required}\n")
    named = group.read_text().strip() if group.exists() else "packc"
    (metadata / "entry_points.txt").write_text(f"[{named}]\nseeded = packc_seeded\n")


def broken(report: Report) -> set[str]:
    return {result.rule.name for result in report.of(FAILED)}


def test_each_rule_has_a_seeded_plugin() -> None:
    assert {rule_of(seed) for seed in SEEDS} == set(RULES)


def test_what_else_may_fail_is_said_of_seeds_that_there_are() -> None:
    assert set(ALSO) <= {seed.name for seed in SEEDS}


@pytest.mark.parametrize("seed", tried(), ids=lambda seed: seed.name)
def test_a_seeded_plugin_is_caught_by_its_rule(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(seed, tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.chdir(tmp_path)

    report = certify("seeded", seconds=SECONDS.get(rule_of(seed), 5.0))

    assert rule_of(seed) in broken(report)
    assert broken(report) - {rule_of(seed)} <= ALSO.get(seed.name, frozenset())


@pytest.mark.parametrize("name", ["aws", "azure", "etcd-tls", "vmware", "windows-note"])
def test_the_plugins_of_packc_keep_every_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    report = certify(name)

    assert broken(report) == set()
    assert len(report.of(PASSED)) > len(RULES) - 8


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_keeps_every_rule(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = example.name.removeprefix("packc-")
    metadata = tmp_path / f"packc_{name}-0.1.0.dist-info"
    metadata.mkdir()
    head = f"Metadata-Version: 2.1\nName: packc-{name}\nVersion: 0.1.0\n"
    (metadata / "METADATA").write_text(f"{head}Requires-Dist: packc>=0.1.0\n")
    (metadata / "entry_points.txt").write_text(f"[packc]\n{name} = packc_{name}\n")

    for folder in (tmp_path, example / "src"):
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(ROOT)

    report = certify(name)

    assert broken(report) == set()
