"""The machine's own devices: which is meant, what a driver's times are made into, and what is kept
within bounds.
"""

import random
from pathlib import Path

import numpy as np
import pytest

from capture.device.camera import Camera, Picture
from capture.device.listing import CameraInfo, cameras, find_camera
from capture.device.microphone import Block, SoundClock
from capture.device.recorder import MOST_PICTURES, Inbox
from capture.errors import DeviceMissing

RATE_HZ = 48_000
STEP = 960  # 20 ms


@pytest.fixture
def video_class(tmp_path: Path) -> Path:
    """As Linux lists two cameras, one of them with a second entry that delivers no pictures."""
    for number, name, index in (
        (10, "Desk camera", 0),
        (2, "Integrated Camera: HD", 0),
        (3, "Integrated Camera: HD", 1),
    ):
        entry = tmp_path / f"video{number}"
        entry.mkdir()
        (entry / "name").write_text(f"{name}\n")
        (entry / "index").write_text(f"{index}\n")
    return tmp_path


def test_cameras_are_listed_by_number_and_once_each(video_class: Path) -> None:
    assert cameras(video_class) == [
        CameraInfo(2, "Integrated Camera: HD"),
        CameraInfo(10, "Desk camera"),
    ]


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        ("", 2),
        ("2", 2),
        ("10", 10),
        ("desk", 10),
        ("/dev/video10", 10),
        ("integrated", 2),
        ("7", 7),
    ],
)
def test_a_camera_is_chosen_by_number_or_by_a_part_of_its_name(
    video_class: Path, choice: str, number: int
) -> None:
    assert find_camera(choice, video_class).source == number


def test_a_video_file_is_a_camera(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()

    assert find_camera(str(tmp_path / "clip.mp4")).is_file


@pytest.mark.parametrize(
    ("choice", "says"), [("webcam", "Desk camera"), ("nowhere.mp4", "no camera .and no video file")]
)
def test_a_camera_that_is_not_there_is_named_and_what_is_there(
    video_class: Path, choice: str, says: str
) -> None:
    with pytest.raises(DeviceMissing, match=says):
        find_camera(choice, video_class)


def test_a_camera_without_a_picture_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(DeviceMissing, match="gives no picture"):
        Camera(find_camera(str(tmp_path / "text.mp4"))).open()


def placed(told_s: list[float], lost: tuple[int, ...] = ()) -> list[float]:
    clock = SoundClock(RATE_HZ)
    return [clock.begin_of(t_s, STEP, has_lost=number in lost) for number, t_s in enumerate(told_s)]


def test_jitter_of_the_driver_does_not_reach_the_sound() -> None:
    chance = random.Random(1)
    times = placed([10 + 0.02 * n + chance.uniform(-0.015, 0.015) for n in range(3_000)])

    assert max(abs(t_s - 10 - 0.02 * n) for n, t_s in enumerate(times)) < 0.02
    assert np.diff(times).max() < 0.0201


def test_one_late_piece_moves_nothing() -> None:
    told = [10 + 0.02 * n for n in range(1_000)]
    told[500] += 0.4

    assert max(abs(t_s - 10 - 0.02 * n) for n, t_s in enumerate(placed(told))) < 0.001


@pytest.mark.parametrize("ppm", [-300, -100, 100, 300])
def test_a_sound_clock_that_runs_otherwise_is_followed(ppm: int) -> None:
    """For half an hour, in which 300 ppm would become half a second."""
    step_s = 0.02 * (1 + ppm / 1e6)
    times = placed([10 + step_s * n for n in range(90_000)])

    assert max(abs(t_s - 10 - step_s * n) for n, t_s in enumerate(times)) < 0.02


@pytest.mark.parametrize("is_told", [True, False])
def test_lost_sound_is_a_hole_as_long_as_what_was_lost(is_told: bool) -> None:
    told = [10 + 0.02 * n + (0.5 if n >= 100 else 0) for n in range(300)]
    times = placed(told, lost=(100,) if is_told else ())

    assert times[99] == pytest.approx(told[99], abs=0.002)
    assert times[110:] == pytest.approx(told[110:], abs=0.002)
    assert np.diff(times).max() == pytest.approx(0.52, abs=0.01)


def test_what_the_writer_cannot_take_is_dropped_and_counted_and_never_piles_up() -> None:
    inbox, picture = Inbox(), np.zeros((2, 2, 3), np.uint8)
    for number in range(MOST_PICTURES + 12):
        inbox.put_picture(Picture(float(number), picture))

    assert inbox.pictures_dropped == 12
    assert [inbox.pop(0) is not None for _ in range(MOST_PICTURES + 1)] == [
        True
    ] * MOST_PICTURES + [False]


def test_pictures_and_sound_are_taken_in_the_order_of_their_times() -> None:
    inbox = Inbox()
    inbox.put_picture(Picture(2.0, np.zeros((2, 2, 3), np.uint8)))
    inbox.put_block(Block(1.0, np.zeros(1, np.float32)))
    inbox.put_block(Block(3.0, np.zeros(1, np.float32)))
    taken = [item.t_s for item in iter(lambda: inbox.pop(0), None)]

    assert taken == [1.0, 2.0, 3.0]
