"""plugin_new: `packc plugin new`: a complete project for a plugin, and what to do next."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from packc.cli.report import print_diagnostics, print_json
from packc.diagnostics import PackcError
from packc.plugins import FORMATS, GROUP, discover
from packc.render import plural
from packc.scaffold import Kind, License, Pipeline
from packc.scaffold.naming import names_of, plain
from packc.scaffold.place import place
from packc.scaffold.project import Project, files_of


def run(options: Namespace) -> int:
    """Write the project, or say why it cannot be."""
    try:
        project = _project(options)
        files = files_of(project)
        folder = Path(options.out) / project.names.project
        place(folder, files)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    if options.output == "json":
        print_json({"folder": str(folder), "files": list(files)})
    elif not options.quiet:
        print("\n".join(_told(project, folder, list(files))))
    return 0


def _project(options: Namespace) -> Project:
    kind = Kind(options.kind)
    names = names_of(options.name, options.title, _installed())
    author = options.author if options.author is not None else f"The authors of {names.project}"
    return Project(
        names=names,
        kind=kind,
        license=License(options.license),
        pipeline=Pipeline(options.ci),
        author=plain(author, "author"),
    )


def _installed() -> dict[str, str]:
    """Return the names of the installed plugins and formats, each with its distribution.

    Both kinds count: the module's name comes from the name alone.
    """
    return {
        name: found[0].distribution.name
        for group in (GROUP, FORMATS)
        for name, found in discover(group).items()
    }


def _told(project: Project, folder: Path, files: list[str]) -> Iterator[str]:
    names = project.names
    yield f"{folder}: {plural(len(files), 'file')}"
    yield from (f"  {file}" for file in files)
    yield ""
    yield "next, in a virtual environment that has packc:"
    yield f"  cd {shlex.quote(str(folder))}"
    yield "  python -m pip install --upgrade 'pip>=25.1'"
    yield "  python -m pip install --editable . --group dev"
    yield "  pytest"
    yield f"  packc plugin certify {names.name} --pack tests/pack"
    yield f"then make it yours: src/{names.module}/__init__.py"
