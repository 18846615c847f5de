"""statistics: the median and the quartiles of a few measurements."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles

import attrs


@attrs.frozen
class Spread:
    """The median, and the quartiles around it."""

    median: float
    lower: float
    upper: float


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of one value or more; that of one value has no width."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    lower, median, upper = quantiles(values, n=4, method="inclusive")
    return Spread(median, lower, upper)


def ratios(values: Sequence[float], baseline: Sequence[float]) -> tuple[float, ...]:
    """Return each value to the baseline of its own round, so that a slow minute slows both.

    A baseline that had fewer rounds stands for all of them with its median.
    """
    if len(values) == len(baseline):
        return tuple(value / base for value, base in zip(values, baseline, strict=True))
    median = spread(baseline).median
    return tuple(value / median for value in values)
