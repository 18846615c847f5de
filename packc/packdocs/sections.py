"""sections: the chapters of a pack's reference that are made from its spec and its variants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from packc.build import Build, Built
from packc.model import MISSING, Cloud, Fact, Level
from packc.packdocs import cluster
from packc.packdocs.survey import Survey
from packc.packdocs.words import ALWAYS, cell, code, spoken_when, table
from packc.parameters import describe_type
from packc.record import SECRET
from packc.resolve import allowed_on, default_on
from packc.spec import Constraint, Parameter

FEW_NAMES = 40
LEVELS = {Level.WARNING: "Warnings", Level.NOTE: "Notes"}


def identity(survey: Survey) -> str:
    """Return the head: what the pack is, in a table."""
    spec, build = survey.build.spec, survey.build
    rows = [
        ("pack", code(spec.name)),
        ("version", spec.version),
        ("clouds", ", ".join(cloud.title for cloud in build.clouds.values())),
        ("features", ", ".join(code(name) for name in build.features) or "none"),
        *([("homepage", f"<{spec.homepage}>")] if spec.homepage else []),
    ]
    description = " ".join(spec.description.split())
    return f"# {spec.title} {spec.version}\n\n{description}\n\n{table(('', ''), rows)}"


def installed(survey: Survey) -> str:
    """Return what objects there are, by kind."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for (kind, version, namespace, name), when in survey.rows(cluster.objects):
        groups.setdefault((kind, version, namespace, when), []).append(name)
    rows = (
        (kind, version, namespace, str(len(names)), _names(names), when)
        for (kind, version, namespace, when), names in groups.items()
    )
    headings = ("kind", "API version", "namespace", "number", "names", "when")
    return f"## Objects\n\n{table(headings, rows)}"


def clouds(survey: Survey) -> str:
    """Return what each cloud can carry, and what is refused for which reason."""
    build = survey.build
    rows = [
        (f"{cloud.title} ({code(name)})", cell(cloud.description))
        for name, cloud in build.clouds.items()
    ]
    parts = ["## Clouds", table(("cloud", "what it is"), rows)]
    facts = [row for cloud in build.clouds.values() for row in _facts(build, cloud)]
    if facts:
        headings = ("cloud", "in respect of", "carries", "default", "does not carry, because")
        parts.append(table(headings, facts))
    return "\n\n".join(parts)


def refusals(survey: Survey) -> Iterator[str]:
    """Yield the chapter on combinations that are refused, if there are any."""
    rows = [
        (cell(spoken_when(each.when)), cell(each.reason), cell(each.hint or "none"))
        for each in survey.build.spec.refusals
    ]
    if rows:
        headings = ("combination", "why it is refused", "way out")
        yield f"## Refused combinations\n\n{table(headings, rows)}"


def parameters(survey: Survey) -> Iterator[str]:
    """Yield the chapter on parameters, if there are any."""
    build = survey.build
    if build.parameters:
        rows = (_parameter(build, each) for each in build.parameters)
        headings = ("parameter", "type", "default", "description")
        details = (text for each in build.parameters for text in _details(build, each))
        yield "\n\n".join(["## All parameters", table(headings, rows), *details])


def features(survey: Survey) -> Iterator[str]:
    """Yield the chapter on features, if there are any."""
    build = survey.build
    if build.features:
        rows = (
            (
                code(name),
                "on" if name in build.chosen else "off",
                cell(f"{feature.title}. {feature.description}"),
                ", ".join(code(p) for p, owner in build.owners.items() if owner == name) or "none",
            )
            for name, feature in build.features.items()
        )
        headings = ("feature", "default", "what it does", "parameters")
        yield f"## Features\n\n{table(headings, rows)}"


def notes(survey: Survey) -> Iterator[str]:
    """Yield the chapter on notes and warnings, with the condition of each."""
    found = [*survey.rows(_notes)]
    others = [
        (note, f"{'' if when == ALWAYS else f'{when} and '}{code(name)} is not its default")
        for note, name, when in survey.notes_of_other_values()
    ]
    items = [
        *((level, text, when) for (_, level, text), when in found),
        *((note.level, note.text, when) for note, when in others),
    ]
    if items:
        introduction = (
            "What an operator is told, and when. Figures in these texts are those of the default"
            " values; `packc build` prints the notes of a build."
        )
        chapters = (
            f"### {heading}\n\n"
            + "\n".join(_note(text, when) for at, text, when in items if at is level)
            for level, heading in LEVELS.items()
            if any(at is level for at, _, _ in items)
        )
        yield "\n\n".join(["## What to know", introduction, *chapters])


def impacts(survey: Survey) -> Iterator[str]:
    """Yield the chapter on what changes do in a running cluster."""
    rows = [
        (f"{code(each.object)} {code(each.path)}", each.class_.replace("-", " "), cell(each.reason))
        for each in survey.build.spec.impacts
    ]
    if rows:
        headings = ("field", "a change", "why")
        yield f"## What changes do in a running cluster\n\n{table(headings, rows)}"


def images(survey: Survey) -> str:
    """Return the images with the default values."""
    rows = ((*row, when) for row, when in survey.rows(cluster.images))
    headings = ("image", "workload", "containers", "when")
    text = (
        table(headings, rows) if any(survey.rows(cluster.images)) else "No object pulls an image."
    )
    return f"## Images\n\n{text}"


