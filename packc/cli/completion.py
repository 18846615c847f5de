"""completion: what the shell offers behind each option; and `packc completion`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def run(options: Namespace) -> int:
    """Print the script that a shell evaluates to complete packc's commands."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["packc"], shell=options.shell))
    return 0


def packs(prefix: str, **_: Any) -> Iterable[str]:
    """Offer folders that are packs, and folders on the way to one."""
    folder = Path(prefix) if prefix.endswith("/") else Path(prefix).parent
    try:
        entries = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError:
        return []
    return [f"{entry}" if (entry / "pack.yaml").is_file() else f"{entry}/" for entry in entries]


def clouds(parsed_args: Namespace, **_: Any) -> Iterable[str]:
    """Offer the clouds of the pack on the command line; all that are installed before one."""
    packs = _packs(parsed_args)
    if packs:
        return [name for pack in packs for name in pack.spec.clouds]
    return _installed_clouds()


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


def formats(**_: Any) -> Iterable[str]:
    """Offer the formats that are installed."""
    from packc.plugins import ALL, FORMATS, MANIFESTS, discover

    return [MANIFESTS, *discover(FORMATS), ALL]


def _installed_clouds() -> list[str]:
    from packc.diagnostics import PackcError
    from packc.model import Cloud
    from packc.plugins import Host

    host, found = Host(), []
    for name in host.installed:
        try:
            found += [cloud.name for cloud in host.ask(host.load(name), "packc_clouds", Cloud)]
        except PackcError:
            continue
    return found


def _packs(options: Namespace) -> list[Any]:
    """Return the packs on the command line that can be loaded, and say nothing of others."""
    from packc.cli.selection import documents
    from packc.diagnostics import PackcError
    from packc.load import load

    names = getattr(options, "packs", None) or [getattr(options, "pack", None)]
    found = []
    for name in filter(None, names):
        try:
            found.append(load(Path(name), name, documents()))
        except PackcError:
            continue
    return found


def objects(parsed_args: Namespace, **_: Any) -> Iterable[str]:
    """Offer the objects of the variant on the command line, or else all of the pack."""
    return [str(base.identity) for base, _ in _objects(parsed_args)]


def paths(prefix: str, parsed_args: Namespace, **_: Any) -> Iterable[str]:
    """Offer what is one step below the path so far, in the object on the command line."""
    from packc.cli.lookup import chosen, offered

    found = _objects(parsed_args)
    index = chosen(parsed_args.object or "", [base for base, _ in found])
    return [] if index is None else offered(found[index][1], prefix)


def _objects(options: Namespace) -> list[tuple[Any, Any]]:
    """Return the base objects, each with its data: patched, where the options say one variant."""
    from packc.cli.selection import documents, host_of, selection_of, the_cloud
    from packc.diagnostics import PackcError
    from packc.pipeline import assemble, prepare

    try:
        prepared = prepare(options.pack, selection_of(options), host_of(options), documents())
        variant = assemble(prepared, the_cloud(prepared, ""))
    except PackcError:
        return [(each.base, each.base.data) for pack in _packs(options) for each in pack.objects]
    return [(entry.base, entry.data) for entry in variant.patched.objects]
