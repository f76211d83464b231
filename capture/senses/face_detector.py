"""Finds all faces of a picture, near or far, with the model CenterFace (run by OpenCV).

Says only where faces are. Knows nothing of who they are or what they do.
"""

import math
from functools import cache
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.errors import ModelMissing
from capture.types import Box, Frame

# the largest size that costs about 20 ms of CPU; it still finds a face 15 px wide
LONGER_SIDE_PX = 320
# finds faces of half that size for four times the cost, to make sure that nobody is there
CLOSER_SIDE_PX = 640
STRIDE_PX = 4  # the model answers for each cell of 4×4 px
PADDED_TO_PX = 32  # the model halves its picture five times
# the untuned middle. On labelled pictures it counts 0 faces right in 37 of 37, 1 face in 504 of
# 504, two in 32 of 33, three in 6 of 6
MIN_SCORE = 0.5
# intersection over union of two boxes of this model: above it they show the same face
MAX_OVERLAP = 0.3
# the same for a box of each model; their boxes of one face have 0.4 and more
SAME_FACE = 0.2
# of the picture's width: smaller ones are photos on a wall or passers-by far behind
MIN_WIDTH = 0.03
# the model's names for score, size, offset and landmarks; OpenCV 5 needs the names of all
OUTPUTS = ("537", "538", "539", "540")


class FaceDetector:
    """Finds all faces of a picture. All threads of a process share one: it takes 30 MB of memory.

    It is seldom busy.
    """

    def __init__(self, model_path: Path) -> None:
        if not model_path.is_file():
            raise ModelMissing(
                f"the model that counts faces is not at {model_path.name}; run the set-up again"
            )
        # we measure several answers at once, so more threads for one answer would only compete
        cv2.setNumThreads(1)
        self._net = cv2.dnn.readNetFromONNX(str(model_path))
        self._turn = Lock()  # the net can work on one picture at a time

    def read(self, frame: Frame, side_px: int = LONGER_SIDE_PX) -> list[Box]:
        """The boxes of all faces, even the smallest, with the largest first."""
        rows, columns = frame.rgb.shape[:2]
        scale = side_px / max(rows, columns)
        height, width = _padded(rows * scale), _padded(columns * scale)
        blob = cv2.dnn.blobFromImage(frame.rgb, 1.0, (width, height))
        with self._turn:
            self._net.setInput(blob)
            score, size, offset = (output[0].copy() for output in self._net.forward(OUTPUTS)[:3])
        boxes, scores = _boxes(score[0], size, offset)
        best = _suppress_non_maxima(boxes, scores)
        return sorted(
            (_fraction(box, width, height) for box in best), key=lambda box: -box[2] * box[3]
        )


@cache
def shared_face_detector(model_path: Path) -> FaceDetector:
    """The one detector of this process."""
    return FaceDetector(model_path)


def _padded(length_px: float) -> int:
    return max(1, math.ceil(length_px / PADDED_TO_PX - 1e-9)) * PADDED_TO_PX


Cells = NDArray[np.float32]


def _boxes(
    score: Cells, size: Cells, offset: Cells
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (left, top, right, bottom in the model's pixels) and their scores."""
    rows, columns = np.nonzero(score > MIN_SCORE)
    heights, widths = (np.exp(size[axis, rows, columns]) * STRIDE_PX for axis in (0, 1))
    middle_y = (rows + offset[0, rows, columns] + 0.5) * STRIDE_PX
    middle_x = (columns + offset[1, rows, columns] + 0.5) * STRIDE_PX
    corners = (
        middle_x - widths / 2,
        middle_y - heights / 2,
        middle_x + widths / 2,
        middle_y + heights / 2,
    )
    return np.stack(corners, axis=1).astype(np.float64), score[rows, columns].astype(np.float64)


def _suppress_non_maxima(
    boxes: NDArray[np.float64], scores: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """The box with the best score for each face: non-maximum suppression."""
    best: list[NDArray[np.float64]] = []
    for index in np.argsort(-scores):
        if all(_intersection_over_union(boxes[index], other) <= MAX_OVERLAP for other in best):
            best.append(boxes[index])
    return best


def _intersection_over_union(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    if (shared <= 0).any():
        return 0.0
    return float(shared.prod() / (_area(one) + _area(other) - shared.prod()))


def contains_face(boxes: list[Box], face: Box | None) -> bool:
    """Whether one of the boxes shows this face. Without a face: whether there is any box."""
    return any(
        face is None or _intersection_over_union(_corners(box), _corners(face)) >= SAME_FACE
        for box in boxes
    )


def _corners(box: Box) -> NDArray[np.float64]:
    left, top, width, height = box
    return np.array((left, top, left + width, top + height))


def _area(box: NDArray[np.float64]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _fraction(box: NDArray[np.float64], width: int, height: int) -> Box:
    left, right = np.clip(box[[0, 2]] / width, 0.0, 1.0)
    top, bottom = np.clip(box[[1, 3]] / height, 0.0, 1.0)
    return float(left), float(top), float(right - left), float(bottom - top)
