"""Cuts a square piece around a face out of a picture, enlarges it, and maps points back.

The landmark model shrinks its input before it looks for faces. So in a whole picture it misses
turned faces, and faces narrower than about a tenth of it. In a piece around the face it finds them.
"""

from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.types import Box

# The side of the piece, by the face's longer side. With 1.5 the model misses faces near profile;
# from 3 on small faces get imprecise, but some that are turned by 60° and more need it.
MARGINS = (2.0, 3.0)
# the model reads a face at this size; we enlarge smaller pieces ourselves (cubic), because that
# keeps the lids sharper
LEAST_SIDE_PX = 256


@dataclass(frozen=True)
class Piece:
    """A piece of a picture: its pixels, the position of its upper left corner, and its scale.

    `left`, `top` and `step` (from one pixel to the next) are in the whole picture's pixels.
    """

    rgb: NDArray[np.uint8]
    left: float = 0.0
    top: float = 0.0
    step: float = 1.0

    @classmethod
    def around(cls, rgb: NDArray[np.uint8], face: Box, margin: float) -> Self:
        """The piece around a face. Beyond the picture's edge, its last row or column repeats."""
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
        """Map points from fractions of this piece to the whole picture's pixels.

        The fractions of z are by the piece's width.
        """
        height, width = self.rgb.shape[:2]
        return points * (width, height, width) * self.step + (self.left, self.top, 0.0)
