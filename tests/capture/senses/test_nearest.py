"""Faces that the whole picture does not show well enough are read in a piece of it; drawn ones are
no faces.
"""

from collections.abc import Iterator

import av
import cv2
import numpy as np
import pytest
from machine import FOOTAGE
from numpy.typing import NDArray
from senses_support import MODELS, PORTRAIT

from capture.demo import Sitter, Studio
from capture.rules import find_flags
from capture.senses.face import FaceReader, FaceReading
from capture.senses.face_crop import LEAST_SIDE_PX, MARGINS, Piece
from capture.senses.face_detector import LONGER_SIDE_PX, MIN_WIDTH, FaceDetector
from capture.senses.hub import Senses
from capture.types import AnswerSpan, Box, FlagKind, Frame, Measurements, Observation

pytestmark = pytest.mark.film

WIDE = (1280, 720)
PORTRAIT_FACE = (0.175, 90.0)  # of the portrait's width; in px
EVERY_MS = 200

Picture = NDArray[np.uint8]


class Crowd(FaceDetector):
    """The real one; notes when it is asked, and sees nobody while it is told to."""

    def __init__(self) -> None:
        super().__init__(MODELS.face_detector)
        self.asked_at_ms: list[int] = []
        self.sees_nobody = False

    def read(self, frame: Frame, side_px: int = LONGER_SIDE_PX) -> list[Box]:
        self.asked_at_ms.append(frame.t_ms)
        return [] if self.sees_nobody else super().read(frame, side_px)


@pytest.fixture(scope="module")
def reader() -> Iterator[FaceReader]:
    with FaceReader(MODELS.face) as opened:
        yield opened


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


@pytest.fixture
def senses(crowd: Crowd) -> Iterator[Senses]:
    opened = Senses(FaceReader(MODELS.face), crowd)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(PORTRAIT)


def portrait() -> Picture:
    return np.asarray(cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB), np.uint8)


def room() -> Picture:
    grain = np.random.default_rng(1).normal(0, 3, (WIDE[1], WIDE[0], 1))
    return np.clip(
        np.linspace(150, 90, WIDE[0])[None, :, None] + grain + np.zeros(3), 0, 255
    ).astype(np.uint8)


