"""worker: packs that another machine has sent: `python -m packc.cli.worker` builds one parcel.

It reads a parcel on standard input and writes the results on standard output. What it writes in
between goes into a folder of its own, which it removes.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packc.executors.identity import difference, identity
from packc.executors.parcel import lay_out


def main() -> None:
    """Build what standard input holds."""
    parcel = marshal.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a plugin prints is no part of the answer
    problem = difference(identity(), parcel["identity"])
    results = {"refused": problem} if problem else {"results": _built(parcel)}
    with answer:
        marshal.dump(results, answer)


def _built(parcel: Mapping[str, Any]) -> list[dict[str, Any]]:
    from packc.cli.build import built_for_elsewhere

    options = Namespace(**parcel["options"])
    with tempfile.TemporaryDirectory(prefix="packc-") as root:
        lay_out(parcel["files"], Path(root))
        folder = Path(root) / parcel["folder"].lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        try:
            return [built_for_elsewhere(pack, options) for pack in parcel["packs"]]
        finally:
            os.chdir("/")


if __name__ == "__main__":
    main()
