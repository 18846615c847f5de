"""slots: what stands for a value while patches are merged, to prove that the value is no matter.

Merging mostly carries values from operations to places. Where it never asks what a value is, it
does the same for every other one: then the outcome for one is that for all, with another value in
the slots. A slot answers no question, so that a merge that ends has asked none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from packc.patching.jsondata import is_list, is_map


class LookError(Exception):
    """Raised where somebody asks what stands in a slot."""


def _refuse(slot: object, *_: object) -> NoReturn:
    raise LookError


class Slot:
    """Stands for the value of that number. It can be passed on, and nothing else."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    __class__ = property(_refuse)  # which is what `isinstance` asks
    __getattr__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __str__ = __repr__ = __format__ = __int__ = __float__ = __index__ = _refuse


Places: TypeAlias = Mapping[Any, "Places | None"]
"""The way to each slot in data: the steps, with what is below them. A slot has no steps."""


def is_slot(value: Any) -> bool:
    return type(value) is Slot


def places(data: Any) -> Places | None:
    """Return where the slots in the data are; None where there are none."""
    if is_slot(data):
        return {}
    if not (is_map(data) or is_list(data)):
        return None
    nodes = data.items() if is_map(data) else enumerate(data)
    found = {step: below for step, node in nodes if (below := places(node)) is not None}
    return found or None


def filled(data: Any, where: Places | None, values: Sequence[Any]) -> Any:
    """Return the data with values in its slots; what holds no slot is shared."""
    if where is None:
        return data
    if is_slot(data):
        return values[data.number]
    copy = dict(data) if is_map(data) else list(data)
    for step, below in where.items():
        copy[step] = filled(data[step], below, values)
    return copy
