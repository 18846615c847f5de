"""child: experiments in processes of their own: requests in JSON come in, journals are written.

The parent starts it with `python -m packc.testing.child`. Those of one surrounding share the time
that it takes to import packc: the process forks for each. As in `packc.doctor.child`, it changes
itself before it imports packc.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packc.doctor import shims


def main() -> None:
    """Read the requests, make the experiments, and tell the exit code of each when all are over."""
    batch: dict[str, Any] = json.load(sys.stdin)
    tell = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _bound(batch["memory"])
    shims.apply(batch["shims"])
    codes = _fork(batch["requests"], tell)
    os.write(tell, json.dumps(codes).encode())


def _bound(memory: int) -> None:
    """Have a plugin that eats memory meet its end before the machine does."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _fork(requests: Sequence[dict[str, Any]], tell: int) -> list[int]:
    import packc.testing.bench  # noqa: F401  # so that the children need not

    children = []
    for request in requests:
        child = os.fork()
        if child == 0:
            _experiment(request, tell)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _experiment(request: dict[str, Any], tell: int) -> None:
    """Make one experiment, and end: by an exit that the plugin has not had a chance to replace."""
    from packc.testing.bench import run

    end = os._exit
    os.close(tell)
    try:
        with Path(request["journal"]).open("w", encoding="utf-8") as stream:
            _redirect(Path(request["printed"]))
            run(request, stream)
        end(0)
    finally:
        end(1)


def _redirect(printed: Path) -> None:
    """Let both streams lead to a file, so that it is seen whether anything is printed."""
    target = os.open(printed, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(target, number)


if __name__ == "__main__":
    main()
