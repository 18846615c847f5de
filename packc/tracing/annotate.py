"""annotate: manifests with comments that say where each value comes from, for reading only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from packc.model import PatchedObject
from packc.tracing.account import Account, Told, brief, printable
from packc.tracing.trace import fields, trace
from packc.yamlio import parse

_LONGEST_VALUE: Final = 60


def annotated(account: Account, objects: Sequence[PatchedObject], manifests: str) -> str:
    """Return the manifests of objects in the order of the output, with comments.

    Reading them gives the same objects. The comment of a literal block stands on its first line.
    """
    lines = manifests.split("\n")
    documents = parse(manifests, "manifests", marks=True).documents
    for document, entry in zip(documents, objects, strict=True):
        for field in fields(trace(entry)):
            line = document.locate(field.pointer).line - 1
            lines[line] += f"  # {comment(account, account.told(entry.base, field)[-1])}"
    return "\n".join(lines)


def comment(account: Account, told: Told) -> str:
    """Return who wrote a value and where, in a few words: 'aws: packc_aws/__init__.py:54'."""
    return printable(" ".join(_words(account, told)))


def _words(account: Account, told: Told) -> Iterator[str]:
    if told.origin is not None and told.is_of_plugin:
        yield f"{told.origin.writer}:"
    if told.span is not None:
        span = account.relative(told.span)
        yield f"{span.file}:{span.line}"
    if told.behind is not None:
        yield f"{told.behind.name}={_short(told.behind.value)} ({told.behind.source})"


def _short(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST_VALUE else brief(value)
