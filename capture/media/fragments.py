"""Heads of MP4 fragments whose data do not follow: GStreamer's muxer, and so WebKitGTK, writes the
last heads twice.

FFmpeg would take what stands behind the first one for its pictures and sound, and then decode
neither. Such a head becomes `free`: four bytes of what a demuxer is given, none in the file. Knows
no sample and no time.
"""

import struct

from capture.media.index_guard import WITHOUT_END

HEAD = struct.Struct(">I4s")
LONG_HEAD = struct.Struct(">I4sQ")
# a head of a recorder's fragment has a few kB; a larger one is passed on as it is
HEAD_MAX_BYTES = 1 << 20


class FragmentPairs:
    """Is fed a file's bytes in order and gives them back, each fragment's head once it is known
    what follows it.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._left = 0  # bytes of the box we are in, all of which are passed on

    def feed(self, data: bytes) -> bytes:
        self._waiting += data
        given = []
        while self._waiting and (self._left or self._enter_box()):
            given.append(self._waiting[: self._left])
            self._waiting = self._waiting[self._left :]
            self._left -= len(given[-1])
        return b"".join(given)

    def rest(self) -> bytes:
        """What is still held back when there are no more bytes."""
        rest, self._waiting = self._waiting, b""
        return rest

    def _enter_box(self) -> bool:
        """False where more bytes are needed."""
        if len(self._waiting) < LONG_HEAD.size:
            return False
        length, kind, long_length = LONG_HEAD.unpack_from(self._waiting)
        if kind == b"moof" and HEAD.size <= length <= HEAD_MAX_BYTES:
            if len(self._waiting) < length + HEAD.size:
                return False
            if HEAD.unpack_from(self._waiting, length)[1] == b"moof":
                self._waiting = HEAD.pack(length, b"free") + self._waiting[HEAD.size :]
        length = {0: WITHOUT_END, 1: long_length}.get(length, length)
        self._left = length if length >= HEAD.size else WITHOUT_END
        return True
