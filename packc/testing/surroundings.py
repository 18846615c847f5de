"""surroundings: what a plugin has to leave as it found it, besides what each build looks at."""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

OFTEN: Final = (
    *("builtins", "datetime", "importlib", "io", "json", "json.encoder", "os", "os.path"),
    *("pathlib", "random", "re", "socket", "subprocess", "sys", "threading", "time"),
)
"""Modules of Python that are looked at after each hook: most code uses them."""

Functions: TypeAlias = Mapping[str, Mapping[str, Any]]


@frozen(eq=False)
class State:
    """What all code of a process shares: by the words for it, and functions by their modules."""

    shared: Mapping[str, Any]
    functions: Functions


def state(modules: Collection[str] = OFTEN) -> State:
    """Return what all code of a process shares, with the functions and classes of these modules."""
    shared = {
        "the import path": list(sys.path),
        "the garbage collector": gc.isenabled(),
        "the exception hook": sys.excepthook,
        "the way text is shown": sys.displayhook,
    }
    there = {name: module for name in modules if (module := sys.modules.get(name)) is not None}
    return State(shared, {name: _functions(vars(module)) for name, module in there.items()})


def standard_modules() -> Collection[str]:
    """Return the names of Python's own modules that are imported."""
    return [name for name in sys.modules if name.partition(".")[0] in sys.stdlib_module_names]


def put_back(before: State) -> list[str]:
    """Put functions and classes back, and return the words for all that differs."""
    after = state(before.functions)
    words = [name for name, value in before.shared.items() if after.shared[name] != value]
    for module, name, value in list(_replaced(before.functions, after.functions)):
        words.append(f"{module}.{name}")
        setattr(sys.modules[module], name, value)
    return words


def _functions(names: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in names.items() if name[0] != "_" and callable(value)} | {
        name: names[name] for name in ("__import__",) if name in names
    }


def _replaced(before: Functions, after: Functions) -> Iterator[tuple[str, str, Any]]:
    for module, functions in before.items():
        now = after.get(module, {})
        for name, value in functions.items():
            if now.get(name) is not value:
                yield module, name, value
