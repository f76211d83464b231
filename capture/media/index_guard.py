"""What an MP4 claims in its index, read before the demuxer reads it: a few bytes there can ask it
for gigabytes.

Knows box names and the counts behind them; times, samples and everything inside `mdat` are none of
its business.
"""

import os
import re
import struct
from pathlib import Path

from capture.errors import UnusableMedia

# Four hours of 62 pictures and 50 packets of sound a second are 1.6 million. FFmpeg takes 72 bytes
# of memory for each.
MAX_SAMPLES = 2_000_000
# Found wherever it stands, also within another one, as FFmpeg, too, reads these boxes where they do
# not belong. A count follows after version and flags, in the first two after one more number.
CLAIMS = re.compile(
    rb"(?=(?:stsz|stz2).{8}(.{4})|trun.{4}(.{4})|elst.{4}(?P<edits>.{4}))", re.DOTALL
)
CLAIM_BYTES = 16
# both unpack to any size
UNWANTED = {b"cmov": "its index is compressed", b"iloc": "it holds still pictures"}
FRAGMENTS = (b"moof", b"sidx", b"mfra")
BLOCK_BYTES = 1 << 16
WITHOUT_END = 1 << 62  # the length of a box that lasts until the file's end


class IndexGuard:
    """Is fed a file's bytes in order and raises UnusableMedia before more is claimed than a
    recording can hold.
    """

    def __init__(self) -> None:
        self.is_fragmented = False
        self._waiting = b""  # too few for a box's head
        self._tail = b""  # of what was looked at: a claim may be cut in two
        self._left = 0  # bytes of the box we are in
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
        """How many of the next bytes need not be fed, because they are pictures and sound."""
        if not self._is_data:
            return 0
        skipped, self._left = self._left, 0
        return skipped

    def _enter_box(self) -> bool:
        """False where more bytes are needed. Bytes that are no box are checked like an index."""
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
        if is_edit:  # each edit may show everything again
            self._edits = max(self._edits, count)
        else:
            self._samples += count
        if self._samples * self._edits > MAX_SAMPLES:
            raise UnusableMedia(
                "its index claims more pictures and sound than a recording can hold"
            )


def is_fragmented(path: Path) -> bool:
    """Whether the MP4 can be read from front to back. Raises UnusableMedia where it claims too
    much.
    """
    guard, size = IndexGuard(), path.stat().st_size
    with path.open("rb") as file:
        while data := file.read(BLOCK_BYTES):
            guard.feed(data)
            file.seek(min(guard.skippable(), size), os.SEEK_CUR)
    return guard.is_fragmented


def are_whole(path: Path) -> bool:
    """True when an MP4's outermost boxes follow each other without a break up to the file's very
    end.
    """
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
