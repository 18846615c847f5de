"""plugins: `packc plugins`: what is installed, what it provides, and what takes part in a pack.

Nothing of a plugin runs in this process: each is asked in one of its own.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import host_of
from packc.describe import describe, problem
from packc.diagnostics import Diagnostic, Findings, PackcError, Severity
from packc.formatting import format_host
from packc.load import load
from packc.lock import check_lock
from packc.pack import Pack
from packc.plugins import Found, Host, found_with_digest, one_of

WIDTH = 16
"""Of the column with names, where none is longer."""


def run(options: Namespace) -> int:
    """Print the plugins. One that cannot be asked is listed with the reason, and is no failure."""
    host = host_of(options)
    formats = format_host(options.hook_timeout, host.refused)
    findings = Findings()
    try:
        host.check_refused()
        folder = _folder(options.certificates)
        roles = _roles(options.pack, host, findings) if options.pack else {}
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    print_diagnostics(findings.items, options)
    listed = [_entry(name, each, folder) for each in (host, formats) for name in each.installed]
    _describe(listed, options.hook_timeout)
    if options.pack:
        for entry in listed[: len(host.installed)]:
            entry["pack"] = _role(entry, roles)
    if options.output == "json":
        print_json(listed)
    else:
        print("\n".join(_text(listed, with_certificates=folder is not None)))
    return 0


def _folder(name: str | None) -> Path | None:
    """Return the folder with certificates; raise PK101 where it is none."""
    if name is not None and not Path(name).is_dir():
        hint = "name the folder with what `packc plugin certify --certificate` wrote"
        raise PackcError(Diagnostic("PK101", f"there is no folder '{name}'", hint=hint))
    return None if name is None else Path(name)


def _roles(folder: str, host: Host, findings: Findings) -> dict[str, str]:
    """Return how each plugin takes part in a pack, by what the pack says."""
    pack = load(Path(folder), folder)
    if host.is_locked:
        check_lock(pack, host, ())
    findings.extend(_missing(pack, host))
    findings.raise_if_failed()
    clouds = dict.fromkeys(pack.spec.clouds, "active: a cloud of the pack")
    features = {
        use.name: "active: on by default" if use.default else "offered: --feature switches it on"
        for use in pack.spec.features
    }
    return {**clouds, **features}


def _missing(pack: Pack, host: Host) -> Iterator[Diagnostic]:
    """Yield what the pack asks for and is not installed; a feature that is off is a warning."""
    wanted = [(name, pack.place("clouds", i), True) for i, name in enumerate(pack.spec.clouds)]
    wanted += [
        (use.name, pack.place("features", index, "name"), use.default)
        for index, use in enumerate(pack.spec.features)
    ]
    for name, span, is_on in wanted:
        if name not in host.installed:
            try:
                one_of(host.installed, name, span)
            except PackcError as error:
                severity = Severity.ERROR if is_on else Severity.WARNING
                yield from (evolve(each, severity=severity) for each in error.diagnostics)


def _role(entry: Mapping[str, Any], roles: Mapping[str, str]) -> str:
    role = roles.get(entry["name"], "not active")
    if role != "not active" and entry["name"] not in _provided(entry):
        return "not active: it does not provide what the pack asks of it"
    return role


def _provided(entry: Mapping[str, Any]) -> list[str]:
    return [*entry.get("clouds", ()), *entry.get("features", ())]


def _entry(name: str, host: Host, folder: Path | None) -> dict[str, Any]:
    """Return what the metadata and the files of a plugin say, and its `found` where it is one."""
    entries = host.installed[name]
    data: dict[str, Any] = {
        "name": name,
        "distribution": entries[0].distribution.name,
        "version": entries[0].distribution.version,
        "module": entries[0].target,
        "certificate": None,
    }
    try:
        found = host.find(name)
        data["digest"] = f"sha256:{found_with_digest(found).digest}"
        if folder is not None:
            data["certificate"] = _certificate(found, folder)
        data["found"] = found
    except PackcError as error:
        data |= problem(error.diagnostics[0])
    return data


def _describe(listed: list[dict[str, Any]], seconds: float) -> None:
    """Add what the plugins say of themselves to the entries of those that may be asked."""
    asked = [entry for entry in listed if "found" in entry]
    answers = describe([entry.pop("found") for entry in asked], seconds)
    for entry, answer in zip(asked, answers, strict=True):
        entry |= answer


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


def _text(listed: list[dict[str, Any]], *, with_certificates: bool) -> Iterator[str]:
    if not listed:
        yield "no plugins are installed"
    width = max((WIDTH, *(len(entry["name"]) + 2 for entry in listed)))
    for entry in listed:
        name = entry["name"].ljust(width)
        yield f"{name}{entry['distribution']} {entry['version']}  ({entry['module']})"
        if "problem" in entry:
            yield f"    broken: {entry['problem']}"
            continue
        provides = [f"cloud {name}" for name in entry["clouds"]]
        provides += [f"feature {name}" for name in entry["features"]]
        provides += [f"format {name}" for name in entry["formats"]]
        yield f"    provides: {', '.join(provides) or 'nothing'}"
        yield f"    hooks: {', '.join(entry['hooks'])}; level {entry['api']} of the API"
        if with_certificates:
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
