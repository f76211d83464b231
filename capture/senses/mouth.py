"""Tells whether a mouth can be seen: not where lips are too soft to tell open from shut, nor behind
a hand.

The landmark model draws a shut mouth onto a hand, and into a blur in which an open one cannot be
told from it. So lips must be sharp for their size, and what seems shut must look as it did when
this person's mouth was shut before. Remembers that for the length of an answer. Stores nothing.
"""

from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.senses.face import FaceReading
from capture.senses.patches import Luma, mouth_patch, similarity

# gap by width: talking mouths pass it only on the way, resting ones stay below 0.05
SHUT_BELOW = 0.08

# Of the patch of mouth and chin (`patches`), rows and columns; what is looked for may lie two
# pixels beside.
LIPS, LIPS_AROUND = np.s_[13:28, 7:42], np.s_[11:30, 5:44]
CHIN, CHIN_AROUND = np.s_[28:38, 4:44], np.s_[26:40, :]
LIPS_WITH_EDGES = np.s_[10:31, 7:42]

# of the patch, in which mouths are 28 wide: coarser than grain and coding, finer than parted lips
FINE_PX = 1.5
# lips in focus have 0.018 to 0.04; blurred until talking ones read as shut for long, 0.01
SHARP_ABOVE = 0.016
SETTLES_BY = 0.2  # of each sample: within a second
# likeness to this person's shut lips: hands of all kinds before them reach 0.67, a fist 0.78 once
LIPS_ABOVE = 0.70
# that of the chin below them, which a hand at the mouth hides first: hands at the chin reach 0.75
CHIN_ABOVE = 0.76
TURNED_DEG = 10.0  # from where the head was then: farther away a chin looks otherwise …
TURNED_LIPS_ABOVE = 0.80  # … and lips alone must do; turned by up to 70° they have 0.81 and more
FOLLOWS_ABOVE = 0.90  # only what surely is the mouth changes what is remembered
FOLLOWS_BY = 0.1  # light and posture change over minutes, five samples a second


class Resting:
    """How a shut mouth looked, and where the head pointed then."""

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
    """Sees the sampled pictures of one answer."""

    def __init__(self) -> None:
        self._resting: Resting | None = None
        self._sharpness: float | None = None

    def opened(self, luma: Luma, face: FaceReading) -> float | None:
        """How far the mouth is open; None where that cannot be seen."""
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
        """By the mean of a second: an open mouth has a coarser pattern than a shut one, but a lens
        stays as it is.
        """
        now = sharpness_of(patch)
        before = now if self._sharpness is None else self._sharpness
        self._sharpness = before + SETTLES_BY * (now - before)
        return self._sharpness < SHARP_ABOVE


def sharpness_of(patch: Luma) -> float:
    """How fine the lips' pattern is, by its own contrast: neither light nor the mouth's size in the
    picture matters.
    """
    edges = cv2.Laplacian(cv2.GaussianBlur(patch, (0, 0), FINE_PX), cv2.CV_32F)[LIPS_WITH_EDGES]
    return float(edges.var()) / max(float(patch[LIPS_WITH_EDGES].var()), 1e-6)


def _angles_deg(face: FaceReading) -> NDArray[np.float64]:
    return np.array((face.yaw_deg, face.pitch_deg, face.roll_deg))
