"""When a face is read again, and what is said of it meanwhile: the real model on a sitter who moves
and changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT

from capture.demo import Sitter, Studio
from capture.senses.face import FaceReader, FaceReading
from capture.senses.face_cache import REUSE_WITHIN_MS, FaceCache
from capture.senses.patches import RelativePoints
from capture.senses.quality import luma_of
from capture.types import Frame

EVERY_MS = 200
SIZE = (640, 480)

Picture = NDArray[np.uint8]


@dataclass
class Watched:
    """A steady face with a note of when it was read."""

    reader: FaceReader
    read_at_ms: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = FaceCache(self._read)

    def _read(self, frame: Frame) -> FaceReading | None:
        self.read_at_ms.append(frame.t_ms)
        return self.reader.read(frame)

    def see(self, *pictures: Picture, from_ms: int = 0) -> list[FaceReading | None]:
        frames = [
            Frame(from_ms + number * EVERY_MS, picture) for number, picture in enumerate(pictures)
        ]
        return [self.cache.read(frame, luma_of(frame)) for frame in frames]


@pytest.fixture
def watched() -> Iterator[Watched]:
    with FaceReader(MODELS.face) as reader:
        yield Watched(reader)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(PORTRAIT)


def picture_of_sitter(studio: Studio, aside_px: float = 0, grain: int = 0) -> Picture:
    return studio.picture([Sitter(aside_px, 1.0)], grain)


def test_a_still_face_is_read_once_a_second(watched: Watched, studio: Studio) -> None:
    pictures = [
        picture_of_sitter(studio, grain=number)
        for number in range(2 * REUSE_WITHIN_MS // EVERY_MS + 1)
    ]
    faces = watched.see(*pictures)
    # the first one alone may be a slip
    assert watched.read_at_ms == [0, EVERY_MS, REUSE_WITHIN_MS, 2 * REUSE_WITHIN_MS]
    assert all(faces)


def test_work_taken_up_again_reads_the_same_pictures(watched: Watched, studio: Studio) -> None:
    watched.see(*[picture_of_sitter(studio)] * 10, from_ms=1_400)
    # as one that began at 0 reads from 2,000 on
    assert watched.read_at_ms == [1_400, 1_600, 2_000, 3_000]


def test_what_holds_moves_with_the_face(watched: Watched, studio: Studio) -> None:
    _, first, _, last = watched.see(
        *(picture_of_sitter(studio, aside_px) for aside_px in (0, 0, 2, 4))
    )
    assert watched.read_at_ms == [0, EVERY_MS]
    assert first is not None
    assert last is not None
    there = watched.reader.read(Frame(0, picture_of_sitter(studio, 4)))
    assert there is not None
    assert last.box == pytest.approx(there.box, abs=0.005)
    np.testing.assert_allclose(last.eyes, there.eyes, atol=0.005)
    np.testing.assert_allclose(last.mouth, there.mouth, atol=0.01)
    assert last.yaw_deg == first.yaw_deg


def shifted(
    picture: Picture, points: RelativePoints, right_px: int = 0, down_px: int = 0
) -> Picture:
    """What lies between the points, and as much below and above them, drawn once more a little
    beside.
    """
    (left, top), (right, bottom) = np.round(
        (points.min(axis=0) * SIZE, points.max(axis=0) * SIZE)
    ).astype(int)
    if right_px:  # an iris: what is in the middle of the eye
        left, right, top, bottom = (
            left + (right - left) // 4,
            right - (right - left) // 4,
            top - 4,
            bottom + 4,
        )
    else:  # a lower lip
        bottom += 12
    changed = picture.copy()
    changed[top + down_px : bottom + down_px, left + right_px : right + right_px] = picture[
        top:bottom, left:right
    ]
    return changed


def test_eyes_that_look_aside_are_read_again(watched: Watched, studio: Studio) -> None:
    same = picture_of_sitter(studio)
    face = watched.reader.read(Frame(0, same))
    assert face is not None
    aside = same
    for corners in face.eyes:
        aside = shifted(aside, corners, right_px=round(np.ptp(corners[:, 0]) * SIZE[0] / 8))
    watched.see(same, same, same, aside)
    assert watched.read_at_ms == [0, EVERY_MS, 3 * EVERY_MS]


def test_a_mouth_that_opens_a_little_is_read_again(watched: Watched, studio: Studio) -> None:
    same = picture_of_sitter(studio)
    face = watched.reader.read(Frame(0, same))
    assert face is not None
    corners = face.mouth[:2]
    opened = shifted(same, corners, down_px=round(np.ptp(corners[:, 0]) * SIZE[0] / 10))
    watched.see(same, same, same, opened)
    assert watched.read_at_ms == [0, EVERY_MS, 3 * EVERY_MS]


def test_a_blurred_face_is_read_every_time(watched: Watched, studio: Studio) -> None:
    blurred = np.asarray(cv2.GaussianBlur(picture_of_sitter(studio), (0, 0), 4), np.uint8)
    watched.see(blurred, blurred, blurred)
    assert watched.read_at_ms == [0, EVERY_MS, 2 * EVERY_MS]


def test_nothing_holds_where_nobody_is_any_more(watched: Watched, studio: Studio) -> None:
    here, empty, dark = (
        picture_of_sitter(studio),
        studio.picture([], 0),
        np.zeros((480, 640, 3), np.uint8),
    )
    faces = watched.see(here, here, empty, here, dark)
    assert [face is not None for face in faces] == [True, True, False, True, False]


def test_of_two_faces_the_nearest_is_looked_for_every_time(
    watched: Watched, studio: Studio
) -> None:
    two = studio.picture([Sitter(-130, 1.0), Sitter(165, 0.85, mirrored=True)], 0)
    watched.see(two, two, two)
    assert watched.read_at_ms == [0, EVERY_MS, 2 * EVERY_MS]
