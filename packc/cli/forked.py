"""forked: what a forked worker of `packc build` does, and what it has to say at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import define

from packc import timings
from packc.cache.store import Store
from packc.executors import Result
from packc.executors.claims import Claim

if TYPE_CHECKING:
    from packc.cli.many import Call


@define
class Work:
    """What a forked worker does."""

    call: Call
    _has_begun: bool = False

    def build(self, pack: str, claim: Claim) -> Result:
        if not self._has_begun:
            self._has_begun = True
            timings.reset()
            self.call.session.begin_in_worker()
        self.call.session.claim_owner = claim
        return {"report": self.call.build(pack)}

    def end(self) -> Any:
        store = self.call.session.store
        store.tidy()
        return timings.milliseconds(), store.hits, store.misses


def add_up(said: Iterable[Any], store: Store) -> None:
    """Add what workers have said at their ends to the timings and counts of this process."""
    for spent, hits, misses in said:
        timings.add(spent)
        store.hits += hits
        store.misses += misses
