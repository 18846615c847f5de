"""The documentation is true: its commands are run, its files loaded, its tables made from the code.

Each document is replayed from top to bottom in a folder of its own. A `yaml` block whose first
line is a comment with a path is written to that path; a `python` block whose first line names a
plugin is installed; a `console` block is run, line by line. To rewrite outputs and tables after a
change, run this file with PACKC_UPDATE_DOCS=1 and read the diff.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from enum import StrEnum
from functools import partial
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import pytest

from packc import api, hookspecs, render, schema, spec, yamlio
from packc.cli import BUG, main
from packc.codes import CODES
from packc.diagnostics import Diagnostic
from packc.parameters import LIMITS
from packc.patching.keyed import KEYED_LISTS, ORDERED_LISTS
from packc.plugins import Host
from packc.spec import PackSpec, PatchFile
from packc.speccheck import spec_findings
from packc.structure import structure

ROOT = Path(__file__).parent.parent
# The examples of docs/diagnostics.md are the case folders of tests/errors, and tested there.
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted({*ROOT.glob("docs/*.md")} - {ROOT / "docs" / "diagnostics.md"}),
    # The tutorial there installs things: tests/test_docs_plugins.py follows it.
    *sorted({*ROOT.glob("docs/plugins/*.md")} - {ROOT / "docs" / "plugins" / "tutorial.md"}),
]
MARKDOWN = sorted(
    path
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/plugins/**/*.md",
        "docs/pipelines/*.md",
        "packs/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
TUTORIAL = ROOT / "docs" / "tutorial.md"
UPDATE = "PACKC_UPDATE_DOCS"

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (?P<path>[\w./-]+\.yaml)(?P<added>, at the end)?\n")
MODULE = re.compile(
    r"# (?P<module>packc_\w+)\.py: the (?P<kind>cloud|feature|format) (?P<name>[\w-]+)\n"
)
PACKC = re.compile(
    r"(?:.* && )?(?:\.venv/bin/)?packc (?P<arguments>[^|>]*)(?P<onward>[|>].*)?", re.DOTALL
)
TABLE = re.compile(r"(?<=<!-- table: )(?P<name>\w+) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- replaying a document ---------------------------------------------------------------------


def replayed(text: str) -> str:
    """Return the document as it reads when it is followed in the working directory."""
    return FENCE.sub(_replayed_block, text)


def _replayed_block(block: re.Match[str]) -> str:
    language, body = block.group("language", "body")
    if language == "yaml":
        write_example(body)
    if language == "python":
        install_example(body)
    if language == "console":
        commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
        body = "".join(f"$ {command}\n{run(command)}" for command in commands)
    return f"```{language}\n{body}```"


def write_example(body: str) -> None:
    """Write a YAML block to the file that its first line names, or add it there."""
    named = NAMED.match(body)
    if named is None:
        return
    path = Path(named["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if named["added"] else "w", encoding="utf-8") as file:
        file.write(body.removeprefix(named[0]))


def install_example(body: str) -> None:
    """Install the plugin that the first line of a Python block names, in the folder `plugins`."""
    named = MODULE.match(body)
    if named is None:
        return
    module, group = named["module"], "packc.formats" if named["kind"] == "format" else "packc"
    info = Path("plugins", f"{module}-1.0.0.dist-info")
    info.mkdir(parents=True)
    distribution = module.replace("_", "-")
    (info / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{named['name']} = {module}\n")
    Path("plugins", f"{module}.py").write_text(body, encoding="utf-8")


def run(command: str) -> str:
    """Return what a command prints: packc in this process, anything else by the shell."""
    parts = PACKC.fullmatch(command)
    if parts is None:
        return shell(command)
    arguments, onward = shlex.split(parts["arguments"]), parts["onward"]
    if onward is None:
        stream = TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True)
        return packc(arguments, stream, stream)
    output, errors = (TextIOWrapper(BytesIO(), encoding="utf-8") for _ in range(2))
    printed = packc(arguments, output, errors)
    return content(errors) + shell(f"cat {onward}", printed)


def packc(arguments: list[str], output: TextIOWrapper, errors: TextIOWrapper) -> str:
    """Return the standard output of packc; what goes to standard error stays in `errors`."""
    render._source_lines.cache_clear()  # a tutorial changes files between two runs of a process
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)

    assert code != BUG, content(errors)
    return content(output)


def content(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def shell(command: str, given: str = "") -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    return done.stdout


# --- tables made from the code ----------------------------------------------------------------


def with_tables(text: str) -> str:
    """Return the document with every generated table as the code gives it today."""
    return TABLE.sub(lambda place: f"{place['name']} -->\n\n{table(place['name'], text)}\n", text)


def table(name: str, text: str) -> str:
    makers: dict[str, Callable[[], Iterator[str]]] = {
        "api": api_rows,
        "hooks": hook_rows,
        **{name: partial(hook_section, name) for name in hooks()},
        "keyed_lists": keyed_list_rows,
        "layers": layer_drawing,
        "limits": limit_rows,
    }
    lines = makers[name]() if name in makers else key_rows(getattr(spec, name), headings(text))
    return "\n".join(lines).rstrip() + "\n"


def headings(text: str) -> dict[str, str]:
    """Return for each class with a table in the document the heading that it stands under."""
    found, heading = {}, ""
    for line in FENCE.sub("", text).splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("<!-- table: "):
            found[line.split()[2]] = heading
    return found


def key_rows(target: type, places: Mapping[str, str]) -> Iterator[str]:
    yield "| key | type | default | description |"
    yield "|---|---|---|---|"
    for name, attribute in schema.keys(target):
        if attribute.name in inspect.get_annotations(target):
            cells = (
                f"`{name}`",
                type_words(attribute.type, places),
                default_words(attribute.default),
                attribute.metadata["description"],
            )
            yield f"| {' | '.join(cells)} |"


TYPE_WORDS: dict[Any, str] = {
    Any: "anything",
    bool: "true or false",
    float: "number",
    int: "whole number",
    str: "text",
}
UNION_WORDS: dict[frozenset[Any], str] = {
    frozenset({int, float}): "number",
    frozenset({str, int, float, bool}): "text, number, true or false",
}


def type_words(target: Any, places: Mapping[str, str]) -> str:
    """Return a type of the spec in words, with a link where it is a mapping of its own."""
    if target in TYPE_WORDS:
        return TYPE_WORDS[target]
    origin, arguments = get_origin(target), get_args(target)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    if origin is tuple:
        return f"list of {type_words(arguments[0], places)}"
    if origin is Mapping:
        return f"map to {type_words(arguments[1], places)}"
    if origin in (Union, types.UnionType):
        return union_words([part for part in arguments if part is not type(None)], places)
    if issubclass(target, StrEnum):
        return ", ".join(f"`{word.value}`" for word in target)
    heading = places[target.__name__]
    return f"[{heading.lower()}](#{slug(heading)})"


def union_words(parts: list[Any], places: Mapping[str, str]) -> str:
    """Return the members of a union in words; a tuple holds what may also stand alone."""
    *single, last = parts
    if single and get_origin(last) is tuple:
        return f"{union_words(single, places)}, or a list of these"
    known = UNION_WORDS.get(frozenset(parts))
    return known or " or ".join(type_words(part, places) for part in parts)


def default_words(default: Any) -> str:
    match default:
        case attrs.NOTHING:
            return "**required**"
        case bool():
            return f"`{str(default).lower()}`"
        case int() | str() if default != "":
            return f"`{default}`"
        case _:
            return ""


def limit_rows() -> Iterator[str]:
    yield "| type | keys that limit it |"
    yield "|---|---|"
    for name, limits in LIMITS.items():
        yield f"| `{name}` | {', '.join(f'`{limit}`' for limit in sorted(limits))} |"


def keyed_list_rows() -> Iterator[str]:
    yield "| list | key | place of a new item |"
    yield "|---|---|---|"
    for name, field in KEYED_LISTS.items():
        place = "the end" if name in ORDERED_LISTS else "among new items, by key"
        yield f"| `{name}` | `{field}` | {place} |"


def layer_drawing() -> Iterator[str]:
    """Yield the layers that import-linter checks, from the top."""
    contracts = project_file()["tool"]["importlinter"]["contracts"]
    yield "```text"
    yield from next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    yield "```"


def project_file() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def hook_rows() -> Iterator[str]:
    yield "| hook | what it does |"
    yield "|---|---|"
    for name, hook in hooks().items():
        yield f"| [`{name}`]({name}.md) | {first_paragraph(hook)} |"


HOOK_FAULTS = ("PK205", "PK206", "PK207", "PK208", "PK209")
"""What can go wrong in every hook, so that no docstring says it."""


def hook_section(name: str) -> Iterator[str]:
    """Yield what a page says of a hook: signature, docstring, users and codes."""
    hook = hooks()[name]
    described = inspect.cleandoc(hook.__doc__ or "")
    yield "```python"
    yield f"def {name}{inspect.signature(hook)}".replace("'", "")
    yield "```"
    yield ""
    yield described
    yield ""
    if users := users_of(name):
        yield f"Used by {', '.join(f'`{user}`' for user in users)}."
        yield ""
    yield "| code | what went wrong |"
    yield "|---|---|"
    for code in sorted({*re.findall(r"PK\d{3}", described), *HOOK_FAULTS}):
        meaning = CODES[code].meaning
        yield f"| [{code}](../diagnostics.md#{slug(f'{code}: {meaning}')}) | {meaning} |"


def users_of(hook: str) -> list[str]:
    """Return the plugins of this repository that implement a hook."""
    return [name for name in sorted(OURS) if hook in hooks_of(name)]


def hooks() -> dict[str, Callable[..., Any]]:
    return {name: hook for name, hook in vars(hookspecs).items() if name.startswith("packc_")}


def hooks_of(plugin: str) -> tuple[str, ...]:
    host = Host()
    return host.hooks(host.load(plugin))


OURS = tuple(project_file()["project"]["entry-points"]["packc"])

WITHOUT_DOCSTRING = {
    "API_LEVEL": "The level of the API that this packc has, as a whole number.",
    "Object": "A Kubernetes object: a map, read-only in a hook.",
    "hookimpl": "Marks a function of the plugin as a hook.",
}
SET_BY_PACKC = {"origin", "span"}


def api_rows() -> Iterator[str]:
    yield "| name | fields or arguments | what it is |"
    yield "|---|---|---|"
    for name in api.__all__:
        thing = getattr(api, name)
        summary = WITHOUT_DOCSTRING.get(name) or first_paragraph(thing)
        yield f"| `{name}` | {', '.join(fields_of(thing))} | {summary} |"


def fields_of(thing: Any) -> Iterator[str]:
    """Yield the fields of a class or the arguments of a function, optional ones with a '?'."""
    if inspect.isfunction(thing):
        for argument in inspect.signature(thing).parameters.values():
            yield f"`{argument.name}{'?' if argument.default is not argument.empty else ''}`"
    elif attrs.has(thing):
        base = thing.__mro__[1]
        if base is not object:
            yield f"those of `{base.__name__}`"
        for field in attrs.fields(thing):
            if field.name in inspect.get_annotations(thing) and field.name not in SET_BY_PACKC:
                yield f"`{field.name}{'?' if field.default is not attrs.NOTHING else ''}`"
    elif isinstance(thing, type) and issubclass(thing, StrEnum):
        yield from (f"`{member.name}`" for member in thing)


def first_paragraph(thing: Any) -> str:
    return " ".join(inspect.cleandoc(thing.__doc__ or "").partition("\n\n")[0].split())


# --- documents --------------------------------------------------------------------------------


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the packs of the repository in it, which is the working directory.

    Plugins of a document are installed in `plugins` below it.
    """
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "plugins")
    known = set(sys.modules)
    yield tmp_path
    for name in {name for name in sys.modules if name.startswith("packc_")} - known:
        del sys.modules[name]


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_document_shows_what_packc_does(document: Path) -> None:
    if document != TUTORIAL:
        write_files_of_the_tutorial()
    text = document.read_text(encoding="utf-8")
    current = with_tables(replayed(text))
    if UPDATE in os.environ:
        document.write_text(current, encoding="utf-8")
        text = current

    assert text == current


