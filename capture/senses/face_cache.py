"""Reuses the last reading of a face, moved to its new place, while eyes and mouth look the same.

To read a face costs ten milliseconds. To check whether eyes and mouth have changed costs less than
half of one. This module does not know what readings are for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from capture.senses.face import FaceReading
from capture.senses.patches import (
    EYE_AROUND,
    EYE_SIZE,
    Luma,
    RelativePoints,
    best_match,
    eye_patch,
    focus_measure,
    mouth_patch,
    shifted,
    similarity,
)
from capture.types import Box, Frame

# With so much similarity, the error of a reused reading is hardly larger than the noise of reading
# (docs/decisions/0022-hold-a-face-reading.md has the figures).
EYES_REUSE_ABOVE = 0.95
MOUTH_REUSE_ABOVE = 0.98
# We reuse a reading only within one second of the clock. So an overlooked change does not last, and
# continued work reads the same.
REUSE_WITHIN_MS = 1_000
# sharp mouths have 0.17 to 0.74; in small or blurred ones, talking and resting mouths look the same
MOUTH_FOCUS_ABOVE = 0.2


@dataclass(frozen=True)
class CachedReading:
    """A reading, and how eyes and mouth looked then."""

    t_ms: int
    face: FaceReading
    eyes: list[Luma]
    mouth: Luma

    @classmethod
    def of(cls, t_ms: int, luma: Luma, face: FaceReading) -> "CachedReading":
        eyes = [eye_patch(luma, corners, EYE_SIZE) for corners in face.eyes]
        return cls(t_ms, face, eyes, mouth_patch(luma, face.mouth))

    def can_show_change(self) -> bool:
        """Whether we could see a change of this face.

        In a small or blurred face we could not. And if there are two faces, the other one can
        become the nearer face while neither changes.
        """
        return not self.face.has_company and focus_measure(self.mouth) >= MOUTH_FOCUS_ABOVE

    def reading_in(self, luma: Luma) -> FaceReading | None:
        """The reading, moved to the face's new place.

        None if eyes or mouth look different, or have moved too far.
        """
        eyes: list[RelativePoints] = []
        for corners, eye in zip(self.face.eyes, self.eyes, strict=True):
            likeness, right, down = best_match(eye_patch(luma, corners, EYE_AROUND), eye)
            if likeness < EYES_REUSE_ABOVE:
                return None
            eyes.append(shifted(luma, corners, right, down))
        by = np.mean(eyes, axis=(0, 1)) - np.mean(self.face.eyes, axis=(0, 1))
        mouth = self.face.mouth + by
        if similarity(mouth_patch(luma, mouth), self.mouth) < MOUTH_REUSE_ABOVE:
            return None
        return replace(self.face, box=_moved(self.face.box, *by), eyes=tuple(eyes), mouth=mouth)


def _moved(box: Box, right: float, down: float) -> Box:
    """The moved box, without what lies outside the picture."""
    left, top, width, height = box
    sides = np.clip((left + right, top + down, left + right + width, top + down + height), 0.0, 1.0)
    return float(sides[0]), float(sides[1]), float(sides[2] - sides[0]), float(sides[3] - sides[1])


class FaceCache:
    """Gets the sampled pictures of one answer in time order."""

    def __init__(self, read: Callable[[Frame], FaceReading | None]) -> None:
        self._read = read
        self._last: CachedReading | None = None
        self._was_there = False

    def read(self, frame: Frame, luma: Luma) -> FaceReading | None:
        """The nearest face, read in this picture, or reused from a similar one of this second."""
        last = self._last
        if last is not None and frame.t_ms // REUSE_WITHIN_MS == last.t_ms // REUSE_WITHIN_MS:
            reused = last.reading_in(luma)
            if reused:
                return reused
        face = self._read(frame)
        cached = CachedReading.of(frame.t_ms, luma, face) if face else None
        was_there, self._was_there = self._was_there, face is not None
        # Not from a face's first picture: a mistake of the reader in an empty room must not last.
        self._last = cached if cached and was_there and cached.can_show_change() else None
        return face
