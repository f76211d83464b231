"""What a face's landmarks and blendshapes say of eyes and mouth, as a few ratios. Pure geometry; judges nothing.

Blinks are looked for in samples 200 ms apart. On labelled clips that finds 6 of 11 with 2 too many: enough to draw,
too little to judge anybody by.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]  # landmarks in pixels, one row of x, y each

OUTER_EYE_CORNERS = (33, 263)  # rows of the landmark model's mesh: the picture's left eye, the right eye
LIP_EDGES = (13, 14)  # inner edge of the upper and of the lower lip, in the middle
MOUTH_CORNERS = (61, 291)

BLINK_DIP = 0.07  # open eyes vary by 0.04 from sample to sample; a blink caught half-way dips by this and more
BLINK_SAMPLES = 5  # two before, the lowest, two after: at five samples a second a blink fits in
BLINK_SPAN_MS = 1_200  # five samples; when they lie farther apart, nobody knows what was between them


class Gaze(NamedTuple):
    """Where the eyes point within the head, −1…1: positive to the picture's right edge, and up."""

    x: float
    y: float


def gaze_of(shapes: Mapping[str, float]) -> Gaze:
    """Both eyes' mean. The shapes name the person's own left and right: their left is the picture's right."""
    right = (shapes["eyeLookOutLeft"] + shapes["eyeLookInRight"]) / 2
    left = (shapes["eyeLookInLeft"] + shapes["eyeLookOutRight"]) / 2
    up = (shapes["eyeLookUpLeft"] + shapes["eyeLookUpRight"]) / 2
    down = (shapes["eyeLookDownLeft"] + shapes["eyeLookDownRight"]) / 2
    return Gaze(right - left, up - down)


def openness_of(shapes: Mapping[str, float]) -> float:
    """0 (shut) … 1 (open), both eyes' mean."""
    return 1 - (shapes["eyeBlinkLeft"] + shapes["eyeBlinkRight"]) / 2


def mouth_open_of(points: Points) -> float:
    """The gap between the lips as a part of the mouth's width, at most 1."""
    return min(1.0, _distance(points, LIP_EDGES) / max(_distance(points, MOUTH_CORNERS), 1.0))


def face_px_of(points: Points) -> float:
    """Pixels between the outer eye corners: how much picture there is of this face."""
    return _distance(points, OUTER_EYE_CORNERS)


def _distance(points: Points, ends: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[ends[0]] - points[ends[1]]))


class BlinkFinder:
    """Sees openness sample by sample and names a blink once the eyes are open again, two samples later."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, float]] = deque(maxlen=BLINK_SAMPLES)

    def see(self, t_ms: int, openness: float | None) -> tuple[int, ...]:
        """Times of blinks that are known since this sample: one or none."""
        if openness is None:
            self._samples.clear()
            return ()
        self._samples.append((t_ms, openness))
        if len(self._samples) < BLINK_SAMPLES or t_ms - self._samples[0][0] > BLINK_SPAN_MS:
            return ()
        return self._middle_if_blink()

    def _middle_if_blink(self) -> tuple[int, ...]:
        values = [value for _, value in self._samples]
        middle = BLINK_SAMPLES // 2
        lowest, before, after = values[middle], values[:middle], values[middle + 1 :]
        is_lowest = lowest < min(before) and lowest <= min(after)  # of two equal samples the first is the blink
        is_deep = min(max(before), max(after)) - lowest >= BLINK_DIP
        return (self._samples[middle][0],) if is_lowest and is_deep else ()
