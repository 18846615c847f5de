"""words: a condition as a person says it."""

from __future__ import annotations

from collections.abc import Callable

from packc.formats.decide import Atom, Condition
from packc.formats.space import Mark

NameOf = Callable[[str], str]


def words(condition: Condition, name_of: NameOf, cloud_of: NameOf) -> str:
    """Return a condition in words.

    `name_of` gives what people call a parameter or feature, and `cloud_of` what they call a cloud.
    """
    rows = " or ".join(
        " and ".join(_atom(atom, name_of, cloud_of) for atom in row) for row in condition.rows
    )
    return f"anything but {rows}" if condition.negated else rows


def _atom(atom: Atom, name_of: NameOf, cloud_of: NameOf) -> str:
    dimension = atom.dimension
    match dimension.kind:
        case "cloud":
            return f"the cloud {' or '.join(map(cloud_of, atom.values))}"
        case "feature":
            return f"{'' if True in atom.values else 'no '}{name_of(dimension.name)}"
    return f"{name_of(dimension.name)} {' or '.join(_value(value) for value in atom.values)}"


def _value(value: object) -> str:
    if value is Mark.UNSET:
        return "not set"
    if value is Mark.OTHER:
        return "anything else"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
