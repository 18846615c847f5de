"""completion: what the shell offers behind each option; and `packc completion`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def run(options: Namespace) -> int:
    """Print the script that a shell evaluates to complete packc's commands."""
    import argcomplete

    print(argcomplete.shellcode(["packc"], shell=options.shell))
    return 0


def packs(prefix: str, **_: Any) -> Iterable[str]:
    """Offer folders that are packs, and folders on the way to one."""
    folder = Path(prefix) if prefix.endswith("/") else Path(prefix).parent
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError:
        return []
    return [f"{entry}" if (entry / "pack.yaml").is_file() else f"{entry}/" for entry in entries]


def plugins(**_: Any) -> Iterable[str]:
    """Offer the names of the plugins that are installed."""
    from packc.plugins import discover

    return discover()


def features(parsed_args: Namespace, **_: Any) -> Iterable[str]:
    """Offer the features of the pack that is on the command line."""
    return [use.name for pack in _packs(parsed_args) for use in pack.spec.features]


def parameters(parsed_args: Namespace, **_: Any) -> Iterable[str]:
    """Offer `name=` for each parameter of the pack that is on the command line."""
    from packc.activate import activate
    from packc.plugins import Host

    return [
        f"{parameter.name}="
        for pack in _packs(parsed_args)
        for parameter in activate(pack, Host()).parameters
    ]


def _packs(options: Namespace) -> list[Any]:
    """Return the packs on the command line that can be loaded; completion is silent about others."""
    from packc.diagnostics import PackcError
    from packc.load import load

    names = getattr(options, "packs", None) or [getattr(options, "pack", None)]
    found = []
    for name in filter(None, names):
        try:
            found.append(load(Path(name), name))
        except PackcError:
            continue
    return found
