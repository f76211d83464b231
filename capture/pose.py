"""Turns the points of a face's mesh into three angles. Pure geometry: knows no pictures and no thresholds.

The telemetry contract's signs: yaw positive to the picture's right edge, pitch positive up, roll positive clockwise.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mesh = NDArray[np.floating]  # the landmark model's points in pixels: x to the right, y down, z away from the camera

# Rows that lie mirrored in a face: the picture's left one, the right one. Many, so that no single one decides.
MIRRORED = (
    *((33, 263), (133, 362)),  # outer and inner corners of the eyes
    *((70, 300), (105, 334)),  # brows
    *((98, 327), (61, 291), (50, 280)),  # nostrils, corners of the mouth, cheeks
    *((127, 356), (234, 454), (58, 288), (172, 397), (136, 365)),  # the face's outline, from temple to jaw
)
FOREHEAD, CHIN = 10, 152


class Pose(NamedTuple):
    """Where a head points, in degrees; 0, 0, 0 faces the camera upright."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def pose_of(mesh: Mesh) -> Pose:
    """Yaw and pitch are where the face points; roll is how its lines lie in the picture: across, and from chin to brow.
    In a turned head the line across is foreshortened and says little, so the longer of the two counts for more.

    The model's own matrix also holds where in the picture a face is, which bends its angles: a nominal 45° is read as
    29° to 41° there, and as 40° to 44° here, wherever the face is.
    """
    axes = axes_of(mesh)
    across, forward = axes[:, 0], axes[:, 2]
    up = _unit((mesh[FOREHEAD] - mesh[CHIN]) * (1, -1, -1))
    yaw = math.atan2(forward[0], forward[2])
    pitch = math.asin(float(np.clip(forward[1], -1.0, 1.0)))
    roll = math.atan2(up[0] - across[1], up[1] + across[0])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def axes_of(mesh: Mesh) -> NDArray[np.float64]:
    """The head's right, up and forward as columns, in axes that point to the picture's right, up and to the camera."""
    points = np.asarray(mesh, dtype=np.float64) * (1, -1, -1)
    left, right = np.array(MIRRORED).T
    across = _unit((points[right] - points[left]).sum(axis=0))
    up = points[FOREHEAD] - points[CHIN]
    up = _unit(up - across * (up @ across))
    return np.stack((across, up, np.cross(across, up)), axis=1)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
