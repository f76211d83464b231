"""Cuts a square piece around a face out of a picture, enlarges it, and maps points back.

The landmark model shrinks its input before it looks for faces. So in a whole picture it misses
faces narrower than about a tenth of it, and turned ones; in a piece around the face it reads them.
"""

from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.types import Box

# Sides of the piece, by the face's longer side: with 1.5 faces near profile are missed, from 3 on
# small ones get imprecise; but some turned by 60° and more are read there only.
MARGINS = (2.0, 3.0)
# the model reads a face at this size: enlarging by ourselves keeps lids sharper (cubic)
LEAST_SIDE_PX = 256


@dataclass(frozen=True)
class Piece:
    """Pixels, and in the whole picture's pixels where their left upper corner is and how long one
    step is.
    """

    rgb: NDArray[np.uint8]
    left: float = 0.0
    top: float = 0.0
    step: float = 1.0

    @classmethod
    def around(cls, rgb: NDArray[np.uint8], face: Box, margin: float) -> Self:
        """What lies beyond the picture's edge is its last row or column repeated."""
        height, width = rgb.shape[:2]
        across, down = face[2] * width, face[3] * height
        side = max(margin * max(across, down), 1.0)
        left, top = face[0] * width + (across - side) / 2, face[1] * height + (down - side) / 2
        side_px = max(LEAST_SIDE_PX, round(side))
        step = side / side_px
        into: Any = np.array(((step, 0.0, left), (0.0, step, top)))
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(
            rgb, into, (side_px, side_px), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return cls(np.asarray(cut, np.uint8), left, top, step)

    def in_whole_px(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points given as fractions of this piece (z by its width, too) in the whole picture's
        pixels.
        """
        height, width = self.rgb.shape[:2]
        return points * (width, height, width) * self.step + (self.left, self.top, 0.0)
