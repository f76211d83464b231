"""Is what was read a face? Two readers must agree: the landmark model also reads faces that are
drawn by a few lines.

Knows what was read and counted lately; says nothing of how.
"""

from enum import Enum

from capture.senses.face_detector import contains_face
from capture.types import Box

# after so long without the face counter's confirmation a face is doubted; after so long in doubt it
# is left undecided
WITHIN_MS = 1_000


class Standing(Enum):
    """What a face that was read counts for."""

    FACE = "face"
    NONE = "none"
    UNSURE = "unsure"


class Confirmation:
    """Sees the sampled pictures of one answer in time order."""

    def __init__(self) -> None:
        self._known: tuple[int, Box] | None = None
        self._doubted_ms: tuple[int, int] | None = None  # since when, and when last

    def of(self, t_ms: int, face: Box, counted: list[Box]) -> Standing:
        """Whether a face that was read is one that was counted.

        A face that was counted stays a face while it is read near the same place, because hands may
        cover half of it. A face that was never counted is none at first. If it lasts, it cannot be
        told: it may be a face that is half covered.
        """
        if contains_face(counted, face) or self._was_here(t_ms, face):
            self._known = t_ms, face
            return Standing.FACE
        since_ms, last_ms = self._doubted_ms or (t_ms, t_ms)
        if t_ms - last_ms > WITHIN_MS:
            since_ms = t_ms
        self._doubted_ms = since_ms, t_ms
        return Standing.UNSURE if t_ms - since_ms >= WITHIN_MS else Standing.NONE

    def _was_here(self, t_ms: int, face: Box) -> bool:
        if self._known is None:
            return False
        seen_ms, there = self._known
        return t_ms - seen_ms <= WITHIN_MS and contains_face([there], face)