def permissions(survey: Survey) -> str:
    """Return what the pack asks of the cluster and its nodes."""
    chapters = [
        _chapter(survey, "Rights in the API", cluster.rules, RULES),
        _chapter(survey, "Who has these rights", cluster.subjects, SUBJECTS),
        _chapter(survey, "Privileges of containers", cluster.privileges, PRIVILEGES),
        _chapter(survey, "Folders and files of the host", cluster.host_paths, HOST_PATHS),
    ]
    return "\n\n".join(["## Permissions", *chapters])


RULES = ("role", "API groups", "resources", "names", "verbs")
SUBJECTS = ("role", "subject", "in")
PRIVILEGES = ("workload", "container", "privilege")
HOST_PATHS = ("workload", "path", "type", "mounted by")


def versions(survey: Survey) -> str:
    """Return which versions of which APIs are used."""
    spec = survey.build.spec
    rows = ((*row, when) for row, when in survey.rows(cluster.api_versions))
    listed = table(("API version", "kinds", "when"), rows)
    return (
        f"## Versions\n\nThis page describes version {spec.version} of the pack, in edition"
        f" {spec.packc} of the language of packs.\n\n{listed}"
    )


def _chapter(survey: Survey, title: str, of: Any, headings: Sequence[str]) -> str:
    rows = [(*row, when) for row, when in survey.rows(of)]
    text = table((*headings, "when"), rows) if rows else "None."
    return f"### {title}\n\n{text}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - FEW_NAMES
    shown = ", ".join(names[:FEW_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _notes(built: Built) -> Iterator[tuple[str, Level, str]]:
    for note in built.notes:
        yield note.origin.writer if note.origin else "", note.level, note.text


def _note(text: str, when: str) -> str:
    body = " ".join(text.split())
    return f"- {body}" if when == ALWAYS else f"- _{when[0].upper()}{when[1:]}_: {body}"


def _facts(build: Build, cloud: Cloud) -> Iterator[tuple[str, ...]]:
    asked = {p.fromCloud.fact for p in build.parameters if p.fromCloud is not None}
    for fact in cloud.facts:
        if fact.name in asked:
            carries = ", ".join(map(code, fact.supports))
            yield code(cloud.name), code(fact.name), carries, code(fact.default), _refused(fact)


def _refused(fact: Fact) -> str:
    return "; ".join(f"{code(name)}: {cell(why)}" for name, why in fact.refuses.items()) or "none"


def _parameter(build: Build, parameter: Parameter) -> tuple[str, ...]:
    owner = build.owners.get(parameter.name)
    remarks = [
        *([f"With {code(owner)}."] if owner else []),
        *(["Required."] if parameter.required else []),
        *(["Secret."] if parameter.secret else []),
        *(
            [f"Deprecated: use {code(parameter.deprecated.replacement)}."]
            if parameter.deprecated
            else []
        ),
    ]
    text = " ".join([cell(parameter.description), *remarks])
    return code(parameter.name), code(_type(parameter)), _default(build, parameter), text


def _type(parameter: Parameter) -> str:
    """Return the type; the values of an enum have a list of their own."""
    return "enum" if parameter.type == "enum" else describe_type(parameter)


def _default(build: Build, parameter: Parameter) -> str:
    found: dict[str, list[str]] = {}
    for name, cloud in build.clouds.items():
        found.setdefault(_shown(parameter, default_on(parameter, cloud)), []).append(name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in found.items())


def _shown(parameter: Parameter, value: Any) -> str:
    match value:
        case _ if value is MISSING:
            return "none"
        case _ if parameter.secret:
            return SECRET
        case bool():
            return code(str(value).lower())
        case list() | tuple():
            return ", ".join(map(code, value)) or "empty"
        case dict():
            return ", ".join(code(f"{key}={each}") for key, each in value.items()) or "empty"
        case "":
            return "empty"
        case _:
            return code(value)


def _details(build: Build, parameter: Parameter) -> Iterator[str]:
    """Yield what a parameter's values mean, where they work, and its rules."""
    lines = [
        *(_value(build, parameter, each.value, each.description) for each in parameter.values),
        *(_rule(constraint) for constraint in parameter.constraints),
    ]
    if lines:
        yield f"{code(parameter.name)}:\n\n" + "\n".join(f"- {line}" for line in lines)


def _value(build: Build, parameter: Parameter, value: str, description: str) -> str:
    having = [name for name, each in build.clouds.items() if value in allowed_on(parameter, each)]
    text = f"{code(value)}: {' '.join(description.split())}" if description else code(value)
    return (
        text
        if len(having) == len(build.clouds)
        else f"{text} On {', '.join(having) or 'no cloud'}."
    )


def _rule(constraint: Constraint) -> str:
    match constraint:
        case Constraint(excludes=str() as network):
            rule = f"It does not overlap {code(network)}"
        case Constraint(holdsBlock=str() as other):
            rule = f"It holds at least one block of the size {code(other)}"
        case _:
            rule = f"It is the same as {code(constraint.equals)}, where that is set"
    return f"{rule}: {' '.join(constraint.reason.split())}."
