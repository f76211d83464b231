"""A mouth that rests is told from a hand before it, on a real portrait."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT

from capture.face import FaceReader, FaceReading
from capture.mouth import SHUT_BELOW, MouthWatch
from capture.patches import Luma
from capture.quality import luma_of
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
    """The portrait smiles with open lips: take them for shut, as the model does with a hand before them."""
    return FaceReading(**{**reading.__dict__, "mouth_open": SHUT_BELOW / 4})


def portrait() -> NDArray[np.uint8]:
    return cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB)


def with_hand(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    covered = rgb.copy()
    for finger in range(5):
        cv2.line(covered, (180 + 22 * finger, 150), (170 + 22 * finger, 230), (205, 150 + 8 * finger, 130), 20)
    return covered


def test_a_resting_mouth_is_measured_in_any_light(reader: FaceReader) -> None:
    watch = MouthWatch()
    luma, reading = seen(reader, portrait())
    assert watch.opened(luma, at_rest(reading)) == SHUT_BELOW / 4
    assert watch.opened(luma // 2, at_rest(reading)) == SHUT_BELOW / 4


def test_a_hidden_mouth_is_not_measured(reader: FaceReader) -> None:
    watch = MouthWatch()
    luma, reading = seen(reader, portrait())
    watch.opened(luma, at_rest(reading))
    assert watch.opened(luma_of(Frame(0, with_hand(portrait()))), at_rest(reading)) is None


def test_an_open_mouth_needs_no_likeness(reader: FaceReader) -> None:
    luma, reading = seen(reader, portrait())
    assert reading.mouth_open >= SHUT_BELOW
    assert MouthWatch().opened(luma, reading) == reading.mouth_open
