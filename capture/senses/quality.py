"""The quality of a picture: brightness, sharpness, and whether it is blank, soft or stands still.

Knows only pixels. The rules say what is too dark, or still for too long.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.types import Box, Frame

FULL_SCALE = 255.0
# we measure all pictures at this size, so that an enlarged small picture is no sharper
SHARPNESS_SIDE_PX = 320
# the picture as 40×30 means: grain and coding noise do not change a cell's mean, but a blink does
CELLS = (40, 30)
# of 255: coding changes a cell of a frozen picture by up to 2.3. If a person sits still, some cell
# still changes by 4
STILL_LEVELS = 3.0
# of 255, within a cell: drawn tones have 0, encoded plain walls 0.3 and more in 11 % of the cells
GRAIN_LEVELS = 0.3
GRAINED_SHARE = 0.03
# of 255, the standard deviation of the cells: real clips have 28 to 72, and 7 to 18 with a quarter
# of their contrast
PALE_LEVELS = 20.0
EDGES_PX = 2.0  # in a picture 320 px wide: coarser than grain, finer than what a blur leaves
# in softer pictures we lose faces, also under grain; real empty rooms have 0.002, a cartoon 0.00045
SOFT_BELOW = 0.0002
STILL_MS = 800  # no person keeps so still for a second; the rules ask for several seconds

Luma = NDArray[Any]  # OpenCV's type hints say no more


@dataclass(frozen=True)
class Quality:
    """The quality of one picture."""

    brightness: float
    sharpness: float
    frozen: bool | None


class QualityMeter:
    """Gets pictures in time order, and remembers since when nothing has moved."""

    def __init__(self) -> None:
        self._still: Luma | None = None
        self._still_since_ms = 0

    def read(self, t_ms: int, luma: Luma, cells: Luma, face: Box | None) -> Quality:
        """The quality of this picture.

        If there is a face, we measure its sharpness: a blurred wall behind it does not matter.
        Sharpness is the variance of the Laplacian (Pech-Pacheco et al., 2000).
        """
        even = _resized(luma)
        looked_at = _cut(even, face) if face else even
        return Quality(
            brightness=float(luma.mean()) / FULL_SCALE,
            sharpness=float(cv2.Laplacian(looked_at, cv2.CV_64F).var()),
            frozen=self._is_frozen(t_ms, cells),
        )

    def _is_frozen(self, t_ms: int, cells: Luma) -> bool | None:
        """Whether the picture stands still, or None if it is too pale to tell.

        In a pale picture, a person's smallest movements are no larger than coding noise.
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
    """Whether the picture is almost one even tone, like a drawn background. Cameras have grain."""
    even = luma.astype(np.float32)
    grain = cv2.resize(np.square(even), CELLS, interpolation=cv2.INTER_AREA) - np.square(
        cells_of(luma)
    )
    return float(np.mean(grain > GRAIN_LEVELS**2)) < GRAINED_SHARE


def is_soft(luma: Luma) -> bool:
    """Whether the picture has large shapes but no edges, except those of grain.

    Grain makes a blurred picture look sharp. A plain wall is not soft, because it has no shapes.
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
