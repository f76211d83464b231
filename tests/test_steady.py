"""When a face is read again, and what is said of it meanwhile: the real model on a sitter who moves and changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT

from capture.demo import Sitter, Studio
from capture.face import FaceReader, FaceReading
from capture.quality import luma_of
from capture.steady import HOLDS_MS, SteadyFace
from capture.types import Frame

EVERY_MS = 200
BACKGROUND_RGB = 90


@dataclass
class Watched:
    """A steady face with a note of when it was read."""

    reader: FaceReader
    read_at_ms: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.steady = SteadyFace(self._read)

    def _read(self, frame: Frame) -> FaceReading | None:
        self.read_at_ms.append(frame.t_ms)
        return self.reader.read(frame)

    def see(self, *pictures: NDArray[np.uint8]) -> list[FaceReading | None]:
        frames = [Frame(number * EVERY_MS, picture) for number, picture in enumerate(pictures)]
        return [self.steady.read(frame, luma_of(frame)) for frame in frames]


@pytest.fixture
def watched() -> Iterator[Watched]:
    with FaceReader(MODELS.face) as reader:
        yield Watched(reader)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(PORTRAIT)


def sitting(studio: Studio, aside_px: float = 0, grain: int = 0) -> NDArray[np.uint8]:
    return studio.picture([Sitter(aside_px, 1.0)], grain)


def test_a_still_face_is_read_once_a_second(watched: Watched, studio: Studio) -> None:
    pictures = [sitting(studio, grain=number) for number in range(2 * HOLDS_MS // EVERY_MS + 1)]
    faces = watched.see(*pictures)
    assert watched.read_at_ms == [0, HOLDS_MS, 2 * HOLDS_MS]
    assert all(faces)


def test_what_holds_moves_with_the_face(watched: Watched, studio: Studio) -> None:
    first, *_, last = watched.see(*(sitting(studio, aside_px) for aside_px in (0, 2, 4)))
    assert watched.read_at_ms == [0]
    assert first is not None
    assert last is not None
    there = watched.reader.read(Frame(0, sitting(studio, 4)))
    assert there is not None
    assert last.box == pytest.approx(there.box, abs=0.005)
    np.testing.assert_allclose(last.eyes, there.eyes, atol=0.005)
    np.testing.assert_allclose(last.mouth, there.mouth, atol=0.01)
    assert last.yaw_deg == first.yaw_deg


@pytest.mark.parametrize("what", ["eyes", "mouth"])
def test_a_face_that_changes_is_read_again(watched: Watched, studio: Studio, what: str) -> None:
    same = sitting(studio)
    [face] = watched.see(same)
    assert face is not None
    changed = same.copy()
    places = np.concatenate(face.eyes) if what == "eyes" else face.mouth[:2]
    (left, top), (right, bottom) = (places.min(axis=0), places.max(axis=0)) * np.array([[640, 480]])
    changed[int(top) - 6 : int(bottom) + 6, int(left) : int(right)] = BACKGROUND_RGB
    watched.see(same, changed)
    assert watched.read_at_ms[1:] == [EVERY_MS]


def test_nothing_holds_where_nobody_is_any_more(watched: Watched, studio: Studio) -> None:
    empty, dark = studio.picture([], 0), np.zeros((480, 640, 3), np.uint8)
    faces = watched.see(sitting(studio), empty, sitting(studio), dark)
    assert [face is not None for face in faces] == [True, False, True, False]


def test_of_two_faces_the_nearest_is_looked_for_every_time(watched: Watched, studio: Studio) -> None:
    two = studio.picture([Sitter(-130, 1.0), Sitter(165, 0.85, mirrored=True)], 0)
    watched.see(two, two, two)
    assert watched.read_at_ms == [0, EVERY_MS, 2 * EVERY_MS]
