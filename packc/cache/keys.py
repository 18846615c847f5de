"""keys: names of entries, which are digests of everything that an entry depends on."""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b  # `hashlib` loads OpenSSL, which takes longer than all the rest

from packc import __version__

FORMAT = 1
"""Of the entries; a packc that writes them in another way has another number."""
SIZE = 32

RUNTIME = (
    FORMAT,
    __version__,
    sys.version,
    sys.implementation.cache_tag,
    sys.flags.optimize,
    sys.flags.dev_mode,
)
"""Which packc, and which Python: `marshal` is not the same in all of them."""


def digest(content: bytes) -> bytes:
    """Return the digest of some bytes."""
    return bytes(blake2b(content, digest_size=SIZE).digest())


def key(kind: str, *parts: object) -> str:
    """Return the name of an entry; the parts are text, bytes, numbers, and tuples of them."""
    text = repr((RUNTIME, kind, parts))
    return digest(text.encode("utf-8", "surrogatepass")).hex()


def here() -> tuple[object, ...]:
    """Return what a run depends on besides its arguments and files: where it runs."""
    return os.getcwd(), tuple(sys.path), os.path.dirname(os.path.abspath(__file__))
