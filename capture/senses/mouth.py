"""Tells whether we can see a mouth: not behind a hand, and not if the lips are too blurred.

The landmark model reports a shut mouth on a hand, and in a blur in which nobody can tell an open
mouth from a shut one. So the lips must be sharp for their size, and a mouth that seems shut must
look as this person's shut mouth did before. We remember that look for one answer, and store
nothing.
"""

from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.senses.face import FaceReading
from capture.senses.patches import Luma, mouth_patch, similarity

# mouth aspect ratio: talking mouths have less only for moments, resting ones less than 0.05
SHUT_BELOW = 0.08

# Rows and columns of the patch of mouth and chin (`patches`). We search lips and chin in an area
# that is two pixels wider on each side.
LIPS, LIPS_AROUND = np.s_[13:28, 7:42], np.s_[11:30, 5:44]
CHIN, CHIN_AROUND = np.s_[28:38, 4:44], np.s_[26:40, :]
LIPS_WITH_EDGES = np.s_[10:31, 7:42]

# pixels of the patch, in which mouths are 28 wide: coarser than grain, finer than parted lips
FINE_PX = 1.5
# lips in focus have 0.018 to 0.04; lips so blurred that talking ones read as shut have 0.01
SHARP_ABOVE = 0.016
SETTLES_BY = 0.2  # the weight of each sample: the mean settles within a second
# similarity to this person's shut lips: hands before them reach 0.67, and a fist once 0.78
LIPS_ABOVE = 0.70
# the same for the chin, which a hand at the mouth hides first: hands at the chin reach 0.75
CHIN_ABOVE = 0.76
TURNED_DEG = 10.0  # if the head has turned by more since then, the chin looks different …
TURNED_LIPS_ABOVE = 0.80  # … and we compare only lips; turned by up to 70° they reach 0.81
FOLLOWS_ABOVE = 0.90  # we change the remembered look only by what surely is the mouth
FOLLOWS_BY = 0.1  # the weight of each sample: light and posture change over minutes


class Resting:
    """How this person's shut mouth looked, and where the head pointed then."""

    def __init__(self, patch: Luma, angles_deg: NDArray[np.float64]) -> None:
        self._patch = patch.copy()
        self._angles_deg = angles_deg

    @classmethod
    def of(cls, patch: Luma, face: FaceReading) -> Self:
        return cls(patch, _angles_deg(face))

    def is_seen(self, patch: Luma, face: FaceReading) -> bool:
        lips = similarity(patch[LIPS_AROUND], self._patch[LIPS])
        is_turned = float(np.abs(_angles_deg(face) - self._angles_deg).max()) > TURNED_DEG
        if is_turned and lips >= TURNED_LIPS_ABOVE:
            return True
        return (
            lips >= LIPS_ABOVE and similarity(patch[CHIN_AROUND], self._patch[CHIN]) >= CHIN_ABOVE
        )

    def follow(self, patch: Luma, face: FaceReading) -> None:
        if similarity(patch, self._patch) >= FOLLOWS_ABOVE:
            self._patch += FOLLOWS_BY * (patch - self._patch)
            self._angles_deg = self._angles_deg + FOLLOWS_BY * (
                _angles_deg(face) - self._angles_deg
            )


class MouthTracker:
    """Gets the sampled pictures of one answer."""

    def __init__(self) -> None:
        self._resting: Resting | None = None
        self._sharpness: float | None = None

    def opened(self, luma: Luma, face: FaceReading) -> float | None:
        """How far the mouth is open, or None if we cannot see it."""
        patch = mouth_patch(luma, face.mouth).astype(np.float32)
        if self._is_soft(patch):
            return None
        if face.mouth_open >= SHUT_BELOW:
            return face.mouth_open
        if self._resting is None:
            self._resting = Resting.of(patch, face)
        is_seen = self._resting.is_seen(patch, face)
        self._resting.follow(patch, face)
        return face.mouth_open if is_seen else None

    def _is_soft(self, patch: Luma) -> bool:
        """Whether the lips are too blurred, by the mean of a second.

        An open mouth has a coarser pattern than a shut one, but the blur of the lens stays the
        same.
        """
        now = sharpness_of(patch)
        before = now if self._sharpness is None else self._sharpness
        self._sharpness = before + SETTLES_BY * (now - before)
        return self._sharpness < SHARP_ABOVE


def sharpness_of(patch: Luma) -> float:
    """How fine the lips' pattern is: the variance of the Laplacian, divided by their variance.

    So neither the light nor the mouth's size in the picture matters.
    """
    edges = cv2.Laplacian(cv2.GaussianBlur(patch, (0, 0), FINE_PX), cv2.CV_32F)[LIPS_WITH_EDGES]
    return float(edges.var()) / max(float(patch[LIPS_WITH_EDGES].var()), 1e-6)


def _angles_deg(face: FaceReading) -> NDArray[np.float64]:
    return np.array((face.yaw_deg, face.pitch_deg, face.roll_deg))
