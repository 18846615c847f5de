"""cache_clear: the arguments of `packc cache clear`."""

from __future__ import annotations

from typing import Any

EXAMPLES = """\
examples:
  packc cache clear
"""


def add(command: Any) -> None:
    """Add nothing: there is one cache for each user."""
