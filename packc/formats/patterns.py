"""patterns: parameter types as regular expressions that RE2, ECMAScript and Python read alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"{OCTET}(\.{OCTET}){{3}}"
_SOME = "[1-9a-f][0-9a-f]{0,3}"
_GROUP = f"(0|{_SOME})"


def _ipv6() -> Iterator[str]:
    """Yield patterns of IPv6 addresses: one in full, and those with `::` after so many groups.

    They are looser than packc, since counting zeros is beyond regular expressions: no run of them
    has to be shortened, and a run that is need not be the longest. Python writes addresses that
    stand for IPv4 ones in two ways, depending on its version.
    """
    yield f"{_GROUP}(:{_GROUP}){{7}}"
    for before in range(7):
        head = f"({_GROUP}:){{{before - 1}}}{_SOME}" if before else ""
        rest = 6 - before
        yield f"{head}::" + (f"({_SOME}(:{_GROUP}){{0,{rest - 1}}})?" if rest else "")
    yield f"::ffff:{IPV4}"


IPV6 = f"({'|'.join(_ipv6())})"
# Looser than packc: that the bits of hosts are zero is beyond regular expressions here.
IPV6_NETWORK = f"{IPV6}/(12[0-8]|1[01][0-9]|[1-9]?[0-9])"
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HOST = r"([^\]\[\s,\"'<>@/?#:]+|\[[^\]\[\s,\"'<>@/?#]+\])"
URL_REST = rf"{_HOST}(:0*{_PORT}?)?([/?#][^\s,\"'<>]*)?"

# Look-around, back references and the like, which RE2 lacks or writes in another way.
_NOT_EVERYWHERE = re.compile(r"\(\?(?!:)|\\[0-9AZzbBpPQEGkxuUNdDwWsS]|[*+?}]\+|\[\[|&&|--|~~")


def ipv4_network() -> str:
    """Return the pattern of an IPv4 network whose host bits are all zero."""
    return "|".join(_networks())


def _networks() -> Iterator[str]:
    for size in range(33):
        whole, bits = divmod(size, 8)
        octets = [OCTET] * whole
        if bits:
            octets.append(f"({'|'.join(str(n) for n in range(0, 256, 1 << (8 - bits)))})")
        octets += ["0"] * (4 - len(octets))
        yield rf"{'[.]'.join(octets)}/{size}"


def overlapping(network: str) -> tuple[str, tuple[str, ...]]:
    """Return what overlaps an IPv4 network: the pattern of networks in it, and those around it."""
    excluded = ip_network(network)
    assert isinstance(excluded, IPv4Network)
    whole, bits = divmod(excluded.prefixlen, 8)
    first = excluded.network_address.packed
    octets = [str(number) for number in first[:whole]]
    if bits:
        inside = range(first[whole], first[whole] + (1 << (8 - bits)))
        octets.append(f"({'|'.join(map(str, inside))})")
    end = "[.]" if len(octets) < 4 else "/"
    around = tuple(str(excluded.supernet(new_prefix=size)) for size in range(excluded.prefixlen))
    return "[.]".join(octets) + end, around


def everywhere(pattern: str) -> bool:
    """Return whether a pattern of a pack means the same to the engines of consumers."""
    return _NOT_EVERYWHERE.search(pattern) is None
