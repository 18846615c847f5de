"""trees: the files of a plugin as syntax trees; nothing of them is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from packc.testing.evidence import Evidence


def trees(evidence: Evidence) -> Iterator[tuple[str, ast.Module]]:
    """Yield the plugin's files that are Python; `loads` says which are not."""
    for file in evidence.subject.files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield evidence.subject.shown(file), ast.parse(file.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            continue
