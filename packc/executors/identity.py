"""identity: what a machine builds with, to be compared with another machine's."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from packc import __version__
from packc.installed import package_digest
from packc.plugins import FORMATS, GROUP, Found, discover

ABSENT = "nothing"
SHORT_DIGEST = 12


def identity() -> dict[str, str]:
    """Return the versions and the code's digests of Python, packc and all plugins, by name."""
    found = {
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "packc": f"{__version__} {_digest('packc')}",
    }
    for group in (GROUP, FORMATS):
        for name, plugins in discover(group).items():
            found[f"{group}:{name}"] = ", ".join(map(_described, plugins))
    return found


def difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str | None:
    """Return the first thing that is not the same, in words; None where all is."""
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            theirs, ours = (each.get(name, ABSENT) for each in (found, expected))
            return f"it has {theirs} as {name}, expected {ours}"
    return None


def _described(plugin: Found) -> str:
    module = _digest(plugin.module)
    return f"{plugin.distribution.name} {plugin.distribution.version} {module}"


def _digest(module: str) -> str:
    try:
        return package_digest(module)[:SHORT_DIGEST]
    except OSError:
        return "without files"
