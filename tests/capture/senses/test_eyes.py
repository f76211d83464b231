"""Gaze, openness and mouth from a face's shapes and points."""

from pathlib import Path

import numpy as np
import pytest
from machine import FOOTAGE
from numpy.typing import NDArray
from senses_support import measure

from capture.senses.eyes import (
    EYE_CORNERS,
    IRISES,
    LIDS,
    face_px_of,
    gaze_of,
    lid_gap_of,
    mouth_open_of,
    openness_of,
)

SHAPES = tuple(f"eyeLook{way}{side}" for way in ("Up", "Down") for side in ("Left", "Right"))


def shapes(**values: float) -> dict[str, float]:
    return {**dict.fromkeys(SHAPES, 0.0), **values}


def eyes(iris_aside: float = 0.0, lid_gap: float = 0.3) -> NDArray[np.float64]:
    """Two eyes 40 px wide: the irises aside by parts of half an eye, the lids apart by parts of an
    eye.
    """
    points = np.zeros((478, 3))
    for corners, lids, iris, middle in zip(EYE_CORNERS, LIDS, IRISES, (100, 200), strict=True):
        points[corners[0], :2], points[corners[1], :2] = (middle - 20, 50), (middle + 20, 50)
        points[lids[0], :2], points[lids[1], :2] = (
            (middle, 50 - 20 * lid_gap),
            (middle, 50 + 20 * lid_gap),
        )
        points[iris, :2] = middle + 20 * iris_aside, 50
    return points


@pytest.mark.parametrize(
    ("iris_aside", "x"), [(0.0, 0.0), (0.25, 0.5), (-0.25, -0.5), (0.5, 1.0), (-0.9, -1.0)]
)
def test_gaze_is_where_the_irises_are(iris_aside: float, x: float) -> None:
    assert gaze_of(eyes(iris_aside), shapes()).x == pytest.approx(x)


@pytest.mark.parametrize(
    ("moved", "y"),
    [
        ({}, 0.0),
        ({"eyeLookUpLeft": 0.5, "eyeLookUpRight": 0.5}, 0.5),
        ({"eyeLookDownLeft": 1.0, "eyeLookDownRight": 1.0}, -1.0),
    ],
)
def test_gaze_is_positive_upwards(moved: dict[str, float], y: float) -> None:
    assert gaze_of(eyes(), shapes(**moved)).y == pytest.approx(y)


def test_lids_are_measured_against_the_eyes_width() -> None:
    assert lid_gap_of(eyes(lid_gap=0.3)) == pytest.approx(0.3)
    assert lid_gap_of(2 * eyes(lid_gap=0.3)) == pytest.approx(0.3)


def test_openness_is_nought_for_shut_and_one_for_open_eyes() -> None:
    assert (openness_of(0.05), openness_of(0.16), openness_of(0.4)) == (
        0.0,
        pytest.approx(0.5),
        1.0,
    )


def test_a_mouths_gap_is_measured_against_its_width() -> None:
    points = np.zeros((478, 2))
    points[61], points[291] = (100, 200), (160, 200)
    points[13], points[14] = (130, 190), (130, 208)
    assert mouth_open_of(points) == pytest.approx(0.3)
    points[14] = (130, 400)
    assert mouth_open_of(points) == 1.0


def test_a_face_is_measured_between_the_outer_eye_corners() -> None:
    points = np.zeros((478, 2))
    points[33], points[263] = (100, 100), (160, 180)
    assert face_px_of(points) == pytest.approx(100.0)


@pytest.mark.footage
def test_eyes_that_turn_aside_have_the_right_sign_while_the_head_stays(tmp_path: Path) -> None:
    rows = measure(
        FOOTAGE / "video" / "proctoring_ai__center_left_center.mp4", tmp_path
    ).observations
    ahead = [row.gaze_x for row in rows if row.t_ms < 5_200]
    aside = [row.gaze_x for row in rows if 5_500 <= row.t_ms <= 10_000]
    assert max(aside) < min(ahead) - 0.3
    assert np.ptp([row.yaw_deg for row in rows]) < 15
