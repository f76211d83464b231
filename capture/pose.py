"""Turns a face's 4×4 transformation matrix into three angles. Pure geometry: knows no pictures and no thresholds.

The matrix maps the canonical face (x to the picture's right, y up, z towards the camera) into the camera's axes.
The telemetry contract's signs: yaw positive to the picture's right edge, pitch positive up, roll positive clockwise.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Pose(NamedTuple):
    """Where a head points, in degrees; 0, 0, 0 faces the camera upright."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def pose_of(matrix: NDArray[np.floating]) -> Pose:
    """Read the angles as: first the head tilts (roll), then nods (pitch), then turns (yaw)."""
    axes = _unit_axes(matrix)
    forward_x, forward_y, forward_z = axes[:, 2]
    yaw = math.atan2(forward_x, forward_z)
    pitch = math.asin(float(np.clip(forward_y, -1.0, 1.0)))
    roll = math.atan2(-axes[1, 0], axes[1, 1])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))


def _unit_axes(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rotation alone: the face's size is also in the matrix, as the length of each column."""
    axes = np.asarray(matrix, dtype=np.float64)[:3, :3]
    unit: NDArray[np.float64] = axes / np.linalg.norm(axes, axis=0)
    return unit
