"""cache_verify: the arguments of `packc cache verify`."""

from __future__ import annotations

from typing import Any

EXAMPLES = """\
examples:
  packc cache verify
"""


def add(command: Any) -> None:
    """Add nothing: there is one cache for each user."""
