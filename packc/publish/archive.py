"""archive: the layer of a pack: files as one tar, packed so that every machine gets its digest."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Final, Literal

from packc.diagnostics import Diagnostic, PackcError
from packc.formats.archive import stored_gzip, tar
from packc.model import OutputFile
from packc.publish.folder import MAX_FILE, MAX_FILES, MAX_TOTAL
from packc.publish.names import fault_of, one_on_some_systems, printable

Compression = Literal["none", "gzip"]
COMPRESSIONS: Final[tuple[Compression, ...]] = ("none", "gzip")

_MAX_TAR: Final = MAX_TOTAL + 2048 * MAX_FILES
_CHUNK: Final = 1024 * 1024


def in_order(files: Iterable[OutputFile]) -> list[OutputFile]:
    """Return the files in the order of the archive: by the bytes of their names."""
    return sorted(files, key=lambda file: file.name.encode())


def content_of(files: Iterable[OutputFile]) -> bytes:
    """Return the uncompressed tar, whose digest does not depend on the compression."""
    return tar(in_order(files))


def packed(content: bytes, compression: Compression) -> bytes:
    """Return a gzip file: with stored blocks, or compressed by the zlib of this machine.

    What is compressed has another digest with another zlib, such as zlib-ng.
    """
    if compression == "none":
        return stored_gzip(content)
    stream = BytesIO()
    # `gzip.compress` writes the name of the operating system on some versions of Python.
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=9, mtime=0) as packer:
        packer.write(content)
    return stream.getvalue()


def unpacked(layer: bytes) -> bytes:
    """Return the tar in a gzip file; raise PK613 where it is damaged, or larger than any pack."""
    unpacker = zlib.decompressobj(wbits=31)  # with gzip's header and checksum
    try:
        content = unpacker.decompress(layer, _MAX_TAR)
    except zlib.error as error:
        raise _damaged(f"it is no gzip file: {error}".lower()) from None
    if unpacker.unconsumed_tail:
        raise _damaged(f"it unpacks to more than {_MAX_TAR:,} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise _damaged("it does not end where gzip says")
    return content


def files_of(content: bytes) -> tuple[OutputFile, ...]:
    """Return the files of a tar; raise PK613 for all that no archive of packc has.

    That is links, devices, absolute names, `..`, names that not all systems hold or keep apart, no
    file at all, and a size beyond any pack's.
    """
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r:") as archive:
            files = tuple(_members(archive))
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise _damaged(f"it is no tar: {error}".lower()) from None
    if not files:
        raise _damaged("it holds no files")
    if pair := one_on_some_systems(file.name for file in files):
        raise _damaged(f"'{pair[0]}' and '{pair[1]}' cannot both be there on every system")
    return files


def _members(archive: tarfile.TarFile) -> Iterator[OutputFile]:
    total = 0
    for number, member in enumerate(archive):
        total += member.size
        if number >= MAX_FILES or member.size > MAX_FILE or total > MAX_TOTAL:
            raise _damaged("it holds more than any pack")
        if member.isdir():
            continue
        shown = f"'{printable(member.name)}'"
        if not member.isreg() or member.issparse():
            raise _damaged(f"{shown} is no regular file")
        if any(part in ("", ".", "..") for part in member.name.split("/")):
            raise _damaged(f"{shown} is no name inside of a folder")
        if why := fault_of(member.name):
            raise _damaged(f"the name {shown} {why}")
        stream = archive.extractfile(member)
        data = stream.read() if stream else b""
        if len(data) != member.size:
            raise _damaged(f"{shown} is cut off")
        yield OutputFile(member.name, data)


def _damaged(why: str) -> PackcError:
    hint = "package the pack again: this archive is not of packc"
    return PackcError(Diagnostic("PK613", f"the layer cannot be unpacked: {why}", hint=hint))
