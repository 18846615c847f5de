"""frozen: read-only views of data, so that a hook cannot change what it was handed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, overload


class FrozenError(TypeError):
    """Raised when a hook tries to change its arguments. packc reports it as PK208."""


def freeze(value: Any) -> Any:
    """Return a read-only view of the value; scalars and attrs classes are returned as they are."""
    if isinstance(value, dict):
        return FrozenMap(value)
    if isinstance(value, list | tuple):
        return FrozenList(value)
    return value


def _refuse(view: object, *_: object, **__: object) -> NoReturn:
    raise FrozenError("hook arguments are read-only: return a patch instead")


class FrozenMap(Mapping[str, Any]):
    """A read-only view of a dict; what it holds is seen through views as well."""

    __slots__ = ("_data",)
    _data: Mapping[str, Any]

    def __init__(self, data: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_data", data)

    def __getitem__(self, key: str) -> Any:
        return freeze(self._data[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"FrozenMap({self._data!r})"

    __setattr__ = __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class FrozenList(Sequence[Any]):
    """A read-only view of a list; what it holds is seen through views as well."""

    __slots__ = ("_data",)
    _data: Sequence[Any]

    def __init__(self, data: Sequence[Any]) -> None:
        object.__setattr__(self, "_data", data)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> FrozenList: ...
    def __getitem__(self, index: int | slice) -> Any:
        return freeze(self._data[index])

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrozenList | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # like a list

    def __repr__(self) -> str:
        return f"FrozenList({self._data!r})"

    __setattr__ = __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
