"""patience: how often something is tried again, how long between, and when it is given up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TypeVar

from attrs import frozen

from packc.publish.registry.faults import Transient

T = TypeVar("T")


@frozen
class Deadline:
    """A moment on the monotonic clock."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds; less than 0 when it is over."""
        return self.moment - time.monotonic()


@frozen
class Patience:
    """How long to wait, in seconds. `total` is for one operation with all its requests and tries.

    `idle` is how long a server may be silent. `settle` is the pause before a tag is read back.
    """

    total: float = 120.0
    idle: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 8.0
    settle: float = 0.5
    tries: int = 8

    def again(self, call: Callable[[Deadline], T], deadline: Deadline | None = None) -> T:
        """Return what the call returns; try again after what is Transient, else raise its error.

        `deadline` is that of the operation, where the call is only one of its requests.
        """
        deadline = deadline or Deadline.after(self.total)
        for number in count(1):
            try:
                return call(deadline)
            except Transient as failure:
                pause = self._pause(number) if failure.pause is None else failure.pause
                if number == self.tries or pause >= deadline.left:
                    raise failure.error from None
            time.sleep(pause)
        raise AssertionError("count never ends")

    def _pause(self, number: int) -> float:
        longest = min(self.longest_pause, self.first_pause * 2.0 ** (number - 1))
        return longest * random.uniform(0.5, 1.0)

    def wait_for_others(self) -> None:
        """Wait as long as a writer needs that read before us; not as long as the others wait."""
        time.sleep(self.settle * random.uniform(1.0, 2.0))


def retry_after(text: str | None) -> float | None:
    """Return the seconds that a header Retry-After asks for: a number, or a date."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
