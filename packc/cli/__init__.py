"""cli: the packc command. Commands are imported when they are run, so that --help is fast."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing `typing` would take longer than an unchanged build
if TYPE_CHECKING:
    from collections.abc import Sequence

    from packc.cli.unchanged import Options

OK, WRONG, USAGE, BUG, INTERRUPTED = 0, 1, 2, 70, 130
"""Exit codes: done; the pack or its values are wrong; usage; a bug of packc; Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Where a plugin has left a thread that runs on, the process ends here: Python would wait for it.
    """
    code = _main(arguments)
    if "packc.surroundings" in sys.modules:  # no plugin was asked without it
        from contextlib import suppress

        from packc.surroundings import is_anyone_left

        if is_anyone_left():
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):
                    stream.flush()
            os._exit(code)
    return code


def _main(arguments: Sequence[str] | None) -> int:
    _mend_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("packc: interrupted; whole outputs only were written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has left, as `head` does
        _give_up_output()
        return OK
    except OSError as error:
        if error.filename is not None:
            return _report_bug()
        _give_up_output()
        reason = (error.strerror or str(error)).lower()
        print(f"error[PK503]: cannot write standard output: {reason}", file=sys.stderr)
        return WRONG
    except Exception:
        return _report_bug()
    return code


def _run(arguments: Sequence[str] | None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["build"]:
        from packc.cli import unchanged

        plain = unchanged.parse(arguments)
        if plain is not None:
            return _build(plain)
    from packc.cli.parser import build_parser

    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(build_parser())
    parser = build_parser(arguments)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:  # after --help, --version, or wrong usage
        return int(stop.code or OK)
    return int(options.run(options))


def _build(options: Options) -> int:
    """Build packs by arguments that need no argparse: where nothing has changed, without the rest.

    It is slow to import, and no help or error is asked of it here.
    """
    from packc.cli import unchanged

    code = unchanged.run(options)
    if code is not None:
        return code
    from packc.cli import build

    has_looked = len(options.packs) == 1 and not options.timings
    return build.run(options, is_known_to_differ=has_looked)


def _mend_streams() -> None:
    """Let output that was closed go nowhere, and characters that it cannot show be escaped."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        getattr(sys, name).reconfigure(errors="backslashreplace")


def _give_up_output() -> None:
    """Let the rest go nowhere: Python would complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_bug() -> int:
    import traceback

    traceback.print_exc()
    text = "this is a bug of packc; please report it with the lines above"
    print(f"\npackc: {text}", file=sys.stderr)
    return BUG
