"""Patches: small pieces of a picture around an eye or the mouth, all of one size.

Two patches are similar when they show the same pattern of light and dark. Brightness and contrast
do not matter. We hold patches in memory while we measure an answer, and never store them.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[Any]  # OpenCV's type hints say no more
RelativePoints = NDArray[np.float64]  # points as fractions of the picture, one row of x, y each

EYE_PX = 20  # an eye's width in its patch; a webcam shows eyes 15 to 40 px wide
EYE_SIZE = (26, 14)  # the eye with its lids
EYE_AROUND = (38, 24)  # the area around its last place in which we search the eye
MOUTH_SIZE = (48, 40)
# where the mouth's corners and the chin lie within the patch
MOUTH_POINTS = np.array(((10, 20), (38, 20), (24, 40)), dtype=np.float32)


def eye_patch(luma: Luma, corners: RelativePoints, size: tuple[int, int]) -> Luma:
    """The eye between its corners, upright in the picture."""
    ends = _pixels(luma, corners)
    step = max(float(np.linalg.norm(ends[1] - ends[0])), 1.0) / EYE_PX
    left, top = (ends[0] + ends[1]) / 2 - np.array(size) * step / 2
    return _cut(luma, np.array([[step, 0, left], [0, step, top]]), size)


def mouth_patch(luma: Luma, points: RelativePoints) -> Luma:
    """The mouth with the chin, as if we saw it from the front."""
    there = _pixels(luma, points).astype(np.float32)
    return _cut(luma, cv2.getAffineTransform(MOUTH_POINTS, there), MOUTH_SIZE)


def similarity(one: Luma, other: Luma) -> float:
    """1 for the same pattern of light and dark, 0 for unrelated ones, 1 where there is no pattern.

    The zero-mean normalised cross-correlation. If `one` is larger, at the best place in it.
    """
    return best_match(one, other)[0]


def best_match(around: Luma, patch: Luma) -> tuple[float, float, float]:
    """The similarity at the best place for the patch, and how far that place lies from the middle.

    The distances go to the right and down, in eyes' widths. This is template matching by zero-mean
    normalised cross-correlation (OpenCV's TM_CCOEFF_NORMED).
    """
    likeness = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
    lowest, highest, _, (left, top) = cv2.minMaxLoc(likeness)
    if not np.isfinite(highest):
        return 1.0, 0.0, 0.0
    if lowest == highest:  # all places are equally good
        return highest, 0.0, 0.0
    rows, columns = likeness.shape
    return highest, (left - (columns - 1) / 2) / EYE_PX, (top - (rows - 1) / 2) / EYE_PX


def focus_measure(patch: Luma) -> float:
    """How fine the patch's pattern is. Blurred and enlarged patches have a low value.

    The variance of the Laplacian (Pech-Pacheco et al., 2000), divided by the patch's own variance.
    """
    even = patch.astype(np.float32)
    return float(cv2.Laplacian(even, cv2.CV_32F).var()) / max(float(even.var()), 1e-6)


def shifted(luma: Luma, corners: RelativePoints, right: float, down: float) -> RelativePoints:
    """The corners of the eye, moved by so many eyes' widths."""
    ends = _pixels(luma, corners)
    width_px = float(np.linalg.norm(ends[1] - ends[0]))
    height, width = luma.shape
    return corners + np.array((right, down)) * width_px / (width, height)


def _pixels(luma: Luma, points: RelativePoints) -> RelativePoints:
    height, width = luma.shape
    return points * (width, height)


def _cut(luma: Luma, into: Luma, size: tuple[int, int]) -> Luma:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(luma, into, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
