"""meter: what is told how far a build is, and which of them fits where standard error goes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace


class Meter:
    """Is told of each step and of each pack that is done. This one shows nothing of it."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.packs = 0
        self.variants = 0

    def step(self, text: str) -> None:
        """Take the name of what is done next."""

    def done(self, pack: str, report: Mapping[str, Any]) -> None:
        """Count a pack."""
        self.packs += 1
        self.variants += len(report["variants"])
        self.tick()

    def tick(self) -> None:
        """Show where things stand, if it is time to."""


@contextmanager
def metered(options: Namespace, total: int) -> Iterator[Meter]:
    """Yield the meter that fits where standard error goes; with --quiet nothing is shown."""
    is_brief = total == 1 and not options.formats and not sys.stderr.isatty()
    if options.quiet or is_brief:
        yield Meter(total)
        return
    from packc.cli.meters import shown  # one pack in a script shows nothing, but for its formats

    with shown(options, total) as meter:
        yield meter
