"""surroundings: what a plugin has to leave as it found it, besides what each build looks at."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from typing import Any


def state() -> Mapping[str, Any]:
    """Return what all code of a process shares, by the words for it."""
    return {
        "the import path": list(sys.path),
        "the garbage collector": gc.isenabled(),
        "the exception hook": sys.excepthook,
        "the way text is shown": sys.displayhook,
    }


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the words for what differs."""
    return [words for words, value in before.items() if after[words] != value]
