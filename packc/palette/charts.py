"""charts: the chart archives of a pack: what they are, and how they differ from their folders."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from packc import yamlio
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.palette.findings import CHART

MAX_UNPACKED: Final = 64 * 1024 * 1024
MAX_MEMBERS: Final = 20_000
SHIPPED: Final = ("templates", "crds")
"""The folders of a chart that decide, with values.yaml, what is installed."""


@frozen
class Chart:
    """A chart archive: where it is in the pack, its Chart.yaml, and what it installs by."""

    file: str
    shown: str
    name: str
    version: str
    app_version: str
    members: Mapping[str, bytes] = field(repr=False)


def read_chart(path: Path, file: str, shown: str) -> Chart:
    """Return the chart of an archive; raise PackcError (PK958) where it is none."""
    try:
        # The stream mode of tarfile trips over the extra field that Helm writes into the header.
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            members = dict(_members(archive, shown))
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError) as error:
        reason = "it is no gzip file" if isinstance(error, gzip.BadGzipFile) else str(error).lower()
        raise _refused(shown, f"no chart archive: {reason or 'it is damaged'}") from None
    if "Chart.yaml" not in members:
        raise _refused(shown, "no chart archive: there is no Chart.yaml in its one folder")
    about = _about(members["Chart.yaml"], shown)
    name, version, app_version = (_text(about.get(k)) for k in ("name", "version", "appVersion"))
    return Chart(file, shown, name, version, app_version, members)


def differences(chart: Chart, folder: Path) -> Iterator[str]:
    """Yield the files by which an archive differs from the folder of the same chart.

    Those of `helm package`'s own making, such as Chart.yaml, do not count.
    """
    there = {name: content for name, content in chart.members.items() if name != "Chart.yaml"}
    beside = _on_disk(folder)
    for name in sorted(there.keys() | beside.keys()):
        if _lines(there.get(name)) != _lines(beside.get(name)):
            yield name


def _members(archive: tarfile.TarFile, shown: str) -> Iterator[tuple[str, bytes]]:
    """Yield what decides what the chart installs, by names below its one folder."""
    size = 0
    for number, member in enumerate(archive):
        size += member.size
        if size > MAX_UNPACKED or number > MAX_MEMBERS:
            raise _refused(shown, f"the chart unpacks to more than {MAX_UNPACKED:,} bytes")
        _, _, name = member.name.partition("/")  # Helm takes `./Chart.yaml` as well
        if member.isfile() and _counts(name):
            stream = archive.extractfile(member)
            yield name, stream.read() if stream else b""


def _counts(name: str) -> bool:
    if name.startswith(tuple(f"{folder}/" for folder in SHIPPED)):
        return not name.endswith((".gitkeep", ".DS_Store"))
    return name in ("Chart.yaml", "values.yaml")


def _on_disk(folder: Path) -> dict[str, bytes]:
    places = [folder / "values.yaml", *(p for top in SHIPPED for p in (folder / top).rglob("*"))]
    names = {path.relative_to(folder).as_posix(): path for path in places if path.is_file()}
    return {
        name: yamlio.read_bytes(path, str(path)) for name, path in names.items() if _counts(name)
    }


def _lines(content: bytes | None) -> list[bytes] | None:
    """Return the lines, whatever they end with; None where there is no file."""
    return None if content is None else content.rstrip().splitlines()


def _about(content: bytes, shown: str) -> dict[str, Any]:
    documents = yamlio.parse(content, f"{shown}!Chart.yaml").documents
    data = documents[0].data if documents else None
    if not isinstance(data, dict) or not _text(data.get("name")):
        raise _refused(shown, "no chart archive: its Chart.yaml names no chart")
    return data


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _refused(shown: str, message: str) -> PackcError:
    hint = "pack the chart again with `helm package`"
    return PackcError(Diagnostic(CHART, message, Span(shown), hint, quote=False))
