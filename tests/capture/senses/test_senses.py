"""How often each sense looks, and how a picture finds its sound: with the real models and with
sound made late.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from senses_support import MODELS, PORTRAIT

from capture.demo import Sitter, Studio, calm
from capture.senses.audio import SAMPLE_RATE_HZ
from capture.senses.face import FaceReader
from capture.senses.face_count import COUNT_EVERY_MS, REUSE_UNCHANGED_MS
from capture.senses.face_detector import LONGER_SIDE_PX, FaceDetector
from capture.senses.hub import SOUND_LAG_MS, Senses
from capture.types import Box, Frame, Observation, Sound

TWO = [Sitter(-130, 1.0), Sitter(165, 0.85, mirrored=True)]


class CountedCrowd(FaceDetector):
    """The real reader, with a note of when it was asked."""

    def __init__(self, model_path: Path) -> None:
        super().__init__(model_path)
        self.asked_at_ms: list[int] = []

    def read(self, frame: Frame, side_px: int = LONGER_SIDE_PX) -> list[Box]:
        self.asked_at_ms.append(frame.t_ms)
        return super().read(frame, side_px)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(PORTRAIT)


@pytest.fixture
def crowd() -> CountedCrowd:
    return CountedCrowd(MODELS.face_detector)


@pytest.fixture
def senses(crowd: CountedCrowd) -> Iterator[Senses]:
    opened = Senses(FaceReader(MODELS.face), crowd)
    yield opened
    opened.close()


def frame(studio: Studio, t_ms: int, sitters: list[Sitter] | None = None) -> Frame:
    return Frame(
        t_ms, studio.picture(calm(t_ms / 1000) if sitters is None else sitters, t_ms // 40)
    )


def sound(t_ms: int, length_ms: int) -> Sound:
    return Sound(t_ms, np.full(length_ms * SAMPLE_RATE_HZ // 1000, 0.1, np.float32))


def seen(senses: Senses, *frames: Frame) -> list[Observation]:
    return [row for shown in frames for row in senses.feed(shown, has_sound=False)]


def test_one_quiet_person_is_counted_seldom(
    senses: Senses, crowd: CountedCrowd, studio: Studio
) -> None:
    rows = seen(senses, *(frame(studio, t_ms) for t_ms in range(0, REUSE_UNCHANGED_MS + 200, 200)))
    assert {row.count for row in rows} == {1}
    assert crowd.asked_at_ms == [0, REUSE_UNCHANGED_MS]


def test_once_a_second_while_something_moves_beside(
    senses: Senses, crowd: CountedCrowd, studio: Studio
) -> None:
    for t_ms in range(0, 2_200, 200):
        shown = frame(studio, t_ms)
        shown.rgb[20:60, t_ms // 8 : t_ms // 8 + 40] = 255
        seen(senses, shown)
    assert crowd.asked_at_ms == [0, COUNT_EVERY_MS, 2 * COUNT_EVERY_MS]


def test_an_empty_room_is_searched_seldom_while_nothing_moves(
    senses: Senses, crowd: CountedCrowd, studio: Studio
) -> None:
    rows = seen(senses, *(frame(studio, t_ms, []) for t_ms in range(0, 2_200, 200)))
    assert {row.count for row in rows} == {0}
    assert crowd.asked_at_ms == [0, 0]  # once, and once more closely


def test_what_is_shown_too_small_on_an_even_ground_is_not_counted(
    senses: Senses, studio: Studio
) -> None:
    shown = Frame(0, np.full((480, 640, 3), 110, np.uint8))
    shown.rgb[228:252, 304:336] = frame(studio, 0).rgb[::20, ::20]
    [row] = seen(senses, shown)
    assert row.count is None


def test_a_second_person_is_counted_at_once_and_until_gone(senses: Senses, studio: Studio) -> None:
    moments = (
        frame(studio, 0),
        frame(studio, 200, TWO),
        frame(studio, 400, TWO),
        frame(studio, 600),
    )
    assert [row.count for row in seen(senses, *moments)] == [1, 2, 2, 1]


def test_somebody_who_leaves_is_missed_at_once(senses: Senses, studio: Studio) -> None:
    rows = seen(senses, frame(studio, 0), frame(studio, 200, []), frame(studio, 400))
    assert [row.count for row in rows] == [1, 0, 1]
    assert [row.yaw_deg is None for row in rows] == [False, True, False]
    assert rows[1].box is None


def test_the_nearest_of_two_faces_is_the_one_that_is_read(senses: Senses, studio: Studio) -> None:
    [row] = seen(senses, frame(studio, 0, TWO))
    assert row.box is not None
    assert row.box[0] < 0.5


def test_a_picture_waits_for_its_sound(senses: Senses, studio: Studio) -> None:
    assert list(senses.feed(frame(studio, 400), has_sound=True)) == []
    assert list(senses.feed(sound(0, 300), has_sound=True)) == []
    # the pause after a word may belong to speaking
    assert list(senses.feed(sound(300, 900), has_sound=True)) == []
    [row] = senses.feed(sound(1_200, 200), has_sound=True)
    assert (row.t_ms, row.level_dbfs) == (400, pytest.approx(-20, abs=0.1))


def test_sound_that_never_comes_is_not_waited_for(senses: Senses, studio: Studio) -> None:
    assert list(senses.feed(frame(studio, 0), has_sound=True)) == []
    [row] = senses.feed(frame(studio, SOUND_LAG_MS), has_sound=True)
    assert (row.t_ms, row.level_dbfs, row.speech) == (0, None, None)
    assert [row.t_ms for row in senses.flush()] == [SOUND_LAG_MS]
