"""Fixtures, and the `tool` marker: a test that needs a program skips without it, except in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIRED = "PACKC_REQUIRE_TOOLS"
NODE_MODULES = "PACKC_NODE_MODULES"


def _has_js_yaml() -> bool:
    modules = Path(os.environ.get(NODE_MODULES, "node_modules"))
    return shutil.which("node") is not None and (modules / "js-yaml").is_dir()


PROBES: dict[str, Callable[[], bool]] = {"js-yaml": _has_js_yaml}
"""How to find what is more than a program on the PATH."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("tool"):
        missing = [name for name in marker.args if not _has(name)]
        if missing and os.environ.get(REQUIRED):
            pytest.fail(f"{', '.join(missing)} must be installed: {REQUIRED} is set", pytrace=False)
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


def _has(name: str) -> bool:
    probe = PROBES.get(name)
    return probe() if probe else shutil.which(name) is not None


@pytest.fixture
def calico() -> Path:
    """The folder of the Calico pack."""
    return ROOT / "packs" / "calico"
