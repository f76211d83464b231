"""The bytes of a recording, also while another process still appends to it.

Checks what an MP4's index claims, and nothing else.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import BinaryIO, Protocol

from capture.errors import UnusableMedia
from capture.media import index_guard
from capture.media.fragments import FragmentPairs

# a recorder delivers once a second, so ten reads a second cost and delay almost nothing
POLL_MS = 100


class GrowingFile:
    """A file that may still grow. `read` waits until there are bytes, it is complete, or `stop`."""

    def __init__(
        self, path: Path, is_complete: Callable[[], bool], stop: Event | None = None
    ) -> None:
        self.path = path
        self.is_complete = is_complete
        self.stop = stop or Event()
        # sees an MP4's bytes before the demuxer does
        self.guard: index_guard.IndexGuard | None = None
        self.pairs: FragmentPairs | None = None  # gives an MP4's bytes to the demuxer
        self._ready = b""
        self._is_refused = False
        self._file: BinaryIO = path.open("rb")

    def read(self, size: int) -> bytes:
        while not self._ready and not self.stop.is_set() and not self._is_refused:
            # we ask before we read, so that we do not miss bytes that come in between
            was_complete = self.is_complete()
            data = self._file.read(size)
            self._look(data)
            self._ready = self._paired(data, is_last=not data and was_complete)
            if not data and was_complete:
                break
            if not data:
                self.stop.wait(POLL_MS / 1000)
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def _paired(self, data: bytes, *, is_last: bool) -> bytes:
        if not self.pairs:
            return data
        return self.pairs.flush() if is_last else self.pairs.feed(data)

    def _look(self, data: bytes) -> None:
        try:
            if self.guard:
                self.guard.feed(data)
        except UnusableMedia:
            self._is_refused = True  # if the demuxer reads again, it gets nothing
            raise

    def close(self) -> None:
        self._file.close()


class ByteSource(Protocol):
    """What a demuxer reads from."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


def reader_of(source: Path | GrowingFile, container: str) -> ByteSource:
    """A reader of the file's bytes. Only a complete file can seek, as ordinary MP4 and Matroska do.

    We read a fragmented MP4 from front to back even when it is complete: a position that it names
    can hide another index.
    """
    if isinstance(source, GrowingFile):
        if not source.is_complete():
            if container == "mp4":
                source.guard, source.pairs = index_guard.IndexGuard(), FragmentPairs()
            return source
        source = source.path
    if container == "mp4" and index_guard.is_fragmented(source):
        whole = GrowingFile(source, lambda: True)
        whole.pairs = FragmentPairs()
        return whole
    return source.open("rb")
