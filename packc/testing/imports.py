"""imports: sees what a plugin's own lines import, in whichever way they do it."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Final, TypeAlias

from attrs import define, field

NATIVE: Final = frozenset(("_cffi_backend", "_ctypes", "cffi", "ctypes"))
"""What calls native code by its name: Python sees nothing of what that does."""

Tell: TypeAlias = Callable[[str, str, int], object]
"""Is told an imported module, and the file and the line of the plugin that import it."""


@define
class Imports:
    """Tells what the lines of one plugin import of packc, and of what calls native code."""

    module: str
    tell: Tell
    _seen: set[tuple[str, str, int]] = field(factory=set, init=False)

    def install(self) -> None:
        """Begin to listen, before the plugin takes these functions for itself."""
        real_import, real_import_module = builtins.__import__, importlib.import_module

        def listening_import(
            name: str,
            globals: Any = None,
            locals: Any = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> Any:
            if not level:
                self._look(_modules(name, fromlist or ()), sys._getframe(1))
            return real_import(name, globals, locals, fromlist or (), level)

        def listening_import_module(name: str, package: str | None = None) -> Any:
            self._look((name,), sys._getframe(1))
            return real_import_module(name, package)

        setattr(builtins, "__import__", listening_import)  # noqa: B010  # for mypy
        setattr(importlib, "import_module", listening_import_module)  # noqa: B010

    def _look(self, names: Sequence[str], frame: FrameType) -> None:
        importer = str(frame.f_globals.get("__name__", ""))
        if importer != self.module and not importer.startswith(f"{self.module}."):
            return
        for name in names:
            seen = (name, _file(importer, frame), frame.f_lineno)
            if _matters(name) and seen not in self._seen:
                self._seen.add(seen)
                self.tell(*seen)


def is_public(module: str) -> bool:
    """Return whether a plugin or its tests may import a module of packc."""
    return module == "packc.api" or f"{module}.".startswith("packc.testing.")


def is_packc(module: str) -> bool:
    """Return whether a module is packc's."""
    return f"{module}.".startswith("packc.")


def _modules(name: str, fromlist: Sequence[str]) -> Sequence[str]:
    return [f"{name}.{each}" for each in fromlist] if name == "packc" and fromlist else (name,)


def _matters(name: str) -> bool:
    return name.partition(".")[0] in NATIVE or (is_packc(name) and not is_public(name))


def _file(module: str, frame: FrameType) -> str:
    """Return the file of a frame by its module: the same on every machine."""
    name = module.replace(".", "/")
    return f"{name}/__init__.py" if "__path__" in frame.f_globals else f"{name}.py"
