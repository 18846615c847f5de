"""source: what a plugin's files and metadata say, read without running any of them."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final

from packc import __version__, api
from packc.diagnostics import Span
from packc.testing.evidence import Evidence
from packc.testing.rule import Fault, Rule, never

_REQUIREMENT: Final = re.compile(r"packc\s*(\[[^\]]*\])?\s*\(?\s*([^;)]*)\)?\s*(;.*)?", re.I)
_CLAUSE: Final = re.compile(r"(~=|===?|!=|<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)*)(?:\.\*)?[a-z0-9.+-]*")
_LOWER: Final = ("~=", "==", "===", ">=", ">")
_SHORTEST: Final = 10
"""Characters of a documentation string that says anything."""


def _trees(evidence: Evidence) -> Iterator[tuple[str, ast.Module]]:
    """Yield the plugin's files that are Python; `loads` says which are not."""
    for file in evidence.subject.files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield evidence.subject.shown(file), ast.parse(file.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            continue


def _is_own(evidence: Evidence) -> bool:
    """Return whether the plugin comes with packc, and changes together with it."""
    return evidence.subject.found.distribution.name == "packc"


# --- the public API ---------------------------------------------------------------------------


def _public_api_only(evidence: Evidence) -> Iterator[Fault]:
    for file, tree in _trees(evidence):
        for node in ast.walk(tree):
            for name in _imported(node):
                text = f"the module imports {name}, which is not of the public API"
                yield Fault(text, Span(file, getattr(node, "lineno", 1), 1))


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield what a statement imports of packc besides its API."""
    match node:
        case ast.Import(names=names):
            named = [alias.name for alias in names]
            yield from (name for name in named if _is_packc(name) and name != "packc.api")
        case ast.ImportFrom(module="packc", names=names, level=0):
            yield from (f"packc.{each.name}" for each in names if each.name not in _PUBLIC)
        case ast.ImportFrom(module="packc.api", names=names, level=0):
            known = set(api.__all__)
            yield from (f"packc.api.{n.name}" for n in names if n.name not in (*known, "*"))
        case ast.ImportFrom(module=str(module), level=0) if _is_packc(module):
            if not module.startswith("packc.testing"):
                yield module


_PUBLIC: Final = ("api", "testing")


def _is_packc(module: str) -> bool:
    return module == "packc" or module.startswith("packc.")


# --- documentation ----------------------------------------------------------------------------


def _docstrings(evidence: Evidence) -> Iterator[Fault]:
    for file, tree in _trees(evidence):
        text = ast.get_docstring(tree) or ""
        if tree.body and len(text) < _SHORTEST:
            yield Fault(f"the module {file} has no docstring that says what it does", Span(file))


# --- versions ---------------------------------------------------------------------------------


def _api_versions(evidence: Evidence) -> Iterator[Fault]:
    installed = evidence.subject.installed
    if installed is None:
        return
    found = list(_requirements(installed))
    name = evidence.subject.found.distribution.name
    home = evidence.at("")
    if not found:
        yield Fault(f"the distribution {name} does not require packc", home)
    for text, clauses in found:
        if not any(operator in _LOWER for operator, _ in clauses):
            yield Fault(f"the requirement '{text}' names no oldest version of packc", home)
        refused = [f"{op}{version}" for op, version in clauses if not _allows(op, version)]
        if refused:
            words = f"refuses packc {__version__}, with which it runs: {', '.join(refused)}"
            yield Fault(f"the requirement '{text}' {words}", home)


def _requirements(installed: Distribution) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for text in installed.requires or ():
        match = _REQUIREMENT.fullmatch(text.strip())
        if match:
            yield text, [(found[1], found[2]) for found in _CLAUSE.finditer(match[2] or "")]


def _allows(operator: str, version: str) -> bool:
    """Return whether a clause allows the packc that runs."""
    here, wanted = _numbers(__version__), _numbers(version)
    match operator:
        case ">=":
            return here >= wanted
        case ">":
            return here > wanted
        case "<":
            return here < wanted
        case "<=":
            return here <= wanted
        case "!=":
            return here != wanted
        case "~=":
            length = len(version.split(".")) - 1
            return here >= wanted and here[:length] == wanted[:length]
        case _:
            length = len(version.split("."))
            return here[:length] == wanted[:length]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.match(r"[0-9.]*", version)[0].split(".") if number]  # type: ignore[index]  # it always matches
    return tuple((*numbers, 0, 0, 0, 0)[:4])


# --- warnings ---------------------------------------------------------------------------------


def _no_warnings(evidence: Evidence) -> Iterator[Fault]:
    for file in evidence.subject.files:
        yield from _compiling(file, evidence.subject.shown(file))
    seen: set[str] = set()
    for answer in evidence.answers():
        for text in answer.warnings:
            if text not in seen:
                seen.add(text)
                yield Fault(f"{answer.hook} of {evidence.subject} warns: {text}", _at(evidence))


def _at(evidence: Evidence) -> Span | None:
    return evidence.at("")


def _compiling(file: Path, shown: str) -> Iterator[Fault]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return
    for each in caught:
        yield Fault(f"Python warns: {each.message}", Span(shown, each.lineno))


RULES: Final = (
    Rule(
        "public-api-only",
        "The plugin imports `packc.api`, and nothing else of packc; its tests use `packc.testing`.",
        "Only the API is promised to stay. Whatever else packc holds moves without notice.",
        "Take the name from `packc.api`. If it is not there, ask for it in an issue.",
        _public_api_only,
        lambda evidence: _no_files(evidence) or _part_of_packc(evidence),
    ),
    Rule(
        "api-versions",
        "The distribution requires packc, names the oldest version that it works with, and allows"
        " the one that it is certified with.",
        "Without a lower bound, an old packc takes the plugin and fails in the middle of a build."
        " The kit runs with one packc at a time, so this rule reads what the metadata says; that it"
        " works with the oldest is shown by running the kit again, with that one installed.",
        'Write `dependencies = ["packc>=0.1"]` in `pyproject.toml`, and let CI run the kit with the'
        " oldest and the newest packc.",
        _api_versions,
        lambda evidence: "it comes with packc" if _is_own(evidence) else None,
    ),
    Rule(
        "docstrings",
        "Every module of the plugin begins with a docstring that says what it does.",
        "Whoever reads an error that names a line of the plugin wants to know where he is.",
        'Begin each file with `"""packc_gcp: what packc has to know of Google Cloud."""`.',
        _docstrings,
        lambda evidence: _no_files(evidence),
    ),
    Rule(
        "no-warnings",
        "Python has no warning for the plugin: not when it is compiled, nor while it runs.",
        "A warning of today is an error of the next Python or packc; one that is shown in every"
        " build hides those that matter.",
        "Use what the warning names instead of what is deprecated; raise no warnings of your own.",
        _no_warnings,
        never,
    ),
)


def _no_files(evidence: Evidence) -> str | None:
    return None if evidence.subject.files else "the plugin has no Python files that can be read"


def _part_of_packc(evidence: Evidence) -> str | None:
    """Return why a part of packc itself is not asked; its own tests hold it to its layers."""
    if evidence.subject.found.module.startswith("packc."):
        return "it is a part of packc"
    return None
