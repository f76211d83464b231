"""Decides where to read the nearest face: in the whole picture, or in a piece around its box.

Knows when to look closer, not how to read or find faces.
"""

from typing import Protocol

from capture.senses.face import FaceReading
from capture.types import Box, Frame

# We follow a face only within one second of the clock, and then read the whole picture again. So
# continued work reads the same.
FOLLOWED_MS = 1_000


class ReadsFace(Protocol):
    """Reads the nearest face of a picture, or of a piece around a box."""

    def read(self, frame: Frame, around: Box | None = None, /) -> FaceReading | None: ...
    def close(self) -> None: ...


class NearestFace:
    """Gets the sampled pictures of one answer in time order."""

    def __init__(self, reader: ReadsFace) -> None:
        self._reader = reader
        # where we last read a face in a piece; None while we read it in the whole picture
        self._there: Box | None = None
        self._since_ms = 0

    def read(self, frame: Frame) -> FaceReading | None:
        """Read around the last closer reading. Without one, and once a second, read all."""
        if self._there is not None and frame.t_ms // FOLLOWED_MS == self._since_ms // FOLLOWED_MS:
            face = self.read_closer(frame, self._there)
            if face:
                return face
        self._there = None
        return self._reader.read(frame)

    def read_closer(self, frame: Frame, box: Box) -> FaceReading | None:
        """Read the face in this box, where the detector found one."""
        face = self._reader.read(frame, box)
        self._there, self._since_ms = face.box if face else None, frame.t_ms
        return face

    def read_between(self, frame: Frame) -> FaceReading | None:
        """Read a picture between two samples, where the last sample had the face."""
        return self._reader.read(frame, self._there)
