"""shapes: values of every ordinary form of a type, for code that treats one form in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, cycle, islice
from typing import Any

from packc.spec import Items

_LABEL, _NAME = 63, 253
"""The longest label and name in Kubernetes: plugins shorten texts to them."""

_MANY = 12
"""More items than a plugin is likely to list one by one."""

_SIZES = (5, 40, 100)
"""Collections have so many items, beside few: code that counts them in a loop may show it."""

_TEXTS = (
    "Mixed Case",
    "a/",
    "/a:b.c_d@e-f",
    "0123",
    " both ends ",
    "UPPER",
    "line\nbreak\n",
    "k\u00e4se \u65e5",
    "\"quoted\" 'text' \\ {{ x }} %s $HOME",
    "a,b=c,,d",
    "--x--",
    "a",
    "7",
    "true",
    "x.",
    "",
    "0",
)

_NETWORKS = (
    "10.0.0.0/8",
    "fd00:10::/48",
    "192.168.77.0/24",
    "10.1.2.3/32",
    "2001:db8:1:2::/64",
    "0.0.0.0/0",
    "fd00::1/128",
    "172.16.0.0/12",
    "::/0",
)

_ADDRESSES = ("192.168.0.1", "fd00::1", "127.0.0.1", "8.8.8.8", "::1", "0.0.0.0", "2001:db8::a:b")

_REST_OF_URLS = (
    "host.example.org",
    "host.example.org/",
    "10.0.0.1:80/path/",
    "[fd00::1]:8443/x?y=z",
    "UPPER.example.org:443/A/B",
    "a:1#part",
    f"{'long-' * 12}name.example.org/{'deep/' * 50}",
)

_NUMBERS = (0, 1, 2, 10, 64, 1000, 65536, -1)


def shapes(items: Items, found: Sequence[Any]) -> Iterator[Any]:
    """Yield values of many forms; `found` are ordinary ones. Not all of them fit the limits."""
    maker = _MAKERS.get(items.type)
    return iter(()) if maker is None else maker(items, found)


def _strings(items: Items, found: Sequence[str]) -> Iterator[str]:
    word = found[0]
    limits = (items.minLength, items.maxLength, _LABEL + 1, _NAME + 1)
    yield from (_long(word, size) for size in limits if size is not None)
    yield from (word.upper(), word.title())
    yield from _TEXTS
    yield from (f"{word}/", f"{word}/x", f"{word}-1", f"{word}.x", "x" * (_LABEL + 1), "-1")


def _long(word: str, size: int) -> str:
    """Return a text of that length whose beginning and end are the word's."""
    longer = word[: len(word) // 2] + "x" * max(size - len(word), 0) + word[len(word) // 2 :]
    return longer[:size]


def _urls(items: Items, found: Sequence[str]) -> Iterator[str]:
    for index, rest in enumerate(_REST_OF_URLS):
        schemes = items.schemes or ("https", "http", "tcp", "HTTPS")
        yield f"{schemes[index % len(schemes)]}://{rest}"


def _lists(items: Items, found: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    every = [*dict.fromkeys(item for each in found for item in each)]
    yield from ([], every[:1], every[:1] * 2, [*found[-1]], every[:_MANY])
    yield from ([*islice(cycle(every), size)] for size in _SIZES)
    inner = getattr(items, "items", None) or Items(type="string")
    for each in islice(shapes(inner, every), _MANY):
        yield [each]


def _maps(items: Items, found: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    every = [item for each in found for item in each.values()]
    yield from ({}, dict(islice(found[-1].items(), 1)))
    for size in _SIZES:
        yield {f"many{number}": item for number, item in zip(range(size), cycle(every))}
    yield {f"Key/{number}.x": item for number, item in zip(count(), every[:_MANY], strict=False)}
    inner = getattr(items, "items", None) or Items(type="string")
    for number, each in enumerate(islice(shapes(inner, every), _MANY)):
        yield {f"key{number}": each}


_MAKERS: dict[str, Callable[[Any, Sequence[Any]], Iterator[Any]]] = {
    "string": _strings,
    "integer": lambda items, found: iter(_NUMBERS),
    "number": lambda items, found: iter((*_NUMBERS, 0.5, 0.125)),
    "cidr": lambda items, found: iter(_NETWORKS),
    "ip": lambda items, found: iter(_ADDRESSES),
    "url": _urls,
    "list": _lists,
    "map": _maps,
}
