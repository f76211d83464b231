"""Confirms that what we read is a face: the landmark model and the face detector must agree.

The landmark model alone also reads faces that are drawn with a few lines. This module knows what we
read and counted in the last seconds, not how.
"""

from enum import Enum

from capture.senses.face_detector import contains_face
from capture.types import Box

# if the face counter does not confirm a face for so long, we doubt it; after so long in doubt we
# leave it undecided
WITHIN_MS = 1_000


class Standing(Enum):
    """What a face that we read counts as."""

    FACE = "face"
    NONE = "none"
    UNSURE = "unsure"


class Confirmation:
    """Gets the sampled pictures of one answer in time order."""

    def __init__(self) -> None:
        self._known: tuple[int, Box] | None = None
        self._doubted_ms: tuple[int, int] | None = None  # since when, and when last

    def of(self, t_ms: int, face: Box, counted: list[Box]) -> Standing:
        """Whether a face that we read is also one of the counted faces.

        A counted face stays a face while we read it near the same place, because hands can cover
        half of it. A face that we never counted is none at first. If it lasts, we cannot tell: it
        may be a face that is half covered.
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
