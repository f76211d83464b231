"""Tells a mouth that rests from one that is hidden: the landmark model draws a shut mouth onto a hand before it.

Remembers, for the length of an answer, how this mouth looks when it is shut. Stores nothing.
"""

from capture.face import FaceReading
from capture.patches import Luma, alike, mouth_patch

SHUT_BELOW = 0.08  # gap by width: talking mouths pass it only on the way, resting ones stay below 0.05
KNOWN_ABOVE = 0.75  # likeness to the known mouth: hands reach 0.72, turned and tilted heads mostly stay above
FOLLOWS_ABOVE = 0.90  # only what surely is the mouth changes what is remembered
FOLLOWS_BY = 0.1  # light and posture change over minutes, five samples a second


class MouthWatch:
    """Sees the sampled pictures of one answer."""

    def __init__(self) -> None:
        self._known: Luma | None = None

    def opened(self, luma: Luma, face: FaceReading) -> float | None:
        """How far the mouth is open; None where it seems shut but does not look like this person's mouth."""
        if face.mouth_open >= SHUT_BELOW:
            return face.mouth_open
        seen = mouth_patch(luma, face.mouth).astype("float32")
        if self._known is None:
            self._known = seen
        likeness = alike(seen, self._known)
        if likeness >= FOLLOWS_ABOVE:
            self._known += FOLLOWS_BY * (seen - self._known)
        return face.mouth_open if likeness >= KNOWN_ABOVE else None
