"""schema: `packc schema`: the JSON Schema of pack.yaml or of a patch file."""

from __future__ import annotations

from argparse import Namespace

from packc.cli.report import print_json
from packc.schema import json_schema
from packc.spec import PackSpec, PatchFile


def run(options: Namespace) -> int:
    """Print the schema."""
    print_json(json_schema(PackSpec if options.file == "pack" else PatchFile))
    return 0
