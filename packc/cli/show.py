"""show: `packc show`: what a pack is, and what can be set on which cloud."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent, wrap
from typing import Any

from packc.activate import Active, activate
from packc.cli.report import print_diagnostics, print_json, readable
from packc.cli.selection import documents, host_of
from packc.diagnostics import PackcError
from packc.load import load
from packc.model import MISSING, Cloud
from packc.pack import Pack
from packc.parameters import describe_type
from packc.record import SECRET
from packc.resolve import allowed_on, default_on
from packc.spec import Parameter

WIDTH = 96


def run(options: Namespace) -> int:
    """Print the pack."""
    try:
        pack = load(Path(options.pack), options.pack, documents())
        active = activate(pack, host_of(options))
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    print_diagnostics((*pack.warnings, *active.diagnostics), options)
    data = describe(pack, active)
    if options.output == "json":
        print_json(data)
    else:
        print("\n".join(_text(data)))
    return 0


def describe(pack: Pack, active: Active) -> dict[str, Any]:
    """Return what `packc show` says, as plain data."""
    spec = pack.spec
    return {
        "name": spec.name,
        "version": spec.version,
        "title": spec.title,
        "description": spec.description,
        "homepage": spec.homepage,
        "clouds": [
            {"name": name, "title": cloud.title, "description": cloud.description}
            for name, cloud in active.clouds.items()
        ],
        "features": [
            {
                "name": use.name,
                "default": use.default,
                "installed": use.name in active.features,
                "title": getattr(active.features.get(use.name), "title", ""),
                "description": getattr(active.features.get(use.name), "description", ""),
            }
            for use in spec.features
        ],
        "parameters": [_parameter(parameter, active) for parameter in active.parameters],
    }


def _parameter(parameter: Parameter, active: Active) -> dict[str, Any]:
    clouds = active.clouds.values()
    return {
        "name": parameter.name,
        "type": describe_type(parameter),
        "description": parameter.description,
        "feature": active.owners.get(parameter.name),
        "required": parameter.required,
        "secret": parameter.secret,
        "values": [
            {"value": value.value, "description": value.description} for value in parameter.values
        ],
        "allowed": {cloud.name: list(allowed_on(parameter, cloud)) for cloud in clouds}
        if parameter.fromCloud
        else {},
        "defaults": {cloud.name: _default(parameter, cloud) for cloud in clouds},
        "deprecated": parameter.deprecated.replacement if parameter.deprecated else None,
    }


def _default(parameter: Parameter, cloud: Cloud) -> Any:
    value = default_on(parameter, cloud)
    if value is MISSING:
        return None
    return SECRET if parameter.secret else value


# --- text -------------------------------------------------------------------------------------


def _text(data: dict[str, Any]) -> Iterator[str]:
    yield f"{data['title']} {data['version']} (pack {data['name']})"
    yield from wrap(data["description"], WIDTH)
    if data["homepage"]:
        yield data["homepage"]
    yield ""
    yield "CLOUDS"
    for cloud in data["clouds"]:
        yield f"  {cloud['name']:<14}{cloud['title']}"
    if data["features"]:
        yield ""
        yield "FEATURES"
    for feature in data["features"]:
        state = "on by default" if feature["default"] else "off by default"
        missing = "" if feature["installed"] else "; no plugin installed"
        yield f"  {feature['name']:<14}{feature['title']} ({state}{missing})"
    yield ""
    yield "PARAMETERS"
    for parameter in data["parameters"]:
        yield from _parameter_text(parameter)


def _parameter_text(parameter: dict[str, Any]) -> Iterator[str]:
    feature = f", with {parameter['feature']}" if parameter["feature"] else ""
    required = ", required" if parameter["required"] else ""
    secret = ", secret" if parameter["secret"] else ""
    yield f"  {parameter['name']}: {parameter['type']}{required}{secret}{feature}"
    yield indent("\n".join(wrap(parameter["description"], WIDTH - 6)), "      ")
    if parameter["deprecated"]:
        yield f"      deprecated: use {parameter['deprecated']}"
    for value in parameter["values"]:
        if value["description"]:
            text = f"{value['value']}: {value['description']}"
            yield "\n".join(
                wrap(text, WIDTH, initial_indent="      - ", subsequent_indent="        ")
            )
    if parameter["allowed"]:
        yield f"      allowed: {_by_cloud(parameter['allowed'])}"
    yield f"      default: {_by_cloud(parameter['defaults'])}"


def _by_cloud(values: dict[str, Any]) -> str:
    """Return the values by cloud in one line; one value where all clouds agree."""
    texts = {cloud: readable(value) for cloud, value in values.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    clouds: dict[str, list[str]] = {}
    for cloud, text in texts.items():
        clouds.setdefault(text, []).append(cloud)
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in clouds.items())
