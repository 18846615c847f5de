"""conditions: whether a `when` holds for a variant, and what a `when` speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from packc.spec import Scalar, When


def holds(
    when: When | None, cloud: str, features: Collection[str], values: Mapping[str, Any]
) -> bool:
    """Return whether the condition holds. No condition holds always; an unset parameter never."""
    if when is None:
        return True
    return (
        (when.cloud is None or cloud in many(when.cloud))
        and (when.feature is None or any(name in features for name in many(when.feature)))
        and all(_has(values, name, many(wanted)) for name, wanted in when.parameters.items())
        and all(holds(inner, cloud, features, values) for inner in when.all)
        and (when.any is None or any(holds(i, cloud, features, values) for i in when.any))
        and (when.not_ is None or not holds(when.not_, cloud, features, values))
    )


def many(one_or_many: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Return a tuple of what may be written as a list or as a single value."""
    return one_or_many if isinstance(one_or_many, tuple) else (one_or_many,)


def within(when: When) -> Iterator[When]:
    """Yield the condition and every condition inside it."""
    yield when
    for inner in (*when.all, *(when.any or ()), *((when.not_,) if when.not_ else ())):
        yield from within(inner)


def _has(values: Mapping[str, Any], name: str, wanted: tuple[Scalar, ...]) -> bool:
    value = values.get(name)
    # True equals 1 in Python, and never in a spec.
    return any(type(value) is type(one) and value == one for one in wanted)
