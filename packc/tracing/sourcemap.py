"""sourcemap: where every field of a variant's manifests comes from, as the file source-map.json.

docs/source-map.md describes the format. The file is the same on every machine, and holds no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from packc import __version__
from packc.diagnostics import Span
from packc.model import MISSING, BaseObject, Object, Origin, OutputFile, PatchedObject, Write
from packc.patching.jsondata import is_map
from packc.patching.pointer import Path, Pointer, format_path
from packc.tracing.account import Account, Behind, Told
from packc.tracing.trace import Field, Place, below, leaf_of, removed, trace

SOURCE_MAP_FILE: Final = "source-map.json"
FORMAT: Final = 1
_ITEMS: Final = "-"


def source_map(account: Account, objects: Sequence[PatchedObject]) -> OutputFile:
    """Return the source map of a variant whose objects are given in the order of the output."""
    writes = [write for entry in objects for write in entry.writes]
    numbers = {id(write): number for number, write in enumerate(writes)}
    variant = account.resolved.variant
    parts = {
        "format": json.dumps(FORMAT),
        "packc": json.dumps(__version__),
        "pack": _line({"name": variant.pack, "version": variant.version}),
        "variant": json.dumps(variant.name),
        "parameters": _lines("{}", _parameters(account, writes)),
        "writes": _lines("[]", (_line(_write(account, write)) for write in writes)),
        "objects": _lines("[]", (_line(_object(account, entry, numbers)) for entry in objects)),
    }
    text = ",\n".join(f'"{name}": {part}' for name, part in parts.items())
    return OutputFile(SOURCE_MAP_FILE, f"{{\n{text}\n}}\n".encode())


def rebuilt(content: bytes) -> list[Object]:
    """Return the objects that a source map tells of; secrets are masked in it, and so in them."""
    return [_rebuilt(entry["fields"]) for entry in json.loads(content)["objects"]]


def place(span: Span | None) -> dict[str, Any]:
    """Return a place as plain data."""
    if span is None:
        return {}
    return {"file": span.file, "line": span.line, "column": span.column}


def plugin(origin: Origin | None) -> dict[str, Any]:
    """Return the plugin that an origin names as plain data; nothing for a file of the pack."""
    if origin is None or origin.distribution is None:
        return {}
    distribution = origin.distribution
    return {"plugin": distribution.name, "version": distribution.version, "hook": origin.hook}


def parameter(behind: Behind) -> dict[str, Any]:
    """Return a parameter as plain data."""
    return {"value": behind.value, "source": behind.source, **place(behind.span)}


def _rebuilt(node: Any) -> Any:
    if isinstance(node, list):
        return node[0]
    if _ITEMS in node:
        return [_rebuilt(item) for item in node[_ITEMS]]
    return {name[1:]: _rebuilt(child) for name, child in node.items()}


# --- the parts --------------------------------------------------------------------------------


def _parameters(account: Account, writes: Sequence[Write]) -> Iterator[str]:
    found = [account.behind(write.operation) for write in writes]
    for behind in sorted({each.name: each for each in found if each}.values(), key=_name):
        data = {**parameter(behind), **place(_relative(account, behind.span))}
        yield f"{json.dumps(behind.name, ensure_ascii=False)}: {_line(data)}"


def _name(behind: Behind) -> str:
    return behind.name


def _write(account: Account, write: Write) -> dict[str, Any]:
    operation, origin = write.operation, write.origin
    data: dict[str, Any] = {
        "writer": origin.writer,
        "operation": operation.op,
        "path": operation.path,
        **place(_relative(account, operation.span)),
        "from": operation.source,
        "parameter": operation.parameter,
        "overrides": operation.overrides,
        "optional": operation.optional,
    }
    return {key: value for key, value in (data | plugin(origin)).items() if value is not None}


def _object(account: Account, entry: PatchedObject, numbers: Mapping[int, int]) -> dict[str, Any]:
    teller, root = _Teller(account, entry.base, numbers), trace(entry)
    return {
        "object": str(entry.identity),
        "file": entry.base.file,
        **plugin(entry.base.origin),
        "fields": teller.tree(root),
        "removed": {format_path(field.path): teller.chain(field) for field in removed(root)},
    }


@frozen
class _Teller:
    """Tells the fields of one object. `numbers` are those of the writes, by their id."""

    account: Account
    base: BaseObject
    numbers: Mapping[int, int]

    def tree(self, node: Place, path: Path = (), pointer: Pointer = ()) -> Any:
        """Return a map as {"/name": ...}, a list as {"-": [...]}, and a leaf as a list."""
        nodes = {
            token: self.tree(child, (*path, step), (*pointer, token))
            for step, token, child in below(node, path)
        }
        if not nodes:
            return self._leaf(leaf_of(node, path, pointer))
        if is_map(node.value):
            return {f"/{name}": nodes[name] for name in nodes}
        return {_ITEMS: list(nodes.values())}

    def chain(self, field: Field) -> list[dict[str, Any]]:
        """Return a chain as plain data."""
        return [self._link(told) for told in self.account.told(self.base, field)]

    def _leaf(self, field: Field) -> list[Any]:
        """Return [value, line, column] where no write came, else [value, chain]."""
        chain = self.account.told(self.base, field)
        if len(chain) == 1 and chain[0].write is None and chain[0].span is not None:
            return [chain[0].after, chain[0].span.line, chain[0].span.column]
        return [chain[-1].after, [self._link(told) for told in chain]]

    def _link(self, told: Told) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if told.write is not None:
            data["write"] = self.numbers[id(told.write)]
        if told.span is not None:
            data |= {"line": told.span.line, "column": told.span.column}
        if told.after is not MISSING:
            data["value"] = told.after
        if told.copied:
            data["copied"] = [self._link(link) for link in told.copied]
        return data


# --- text -------------------------------------------------------------------------------------


def _relative(account: Account, span: Span | None) -> Span | None:
    return None if span is None else account.relative(span)


def _line(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _lines(brackets: str, lines: Iterable[str]) -> str:
    """Return a JSON map or list with each entry on a line of its own."""
    text = ",\n".join(lines)
    return f"{brackets[0]}\n{text}\n{brackets[1]}" if text else brackets