def far_away(share: float, aside_px: int = 0) -> Picture:
    """The portrait on a wide wall, its face so wide as a share of the picture."""
    scale = share * WIDE[0] / PORTRAIT_FACE[1]
    small = cv2.resize(portrait(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas, (top, left) = room(), (150, 480 + aside_px)
    part = canvas[top : top + small.shape[0], left : left + small.shape[1]]
    part[:] = small[: part.shape[0], : part.shape[1]]
    return canvas


def seen(senses: Senses, *pictures: Picture) -> list[Observation]:
    frames = (Frame(number * EVERY_MS, picture) for number, picture in enumerate(pictures))
    return [row for frame in frames for row in senses.feed(frame, has_sound=False)]


def read(reader: FaceReader, rgb: Picture, around: Box | None = None) -> FaceReading:
    reading = reader.read(Frame(0, np.ascontiguousarray(rgb)), around)
    assert reading is not None
    return reading


@pytest.mark.parametrize("share", [0.03, 0.035, 0.04, 0.05, 0.06])
def test_a_small_sharp_face_is_read_as_the_large_one_it_is(
    reader: FaceReader, senses: Senses, share: float
) -> None:
    assert reader.read(Frame(0, far_away(share))) is None  # the whole picture does not show it
    large, [small] = read(reader, portrait()), seen(senses, far_away(max(share, MIN_WIDTH * 1.1)))
    assert small.count == 1
    for name, off in (("yaw_deg", 3), ("pitch_deg", 4), ("roll_deg", 3), ("gaze_x", 0.2)):
        assert getattr(small, name) == pytest.approx(getattr(large, name), abs=off), name
    assert small.box is not None
    assert small.box[2] == pytest.approx(max(share, MIN_WIDTH * 1.1), rel=0.15)


def test_somebody_far_away_is_counted_once_a_second_and_read_every_time(
    senses: Senses, crowd: Crowd
) -> None:
    rows = seen(senses, *(far_away(0.06, aside_px=4 * number) for number in range(12)))
    assert [row.count for row in rows] == [1] * 12
    assert all(row.yaw_deg is not None for row in rows)
    assert crowd.asked_at_ms == [0, 1_000, 2_000]


def test_who_walks_away_is_followed(senses: Senses) -> None:
    shares = np.linspace(0.06, 0.04, 10)
    rows = seen(
        senses, *(far_away(share, aside_px=-40 * number) for number, share in enumerate(shares))
    )
    assert all(row.yaw_deg is not None for row in rows)
    middles = [row.box[0] + row.box[2] / 2 for row in rows if row.box]
    assert middles == sorted(middles, reverse=True)


def test_who_is_too_small_to_count_is_not_read(senses: Senses) -> None:
    [row] = seen(senses, far_away(MIN_WIDTH * 0.7))
    assert (row.count, row.yaw_deg) in [(None, None), (0, None)]


@pytest.mark.parametrize(
    "face", [(0.4, 0.3, 0.05, 0.1), (0.0, 0.0, 0.3, 0.6), (0.9, 0.85, 0.1, 0.15)]
)
def test_a_piece_knows_where_its_points_are_in_the_whole(face: Box) -> None:
    picture = np.zeros((WIDE[1], WIDE[0], 3), np.uint8)
    x, y = int((face[0] + face[2] / 3) * WIDE[0]), int((face[1] + face[3] / 2) * WIDE[1])
    picture[y - 1 : y + 2, x - 1 : x + 2] = 255
    piece = Piece.around(picture, face, MARGINS[0])
    height, width = piece.rgb.shape[:2]
    assert height == width >= LEAST_SIDE_PX
    assert width * piece.step == pytest.approx(
        MARGINS[0] * max(face[2] * WIDE[0], face[3] * WIDE[1]), abs=1
    )
    rows, columns = np.nonzero(piece.rgb[..., 0] > 127)
    there = np.array([(columns.mean() / width, rows.mean() / height, 0.5)])
    [(found_x, found_y, found_z)] = piece.in_whole_px(there)
    assert (found_x, found_y) == pytest.approx((x, y), abs=1)
    assert found_z == pytest.approx(0.5 * width * piece.step)


def drawn_face(picture: Picture, middle: tuple[int, int]) -> Picture:
    """As printed on a shirt: a line around it, eyes with brows, a nose, a mouth."""
    drawn, (x, y), ink = picture.copy(), middle, (60, 60, 60)
    cv2.ellipse(drawn, (x, y), (60, 78), 0, 0, 360, ink, 3)
    for eye_x in (x - 24, x + 24):
        cv2.ellipse(drawn, (eye_x, y - 15), (13, 6), 0, 0, 360, (220, 220, 220), -1)
        cv2.ellipse(drawn, (eye_x, y - 15), (13, 6), 0, 0, 360, ink, 2)
        cv2.circle(drawn, (eye_x, y - 15), 6, (30, 30, 30), -1)
        cv2.ellipse(drawn, (eye_x, y - 27), (16, 6), 0, 180, 360, (40, 40, 40), 3)
    cv2.line(drawn, (x, y - 6), (x - 4, y + 18), ink, 2)
    cv2.ellipse(drawn, (x, y + 18), (9, 3), 0, 0, 180, ink, 2)
    cv2.ellipse(drawn, (x, y + 39), (21, 6), 0, 0, 360, (70, 70, 70), -1)
    return drawn


def test_a_face_drawn_on_a_shirt_does_not_count(
    reader: FaceReader, senses: Senses, studio: Studio
) -> None:
    shirts = [drawn_face(studio.picture([], number), (320, 260)) for number in range(4)]
    assert read(reader, shirts[0])  # the landmark model sees one
    empty = studio.picture([], 9)
    rows = seen(senses, empty, *shirts, empty)
    assert {row.count for row in rows} == {0}
    assert {(row.yaw_deg, row.box) for row in rows} == {(None, None)}


def test_an_absence_does_not_end_where_a_shirt_shows_a_face(senses: Senses, studio: Studio) -> None:
    empty = [studio.picture([], number) for number in range(15)]
    shirt = [drawn_face(picture, (320, 260)) for picture in empty[:3]]
    rows = seen(senses, *empty, *shirt, *empty)
    length_ms = len(rows) * EVERY_MS
    flags = find_flags(Measurements(length_ms, [AnswerSpan(1, 1, 0, length_ms)], rows))
    absences = [(flag.start_ms, flag.end_ms) for flag in flags if flag.kind is FlagKind.NO_FACE]
    assert absences == [(0, length_ms)]


def test_beside_a_person_it_is_neither_counted_nor_read(
    reader: FaceReader, senses: Senses, studio: Studio
) -> None:
    alone = studio.picture([Sitter(-130, 0.5)], 0)
    [row] = seen(senses, drawn_face(alone, (520, 200)))
    assert row.count == 1
    assert row.box is not None
    assert row.box[0] < 0.5
    assert row.yaw_deg == pytest.approx(read(reader, alone, row.box).yaw_deg, abs=3)


def test_a_drawn_face_that_stays_is_left_open(senses: Senses, studio: Studio) -> None:
    """It may be a real one of which a hand or the picture's edge hides half."""
    rows = seen(
        senses, *(drawn_face(studio.picture([], number), (320, 260)) for number in range(8))
    )
    assert [row.count for row in rows] == [0] * 5 + [None] * 3
    assert {(row.yaw_deg, row.box) for row in rows} == {(None, None)}


def test_a_face_that_was_counted_once_counts_while_it_is_read(
    senses: Senses, crowd: Crowd, studio: Studio
) -> None:
    here = studio.picture([Sitter(0, 1.0)], 0)
    assert [row.count for row in seen(senses, here)] == [1]
    crowd.sees_nobody = True
    disturbed = here.copy()
    disturbed[20:60, 20:80] = 255
    later = [
        senses.feed(Frame(t_ms, disturbed), has_sound=False) for t_ms in range(1_000, 6_000, 1_000)
    ]
    assert [row.count for rows in later for row in rows] == [1] * 5
    [elsewhere] = senses.feed(Frame(6_000, studio.picture([Sitter(200, 1.0)], 0)), has_sound=False)
    assert elsewhere.count == 0


@pytest.mark.parametrize("from_ms", [3_000, 3_400])
def test_work_taken_up_again_reads_somebody_far_away_the_same(
    crowd: Crowd, studio: Studio, from_ms: int
) -> None:
    def rows(start_ms: int) -> list[Observation]:
        senses, taken = Senses(FaceReader(MODELS.face), crowd), []
        for t_ms in range(start_ms, 5_000, EVERY_MS):
            moved = studio.picture([Sitter(t_ms / 50, 0.45)], t_ms // 40)
            taken += senses.feed(Frame(t_ms, moved), has_sound=False)
        senses.close()
        return [row for row in taken if row.t_ms >= 4_000]

    assert [(row.count, row.yaw_deg, row.openness, row.box) for row in rows(from_ms)] == [
        (row.count, row.yaw_deg, row.openness, row.box) for row in rows(2_000)
    ]


@pytest.mark.footage
def test_faces_near_profile_that_the_whole_picture_hides_are_read(senses: Senses) -> None:
    with av.open(str(FOOTAGE / "video" / "mpiigaze_demo__video04.mp4")) as file:
        pictures = [
            frame.to_ndarray(format="rgb24")
            for frame in file.decode(video=0)
            if 3.0 <= frame.time < 3.5
        ]
    rows = seen(senses, *pictures[::5])
    assert all(row.yaw_deg is not None for row in rows)
