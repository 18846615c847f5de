"""child: builds a pack in a process of its own: a request in JSON comes in, a report goes out.

The parent starts it with `python -m packc.doctor.child`. Nothing of packc is imported before the
process has changed what it is asked to change: a module holds on to what it has imported.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from packc.doctor import shims


def main() -> None:
    """Read the request, change the process, build, and report on what was standard output."""
    report_to = os.dup(1)
    os.dup2(2, 1)  # whatever a plugin prints must not get into the report
    request: dict[str, Any] = json.load(sys.stdin)
    shims.apply(request["shims"])
    unreadable = _unreadable(request["reads"]) if "nobody" in request["shims"] else None
    report = {"unreadable": unreadable} if unreadable else _build(request)
    with os.fdopen(report_to, "w", encoding="utf-8") as stream:
        json.dump(report, stream)


def _unreadable(paths: list[str]) -> str | None:
    """Return the first path that this user may not read."""
    return next((path for path in paths if _is_withheld(path)), None)


def _is_withheld(path: str) -> bool:
    try:
        return Path(path).exists() and not os.access(path, os.R_OK)
    except PermissionError:
        return True


def _build(request: dict[str, Any]) -> dict[str, Any]:
    from packc.doctor.build import build

    return build(request)


if __name__ == "__main__":
    main()
