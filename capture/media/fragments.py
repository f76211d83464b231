"""Hides repeated fragment heads of an MP4 from the demuxer.

GStreamer's muxer (and so WebKitGTK) writes the last heads twice. FFmpeg would read the bytes after
the first one as its pictures and sound, and decode neither. So we rename such a head to `free` in
the bytes that the demuxer gets. The file does not change. Knows no samples and no times.
"""

import struct

from capture.media.index_guard import WITHOUT_END

HEAD = struct.Struct(">I4s")
LONG_HEAD = struct.Struct(">I4sQ")
# the head of a recorder's fragment has a few kB; we do not check larger ones
HEAD_MAX_BYTES = 1 << 20


class FragmentPairs:
    """Gets a file's bytes in order and returns them, a head only when it knows what follows."""

    def __init__(self) -> None:
        self._waiting = b""
        self._left = 0  # bytes of the current box that we still have to return

    def feed(self, data: bytes) -> bytes:
        self._waiting += data
        given = []
        while self._waiting and (self._left or self._enter_box()):
            given.append(self._waiting[: self._left])
            self._waiting = self._waiting[self._left :]
            self._left -= len(given[-1])
        return b"".join(given)

    def flush(self) -> bytes:
        """The bytes that we still hold back, at the end of the file."""
        rest, self._waiting = self._waiting, b""
        return rest

    def _enter_box(self) -> bool:
        """Begin with the next box. False if we need more bytes."""
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
