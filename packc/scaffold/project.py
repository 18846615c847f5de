"""project: the files of a new plugin's project, as texts by their paths; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from string import Template

from attrs import frozen

from packc import __version__
from packc.scaffold import Kind, License, Pipeline
from packc.scaffold.naming import Names

TEMPLATES = resources.files("packc.scaffold") / "templates"

SPDX = {License.APACHE: "Apache-2.0", License.BSD: "BSD-3-Clause", License.MIT: "MIT"}
GROUPS = {Kind.CLOUD: "packc", Kind.FEATURE: "packc", Kind.FORMAT: '"packc.formats"'}
PIPELINES = {
    Pipeline.GITHUB: {"common/github.yml": ".github/workflows/ci.yml"},
    Pipeline.GITLAB: {"common/gitlab.yml": ".gitlab-ci.yml"},
    Pipeline.BOTH: {
        "common/github.yml": ".github/workflows/ci.yml",
        "common/gitlab.yml": ".gitlab-ci.yml",
    },
    Pipeline.NONE: {},
}


@frozen
class Project:
    """What somebody wants a project to be."""

    names: Names
    kind: Kind
    license: License
    pipeline: Pipeline
    author: str


def files_of(project: Project) -> dict[str, str]:
    """Return each file's text by its path in the project's folder, sorted by path."""
    words = dict(_words(project))
    files = {
        Template(path).substitute(words): Template(_template(template)).substitute(words)
        for template, path in _paths(project)
    }
    files[f"src/{project.names.module}/py.typed"] = ""
    return dict(sorted(files.items()))


def _paths(project: Project) -> Iterator[tuple[str, str]]:
    """Yield for each template the path of the file that is made of it."""
    kind = project.kind.value
    yield "common/gitignore", ".gitignore"
    yield "common/pyproject.toml", "pyproject.toml"
    yield "common/conformance.py", "tests/test_conformance.py"
    yield f"{kind}/README.md", "README.md"
    yield f"{kind}/module.py", "src/$module/__init__.py"
    yield f"{kind}/test_plugin.py", "tests/test_$identifier.py"
    yield f"{kind}/pack.yaml", "tests/pack/pack.yaml"
    yield f"{kind}/base.yaml", "tests/pack/base/objects.yaml"
    yield from PIPELINES[project.pipeline].items()
    if project.license is not License.NONE:
        yield f"licenses/{project.license.value}", "LICENSE"


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.tmpl").read_text(encoding="utf-8")


def _words(project: Project) -> Iterator[tuple[str, str]]:
    """Yield what the templates' placeholders stand for."""
    names = project.names
    yield "name", names.name
    yield "title", names.title
    yield "project", names.project
    yield "module", names.module
    yield "identifier", names.identifier
    yield "camel", names.camel
    yield "kind", project.kind.value
    yield "group", GROUPS[project.kind]
    yield "author", project.author
    yield "license", _license_lines(project.license)
    yield "licence_of_readme", _licence_of_readme(project.license)
    yield "packc", __version__


def _license_lines(license: License) -> str:
    if license is License.NONE:
        # PyPI refuses a project with this classifier, so that none is published by mistake.
        return 'classifiers = ["Private :: Do Not Upload"]'
    return f'license = "{SPDX[license]}"\nlicense-files = ["LICENSE"]'


def _licence_of_readme(license: License) -> str:
    if license is License.NONE:
        return "No licence is granted yet; add a `LICENSE` before you publish it."
    return f"{SPDX[license]}; see [LICENSE](LICENSE)."
