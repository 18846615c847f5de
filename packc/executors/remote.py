"""remote: what a worker on another machine runs: a program of packc, for one parcel."""

from __future__ import annotations

import subprocess
import sys

Answer = tuple[int, bytes, bytes]
"""The program's exit code, below 0 for a signal; its answer; what it printed besides."""


def run_program(module: str, parcel: bytes) -> Answer:
    """Return what a module of packc makes of a parcel, in a process of its own.

    So packs are built in a folder and a main thread of their own, and a build that dies takes no
    worker with it.
    """
    done = subprocess.run([sys.executable, "-m", module], input=parcel, capture_output=True)
    return done.returncode, done.stdout, done.stderr
