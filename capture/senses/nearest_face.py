"""Where the nearest face is looked for: in the whole picture, or in a piece around where it was
found to be.

Knows when to look closer, not how faces are read or found.
"""

from typing import Protocol

from capture.senses.face import FaceReading
from capture.types import Box, Frame

# within each second of the clock: then the whole picture counts again, as work taken up again does
FOLLOWED_MS = 1_000


class ReadsFace(Protocol):
    """Reads the nearest face of a picture, or of a piece around a box."""

    def read(self, frame: Frame, around: Box | None = None, /) -> FaceReading | None: ...
    def close(self) -> None: ...


class NearestFace:
    """Sees the sampled pictures of one answer in time order."""

    def __init__(self, reader: ReadsFace) -> None:
        self._reader = reader
        # where a face was last read in a piece; None while the whole picture shows it
        self._there: Box | None = None
        self._since_ms = 0

    def read(self, frame: Frame) -> FaceReading | None:
        """Around where it was last read closer; else, and once a second, in the whole picture."""
        if self._there is not None and frame.t_ms // FOLLOWED_MS == self._since_ms // FOLLOWED_MS:
            face = self.read_closer(frame, self._there)
            if face:
                return face
        self._there = None
        return self._reader.read(frame)

    def read_closer(self, frame: Frame, box: Box) -> FaceReading | None:
        """The face that is known to be there."""
        face = self._reader.read(frame, box)
        self._there, self._since_ms = face.box if face else None, frame.t_ms
        return face

    def read_between(self, frame: Frame) -> FaceReading | None:
        """In a picture between two samples: where the last sample had it."""
        return self._reader.read(frame, self._there)
