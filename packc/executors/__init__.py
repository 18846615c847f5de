"""executors: who builds the packs of one call: plain data goes there, plain data comes back.

An executor knows nothing of packs. It takes their folders in the order of the command line, and
gives back for each what its build came to, as data that `marshal` can write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Result = Mapping[str, Any]
"""What became of one pack. `report` is for `packc.cli.built`; `lost` stands there instead where
whoever built it died, and says how. `output`, if it is there, is still to be written."""


class Executor(Protocol):
    """An engine that builds packs."""

    def run(self, packs: Sequence[str]) -> Iterator[tuple[int, Result]]:
        """Yield the index and the result of each pack, in any order, each once.

        To close the iterator stops all work. Raises PackcError where the engine cannot be used.
        """
