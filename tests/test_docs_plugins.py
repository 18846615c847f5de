"""The pages for those who write plugins: the tutorial is followed, and the API is the one promised.

The pages of the hooks are replayed by tests/test_docs.py. This one follows the tutorial as a
stranger would: in an environment with nothing but packc's wheel, where it installs what it says.
To rewrite its outputs after a change, run this file with PACKC_UPDATE_DOCS=1 and read the diff.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import attrs
import pytest

from packc import api, hookspecs, spec

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "plugins"
TUTORIAL = PAGES / "tutorial.md"
EXAMPLES = ROOT / "examples"
UPDATE = "PACKC_UPDATE_DOCS"

FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (?P<path>packc-gcp/[\w./-]+)\n")
TIME_TAKEN = re.compile(r"\b\d+\.\d+ ?s\b")


# --- the tutorial -----------------------------------------------------------------------------


@attrs.define
class Stranger:
    """Somebody who follows a page: in a folder, with the commands of an environment."""

    folder: Path
    environment: dict[str, str]

    def follow(self, block: re.Match[str]) -> str:
        """Do what a block says, and return it as it should read."""
        language, body = block.group("language", "body")
        if language == "python":
            body = self.write(body)
        if language == "console":
            commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
            body = "".join(f"$ {command}\n{self.run(command)}" for command in commands)
        return f"```{language}\n{body}```"

    def write(self, body: str) -> str:
        """Write a file of the example, and return the block that shows it."""
        named = NAMED.match(body)
        assert named is not None, "the first line names the file"
        text = (EXAMPLES / named["path"]).read_text(encoding="utf-8")
        (self.folder / named["path"]).write_text(text, encoding="utf-8")
        return named[0] + text

    def run(self, command: str) -> str:
        """Return what a command prints, with all times alike."""
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ")).resolve()
            return ""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        return TIME_TAKEN.sub("0.50s", done.stdout.removesuffix("\n") + "\n" if done.stdout else "")


def test_tutorial_shows_what_happens(
    tmp_path: Path, environment: Callable[[str, str], Path]
) -> None:
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    stranger = Stranger(tmp_path, surroundings(environment("tutorial", sys.executable)))
    text = TUTORIAL.read_text(encoding="utf-8")

    current = FENCE.sub(stranger.follow, text)

    if UPDATE in os.environ:
        TUTORIAL.write_text(current, encoding="utf-8")
        text = current
    assert text == current


def surroundings(environment: Path) -> dict[str, str]:
    """Return the variables of a shell in which an environment is active, and nothing else of us."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PY")}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "VIRTUAL_ENV": str(environment),
    }


# --- the pages --------------------------------------------------------------------------------


def test_overview_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([\w./-]+\.md)", (PAGES / "README.md").read_text("utf-8")))

    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} <= linked


def test_examples_are_typed_and_tidy(tmp_path: Path) -> None:
    for page in PAGES.glob("packc_*.md"):
        for block in FENCE.finditer(page.read_text(encoding="utf-8")):
            if block["language"] == "python" and block["body"].startswith("# "):
                (tmp_path / f"{page.stem}_example.py").write_text(block["body"], encoding="utf-8")
    tools, config = Path(sys.executable).parent, ROOT / "pyproject.toml"

    done = [
        subprocess.run([tools / tool, *options, "."], cwd=tmp_path, capture_output=True, text=True)
        for tool, *options in (
            ("ruff", "format", "--check", "--config", config),
            ("ruff", "check", "--config", config),
            ("mypy", "--strict", "--config-file", os.devnull, "--no-incremental"),
        )
    ]

    assert len(list(tmp_path.glob("*.py"))) == len(hooks())
    assert [each.stdout for each in done if each.returncode != 0] == []


# --- the API ----------------------------------------------------------------------------------

SET_BY_PACKC = {"origin", "span"}


def named_in(hint: Any) -> set[type]:
    """Return the classes of packc that stand in a type, however deep."""
    inner = {each for part in get_args(hint) for each in named_in(part)}
    is_ours = isinstance(hint, type) and hint.__module__.startswith("packc.")
    return inner | {hint} if is_ours else inner


def types_of(thing: Any) -> dict[str, Any]:
    """Return the types of a class's fields or of a function's arguments and result, by name."""
    if attrs.has(thing):
        attrs.resolve_types(thing)
        return {field.name: field.type for field in attrs.fields(thing)}
    names = {"Format": api.Format}  # `hookspecs` imports it for type checkers only
    return get_type_hints(thing, localns=names) if inspect.isfunction(thing) else {}


def hooks() -> list[Any]:
    return [hook for name, hook in vars(hookspecs).items() if name.startswith("packc_")]


@pytest.mark.parametrize(
    "thing",
    [
        *(getattr(api, name) for name in api.__all__ if name not in ("PackSpec", "PatchedObject")),
        *hooks(),
    ],
    ids=lambda thing: getattr(thing, "__name__", "alias"),
)
def test_api_has_a_name_for_all_that_a_plugin_meets(thing: Any) -> None:
    """What is reached through PackSpec or a trace has no name, as docs/plugins/api.md says."""
    public = {getattr(api, name) for name in api.__all__ if isinstance(getattr(api, name), type)}

    met = {
        each
        for name, hint in types_of(thing).items()
        if name not in SET_BY_PACKC
        for each in named_in(hint)
        if each.__module__ != spec.__name__
    }

    assert met <= public


def test_api_holds_nothing_that_is_not_promised() -> None:
    ours = {
        name
        for name, thing in vars(api).items()
        if getattr(thing, "__module__", "").startswith("packc.") and not name.startswith("_")
    }

    assert ours - set(api.__all__) == {"Span"}
    assert api.__all__ == sorted(api.__all__)


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_of_the_api_says_what_it_is(name: str) -> None:
    thing = getattr(api, name)

    if inspect.isfunction(thing) or isinstance(thing, type):
        assert thing.__doc__
        assert not thing.__doc__.startswith("Method generated by attrs")
    else:
        assert name in ("API_LEVEL", "Object", "hookimpl")


def test_deprecated_name_works_and_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_RENAMED", MappingProxyType({"Remark": ("Note", "0.2.0")}))

    with pytest.warns(DeprecationWarning) as caught:
        from packc.api import Remark  # type: ignore[attr-defined]

    assert Remark is api.Note
    (warning,) = caught
    assert str(warning.message) == (
        "packc.api.Remark is deprecated since packc 0.2.0: use packc.api.Note"
    )
    assert warning.filename == __file__, "the plugin's own line is the one that is named"


def test_name_that_is_not_there_is_an_error() -> None:
    with warnings.catch_warnings(), pytest.raises(ImportError, match="Remark"):
        warnings.simplefilter("error")
        from packc.api import Remark  # type: ignore[attr-defined]  # noqa: F401


def test_renamed_names_lead_to_names_of_the_api() -> None:
    assert {successor for successor, _ in api._RENAMED.values()} <= set(api.__all__)
    assert not set(api._RENAMED) & set(api.__all__)
