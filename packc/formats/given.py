"""given: what has to be given, or left out, before a format can be made of a build."""

from __future__ import annotations

from collections.abc import Iterator

from packc.build import Build
from packc.diagnostics import Diagnostic, PackcError
from packc.formats.space import live
from packc.model import MISSING


def refuse_secret_defaults(build: Build) -> None:
    """Raise PackcError (PK908) with every secret whose value the format would publish."""
    found = [*_defaults(build), *_presets(build)]
    if found:
        raise PackcError(*found)


def refuse_missing_values(build: Build) -> None:
    """Raise PackcError (PK133) with every required value that a format without live values lacks.

    Those of features that are off count as well: a component is made of each.
    """
    found = [
        Diagnostic(
            "PK133",
            f"the parameter '{parameter.name}'{_owner(build, parameter.name)} is required",
            parameter.span,
            _way(build, parameter.name),
        )
        for parameter in live(build)
        if parameter.required
        and parameter.default is MISSING
        and parameter.fromCloud is None
        and parameter.name not in build.settings
    ]
    if found:
        raise PackcError(*found)


def _owner(build: Build, name: str) -> str:
    owner = build.owners.get(name)
    return "" if owner is None else f" of the feature {owner}"


def _way(build: Build, name: str) -> str:
    """Return how to give a value: one of a feature counts only where that is on."""
    owner = build.owners.get(name)
    if owner is None or owner in build.chosen:
        return f"this format fixes it in the output: give it with --set {name}=..."
    return (
        f"this format fixes it in the output: build with --feature {owner} --set {name}=..., and"
        f" list the component without-{owner} where the feature is not wanted"
    )


def _defaults(build: Build) -> Iterator[Diagnostic]:
    for parameter in build.parameters:
        if parameter.secret and parameter.default not in (MISSING, "", (), {}):
            yield Diagnostic(
                "PK908",
                f"the secret '{parameter.name}' has a default, which the format would publish",
                parameter.span,
                "take the default away: a secret that stands in a spec is none",
                quote=False,
            )


def _presets(build: Build) -> Iterator[Diagnostic]:
    secrets = {parameter.name for parameter in build.parameters if parameter.secret}
    presets = build.spec.palette.presets if build.spec.palette else ()
    for preset in presets:
        for name in sorted(secrets & preset.parameters.keys()):
            yield Diagnostic(
                "PK908",
                f"the preset '{preset.name}' sets the secret '{name}', which the format would"
                " publish",
                preset.span,
                "take it out of the preset: a secret that stands in a spec is none",
                quote=False,
            )
