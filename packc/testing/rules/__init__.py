"""rules: all rules of the conformance kit, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from packc.testing.rule import Rule
from packc.testing.rules import answers, deeds, loading, patches, repeats, source, words

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.name: rule
        for family in (loading, source, answers, patches, repeats, deeds, words)
        for rule in family.RULES
    }
)
