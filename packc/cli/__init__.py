"""cli: the packc command. Commands are imported when they are run, so that --help is fast."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from packc.cli.parser import build_parser

OK, WRONG, USAGE, BUG, INTERRUPTED = 0, 1, 2, 70, 130
"""Exit codes: done; the pack or its values are wrong; usage; a bug of packc; Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("packc: interrupted; whole outputs only were written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has left, as `head` does. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception:
        import traceback

        traceback.print_exc()
        print("\npackc: this is a bug of packc; please report it with the lines above", file=sys.stderr)
        return BUG
    return int(code)
