"""A few ratios of eyes and mouth, from a face's landmarks and blendshapes.

Pure geometry: judges nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]  # landmarks in pixels, one row of x, y (and z) each

# rows of the landmark model's mesh: the picture's left eye, then the right one
EYE_CORNERS = ((33, 133), (362, 263))
LIDS = ((159, 145), (386, 374))  # middle of the upper and of the lower lid
IRISES = (468, 473)
OUTER_EYE_CORNERS = (33, 263)
LIP_EDGES = (13, 14)  # inner edge of the upper and of the lower lip, in the middle
MOUTH_CORNERS = (61, 291)
CHIN = 152

IRIS_REACH = 0.5  # of half the eye's width: there the iris touches the corner
# the eye aspect ratio: shut eyes have 0.04 to 0.08, open ones 0.26 and more
SHUT_GAP, OPEN_GAP = (0.06, 0.26)


class Gaze(NamedTuple):
    """Where the eyes point within the head, −1…1: positive to the picture's right edge, and up."""

    x: float
    y: float


def gaze_of(points: Points, shapes: Mapping[str, float]) -> Gaze:
    """The mean gaze of both eyes.

    The direction aside comes from the irises' positions. Up and down come from the blendshapes,
    because the lids hide how high the irises are.
    """
    asides = [
        _iris_aside(points, iris, corners)
        for iris, corners in zip(IRISES, EYE_CORNERS, strict=True)
    ]
    up = (shapes["eyeLookUpLeft"] + shapes["eyeLookUpRight"]) / 2
    down = (shapes["eyeLookDownLeft"] + shapes["eyeLookDownRight"]) / 2
    return Gaze(float(np.clip(sum(asides) / len(asides), -1.0, 1.0)), up - down)


def _iris_aside(points: Points, iris: int, corners: tuple[int, int]) -> float:
    """Where the iris is: 0 in the middle of the eye, ±1 where it touches a corner."""
    left, right = points[corners[0], :2], points[corners[1], :2]
    across = right - left
    share = float((points[iris, :2] - left) @ across) / max(float(across @ across), 1e-9)
    return (2 * share - 1) / IRIS_REACH


def lid_gap_of(points: Points) -> float:
    """The eye aspect ratio (Soukupová and Čech, 2016): how far the lids are apart, by eye's width.

    We use one pair of lid points per eye, and the mean of both eyes. Compare the ratio only with
    the same person's open eyes.
    """
    gaps = [
        _distance(points, lids) / max(_distance(points, corners), 1.0)
        for lids, corners in zip(LIDS, EYE_CORNERS, strict=True)
    ]
    return sum(gaps) / len(gaps)


def openness_of(lid_gap: float) -> float:
    """How open the eyes are: 0 (shut) … 1 (open)."""
    return float(np.clip((lid_gap - SHUT_GAP) / (OPEN_GAP - SHUT_GAP), 0.0, 1.0))


def mouth_open_of(points: Points) -> float:
    """The mouth aspect ratio: the gap between the lips by the mouth's width, at most 1."""
    return min(1.0, _distance(points, LIP_EDGES) / max(_distance(points, MOUTH_CORNERS), 1.0))


def face_px_of(points: Points) -> float:
    """Pixels between the outer eye corners: how much picture there is of this face."""
    return _distance(points, OUTER_EYE_CORNERS)


def _distance(points: Points, ends: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[ends[0], :2] - points[ends[1], :2]))
