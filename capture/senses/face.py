"""Reads the nearest face of a picture as a few angles and ratios, with MediaPipe's landmark model.

No other file imports MediaPipe. The landmarks exist only inside `read`: no value that could tell
one person from another leaves this file.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python.core.base_options import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions
from numpy.typing import NDArray

from capture.errors import ModelMissing
from capture.senses.eyes import (
    CHIN,
    EYE_CORNERS,
    MOUTH_CORNERS,
    Points,
    face_px_of,
    gaze_of,
    lid_gap_of,
    mouth_open_of,
)
from capture.senses.face_crop import MARGINS, Piece
from capture.senses.face_shape import Shape, shape_of
from capture.senses.patches import RelativePoints
from capture.senses.pose import pose_of
from capture.types import Box, Frame

# For one face, the model gives the surest and not the nearest one. A second face makes us count.
FACES = 2


@dataclass(frozen=True)
class FaceReading:
    """What we read of one face, with the units and signs of the telemetry contract.

    `has_company`: we could read a second face, too. This is a hint to count, not a count. `eyes`
    (the corners of each) and `mouth` (its corners and the chin) say where to look in the next
    pictures. We never store them.
    """

    box: Box
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    gaze_x: float
    gaze_y: float
    lid_gap: float
    mouth_open: float
    face_px: float
    eyes: tuple[RelativePoints, ...]
    mouth: RelativePoints
    has_company: bool = False


class FaceReader:
    """Reads each picture alone, so that continued work reads the same. For one thread only."""

    def __init__(self, model_path: Path) -> None:
        if not model_path.is_file():
            raise ModelMissing(
                f"the model that reads faces is not at {model_path.name}; run the set-up again"
            )
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model_path)),
            num_faces=FACES,
            output_face_blendshapes=True,
        )
        self._shape = shape_of(model_path)
        self._landmarker = FaceLandmarker.create_from_options(options)

    def read(self, frame: Frame, around: Box | None = None) -> FaceReading | None:
        """The largest face of the picture, or of a piece around a box. None if we read no face."""
        if around is None:
            return self._read(frame, Piece(frame.rgb))
        readings = (
            self._read(frame, Piece.around(frame.rgb, around, margin)) for margin in MARGINS
        )
        return next(filter(None, readings), None)

    def _read(self, frame: Frame, piece: Piece) -> FaceReading | None:
        found = self._landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=piece.rgb))
        faces = [piece.in_whole_px(_coordinates(landmarks)) for landmarks in found.face_landmarks]
        if not faces:
            return None
        nearest = max(range(len(faces)), key=lambda index: _area(faces[index]))
        shapes = {
            shape.category_name: float(shape.score) for shape in found.face_blendshapes[nearest]
        }
        reading = _reading(faces[nearest], shapes, frame, self._shape)
        return replace(reading, has_company=len(faces) > 1)

    def close(self) -> None:
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _coordinates(landmarks: list[Any]) -> NDArray[np.float64]:
    return np.array([(point.x, point.y, point.z) for point in landmarks], dtype=np.float64)


def _area(points: Points) -> float:
    return float(np.prod(np.ptp(points[:, :2], axis=0)))


def _reading(points: Points, shapes: dict[str, float], frame: Frame, shape: Shape) -> FaceReading:
    pose, gaze = pose_of(points, shape), gaze_of(points, shapes)
    height, width = frame.rgb.shape[:2]
    relative = points[:, :2] / (width, height)
    return FaceReading(
        box=_box(relative),
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        roll_deg=pose.roll_deg,
        gaze_x=gaze.x,
        gaze_y=gaze.y,
        lid_gap=lid_gap_of(points),
        mouth_open=mouth_open_of(points),
        face_px=face_px_of(points),
        eyes=tuple(relative[list(corners)] for corners in EYE_CORNERS),
        mouth=relative[[*MOUTH_CORNERS, CHIN]],
    )


def _box(points: RelativePoints) -> Box:
    """The box around the points. A face can extend beyond the picture, but a box does not."""
    left, top = np.clip(points.min(axis=0), 0.0, 1.0)
    right, bottom = np.clip(points.max(axis=0), 0.0, 1.0)
    return float(left), float(top), float(right - left), float(bottom - top)
