"""The head pose: turns the points of a face's mesh into three angles. Pure geometry.

The signs are those of the telemetry contract: yaw is positive to the picture's right edge, pitch
upwards, roll clockwise.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture.senses.face_shape import Shape

# the landmark model's points in pixels: x to the right, y down, z away from the camera
Mesh = NDArray[np.floating]

# Rows of the mesh that do not move within the head while a person speaks, smiles or looks around.
# Both sides have the same points.
RIGID_POINTS = (
    *(10, 151, 9, 8, 67, 297, 109, 338, 103, 332, 54, 284, 21, 251),  # forehead
    *(33, 133, 362, 263),  # outer and inner corners of the eyes
    *(168, 6, 197, 195, 5, 4, 1, 2, 48, 278, 98, 327),  # nose, from its bridge to its tip and wings
    *(127, 356, 234, 454, 116, 345, 117, 346, 123, 352, 50, 280),  # temples and cheekbones
)


class Pose(NamedTuple):
    """Where a head points, in degrees. 0, 0, 0 is upright and towards the camera."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def pose_of(mesh: Mesh, shape: Shape) -> Pose:
    """The pose of a head.

    Yaw and pitch say where the face points. Roll says how two lines of the face lie in the picture:
    one across it, and one from chin to brow. In a turned head the line across looks shorter and
    says less, so the longer line counts for more.

    We do not use the model's own matrix, because a face's position in the picture changes its
    angles: it reads a nominal 45° as 29° to 41°. We read 44°, wherever the face is.
    """
    across, up, forward = axes_of(mesh, shape).T
    yaw = math.atan2(forward[0], forward[2])
    pitch = math.asin(float(np.clip(forward[1], -1.0, 1.0)))
    roll = math.atan2(up[0] - across[1], up[1] + across[0])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def axes_of(mesh: Mesh, shape: Shape) -> NDArray[np.float64]:
    """The head's directions right, up and forward as columns.

    The axes point to the picture's right, up, and to the camera. The columns are the rotation that
    fits the mean shape to this face with the least squared distance (Kabsch, 1976).
    """
    rows = list(RIGID_POINTS)
    seen = np.asarray(mesh, dtype=np.float64)[rows] * (1, -1, -1)
    straight = shape[rows]
    shared = (seen - seen.mean(axis=0)).T @ (straight - straight.mean(axis=0))
    left, _, right = np.linalg.svd(shared)
    is_mirrored = np.linalg.det(left) * np.linalg.det(right) < 0
    axes: NDArray[np.float64] = left @ np.diag((1.0, 1.0, -1.0 if is_mirrored else 1.0)) @ right
    return axes
