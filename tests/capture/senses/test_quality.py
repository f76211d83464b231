"""Dark, blurred and frozen pictures, drawn and encoded, are told from good ones."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clips import make_clip
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT, film_sitter, kinds_and_times, measure

from capture.demo import Sitter, Studio, calm
from capture.rules import RULES, find_flags
from capture.senses.quality import (
    STILL_MS,
    Quality,
    QualityMeter,
    cells_of,
    is_blank,
    is_soft,
    luma_of,
)
from capture.types import AnswerSpan, Box, Frame, Measurements, Severity

FROZEN_MS = 3_000
RECORDER = {"b": "1000000"}  # what the page asks its recorder for


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(PORTRAIT)


def picture_of(studio: Studio, t_ms: int) -> NDArray[np.uint8]:
    return studio.picture(calm(t_ms / 1000), t_ms // 40)


def look(rgb: NDArray[np.uint8], face: Box | None = None) -> Quality:
    return read(QualityMeter(), 0, rgb, face)


def read(
    meter: QualityMeter, t_ms: int, rgb: NDArray[np.uint8], face: Box | None = None
) -> Quality:
    luma = luma_of(Frame(t_ms, rgb))
    return meter.read(t_ms, luma, cells_of(luma), face)


def test_brightness_is_mean_luma() -> None:
    grey = np.full((48, 64, 3), 128, np.uint8)
    assert look(grey).brightness == pytest.approx(0.5, abs=0.01)
    assert look(grey * 0).brightness == 0.0


def test_a_blurred_picture_is_less_sharp(studio: Studio) -> None:
    sharp = picture_of(studio, 0)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 4)
    values = [look(rgb).sharpness for rgb in (sharp, blurred)]
    assert values[1] < values[0] / 20


def test_sharpness_is_that_of_the_face_and_not_of_the_wall() -> None:
    rgb = np.full((100, 100, 3), 128, np.uint8)
    rgb[40:60:2, 40:60] = 255
    stripes = look(rgb, (0.4, 0.4, 0.2, 0.2)).sharpness
    assert look(rgb, (0.0, 0.0, 0.2, 0.2)).sharpness == 0
    assert stripes > 1000


def test_a_picture_is_frozen_while_nothing_moves(studio: Studio) -> None:
    meter = QualityMeter()
    still = picture_of(studio, 0)
    assert [read(meter, t_ms, still).frozen for t_ms in (0, 400, STILL_MS)] == [False, False, True]
    assert not read(meter, 1_000, picture_of(studio, 1_000)).frozen


def test_a_pale_picture_cannot_be_told_to_stand_still(studio: Studio) -> None:
    meter = QualityMeter()
    pale = (picture_of(studio, 0) // 8 + 100).astype(np.uint8)
    assert [read(meter, t_ms, pale).frozen for t_ms in (0, STILL_MS)] == [None, None]


def test_an_even_ground_is_blank_whatever_small_thing_is_on_it(studio: Studio) -> None:
    ground = np.full((480, 640, 3), 110, np.uint8)
    ground[220:250, 300:340] = cv2.resize(
        picture_of(studio, 0), (40, 30), interpolation=cv2.INTER_AREA
    )
    assert is_blank(luma_of(Frame(0, ground)))
    assert not is_blank(luma_of(Frame(0, studio.picture([], 0))))


def test_a_plain_wall_has_the_grain_of_its_camera() -> None:
    wall = np.random.default_rng(1).normal(150, 1.0, (480, 640)).astype(np.uint8)
    assert not is_blank(wall)


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "codec"), [(".mp4", "h264"), (".webm", "vp8")])
def test_a_camera_that_stalls_is_noticed_through_the_codec(
    tmp_path: Path, studio: Studio, ending: str, codec: str
) -> None:
    def picture(t_ms: int) -> Any:
        return picture_of(studio, min(t_ms, FROZEN_MS))

    clip = make_clip(
        tmp_path / f"stalled{ending}",
        10,
        size=(640, 480),
        fps=12,
        codec=codec,
        picture=picture,
        options=RECORDER,
    )
    [(kind, start_ms, end_ms)] = kinds_and_times(find_flags(measure(clip, tmp_path)))
    assert kind == "picture_lost"
    assert start_ms == pytest.approx(FROZEN_MS, abs=400)
    assert end_ms == pytest.approx(10_000, abs=200)


@pytest.mark.slow
def test_a_covered_camera_is_lost_and_nobody_is_missing(tmp_path: Path, studio: Studio) -> None:
    def dark(t_ms: int) -> Any:
        lit = picture_of(studio, t_ms)
        return lit if t_ms < 2_000 or t_ms >= 7_000 else lit // 60

    [flag] = find_flags(
        measure(
            make_clip(tmp_path / "dark.mp4", 9, size=(640, 480), fps=12, picture=dark), tmp_path
        )
    )
    assert (flag.kind, flag.severity) == ("picture_lost", Severity.MEDIUM)
    assert (flag.start_ms, flag.end_ms) == pytest.approx((2_000, 7_000), abs=300)


@pytest.mark.slow
def test_an_empty_room_is_no_stalled_camera(tmp_path: Path) -> None:
    def leaves(t_s: float) -> list[Sitter]:
        return calm(t_s) if t_s < 2 else []

    flags = kinds_and_times(
        find_flags(measure(film_sitter(tmp_path / "left.mp4", 9, leaves, fps=12), tmp_path))
    )
    assert flags == [("no_face", 2_000, 9_000)]


def grained(rgb: NDArray[np.uint8], levels: float) -> NDArray[np.uint8]:
    grain = np.random.default_rng(5).normal(0, levels, rgb.shape[:2])[..., None]
    return np.clip(rgb + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("levels", [0, 3, 8])
def test_grain_does_not_make_a_blurred_picture_sharp(studio: Studio, levels: float) -> None:
    blurred = cv2.GaussianBlur(picture_of(studio, 0), (0, 0), 10)
    assert is_soft(luma_of(Frame(0, grained(blurred, levels))))


@pytest.mark.parametrize("light", [1.0, 0.2])
def test_a_picture_in_focus_is_not_soft_in_any_light(studio: Studio, light: float) -> None:
    assert not is_soft(luma_of(Frame(0, (picture_of(studio, 0) * light).astype(np.uint8))))


@pytest.mark.slow
def test_a_grainy_blur_is_no_missing_person(studio: Studio) -> None:
    pictures = [
        cv2.GaussianBlur(picture_of(studio, t_ms), (0, 0), 30) for t_ms in range(0, 4_000, 200)
    ]
    senses, rows = MODELS.senses(), []
    for number, rgb in enumerate(pictures):
        rows += senses.feed(Frame(number * 200, grained(rgb, 8)), has_sound=False)
    senses.close()
    flags = find_flags(Measurements(4_000, [AnswerSpan(1, 1, 0, 4_000)], rows))
    assert min(row.sharpness or 0.0 for row in rows) > RULES.blurred_sharpness
    assert flags
    assert not any(flag.assessable for flag in flags)
