"""render: the arguments of `packc render`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import packs, report, selection, trust

EXAMPLES = """\
examples:
  packc render packs/calico --cloud aws | kubectl apply -f -
  packc render packs/calico --cloud azure --output json | jq '.items[].kind'
  packc render packs/calico --cloud azure --output patches
"""


def add(command: Any) -> None:
    packs(command)
    selection(command)
    trust(command)
    forms = report(
        command,
        {
            "yaml": "the manifests",
            "json": "the manifests as one List",
            "patches": "plain RFC 6902 from the base files to the manifests",
        },
    )
    forms.add_argument(
        "--annotate",
        action="store_true",
        help="YAML with comments that say where each value comes from, for reading",
    )
