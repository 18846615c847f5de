"""helm: a chart whose values are the pack's parameters, and whose objects are those of packc."""

from __future__ import annotations

from collections.abc import Iterator

from packc.build import Build, Format, Output
from packc.formats.archive import tar_gz
from packc.formats.derive import Derived, derive
from packc.formats.gotemplate import Printer
from packc.formats.helm.access import HelmAccess
from packc.formats.helm.chart import chart_version, chart_yaml
from packc.formats.helm.readme import readme
from packc.formats.helm.refusals import refusals_yaml
from packc.formats.helm.schema import schema_json
from packc.formats.helm.templates import helpers, notes_txt, object_files
from packc.formats.helm.values import reserved_names, values_yaml
from packc.formats.space import baked
from packc.hookspecs import hookimpl
from packc.model import OutputFile

NAME = "helm"


@hookimpl
def packc_formats() -> list[Format]:
    return [Format(NAME, "a Helm chart with live parameters", emit_chart)]


def emit_chart(build: Build) -> Output:
    """Return the chart as a folder of its name, and packaged.

    `helm package` puts the time into each package, so that no two of them have the same bytes.
    """
    reserved_names(build)
    derived = derive(build)
    private = any(p.secret and p.name in build.settings for p in baked(build))
    files = tuple(
        OutputFile(f"{build.spec.name}/{name}", text.encode(), private and "/" in name)
        for name, text in chart_files(derived)
    )
    package = f"{build.spec.name}-{chart_version(build.spec.version)}.tgz"
    return Output((*files, OutputFile(package, tar_gz(files), private)), derived.findings)


def chart_files(derived: Derived) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of a chart."""
    build = derived.space.build
    access = HelmAccess(build)
    printer = Printer(access, {p.name: p for p in build.parameters})
    yield "Chart.yaml", chart_yaml(build)
    yield "README.md", readme(derived)
    yield "values.yaml", values_yaml(build)
    yield "values.schema.json", schema_json(build)
    yield "templates/NOTES.txt", notes_txt(derived, printer)
    shared = helpers(build, access)
    if shared:
        yield "templates/_helpers.tpl", shared
    yield "templates/refusals.yaml", refusals_yaml(derived, printer)
    yield from object_files(derived.objects, printer)
