"""elsewhere: packs as parcels for other machines, with all that a build of them may read."""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from packc.cli.named import files_named
from packc.executors.identity import identity
from packc.executors.parcel import collected

if TYPE_CHECKING:
    from argparse import Namespace


@frozen
class Parcels:
    """Packs up packs with all that a build of them may read."""

    options: Namespace

    def __call__(self, packs: Sequence[str]) -> bytes:
        given = vars(self.options).items()
        options = {name: value for name, value in given if not callable(value)}
        files = {
            **collected(packs, left_out=[self.options.out]),
            **collected(files_named(self.options)),
        }
        parcel = {
            "identity": identity(),
            "folder": os.getcwd(),  # noqa: PTH109
            "packs": list(packs),
            "options": {**options, "no_cache": True, "executor": "processes", "jobs": 1},
            "files": files,
        }
        return marshal.dumps(parcel)
