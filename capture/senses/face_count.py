"""Decides when to count all faces again, and how closely: soon after a change, otherwise seldom.

To count costs twice as much as to read one face. This module knows when a count is too old, not how
the detector finds faces.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from capture.senses.face import FaceReading
from capture.senses.face_detector import CLOSER_SIDE_PX, LONGER_SIDE_PX, contains_face
from capture.senses.quality import Luma
from capture.types import Box, Frame

COUNT_EVERY_MS = 1_000  # while something changes: people need longer to come and go
# while nothing changes: then a face that the detector just missed gets another chance
REUSE_UNCHANGED_MS = 3_000
# of 255, for a cell's mean: coding changes it by 2.3, a chair behind a talking person by 8
CHANGED_LEVELS = 12.0
# by the face's width, on each side of the face: head and shoulders move while a person talks
BESIDE_HEAD, BESIDE_SHOULDERS = (0.75, 1.5)


class DetectsFaces(Protocol):
    """Finds every face."""

    def read(self, frame: Frame, side_px: int = LONGER_SIDE_PX, /) -> list[Box]: ...


@dataclass(frozen=True)
class Count:
    """The faces found in one picture, and the picture's cells to compare with later ones.

    `capture.senses.quality.cells_of` makes the cells. `is_close`: the detector looked more closely.
    """

    t_ms: int
    cells: Luma
    near: Box | None
    boxes: list[Box]
    is_close: bool = False

    def is_recent(self, t_ms: int) -> bool:
        return t_ms - self.t_ms < COUNT_EVERY_MS

    def is_unchanged(self, t_ms: int, cells: Luma, near: Box | None) -> bool:
        """Whether nothing has changed since, except near the face and the person's shoulders."""
        if t_ms - self.t_ms >= REUSE_UNCHANGED_MS:
            return False
        changes = np.abs(cells - self.cells)
        for box in filter(None, (self.near, near)):
            _leave_out(changes, box)
        return float(changes.max()) < CHANGED_LEVELS


def _leave_out(changes: Luma, near: Box) -> None:
    """Ignore changes of the head with its hair, and of the shoulders below it."""
    rows, columns = changes.shape
    left, top, width, height = near
    for from_row, aside in ((top - height / 2, BESIDE_HEAD), (top + height, BESIDE_SHOULDERS)):
        from_column, to_column = (
            (left - aside * width) * columns,
            (left + (1 + aside) * width) * columns,
        )
        changes[
            max(0, int(from_row * rows)) :, max(0, int(from_column)) : max(0, int(to_column) + 1)
        ] = 0.0


class FaceCounter:
    """Gets the sampled pictures of one answer in time order."""

    def __init__(self, detector: DetectsFaces) -> None:
        self._detector = detector
        self._last: Count | None = None
        # when a closer look last failed to find a face
        self._in_vain_at_ms: int | None = None

    def boxes(self, frame: Frame, cells: Luma, face: FaceReading | None) -> list[Box]:
        """All faces, largest first. `face` is the nearest one, if we could read it."""
        last = self._last
        if last is None or not self._may_reuse(last, frame.t_ms, cells, face):
            self._last = last = self._count(frame, cells, face)
        return last.boxes

    def _count(self, frame: Frame, cells: Luma, face: FaceReading | None) -> Count:
        """Count, and look more closely before we say that a person is missing or a face is none.

        A closer look costs four times more. So after one that found nothing, we wait a second.
        """
        near = face.box if face else None
        boxes = self._detector.read(frame)
        was_in_vain = (
            self._in_vain_at_ms is not None and frame.t_ms - self._in_vain_at_ms < COUNT_EVERY_MS
        )
        if contains_face(boxes, near) or was_in_vain:
            return Count(frame.t_ms, cells, near, boxes)
        closer = self._detector.read(frame, CLOSER_SIDE_PX)
        self._in_vain_at_ms = None if contains_face(closer, near) else frame.t_ms
        return Count(frame.t_ms, cells, near, closer or boxes, is_close=True)

    @staticmethod
    def _may_reuse(last: Count, t_ms: int, cells: Luma, face: FaceReading | None) -> bool:
        """Whether we may reuse a count of one readable face, or of none. We repeat all others."""
        if face is None:
            return (last.is_close or not last.boxes) and last.is_unchanged(t_ms, cells, None)
        if face.has_company or len(last.boxes) != 1 or not contains_face(last.boxes, face.box):
            return False
        return last.is_recent(t_ms) or last.is_unchanged(t_ms, cells, face.box)
