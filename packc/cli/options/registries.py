"""registries: options of the commands that speak with a registry."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any


def registry(command: Any) -> None:
    """Add the options that say how a registry is reached, and who logs in."""
    group = command.add_argument_group("registry")
    group.add_argument("--username", metavar="NAME", help="who logs in, with --password-stdin")
    group.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    group.add_argument("--plain-http", action="store_true", help="speak HTTP, without TLS")
    group.add_argument(
        "--ca", metavar="FILE", help="trust these certificates too, besides the system's"
    )
    group.add_argument(
        "--timeout",
        type=_number(0.1, 86_400, float),
        default=120.0,
        metavar="SECONDS",
        help="how long one step may take, such as a blob, with all that is tried again"
        " (default: 120)",
    )
    group.add_argument(
        "--tries",
        type=_number(1, 20, int),
        default=8,
        metavar="NUMBER",
        help="how often a request is sent that fails on the way (default: 8)",
    )


def _number(least: float, most: float, kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            found = kind(text)
        except ValueError:
            found = math.nan
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not between {least} and {most}")
        return found

    return number


def settle(command: Any) -> None:
    """Add the option on the pause before a tag is read back."""
    command.add_argument(
        "--settle",
        type=_number(0, 60, float),
        default=0.5,
        metavar="SECONDS",
        help="how long to wait before a tag is read back, so that of two that publish at the same"
        " time one is told (default: 0.5)",
    )
