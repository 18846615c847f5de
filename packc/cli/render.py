"""render: `packc render`: one variant on standard output, and nothing else on it."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from packc.cli.report import print_diagnostics, print_json, print_notes
from packc.cli.selection import host_of, selection_of
from packc.diagnostics import Diagnostic, PackcError, in_order
from packc.patch import plain_operations
from packc.pipeline import Compiled, Prepared, compile_variant, prepare


def run(options: Namespace) -> int:
    """Print one variant."""
    try:
        prepared = prepare(options.pack, selection_of(options), host_of(options))
        compiled = _the_variant(prepared)
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    print_diagnostics(in_order((*prepared.diagnostics, *compiled.diagnostics)), options)
    print_notes([(compiled.name, note) for note in compiled.notes], options)
    match options.output:
        case "yaml":
            sys.stdout.buffer.write(compiled.manifests.encode())
        case "json":
            print_json({"apiVersion": "v1", "kind": "List", "items": list(compiled.objects)})
        case _:
            print_json(_patches(compiled))
    return 0


def _the_variant(prepared: Prepared) -> Compiled:
    clouds = prepared.active.clouds
    if len(clouds) != 1:
        text = f"render prints one variant, and {len(clouds)} clouds are asked for"
        hint = f"add --cloud {' or --cloud '.join(clouds)}"
        raise PackcError(Diagnostic("PK213", text, hint=hint))
    (cloud,) = clouds.values()
    return compile_variant(prepared, cloud)


def _patches(compiled: Compiled) -> list[dict[str, Any]]:
    """Return plain RFC 6902: for each patched object its file, and the operations on it."""
    return [
        {
            "object": str(entry.identity),
            "file": entry.base.file,
            "operations": plain_operations(entry),
        }
        for entry in compiled.patched.objects
        if entry.writes
    ]
