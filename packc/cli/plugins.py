"""plugins: `packc plugins`: what is installed, what it provides, and what takes part in a pack."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packc.activate import activate
from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import host_of
from packc.diagnostics import Diagnostic, PackcError
from packc.load import load
from packc.model import Cloud, Feature
from packc.plugins import Host


def run(options: Namespace) -> int:
    """Print the plugins. One that cannot be loaded is listed with the reason, and is no failure."""
    host = host_of(options)
    try:
        roles = _roles(options.pack, host) if options.pack else {}
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    listed = [_describe(name, host) for name in host.installed]
    for entry in listed:
        if options.pack:
            entry["pack"] = roles.get(entry["name"], "not active")
    if options.output == "json":
        print_json(listed)
    else:
        print("\n".join(_text(listed)))
    return 0


def _roles(folder: str, host: Host) -> dict[str, str]:
    """Return how each plugin takes part in a pack."""
    pack = load(Path(folder), folder)
    active = activate(pack, host)
    clouds = dict.fromkeys(active.clouds, "active: a cloud of the pack")
    features = {
        name: "active: on by default"
        if name in active.chosen
        else "offered: --feature switches it on"
        for name in active.features
    }
    return {**clouds, **features}


def _describe(name: str, host: Host) -> dict[str, Any]:
    entries = host.installed[name]
    data: dict[str, Any] = {
        "name": name,
        "distribution": entries[0].distribution.name,
        "version": entries[0].distribution.version,
        "module": entries[0].target,
    }
    try:
        plugin = host.load(name)
        data["clouds"] = [cloud.name for cloud in host.ask(plugin, "packc_clouds", Cloud)]
        data["features"] = [feature.name for feature in host.ask(plugin, "packc_features", Feature)]
        data["settings"] = {
            setting: text
            for feature in host.ask(plugin, "packc_features", Feature)
            for setting, text in feature.settings.items()
        }
        data["hooks"] = list(host.hooks(plugin))
    except PackcError as error:
        data["problem"] = _problem(error.diagnostics[0])
    return data


def _problem(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.code}: {diagnostic.message}"


def _text(listed: list[dict[str, Any]]) -> Iterator[str]:
    if not listed:
        yield "no plugins are installed"
    for entry in listed:
        yield f"{entry['name']:<16}{entry['distribution']} {entry['version']}  ({entry['module']})"
        if "problem" in entry:
            yield f"    broken: {entry['problem']}"
            continue
        provides = [f"cloud {name}" for name in entry["clouds"]]
        provides += [f"feature {name}" for name in entry["features"]]
        yield f"    provides: {', '.join(provides) or 'nothing'}"
        yield f"    hooks: {', '.join(entry['hooks'])}"
        for setting, text in entry["settings"].items():
            yield f"    setting {setting}: {text}"
        if "pack" in entry:
            yield f"    in this pack: {entry['pack']}"
