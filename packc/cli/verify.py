"""verify: `packc verify`: whether a pack is whole and signed by a key that is trusted."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from packc.cli.exits import NOT_VERIFIED, exit_code
from packc.cli.registries import read_keys, read_pack
from packc.cli.report import print_diagnostics, print_json
from packc.cli.selection import host_of
from packc.diagnostics import PackcError
from packc.publish.model import Bundle
from packc.publish.verify import Statement, verify
from packc.render import plural
from packc.values import Request


def run(options: Namespace) -> int:
    """Check the pack and its signatures; "could not check" is never the exit code 0."""
    try:
        keys = read_keys(options)
        bundle, warnings = read_pack(options)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return exit_code(error.diagnostics)
    print_diagnostics(warnings, options)
    try:
        statements = verify(bundle, keys)
        same = _rebuild(bundle, statements, options) if options.rebuild else None
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return exit_code(error.diagnostics, NOT_VERIFIED)
    if options.output == "json":
        print_json(
            {
                "name": bundle.name,
                "version": bundle.version,
                "shape": bundle.shape,
                "digest": bundle.pack.digest,
                "signed": bool(keys),
                "rebuilt": same is not None,
                "statements": [
                    {"kind": each.kind, "digest": each.digest, "signed": each.signed}
                    for each in statements
                ],
            }
        )
    elif not options.quiet:
        _print_text(bundle, statements, is_signed=bool(keys))
        if same is not None:
            print(f"  built again from {options.rebuild}: the same {plural(same, 'file')}")
    return 0


def _rebuild(bundle: Bundle, statements: Sequence[Statement], options: Namespace) -> int:
    """Compile the pack again, and return how many files are the same; raise where one is not."""
    from packc.publish.rebuild import How, rebuild

    request = Request(tuple(options.values), tuple(options.sets))
    how = How(options.rebuild, host_of(options), request)
    return rebuild(bundle, statements, how, trust=bool(options.keys))


def _print_text(bundle: Bundle, statements: tuple[Statement, ...], *, is_signed: bool) -> None:
    state = "signed" if is_signed else "whole; signatures were not checked"
    print(f"{bundle.name} {bundle.version} {bundle.pack.digest}: {state}")
    for each in statements:
        print(f"  {'signed' if each.signed else 'not signed'}: {each.kind}")
