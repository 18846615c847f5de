"""docs: `packc docs`: the reference of packs, one page each."""

from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from pathlib import Path

from packc.cli.report import print_diagnostics, progress
from packc.cli.selection import host_of
from packc.diagnostics import Diagnostic, PackcError, in_order
from packc.formatting import build_of
from packc.packdocs import reference
from packc.pipeline import Selection, prepare
from packc.plugins import Host

MODE = 0o644


def run(options: Namespace) -> int:
    """Write the page of every pack, or with --check say which are not up to date."""
    found: list[Diagnostic] = []
    host = host_of(options)
    with progress(options, "documenting") as step:
        for folder in options.packs:
            step(folder)
            try:
                line = _document(folder, Path(options.out), host, options.check)
            except PackcError as error:
                found.extend(error.diagnostics)
            else:
                if not options.quiet:
                    print(line)
    print_diagnostics(in_order(found), options)
    return 1 if found else 0


def _document(folder: str, out: Path, host: Host, only_check: bool) -> str:
    """Write or check one page, and return what to say about it."""
    prepared = prepare(folder, Selection(), host)
    spec = prepared.pack.spec
    path = out / f"{spec.name}.md"
    content = reference(build_of(prepared), prepared.pack.root, out).encode()
    if only_check:
        _refuse_stale(path, content, folder)
        return f"{spec.name} {spec.version}: {path} is up to date"
    _write(path, content)
    return f"{spec.name} {spec.version}: {len(content)} bytes -> {path}"


def _refuse_stale(path: Path, content: bytes, folder: str) -> None:
    try:
        is_current = path.read_bytes() == content
    except OSError:
        is_current = False
    if not is_current:
        text = f"'{path}' is not what the pack says now"
        hint = f"run: packc docs {folder} -o {path.parent}"
        raise PackcError(Diagnostic("PK922", text, hint=hint))


def _write(path: Path, content: bytes) -> None:
    try:
        _replace(path, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "choose another folder with -o; the previous page is untouched"
        text = f"cannot write '{path}': {reason}"
        raise PackcError(Diagnostic("PK503", text, hint=hint)) from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step: who reads it sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(MODE)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
