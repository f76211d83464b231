"""Checks what an MP4 claims in its index, before the demuxer reads it.

A few bytes there can make the demuxer allocate gigabytes. This module knows the names of boxes and
the counts in them. It ignores times, samples, and everything inside `mdat`.
"""

import os
import re
import struct
from pathlib import Path

from capture.errors import UnusableMedia

# Four hours with 62 pictures and 50 packets of sound a second have 1.6 million. FFmpeg needs 72
# bytes of memory for each.
MAX_SAMPLES = 2_000_000
# We find these boxes wherever they are, also inside others, because FFmpeg reads them there, too.
# A count follows version and flags; in the first two boxes, one more number comes before it.
CLAIMS = re.compile(
    rb"(?=(?:stsz|stz2).{8}(.{4})|trun.{4}(.{4})|elst.{4}(?P<edits>.{4}))", re.DOTALL
)
CLAIM_BYTES = 16
# both can unpack to any size
UNWANTED = {b"cmov": "its index is compressed", b"iloc": "it holds still pictures"}
FRAGMENTS = (b"moof", b"sidx", b"mfra")
BLOCK_BYTES = 1 << 16
WITHOUT_END = 1 << 62  # the length of a box that continues until the file's end


class IndexGuard:
    """Gets a file's bytes in order. Raises UnusableMedia when it claims too many samples."""

    def __init__(self) -> None:
        self.is_fragmented = False
        self._waiting = b""  # too few bytes for the head of a box
        self._tail = b""  # the last bytes that we checked, because a claim can be cut in two
        self._left = 0  # bytes of the current box
        self._is_data = False
        self._samples = 0
        self._edits = 1

    def feed(self, data: bytes) -> None:
        self._waiting += data
        while self._waiting and (self._left or self._enter_box()):
            piece, self._waiting = self._waiting[: self._left], self._waiting[self._left :]
            self._left -= len(piece)
            if not self._is_data:
                self._look(piece)

    def skippable(self) -> int:
        """How many of the next bytes the caller may skip, because they are pictures and sound."""
        if not self._is_data:
            return 0
        skipped, self._left = self._left, 0
        return skipped

    def _enter_box(self) -> bool:
        """Begin with the next box. False if we need more bytes.

        We check bytes that are no box like an index.
        """
        if len(self._waiting) < 16:
            return False
        length, kind, long_length = struct.unpack_from(">I4sQ", self._waiting)
        length = {0: WITHOUT_END, 1: long_length}.get(length, length)
        self._left = length if length >= 8 else WITHOUT_END
        self._is_data = kind == b"mdat" and length >= 8
        self._tail = b""
        return True

    def _look(self, piece: bytes) -> None:
        known, text = len(self._tail), self._tail + piece
        self._tail = text[-CLAIM_BYTES + 1 :]
        for name, reason in UNWANTED.items():
            if name in text:
                raise UnusableMedia(f"this MP4 cannot be used: {reason}")
        self.is_fragmented |= any(name in text for name in FRAGMENTS)
        for claim in CLAIMS.finditer(text):
            if claim.end(claim.lastindex or 0) > known:
                self._add(
                    int.from_bytes(claim[claim.lastindex or 0], "big"),
                    is_edit=claim["edits"] is not None,
                )

    def _add(self, count: int, *, is_edit: bool) -> None:
        if is_edit:  # each edit can show everything again
            self._edits = max(self._edits, count)
        else:
            self._samples += count
        if self._samples * self._edits > MAX_SAMPLES:
            raise UnusableMedia(
                "its index claims more pictures and sound than a recording can hold"
            )


def is_fragmented(path: Path) -> bool:
    """Whether the MP4 has fragments. Raises UnusableMedia if it claims too many samples."""
    guard, size = IndexGuard(), path.stat().st_size
    with path.open("rb") as file:
        while data := file.read(BLOCK_BYTES):
            guard.feed(data)
            file.seek(min(guard.skippable(), size), os.SEEK_CUR)
    return guard.is_fragmented


def are_whole(path: Path) -> bool:
    """Whether an MP4's outermost boxes follow each other without a break up to the file's end."""
    position, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            length, kind, long_length = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
            length = {0: size - position, 1: long_length}.get(length, length)
            if length < 8 or not kind.isalnum():
                return False
            position += length
    return position == size
