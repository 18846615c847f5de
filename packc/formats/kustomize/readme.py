"""readme: README.md of the layers: what to list for which cloud, feature and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packc.build import Build
from packc.formats.kustomize.knobs import Component
from packc.formats.kustomize.layers import Fitted, Layers
from packc.formats.kustomize.values import OpenValues
from packc.parameters import describe_type

OWN = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- {prefix}/overlays/{cloud}
"""

EXAMPLE = """\
A kustomization of your own, here in a folder beside `overlays/`, lists a cloud and what you want on
top of it:"""

FLUX = """\
With Flux, `spec.path` leads to such a folder, or to an overlay, with `spec.components` for the
rest."""

ORDER = """\
List components in the order of the table, from top to bottom. Their patches name list items by
index, which is exact in this order; each index is tested first, so that another order stops
kustomize instead of changing the wrong item."""

VALUES = """\
`values/` holds a patch for each of these parameters, with its present value. Copy the folder beside
your own kustomization, edit the values, and list it before all other components. Nothing checks the
values there; `packc build --format kustomize --set NAME=VALUE` does, and puts them in the base."""

FIXED = """\
These parameters do more than to stand in a field, so no patch can set them. To set one, build again
with `packc build --format kustomize --set NAME=VALUE`."""

WRITTEN = {
    "list": "A list is written `a,b`.",
    "map": "A map is written `key=value,key=value`, and stands in place of its whole default.",
    "file": "The value of a file is its path.",
}
"""How a value is written behind `--set`, where that is not plain to see."""


def readme(layers: Layers, values: OpenValues) -> str:
    """Return the README."""
    spec = layers.build.spec
    sections = [
        f"# {spec.title} {spec.version} for kustomize\n\n{' '.join(spec.description.split())}",
        f"## Use\n\n{_use(layers)}",
        *_components(layers),
        *_values(values),
        *_fixed(values),
        f"## How this was made\n\n{_made(layers)}",
    ]
    return "\n\n".join(sections) + "\n"


def described(build: Build, component: Component) -> str:
    """Return what a component does, in words."""
    if component.parameter is None:
        feature = build.features[component.feature or ""]
        switch = "without " if component.feature in build.chosen else ""
        return f"{switch}{feature.title}. {feature.description}".strip()
    parameter = next(p for p in build.parameters if p.name == component.parameter)
    meaning = next((v.description for v in parameter.values if v.value == component.value), "")
    return f"{component.parameter} is {_shown(component.value)}. {meaning}".strip()


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _use(layers: Layers) -> str:
    clouds = layers.build.clouds
    rows = ["| cloud | folder |", "|---|---|"]
    rows += [f"| {cloud.title} | `overlays/{name}` |" for name, cloud in clouds.items()]
    first = next(iter(clouds))
    table = "\n".join(rows)
    apply = f"```sh\nkubectl apply --server-side -k overlays/{first}\n```"
    return f"{table}\n\n{apply}"


def _components(layers: Layers) -> Iterator[str]:
    shown = [fitted for fitted in layers.components if any(not p.is_empty for p in fitted.parts)]
    idle = [fitted.component for fitted in layers.components if fitted not in shown]
    if shown:
        rows = ["| component | what it does | for |", "|---|---|---|"]
        rows += [row for fitted in shown for row in _rows(layers.build, fitted)]
        yield "## Components\n\n" + "\n\n".join(
            [_example(layers), ORDER, "\n".join(rows), *_idle(layers.build, idle)]
        )


def _rows(build: Build, fitted: Fitted) -> Iterator[str]:
    text = _cell(described(build, fitted.component))
    for part in fitted.parts:
        path = f"components/{fitted.component.name}" + (f"/{part.cell}" if part.cell else "")
        meant = part.cell.replace("+", " with ") or "every cloud that has it"
        where = "nothing to list" if part.is_empty else f"`{path}`"
        yield f"| {where} | {text} | {meant} |"


def _idle(build: Build, components: Sequence[Component]) -> Iterator[str]:
    if components:
        names = ", ".join(f"`{each.name}`" for each in components)
        yield f"Chosen above the defaults, these change no object and need no component: {names}."


def _example(layers: Layers) -> str:
    """Return a kustomization of a user, with as many components as can be listed at once."""
    context = max(layers.accepted, key=lambda each: (len(layers.paths(each)), each.cloud))
    own = own_kustomization(context.cloud, layers.paths(context), "..")
    return f"{EXAMPLE}\n\n```yaml\n{own}```\n\n{FLUX}"


def own_kustomization(cloud: str, paths: Sequence[str], prefix: str) -> str:
    """Return the kustomization that a user writes; `prefix` leads to the layers."""
    listed = "".join(f"- {prefix}/{path}\n" for path in paths)
    components = f"components:\n{listed}" if listed else ""
    return OWN.format(prefix=prefix, cloud=cloud) + components


def _values(values: OpenValues) -> Iterator[str]:
    parameters = {each.name: each for each in values.parameters.values()}
    if parameters:
        rows = ["| parameter | what it does | type | fields |", "|---|---|---|---|"]
        for name, parameter in parameters.items():
            count = sum(each.name == name for each in values.parameters.values())
            cells = (_cell(parameter.description), _cell(describe_type(parameter)))
            rows.append(f"| `{name}` | {' | '.join(cells)} | {count} |")
        yield f"## Values\n\n{VALUES}\n\n" + "\n".join(rows)


def _fixed(values: OpenValues) -> Iterator[str]:
    if values.fixed:
        rows = ["| parameter | what it does | type |", "|---|---|---|"]
        for each in values.fixed:
            cells = (_cell(each.description), _cell(describe_type(each)))
            rows.append(f"| `{each.name}` | {' | '.join(cells)} |")
        types = {each.type for each in values.fixed}
        text = " ".join([FIXED, *(said for name, said in WRITTEN.items() if name in types)])
        yield f"## Set when it was built\n\n{text}\n\n" + "\n".join(rows)


def _made(layers: Layers) -> str:
    return (
        f"packc compiled {len(layers.built)} variants, and derived these patches from what differs"
        f" between them. Of those, {len(layers.accepted)} can be put together from the layers,"
        " exactly as `packc render` gives them. Do not edit the files: change the pack and build"
        " again."
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
