"""loading: a plugin can be imported, soon and quietly, and is what its entry point says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from packc.diagnostics import Span
from packc.testing import limits
from packc.testing.evidence import IMPORT, Evidence
from packc.testing.rule import Fault, Rule, all_of, by_code, never, over
from packc.testing.rules.trees import trees

_PROVIDING: Final = ("packc_clouds", "packc_features", "packc_formats")


def _loads(evidence: Evidence) -> Iterator[Fault]:
    yield from by_code("PK201", "PK203")(evidence)
    journal = evidence.plain
    if journal.crash and journal.during[0] == IMPORT:
        yield Fault(f"importing {evidence.subject} {journal.crash}", evidence.at(IMPORT))


def _import_cost(evidence: Evidence) -> Iterator[Fault]:
    if not evidence.imports:
        text = f"importing {evidence.subject} by itself cannot be timed: its process does not tell"
        yield Fault(text, evidence.at(IMPORT))
    if min(evidence.imports, default=0.0) > limits.IMPORT_SECONDS:
        text = f"importing {evidence.subject} takes more than {limits.IMPORT_SECONDS:g} s"
        yield Fault(text, evidence.at(IMPORT))


def _names_agree(evidence: Evidence) -> Iterator[Fault]:
    name = evidence.subject.name
    provided = {
        str(item["name"])
        for hook in _PROVIDING
        for answer in evidence.plain.of(hook)
        for item in answer.items
    }
    if name not in provided:
        named = f"but {', '.join(sorted(provided))}" if provided else "nor anything else"
        text = f"{evidence.subject} provides no cloud, feature or format '{name}', {named}"
        yield Fault(text, evidence.at(next(iter(evidence.hooks), IMPORT)))


def _fitting_hooks(evidence: Evidence) -> Iterator[Fault]:
    """Yield hooks whose arguments packc cannot hand over by name, though it may call them today."""
    for file, tree in trees(evidence):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in evidence.hooks:
                for words in _odd_arguments(node.args):
                    text = f"{node.name} of {evidence.subject} takes {words}"
                    yield Fault(text, Span(file, node.lineno, 1))


def _odd_arguments(arguments: ast.arguments) -> Iterator[str]:
    if arguments.posonlyargs:
        yield "arguments by position only"
    if arguments.vararg or arguments.kwarg:
        yield "any arguments, and would get none of them"


RULES: Final = (
    Rule(
        "loads",
        "The module that the entry point names can be imported.",
        "A plugin that fails on import stops every build that names it.",
        "Import it by hand, `python -c 'import packc_gcp'`, and mend what that says. Do no work at"
        " import time: no exit, no network, no optional library without a fallback.",
        _loads,
        never,
        is_of_hooks=False,
    ),
    Rule(
        "hooks-known",
        "Every function named `packc_…` is a hook of packc, has its mark and known arguments, which"
        " can be given by name.",
        "A misspelt hook would never be called, and nobody would notice.",
        "Correct the name, write `@hookimpl` above the function, and take only arguments that the"
        " hook has, without `/`, `*args` or `**options`.",
        all_of(by_code("PK209"), _fitting_hooks),
        never,
        is_of_hooks=False,
    ),
    Rule(
        "api-level",
        "The level of the API that the plugin states is one that this packc has.",
        "A plugin that needs a newer packc must say so before it fails in the middle of a build.",
        "Correct `PACKC_API`, a whole number, or run the kit with a packc that has that level.",
        by_code("PK237"),
        never,
        is_of_hooks=False,
    ),
    Rule(
        "names-agree",
        "The plugin provides a cloud, feature or format with the name of its entry point.",
        "Packs and the command line name a plugin by its entry point.",
        "Give the `Cloud`, `Feature` or `Format` the name that stands in `pyproject.toml`.",
        _names_agree,
        lambda evidence: over(evidence) or _fails_to_declare(evidence),
        is_of_hooks=False,
    ),
    Rule(
        "import-cost",
        f"Importing the plugin takes at most {limits.IMPORT_SECONDS:g} s, after packc itself.",
        "Each command that uses the plugin waits for it, shell completion too.",
        "Import slow libraries inside the function that needs them. `python -X importtime` shows"
        " what takes the time.",
        _import_cost,
        is_of_hooks=False,
    ),
)


def _fails_to_declare(evidence: Evidence) -> str | None:
    """Return why nothing is known of what the plugin provides: another rule says what it did."""
    failed = any(f"{hook} of" in c.message for c in evidence.complaints() for hook in _PROVIDING)
    return "the hook that declares what it provides fails" if failed else None
