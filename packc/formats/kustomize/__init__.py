"""kustomize: a base, an overlay for each cloud, and components for features and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from packc.build import Build, Format, Output
from packc.diagnostics import PackcError, Severity
from packc.formats.given import refuse_missing_values, refuse_secret_defaults
from packc.formats.kustomize.delta import Edit
from packc.formats.kustomize.layers import Fitted, Layers, Part, folder, layers_of
from packc.formats.kustomize.limits import lost
from packc.formats.kustomize.readme import described, readme
from packc.formats.kustomize.text import File, base_files, component_files, overlay_files
from packc.formats.kustomize.values import OpenValues, open_values
from packc.hookspecs import hookimpl
from packc.model import Finding, Identity, OutputFile
from packc.parameters import describe_type

NAME = "kustomize"


@hookimpl
def packc_formats() -> list[Format]:
    return [Format(NAME, "a kustomize base, overlays by cloud, and components", emit_layers)]


def emit_layers(build: Build) -> Output:
    """Return the files, and a warning where components cannot give all that packc builds."""
    refuse_secret_defaults(build)
    refuse_missing_values(build)
    layers = layers_of(build)
    _refuse_loss(layers)
    private = any(value.secret for value in build.settings.values())
    files = (
        OutputFile(name, text.encode(), private and name != "README.md")
        for name, text in layer_files(layers, open_values(layers))
    )
    return Output(tuple(files), tuple(_unreachable(layers)))


def _refuse_loss(layers: Layers) -> None:
    """Raise PackcError with everything that kustomize would not keep, each once."""
    parts = (*layers.overlays.values(), *(part for f in layers.components for part in f.parts))
    patched = {who for part in parts for who in part.delta.edited}
    found = [d for built in layers.built.values() for d in lost(built.patched, patched)]
    if found:
        raise PackcError(*{diagnostic.message: diagnostic for diagnostic in found}.values())


def layer_files(layers: Layers, values: OpenValues) -> Iterator[File]:
    """Yield the name and the text of each file."""
    spec, clouds = layers.build.spec, layers.build.clouds
    title = f"{spec.title} {spec.version}"
    versions = _versions(layers)
    yield "README.md", readme(layers, values)
    yield from _below("base", base_files(layers.base, f"{title}: what all clouds have."))
    for cloud, part in layers.overlays.items():
        heading = f"{title} on {clouds[cloud].title}."
        yield from _below(f"overlays/{cloud}", overlay_files(part, heading, versions))
    for fitted in layers.components:
        yield from _component(layers, fitted, title, versions)
    if values.parameters:
        heading = f"{title}: values to edit. List it first, in a copy of your own."
        part = Part(values.delta)
        files = component_files(part, heading, versions, partial(_remark, values))
        yield from _below("values", files)


def _component(
    layers: Layers, fitted: Fitted, title: str, versions: Mapping[Identity, str]
) -> Iterator[File]:
    for part in fitted.parts:
        if not part.is_empty:
            fit = f", for {part.cell.replace('+', ' with ')}" if part.cell else ""
            heading = f"{title}{fit}: {described(layers.build, fitted.component)}"
            yield from _below(
                folder(fitted.component, part), component_files(part, heading, versions)
            )


def _below(place: str, files: Iterator[File]) -> Iterator[File]:
    return ((f"{place}/{name}", text) for name, text in files)


def _versions(layers: Layers) -> dict[Identity, str]:
    """Return the API version of each object, without its group."""
    return {
        entry.identity: str(entry.data["apiVersion"]).rpartition("/")[2]
        for built in layers.built.values()
        for entry in built.patched
    }


def _remark(values: OpenValues, who: Identity, edit: Edit) -> str:
    parameter = values.parameters[who, edit.pointer]
    return f"{parameter.name}: {describe_type(parameter)}. {parameter.description}"


def _unreachable(layers: Layers) -> Iterator[Finding]:
    if layers.unreachable:
        example = layers.unreachable[0]
        names = " with ".join((example.cloud, *(each.name for each in example.components)))
        text = (
            f"{len(layers.unreachable)} of the variants that the pack accepts cannot be put"
            f" together from components, such as {names}"
        )
        hint = "set the value for the whole build: packc build --format kustomize --set NAME=VALUE"
        yield Finding("PK921", text, Severity.WARNING, hint=hint)
