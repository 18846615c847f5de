"""cache_info: the arguments of `packc cache info`."""

from __future__ import annotations

from typing import Any

EXAMPLES = """\
examples:
  packc cache info
"""


def add(command: Any) -> None:
    """Add nothing: there is one cache for each user."""
