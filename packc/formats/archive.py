"""archive: files as a .tar.gz whose bytes depend on the files alone."""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Final

from packc.model import OutputFile

# 1980-01-01: tar and zip tools warn of times before it.
TIME: Final = 315_532_800
_MODE: Final = 0o644
_LARGEST_BLOCK: Final = 65_535
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def tar_gz(files: Iterable[OutputFile]) -> bytes:
    """Return the files in the order given, without a clock, an owner or a mode of this machine.

    The content is stored and not compressed: what zlib makes of it differs between its versions.
    """
    return stored_gzip(tar(files))


def tar(files: Iterable[OutputFile]) -> bytes:
    """Return the archive before it is put into gzip; a long name gets a header of its own (pax)."""
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mtime, entry.mode = len(file.content), TIME, _MODE
            archive.addfile(entry, BytesIO(file.content))
    return stream.getvalue()


def stored_gzip(content: bytes) -> bytes:
    """Return the content in a gzip container, as it is."""
    end = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return b"".join((_HEADER, *_stored(content), end))


def _stored(content: bytes) -> Iterator[bytes]:
    """Yield the blocks of a deflate stream that holds the content as it is (RFC 1951, 3.2.4)."""
    for start in range(0, len(content), _LARGEST_BLOCK):
        block = content[start : start + _LARGEST_BLOCK]
        is_last = start + _LARGEST_BLOCK >= len(content)
        yield struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF) + block
