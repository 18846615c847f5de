"""source: what a plugin's files and metadata say, read without running any of them."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final

from packc import __version__, api
from packc.diagnostics import Span
from packc.testing import limits
from packc.testing.evidence import IMPORTED, Evidence
from packc.testing.imports import NATIVE, is_packc, is_public
from packc.testing.rule import PART_OF_PACKC, WITH_PACKC, Fault, Rule, never
from packc.testing.rules.trees import trees

_REQUIREMENT: Final = re.compile(r"packc\s*(\[[^\]]*\])?\s*\(?\s*([^;)]*)\)?\s*(;.*)?", re.I)
_CLAUSE: Final = re.compile(r"(~=|===?|!=|<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)*)(?:\.\*)?[a-z0-9.+-]*")
_LOWER: Final = ("~=", "==", "===", ">=", ">")


def _is_own(evidence: Evidence) -> bool:
    """Return whether the plugin comes with packc, and changes together with it."""
    return evidence.subject.found.distribution.name == "packc"


# --- the public API ---------------------------------------------------------------------------


def _public_api_only(evidence: Evidence) -> Iterator[Fault]:
    found = [
        (name, Span(file, getattr(node, "lineno", 1), 1))
        for file, tree in trees(evidence)
        for node in ast.walk(tree)
        for name in _imported(node)
    ]
    for name, span in dict.fromkeys((*found, *_seen_imports(evidence, is_packc))):
        yield Fault(f"the module imports {name}, which is not of the public API", span)


def _seen_imports(evidence: Evidence, matters: Callable[[str], bool]) -> Iterator[tuple[str, Span]]:
    """Yield what the plugin was seen to import while it ran, once for each line."""
    for journal in evidence.journals:
        for each in journal.sightings:
            if each.code == IMPORTED and matters(each.deed):
                yield each.deed, each.span


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield what a statement imports of packc besides its API."""
    match node:
        case ast.Import(names=names):
            named = [alias.name for alias in names]
            yield from (name for name in named if is_packc(name) and not is_public(name))
        case ast.ImportFrom(module="packc", names=names, level=0):
            yield from (f"packc.{each.name}" for each in names if each.name not in _PUBLIC)
        case ast.ImportFrom(module="packc.api", names=names, level=0):
            known = set(api.__all__)
            yield from (f"packc.api.{n.name}" for n in names if n.name not in (*known, "*"))
        case ast.ImportFrom(module=str(module), level=0) if is_packc(module):
            if not is_public(module):
                yield module
        case ast.Constant(value=str(module)) if module in sys.modules and is_packc(module):
            if module != "packc" and not is_public(module):
                yield module  # for what `sys.modules` or `importlib` makes of it


_PUBLIC: Final = ("api", "testing")


# --- native code ------------------------------------------------------------------------------


def _python_alone(evidence: Evidence) -> Iterator[Fault]:
    found = [
        (name, Span(file, getattr(node, "lineno", 1), 1))
        for file, tree in trees(evidence)
        for node in ast.walk(tree)
        for name in _modules(node)
        if _is_native(name)
    ]
    for name, span in dict.fromkeys((*found, *_seen_imports(evidence, _is_native))):
        yield Fault(f"the module imports {name}, which calls native code by its name", span)


def _modules(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module


def _is_native(module: str) -> bool:
    return module.partition(".")[0] in NATIVE


# --- documentation ----------------------------------------------------------------------------


def _docstrings(evidence: Evidence) -> Iterator[Fault]:
    for file, tree in trees(evidence):
        text = ast.get_docstring(tree)
        if tree.body and text is None:
            yield Fault(f"the module {file} has no docstring", Span(file))
        elif tree.body and text is not None and len(text) < limits.WORDS:
            words = f"has a docstring of {len(text)} characters, expected {limits.WORDS} or more"
            yield Fault(f"the module {file} {words}", Span(file))


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
        frozenset((PART_OF_PACKC,)),
    ),
    Rule(
        "api-versions",
        "The distribution requires packc, names the oldest version that it works with, and allows"
        " the one that it is certified with.",
        "Without a lower bound, an old packc takes the plugin and fails in the middle of a build."
        "\n\nThis rule proves what the metadata says, and that the plugin works with the packc that"
        " runs. It installs nothing, so it does not prove that the plugin works with the oldest"
        " packc that the metadata allows: that takes another run, with that one installed.",
        'Write `dependencies = ["packc>=0.1"]` in `pyproject.toml`. Have CI run the tests with the'
        " oldest packc that this names, as the job `oldest` of `packc plugin new` does.",
        _api_versions,
        lambda evidence: WITH_PACKC if _is_own(evidence) else None,
        frozenset((WITH_PACKC,)),
        is_of_hooks=False,
    ),
    Rule(
        "python-alone",
        "The plugin calls no native code by its name: it imports neither `ctypes` nor `cffi`.",
        "What native code does cannot be seen, so that no rule about the clock, the network or"
        " files could be held.",
        "Do it in Python. A library that has native parts may be imported as a library.",
        _python_alone,
        lambda evidence: _no_files(evidence),
    ),
    Rule(
        "docstrings",
        f"Every module of the plugin begins with a docstring of {limits.WORDS} characters or more.",
        "Whoever reads an error that names a line of the plugin wants to know what it does.",
        'Begin each file with `"""packc_gcp: what packc has to know of Google Cloud."""`.',
        _docstrings,
        lambda evidence: _no_files(evidence),
        is_of_hooks=False,
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
        return PART_OF_PACKC
    return None
