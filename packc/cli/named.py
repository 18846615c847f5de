"""named: the files besides the pack that the options of a build name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packc import yamlio
from packc.diagnostics import PackcError

if TYPE_CHECKING:
    from argparse import Namespace


def files_named(options: Namespace, *, absolute: bool = False) -> Iterator[str]:
    """Yield the files that options name, and those that values name, or seem to.

    Values may hold the path of any file of the system, so absolute ones count where it is asked.
    """
    yield from (*options.values, *options.kubernetes_values)
    for text in options.sets:
        value = text.partition("=")[2]
        if os.path.isfile(value):  # noqa: PTH113  # no path yet: it may hold anything
            yield value
    for name in options.values:
        folder = os.path.dirname(name)  # noqa: PTH120
        for value in _texts_of(name):
            path = os.path.join(folder, value)  # noqa: PTH118
            if (absolute or not os.path.isabs(value)) and os.path.isfile(path):  # noqa: PTH113, PTH117
                yield path


def _texts_of(name: str) -> Iterator[str]:
    try:
        documents = yamlio.read(Path(name), name).documents
    except PackcError:  # which the build reports
        return
    waiting = [document.data for document in documents]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "\0" not in value:
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
