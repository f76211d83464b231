"""May a picture be judged? Brightness, sharpness, detail, and whether the picture stands still.

Knows pixels only; what counts as too dark or too still for how long is said in `capture.rules`.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.types import Box, Frame

FULL_SCALE = 255.0
# the same for all pictures: a small one made large again is no sharper for it
SHARPNESS_SIDE_PX = 320
# the picture as 40×30 means: a cell's mean forgets grain and coding noise, but not a blink
CELLS = (40, 30)
# of 255: coding a frozen picture moves a cell by up to 2.3; in quiet people some cell moves by 4
STILL_LEVELS = 3.0
# of 255, within a cell: drawn tones have 0, encoded plain walls 0.3 and more in 11 % of the cells
GRAIN_LEVELS = 0.3
GRAINED_SHARE = 0.03
# of 255, by which cells spread: real clips have 28 to 72, with a quarter of their contrast 7 to 18
PALE_LEVELS = 20.0
EDGES_PX = 2.0  # of a picture 320 px wide: coarser than grain, finer than what a blur leaves
# faces are lost from here on, also under grain; real empty rooms have 0.002, a cartoon 0.00045
SOFT_BELOW = 0.0002
STILL_MS = 800  # no person keeps so still for a second; the rules ask for several

Luma = NDArray[Any]  # OpenCV says no more of what it returns


@dataclass(frozen=True)
class Quality:
    """What one picture is good for."""

    brightness: float
    sharpness: float
    frozen: bool | None


class QualityMeter:
    """Sees pictures in time order and remembers since when nothing moved."""

    def __init__(self) -> None:
        self._still: Luma | None = None
        self._still_since_ms = 0

    def read(self, t_ms: int, luma: Luma, cells: Luma, face: Box | None) -> Quality:
        """Sharpness is that of the face where there is one: a blurred wall behind it does not
        matter.
        """
        even = _resized(luma)
        looked_at = _cut(even, face) if face else even
        return Quality(
            brightness=float(luma.mean()) / FULL_SCALE,
            sharpness=float(cv2.Laplacian(looked_at, cv2.CV_64F).var()),
            frozen=self._is_frozen(t_ms, cells),
        )

    def _is_frozen(self, t_ms: int, cells: Luma) -> bool | None:
        """None for a picture too pale to tell: in it, a person's smallest movements are no larger
        than coding noise.
        """
        if self._still is None or float(np.abs(cells - self._still).max()) > STILL_LEVELS:
            self._still, self._still_since_ms = cells, t_ms
        return (
            t_ms - self._still_since_ms >= STILL_MS if float(cells.std()) >= PALE_LEVELS else None
        )


def luma_of(frame: Frame) -> Luma:
    return cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY)


def cells_of(luma: Luma) -> Luma:
    """The picture as 40×30 means, float32, shape (30, 40)."""
    return cv2.resize(luma.astype(np.float32), CELLS, interpolation=cv2.INTER_AREA)


def is_blank(luma: Luma) -> bool:
    """Whether the picture is almost one even tone, as a drawn background is. No camera sees
    that.
    """
    even = luma.astype(np.float32)
    grain = cv2.resize(np.square(even), CELLS, interpolation=cv2.INTER_AREA) - np.square(
        cells_of(luma)
    )
    return float(np.mean(grain > GRAIN_LEVELS**2)) < GRAINED_SHARE


def is_soft(luma: Luma) -> bool:
    """Large shapes without an edge but those of grain, which makes a blur look sharp; a plain wall
    has no shapes.
    """
    even = _resized(luma).astype(np.float32)
    edges = cv2.Laplacian(cv2.GaussianBlur(even, (0, 0), EDGES_PX), cv2.CV_32F)
    return float(even.std()) >= PALE_LEVELS and float(edges.var()) < SOFT_BELOW * float(even.var())


def _resized(luma: Luma) -> Luma:
    height, width = luma.shape
    scale = SHARPNESS_SIDE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _cut(luma: Luma, box: Box) -> Luma:
    height, width = luma.shape
    left, top = int(box[0] * width), int(box[1] * height)
    right, bottom = int((box[0] + box[2]) * width) + 1, int((box[1] + box[3]) * height) + 1
    return luma[top:bottom, left:right]
