"""launcher: starts processes and says how long they took and how much memory the largest held.

A process of its own, kept small and free of other modules: Linux counts the memory of whoever
starts a program as that program's, and the harness holds whole outputs in memory.
Reads one request a line, as JSON, and answers each with one line.
"""

import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

KIBIBYTE = 1024
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the commands, `lanes` at once; stop at the first that fails."""
    waiting = list(reversed(request["commands"]))
    running: set[int] = set()
    peak = failed = 0
    began = time.perf_counter()
    while running or (waiting and not failed):
        while waiting and len(running) < request["lanes"] and not failed:
            running.add(_started(waiting.pop(), request["environment"]))
        process, status, usage = os.wait4(-1, 0)
        running.discard(process)
        peak = max(peak, usage.ru_maxrss)
        failed = failed or os.waitstatus_to_exitcode(status)
    return {
        "seconds": time.perf_counter() - began,
        "memory": peak * KIBIBYTE,
        "failed": failed,
    }


def _started(command: dict[str, Any], environment: dict[str, str]) -> int:
    arguments: list[str] = command["arguments"]
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, command["output"], WRITE, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, command["errors"], WRITE, 0o644),
    ]
    return os.posix_spawn(arguments[0], arguments, environment, file_actions=files)


if __name__ == "__main__":
    # Ctrl-C reaches the harness as well, which says so.
    with suppress(KeyboardInterrupt):
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
