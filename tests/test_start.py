"""What a command does not need, it does not import: that is most of the time that it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CALICO = Path(__file__).parents[1] / "packs" / "calico"
FOR_ERRORS = {"cattrs", "difflib", "packc.structure.reasons", "traceback"}
FOR_UNUSUAL_INSTALLS = {"importlib.metadata", "email"}
FOR_OTHER_COMMANDS = {"cryptography", "packc.lock", "packc.write", "rich"}


def imported_by(*arguments: str) -> set[str]:
    """Return the modules that a command on the Calico pack leaves loaded."""
    code = f"import sys; from packc.cli import main; main({arguments}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_a_pack_without_errors_is_rendered_without_what_only_others_need() -> None:
    loaded = imported_by("render", str(CALICO), "--cloud", "aws")

    assert "packc.emit" in loaded
    assert not loaded & (FOR_ERRORS | FOR_UNUSUAL_INSTALLS | FOR_OTHER_COMMANDS)


def test_a_pack_without_errors_is_shown_without_what_only_others_need() -> None:
    loaded = imported_by("show", str(CALICO))

    assert "packc.cli.show" in loaded
    assert not loaded & (FOR_ERRORS | FOR_UNUSUAL_INSTALLS | FOR_OTHER_COMMANDS)


def test_a_plugin_that_takes_no_part_is_not_imported() -> None:
    loaded = imported_by("render", str(CALICO), "--cloud", "aws")

    assert "packc_aws" in loaded
    assert not loaded & {"packc_azure", "packc_vmware"}
