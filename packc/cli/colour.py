"""colour: whether to write in colour."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing `typing` would take longer than an unchanged build
if TYPE_CHECKING:
    from typing import Any, TextIO


def wants_colour(options: Any, stream: TextIO) -> bool:
    """Return whether to colour: as --color says, else on a terminal (see no-color.org)."""
    if options.color != "auto":
        return bool(options.color == "always")
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
