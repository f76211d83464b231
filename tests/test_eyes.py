"""Gaze, openness and mouth from a face's shapes and points; blinks from a line of openness values."""

from pathlib import Path

import numpy as np
import pytest
from clips import FOOTAGE
from senses_support import measure

from capture.eyes import BlinkFinder, face_px_of, gaze_of, mouth_open_of, openness_of

SHAPES = (
    *(f"eyeLook{way}{side}" for way in ("In", "Out", "Up", "Down") for side in ("Left", "Right")),
    *("eyeBlinkLeft", "eyeBlinkRight"),
)


def shapes(**values: float) -> dict[str, float]:
    return {**dict.fromkeys(SHAPES, 0.0), **values}


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ({}, (0.0, 0.0)),
        ({"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}, (0.6, 0.0)),
        ({"eyeLookInLeft": 0.6, "eyeLookOutRight": 0.4}, (-0.5, 0.0)),
        ({"eyeLookUpLeft": 0.5, "eyeLookUpRight": 0.5}, (0.0, 0.5)),
        ({"eyeLookDownLeft": 1.0, "eyeLookDownRight": 1.0}, (0.0, -1.0)),
    ],
)
def test_gaze_is_positive_to_the_pictures_right_and_up(moved: dict[str, float], expected: tuple[float, float]) -> None:
    assert gaze_of(shapes(**moved)) == pytest.approx(expected)


def test_openness_is_both_eyes_mean() -> None:
    assert openness_of(shapes()) == 1.0
    assert openness_of(shapes(eyeBlinkLeft=1.0)) == 0.5
    assert openness_of(shapes(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)) == 0.0


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


def blinks(*openness: float | None, every_ms: int = 200) -> list[int]:
    finder = BlinkFinder()
    return [blink for number, value in enumerate(openness) for blink in finder.see(number * every_ms, value)]


@pytest.mark.parametrize(
    ("openness", "expected"),
    [
        ([0.9, 0.9, 0.7, 0.9, 0.9], [400]),
        ([0.9, 0.9, 0.7, 0.7, 0.9, 0.9], [400]),
        ([0.9, 0.9, 0.85, 0.9, 0.9], []),
        ([0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.9, 0.9], []),
        ([0.9, 0.9, 0.7, None, 0.9, 0.9], []),
        ([0.9, 0.9, 0.6, 0.9, 0.9, 0.9, 0.6, 0.9, 0.9], [400, 1200]),
    ],
)
def test_a_short_dip_is_a_blink(openness: list[float | None], expected: list[int]) -> None:
    assert blinks(*openness) == expected


def test_nothing_is_said_of_what_lay_between_distant_samples() -> None:
    assert blinks(0.9, 0.9, 0.7, 0.9, 0.9, every_ms=500) == []


@pytest.mark.footage
def test_eyes_that_turn_aside_have_the_right_sign_while_the_head_stays(tmp_path: Path) -> None:
    rows = measure(FOOTAGE / "video" / "proctoring_ai__center_left_center.mp4", tmp_path).observations
    ahead = [row.gaze_x for row in rows if row.t_ms < 5_200]
    aside = [row.gaze_x for row in rows if 5_500 <= row.t_ms <= 10_000]
    assert max(aside) < min(ahead) - 0.3
    assert np.ptp([row.yaw_deg for row in rows]) < 15
