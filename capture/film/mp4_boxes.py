"""Reads, writes and finds the boxes of which MP4 files consist.

Only for files that our own muxer wrote, so it trusts their form. Does not know what a box contains.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from capture.errors import CaptureError

# the boxes of boxes that we look into
CONTAINERS = (b"moov", b"trak", b"edts", b"mdia", b"minf")
HEADER_BYTES = 8
LONG_HEADER_BYTES = 16  # for a length of 64 bits

Changes = Mapping[bytes, Callable[[bytes], bytes]]


def box(kind: bytes, *content: bytes) -> bytes:
    """One box around the content."""
    return struct.pack(">I4s", HEADER_BYTES + sum(map(len, content)), kind) + b"".join(content)


def table(kind: bytes, rows: int, content: bytes) -> bytes:
    """A box of version 0 without flags that begins with its number of rows."""
    return box(kind, struct.pack(">II", 0, rows), content)


def long_header(kind: bytes, content_bytes: int) -> bytes:
    """The header of a box of any size, always `LONG_HEADER_BYTES` long."""
    return struct.pack(">I4sQ", 1, kind, LONG_HEADER_BYTES + content_bytes)


def children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in a row of boxes."""
    position = 0
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if length < HEADER_BYTES or position + length > len(content):
            raise CaptureError("the index of an MP4 is damaged")
        yield kind, content[position + HEADER_BYTES : position + length]
        position += length


def find_all(content: bytes, *path: bytes) -> list[bytes]:
    """The contents of all boxes on this path."""
    found = [inner for kind, inner in children(content) if kind == path[0]]
    return (
        found
        if len(path) == 1
        else [deeper for inner in found for deeper in find_all(inner, *path[1:])]
    )


def find(content: bytes, *path: bytes) -> bytes:
    """The content of the first box on this path. Raises CaptureError if there is none."""
    found = find_all(content, *path)
    if not found:
        raise CaptureError(f"the index of an MP4 has no {path[-1].decode()}")
    return found[0]


def changed(content: bytes, changes: Changes) -> bytes:
    """The row of boxes, with new contents for the kinds in `changes`, at any depth."""
    made = []
    for kind, inner in children(content):
        if kind in changes:
            inner = changes[kind](inner)
        elif kind in CONTAINERS:
            inner = changed(inner, changes)
        made.append(box(kind, inner))
    return b"".join(made)


def outermost(path: Path) -> dict[bytes, range]:
    """The position of the content of each outermost box: the last one if a kind occurs twice."""
    found, position, size = {}, 0, path.stat().st_size
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            length, kind, long_length = struct.unpack(
                ">I4sQ", file.read(LONG_HEADER_BYTES).ljust(LONG_HEADER_BYTES)
            )
            header_bytes = LONG_HEADER_BYTES if length == 1 else HEADER_BYTES
            length = long_length if length == 1 else length
            if length < header_bytes or position + length > size:
                raise CaptureError(f"{path.name} is not a whole MP4")
            found[kind] = range(position + header_bytes, position + length)
            position += length
    return found
