"""doctor: builds a pack again and again in changed surroundings, and watches what its hooks do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CHANGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "process": "the process",
        "hash-seed": "the hash seed",
        "time-zone": "the time zone",
        "locale": "the locale",
        "umask": "the umask",
        "user": "the user",
        "host": "the host",
        "folder": "the folder",
        "file-order": "the order of files",
        "clock": "the clock",
        "cpus": "the number of CPUs",
        "at-once": "a second build at the same time",
        "plugin-order": "the order of the plugins",
    }
)
"""What is changed, one at a time, with the words for it. The parser needs it, so be quick."""