def write_files_of_the_tutorial() -> None:
    for block in FENCE.finditer(TUTORIAL.read_text(encoding="utf-8")):
        if block["language"] == "yaml":
            write_example(block["body"])


EXAMPLES = [
    pytest.param(
        block["body"], id=f"{name_of(document)}:{text.count(chr(10), 0, block.start()) + 1}"
    )
    for document in DOCUMENTS
    if document.name != "output.md"
    for text in [document.read_text(encoding="utf-8")]
    for block in FENCE.finditer(text)
    if block["language"] == "yaml" and ", at the end\n" not in block["body"]
]


@pytest.mark.parametrize("body", EXAMPLES)
def test_yaml_example_loads(body: str) -> None:
    named = NAMED.match(body)

    assert named is not None, "the first line names the file, such as '# pack.yaml'"
    assert list(problems_of(Path(named["path"]), body)) == []


REQUIRED_KEYS = {
    "packc": "packc: 1",
    "name": "name: example",
    "version": "version: 1.0.0",
    "title": "title: Example",
    "description": "description: An example.",
    "clouds": "clouds: [aws]",
    "objects": "objects: [{files: base/*.yaml}]",
}
"""What a part of a pack.yaml in the documentation leaves out."""


def problems_of(path: Path, body: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with an example: a pack.yaml or part of one, a patch file, other YAML."""
    (document,) = yamlio.parse(body.encode(), str(path), marks=True).documents
    if path.name == "pack.yaml":
        left_out = [line for key, line in REQUIRED_KEYS.items() if key not in document.data]
        whole = "\n".join((body, *left_out))
        parsed = yamlio.parse(whole.encode(), str(path), marks=True)
        (document,) = parsed.documents
        yield from parsed.diagnostics
        pack, found = structure(document.data, PackSpec, document.span)
        yield from found
        if pack is not None:
            yield from spec_findings(pack, lambda *key: document.locate(key))
    elif path.parent.name == "patches":
        yield from structure(document.data, PatchFile, document.span)[1]


# --- plugins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_of_the_api_is_documented(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "plugins" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", hooks())
def test_every_hook_has_a_page_with_an_example(name: str) -> None:
    page = ROOT / "docs" / "plugins" / f"{name}.md"
    text = page.read_text(encoding="utf-8")

    assert f"<!-- table: {name} -->" in text
    assert any(
        f"\n\n@hookimpl\ndef {name}(" in block["body"] and MODULE.match(block["body"])
        for block in FENCE.finditer(text)
    )


# --- every key, link and dependency -----------------------------------------------------------


def spec_classes() -> list[str]:
    """Return the classes of the spec that have keys, and so need a table."""
    return [
        name
        for name, thing in vars(spec).items()
        if isinstance(thing, type) and attrs.has(thing) and thing.__module__ == spec.__name__
    ]


@pytest.mark.parametrize("name", spec_classes())
def test_every_class_of_the_spec_has_its_table_of_keys(name: str) -> None:
    assert f"<!-- table: {name} -->" in (ROOT / "docs" / "pack-spec.md").read_text("utf-8")


LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def anchors(document: Path) -> set[str]:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    return {slug(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}


@pytest.mark.parametrize("document", MARKDOWN, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    dead = []
    for link in LINK.finditer(CODE.sub("", document.read_text(encoding="utf-8"))):
        target = document.parent / link["path"] if link["path"] else document
        if not target.exists() or (link["anchor"] and link["anchor"] not in anchors(target)):
            dead.append(link[0])

    assert dead == []


def test_index_leads_to_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {link["path"] for link in LINK.finditer(index)}

    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_every_dependency_is_explained_and_no_other() -> None:
    project = project_file()
    stated = (
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
    )
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")

    explained = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    # Some are needed twice, as hatchling is to build a wheel and to test that.
    assert sorted(explained) == sorted({re.split(r"[^\w.-]", name)[0] for name in stated})


def test_the_test_command_of_the_readme_is_the_one_of_ci() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    continuous_integration = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "\n./test\n" in readme
    assert "\n./test\n" in continuous_integration


def test_the_version_has_an_entry_in_the_changelog() -> None:
    version = project_file()["project"]["version"]

    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
