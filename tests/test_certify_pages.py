"""Each rule has a page, made of the rule and of the seeded plugins that it catches.

PACKC_UPDATE_RULES=1 writes docs/plugins/rules/ anew: read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from packc.testing.bench import MOST_VARIANTS
from packc.testing.rules import RULES
from packc.testing.values import MOST_PAIRS

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "plugins" / "rules"
SEEDED = ROOT / "tests" / "seeded"
IS_UPDATE = bool(os.environ.get("PACKC_UPDATE_RULES"))


def page(name: str) -> str:
    """Return the page of a rule."""
    rule = RULES[name]
    seeds = sorted(seed.name for seed in SEEDED.iterdir() if seed.name.startswith(f"{name}-"))
    shown = (SEEDED / seeds[0] / "seeded.py").read_text().strip()
    others = "".join(f"- [`{seed}`](../../../tests/seeded/{seed}/seeded.py)\n" for seed in seeds)
    return (
        f"{rule.text}\n"
        f"## A plugin that breaks it\n\n```python\n{shown}\n```\n\n"
        f"The kit is tested with these:\n\n{others}\n"
        f"To hold a plugin against this rule alone: `packc plugin certify NAME --rule {name}`.\n"
    )


def index() -> str:
    """Return the page that lists the rules."""
    rows = "".join(f"| [`{name}`]({name}.md) | {rule.what} |\n" for name, rule in RULES.items())
    return (
        "# Rules for plugins\n\n"
        "`packc plugin certify NAME --pack DIR` holds an installed plugin against these rules;"
        " `--explain RULE` prints the page of one.\n"
        "They are judged by what the plugin is seen to do: in processes of its own, with the packs"
        " at hand, beside every other plugin that is installed.\n"
        "Packs at hand are those of `--pack`, those below `packs/`, and a small one of the kit; the"
        " kit's own offers a feature only where that has no settings.\n\n"
        "Each value of an enum, a switch and both limits of a number are tried, alone and in pairs,"
        f" up to {MOST_VARIANTS} variants of a pack and {MOST_PAIRS} pairs of the plugin's own"
        " parameters.\n"
        "The kit finds mistakes, not malice: a plugin that wants to deceive it can.\n\n"
        f"| rule | what it demands |\n|---|---|\n{rows}"
    )


def read(path: Path, expected: str) -> str:
    if IS_UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(expected)
    return path.read_text()


@pytest.mark.parametrize("name", RULES)
def test_the_page_of_a_rule_says_what_the_rule_says(name: str) -> None:
    expected = page(name)

    assert read(PAGES / f"{name}.md", expected) == expected


def test_the_list_of_rules_holds_each_of_them() -> None:
    expected = index()

    assert read(PAGES / "README.md", expected) == expected


def test_no_page_is_of_a_rule_that_is_gone() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {"README", *RULES}
