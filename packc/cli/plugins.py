"""plugins: `packc plugins`: what is installed, what it provides, and what takes part in a pack."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packc.activate import activate
from packc.build import Format
from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import host_of
from packc.diagnostics import Diagnostic, PackcError
from packc.formatting import format_host
from packc.load import load
from packc.model import Cloud, Feature
from packc.plugins import Found, Host, found_with_digest


def run(options: Namespace) -> int:
    """Print the plugins. One that cannot be loaded is listed with the reason, and is no failure."""
    host = host_of(options)
    formats = format_host(options.hook_timeout, host.refused)
    try:
        roles = _roles(options.pack, host) if options.pack else {}
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    listed = [_describe(name, host, options) for name in host.installed]
    if options.pack:
        for entry in listed:
            entry["pack"] = roles.get(entry["name"], "not active")
    listed += [_describe(name, formats, options) for name in formats.installed]
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


def _describe(name: str, host: Host, options: Namespace) -> dict[str, Any]:
    entries = host.installed[name]
    data: dict[str, Any] = {
        "name": name,
        "distribution": entries[0].distribution.name,
        "version": entries[0].distribution.version,
        "module": entries[0].target,
    }
    try:
        found = host.find(name)
        data["digest"] = f"sha256:{found_with_digest(found).digest}"
        if options.certificates:
            data["certificate"] = _certificate(found, Path(options.certificates))
        plugin = host.load(name)
        features = host.ask(plugin, "packc_features", Feature)
        data["api"] = plugin.level
        data["clouds"] = [cloud.name for cloud in host.ask(plugin, "packc_clouds", Cloud)]
        data["features"] = [feature.name for feature in features]
        data["formats"] = [form.name for form in host.ask(plugin, "packc_formats", Format)]
        data["settings"] = {
            setting: text for feature in features for setting, text in feature.settings.items()
        }
        data["hooks"] = list(host.hooks(plugin))
    except PackcError as error:
        data["problem"] = _problem(error.diagnostics[0])
    return data


def _certificate(found: Found, folder: Path) -> dict[str, Any] | None:
    """Return the certificate of exactly the files that are installed, if the folder has one."""
    from packc.testing.certificate import certified  # needed for this option only

    certificate = certified(found, folder)
    if certificate is None:
        return None
    return {
        "wheel": certificate.wheel,
        "digest": f"sha256:{certificate.sha256}",
        "packc": certificate.packc,
        "api": certificate.api_level,
        "skipped": list(certificate.skipped),
    }


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
        provides += [f"format {name}" for name in entry["formats"]]
        yield f"    provides: {', '.join(provides) or 'nothing'}"
        yield f"    hooks: {', '.join(entry['hooks'])}; level {entry['api']} of the API"
        if "certificate" in entry:
            yield f"    certificate: {_certificate_text(entry['certificate'])}"
        for setting, text in entry["settings"].items():
            yield f"    setting {setting}: {text}"
        if "pack" in entry:
            yield f"    in this pack: {entry['pack']}"


def _certificate_text(certificate: dict[str, Any] | None) -> str:
    if certificate is None:
        return "none for these files"
    skipped = ", ".join(certificate["skipped"])
    without = f", without {skipped}" if skipped else ""
    return f"{certificate['wheel']}, by packc {certificate['packc']}{without}"
