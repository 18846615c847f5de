"""pull: `packc pull`: a pack that was verified, as files in a folder."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from packc.cli.exits import exit_code
from packc.cli.registries import read_keys, read_pack
from packc.cli.report import print_diagnostics, print_json
from packc.diagnostics import Diagnostic, PackcError, Severity
from packc.publish.extract import extract, files_in
from packc.publish.verify import verify

UNVERIFIED = Diagnostic(
    "PK644",
    "the pack is not verified: nobody knows who made it",
    hint="name the key of who publishes it with --key",
    severity=Severity.WARNING,
)


def run(options: Namespace) -> int:
    """Verify the pack, write its files, and print its digest."""
    try:
        keys = read_keys(options)
        bundle, warnings = read_pack(options)
        verify(bundle, keys)
        print_diagnostics((*warnings, *(() if keys else (UNVERIFIED,))), options)
        files = files_in(bundle)
        extract(files, Path(options.out))
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return exit_code(error.diagnostics)
    if options.output == "json":
        print_json(
            {
                "name": bundle.name,
                "version": bundle.version,
                "digest": bundle.pack.digest,
                "verified": bool(keys),
                "folder": options.out,
                "files": [file.name for file in files],
            }
        )
    elif not options.quiet:
        print(f"{bundle.name} {bundle.version} {bundle.pack.digest} -> {options.out}")
    return 0
