"""values: values.yaml of a chart, with the parameters' descriptions as comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from packc.build import Build
from packc.diagnostics import Diagnostic, PackcError
from packc.emit import emit_object
from packc.formats.space import live
from packc.model import MISSING
from packc.parameters import describe_type
from packc.resolve import default_on
from packc.spec import Parameter

RESERVED = ("cloud", "features", "global")
WIDTH = 98

_UNPRINTABLE = re.compile("[^\t\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML takes in no comment (1.2.2, section 5.1), and the byte order mark."""

Tree = dict[str, Any]
"""Parameters by the parts of their names, in their order."""


def values_yaml(build: Build) -> str:
    """Return values.yaml: the cloud, the features, and every parameter with its default."""
    spec = build.spec
    lines = [
        *comment_lines(
            f"Values of {spec.title} {spec.version}. What is commented out is not set.", ""
        ),
        "",
        *_cloud(build),
        "",
        *_features(build),
    ]
    for name, below in tree(build).items():
        lines += ["", *member_lines(build, name, below, "")]
    return "\n".join(lines) + "\n"


def tree(build: Build) -> Tree:
    """Return the live parameters as a tree."""
    root: Tree = {}
    for parameter in live(build):
        *parents, last = parameter.name.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = parameter
    return root


def decided_by_cloud(build: Build, parameter: Parameter) -> bool:
    """Return whether the cloud gives a parameter its value where nobody else does."""
    return parameter.fromCloud is not None and parameter.name not in build.settings


def default(build: Build, parameter: Parameter) -> Any:
    """Return the value that a chart takes where the user gives none; MISSING where it has none.

    A secret that was given for the build is not kept: charts are published.
    """
    if parameter.name in build.settings and not parameter.secret:
        return build.settings[parameter.name].value
    if decided_by_cloud(build, parameter):
        return MISSING
    return parameter.default


def default_map(build: Build, parameter: Parameter) -> dict[str, Any]:
    """Return the default of a map, which may hold something; nothing for other types."""
    value = default(build, parameter)
    return dict(value) if parameter.type == "map" and value is not MISSING else {}


def stated(build: Build, parameter: Parameter) -> Any:
    """Return what values.yaml sets a parameter to; MISSING where it leaves it out.

    It leaves out the default of a map, which Helm would merge with what the user sets.
    """
    return MISSING if default_map(build, parameter) else default(build, parameter)


def cloud_defaults(build: Build, parameter: Parameter) -> dict[str, Any]:
    """Return the value that each cloud gives a parameter."""
    return {name: default_on(parameter, cloud) for name, cloud in build.clouds.items()}


def reserved_names(build: Build) -> None:
    """Raise PackcError (PK906) where a parameter has a name that the chart needs itself."""
    taken = [p for p in live(build) if p.name.split(".")[0] in RESERVED]
    if taken:
        raise PackcError(
            *(
                Diagnostic(
                    "PK906",
                    f"the parameter '{p.name}' has a name that every chart uses for itself",
                    p.span,
                    f"rename it: {', '.join(RESERVED)} are taken",
                )
                for p in taken
            )
        )


def _cloud(build: Build) -> Iterator[str]:
    clouds = [*build.clouds]
    yield "# The cloud that the cluster runs on:"
    for name, cloud in build.clouds.items():
        yield from comment_lines(f"{name}: {cloud.title}", "", "  ")
    if len(clouds) > 1:
        yield "# There is no default: the wrong one would install and not work."
    yield f"cloud: {clouds[0] if len(clouds) == 1 else emit_scalar('')}"


def _features(build: Build) -> Iterator[str]:
    if not build.features:
        yield "features: {}"
        return
    yield "features:"
    for name, feature in build.features.items():
        text = f"{feature.title}. {feature.description}".strip()
        yield from comment_lines(text, "  ")
        yield f"  {name}: {str(name in build.chosen).lower()}"


def member_lines(build: Build, name: str, below: Any, indent: str) -> Iterator[str]:
    if isinstance(below, Parameter):
        yield from _comments(build, below, indent)
        yield from _setting(build, name, below, indent)
        return
    is_empty = not any(_sets_something(build, each) for each in below.values())
    yield f"{indent}{name}:{' {}' if is_empty else ''}"
    for index, (inner, each) in enumerate(below.items()):
        if index:
            yield ""
        yield from member_lines(build, inner, each, indent + "  ")


def _sets_something(build: Build, below: Any) -> bool:
    return not isinstance(below, Parameter) or stated(build, below) is not MISSING


def _setting(build: Build, name: str, parameter: Parameter, indent: str) -> Iterator[str]:
    value = stated(build, parameter)
    if value is MISSING:
        yield from (f"{indent}# {line}" for line in _example(build, name, parameter))
    else:
        yield from _lines({name: value}, indent)


def _example(build: Build, name: str, parameter: Parameter) -> Iterator[str]:
    """Yield the lines that the user finds commented out."""
    of_map = default_map(build, parameter)
    if of_map:
        yield from _lines({name: of_map}, "")
    elif decided_by_cloud(build, parameter):
        yield from _lines({name: next(iter(cloud_defaults(build, parameter).values()))}, "")
    else:
        yield f"{name}:"


def _lines(data: dict[str, Any], indent: str) -> Iterator[str]:
    return (f"{indent}{line}" for line in emit_object(data).splitlines())


def _comments(build: Build, parameter: Parameter, indent: str) -> Iterator[str]:
    yield from comment_lines(parameter.description, indent)
    if parameter.type == "enum":
        yield f"{indent}# One of:"
        for each in parameter.values:
            text = f"{each.value}: {each.description}" if each.description else each.value
            yield from comment_lines(text, indent, "  ")
    else:
        yield from comment_lines(f"Type: {describe_type(parameter)}.", indent)
    if decided_by_cloud(build, parameter):
        yield from comment_lines(
            f"Left out, the cloud decides: {by_cloud(build, parameter)}.", indent
        )
    if default_map(build, parameter):
        text = "Left out, it is as below. What you set stands in place of all of that."
        yield from comment_lines(text, indent)
    if parameter.required and parameter.default is MISSING:
        yield f"{indent}# It has to be set."
    if parameter.secret:
        yield f"{indent}# A secret: keep it out of version control."
    owner = build.owners.get(parameter.name)
    if owner is not None:
        yield f"{indent}# Counts with features.{owner} only."


def by_cloud(build: Build, parameter: Parameter) -> str:
    """Return in words what each cloud takes."""
    clouds: dict[str, list[str]] = {}
    for name, value in cloud_defaults(build, parameter).items():
        clouds.setdefault(str(value), []).append(name)
    return "; ".join(f"{value} on {', '.join(names)}" for value, names in clouds.items())


def comment_lines(text: str, indent: str, hanging: str = "") -> Iterator[str]:
    first, later = f"{indent}# {hanging}", f"{indent}# {hanging}{hanging}"
    whole = " ".join(_UNPRINTABLE.sub(" ", text).split())
    yield from wrap(whole, WIDTH, initial_indent=first, subsequent_indent=later)


def emit_scalar(value: Any) -> str:
    """Return a scalar as it stands behind a key."""
    return emit_object({"x": value}).removeprefix("x: ").rstrip("\n")


def plain_defaults(build: Build) -> Mapping[str, Any]:
    """Return the default of each live parameter that has one."""
    found = {p.name: default(build, p) for p in live(build)}
    return {name: value for name, value in found.items() if value is not MISSING}
