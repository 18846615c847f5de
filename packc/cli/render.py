"""render: `packc render`: one variant on standard output, and nothing else on it."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from packc.cli.report import print_diagnostics, print_json, print_notes
from packc.cli.selection import documents, host_of, selection_of, the_cloud
from packc.diagnostics import PackcError, in_order
from packc.model import BaseObject
from packc.patch import plain_operations
from packc.pipeline import Compiled, Prepared, account_of, compile_variant, prepare, traced


def run(options: Namespace) -> int:
    """Print one variant."""
    try:
        prepared = prepare(options.pack, selection_of(options), host_of(options), documents())
        compiled = compile_variant(prepared, the_cloud(prepared, "render prints"))
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    print_diagnostics(in_order((*prepared.diagnostics, *compiled.diagnostics)), options)
    print_notes([(compiled.name, note) for note in compiled.notes], options)
    match options.output:
        case "yaml":
            sys.stdout.buffer.write(_yaml(prepared, compiled, options).encode())
        case "json":
            print_json({"apiVersion": "v1", "kind": "List", "items": list(compiled.objects)})
        case _:
            print_json(_patches(compiled))
    return 0


def _yaml(prepared: Prepared, compiled: Compiled, options: Namespace) -> str:
    if not options.annotate:
        return compiled.manifests
    from packc.tracing.annotate import annotated  # of no use to the pipelines that render

    account = account_of(prepared, compiled.resolved)
    return annotated(account, traced(compiled), compiled.manifests)


def _patches(compiled: Compiled) -> list[dict[str, Any]]:
    """Return plain RFC 6902: for each patched object its file, and the operations on it.

    An object that a plugin brings has no file: its first operation adds it as a whole.
    """
    return [
        {
            "object": str(entry.identity),
            **_starting_point(entry.base),
            "operations": plain_operations(entry),
        }
        for entry in compiled.patched.objects
        if entry.writes or entry.base.origin is not None
    ]


def _starting_point(base: BaseObject) -> dict[str, Any]:
    if base.origin is None:
        return {"file": base.file}
    from packc.tracing.sourcemap import plugin  # of no use to the pipelines that render

    return {"file": None, **plugin(base.origin)}
