"""Finds blinks: follows the eyes through every picture, and reads the face again if they seem shut.

A blink lasts about 170 ms, so it can fall between two samples. To compare a small patch of each eye
costs a tenth of a millisecond per picture. To read a face costs a hundred times as much, so we do
that at most once between two samples.
"""

from collections import deque
from collections.abc import Callable
from statistics import mean, median
from typing import NamedTuple

from capture.senses.face import FaceReading
from capture.senses.patches import (
    EYE_AROUND,
    EYE_SIZE,
    Luma,
    RelativePoints,
    best_match,
    eye_patch,
    shifted,
)
from capture.types import Frame, Glance

# similarity to the open eye: nine in ten samples of people who sit still have more, blinks less
LOOK_AGAIN_BELOW = 0.95
FOLLOWS_ABOVE = 0.7  # with less, the best match may be an eyebrow
# of the person's own open eyes: blinks reach 0.55 and less, lids that only sink stay above 0.59
SHUT_SHARE = 0.58
OPEN_SHARE = 0.95  # we compare only with eyes that are not about to shut
PATTERN_MS = 2_000  # light and head change: narrower eyes are a better pattern than older ones
LEVEL_MS = 30_000  # the usual openness is the median of so long
LEVEL_SAMPLES = 5  # from fewer samples we do not know what is usual
LONGEST_MS = 1_500  # eyes that stay shut for longer do not blink: they rest, or look down
HOLE_MS = 600  # between samples farther apart we do not know what happened


class Sample(NamedTuple):
    """The eye aspect ratio of one sample: how far the lids are apart, by the eye's width."""

    t_ms: int
    lid_gap: float


class BlinkFinder:
    """Gets the lids of each sample, and reports a blink when the eyes are open again."""

    def __init__(self) -> None:
        self._usual: deque[Sample] = deque()
        self._unjudged: list[Sample] = []
        self._shut: list[Sample] = []
        # whether the eyes were open before they shut: shut eyes at the beginning are no blink
        self._was_open = False
        self._last_ms = 0

    @property
    def open_gap(self) -> float | None:
        """This person's usual gap, or None while we do not know it."""
        known = self._usual if self._usual else self._unjudged
        is_enough = bool(self._usual) or len(known) >= LEVEL_SAMPLES
        return median(sample.lid_gap for sample in known) if is_enough else None

    def see(self, t_ms: int, lid_gap: float | None) -> tuple[int, ...]:
        """The times of the blinks that this sample completes."""
        if lid_gap is None:
            self._forget()
            return ()
        self._unjudged.append(Sample(t_ms, lid_gap))
        while self._usual and self._usual[0].t_ms < t_ms - LEVEL_MS:
            self._usual.popleft()
        open_gap = self.open_gap
        if open_gap is None:
            return ()
        samples, self._unjudged = self._unjudged, []
        return tuple(blink for sample in samples for blink in self._judge(sample, open_gap))

    def _forget(self) -> None:
        self._shut.clear()
        self._was_open = False

    def _judge(self, sample: Sample, open_gap: float) -> tuple[int, ...]:
        if sample.t_ms - self._last_ms > HOLE_MS:
            self._forget()
        self._last_ms = sample.t_ms
        if sample.lid_gap < SHUT_SHARE * open_gap:
            self._shut.append(sample)
            return ()
        self._usual.append(sample)
        shut, self._shut = self._shut, []
        was_open, self._was_open = self._was_open, True
        if not shut or not was_open or shut[-1].t_ms - shut[0].t_ms > LONGEST_MS:
            return ()
        return (min(shut, key=lambda seen: seen.lid_gap).t_ms,)


class BlinkTracker:
    """Gets every picture of an answer: sampled ones with their reading, the others as glances."""

    def __init__(self, read: Callable[[Frame], FaceReading | None]) -> None:
        self._read = read
        self._finder = BlinkFinder()
        self._eyes: list[RelativePoints] = []
        self._open_eyes: list[Luma] = []
        self._open_at_ms = 0
        self._least: tuple[float, Glance] | None = None

    def glance(self, glance: Glance) -> None:
        """Remember the picture in which the eyes are least similar to open ones.

        A shadow or a strand of hair changes only one eye, so both must differ. Then the mean of
        their similarities says in which picture they are shut most
        (docs/decisions/0072-blink-picture-by-mean.md has the figures).
        """
        if not self._eyes:
            return
        likeness = [self._follow(glance.luma, side) for side in range(len(self._eyes))]
        differs = mean(likeness)
        if max(likeness) < LOOK_AGAIN_BELOW and (self._least is None or differs < self._least[0]):
            self._least = differs, glance

    def _follow(self, luma: Luma, side: int) -> float:
        """The similarity of an eye to the open eye. If it is high enough, we follow the eye."""
        around = eye_patch(luma, self._eyes[side], EYE_AROUND)
        likeness, right, down = best_match(around, self._open_eyes[side])
        if likeness >= FOLLOWS_ABOVE:
            self._eyes[side] = shifted(luma, self._eyes[side], right, down)
        return likeness

    def sample(self, t_ms: int, luma: Luma, face: FaceReading | None) -> tuple[int, ...]:
        """The times of the blinks that this picture completes."""
        blinks = self._look_again() + self._finder.see(t_ms, face.lid_gap if face else None)
        self._remember(t_ms, luma, face)
        return blinks

    def _look_again(self) -> tuple[int, ...]:
        if self._least is None:
            return ()
        (_, glance), self._least = self._least, None
        face = self._read(glance.frame())
        return self._finder.see(glance.t_ms, face.lid_gap) if face else ()

    def _remember(self, t_ms: int, luma: Luma, face: FaceReading | None) -> None:
        self._eyes = list(face.eyes) if face else []
        open_gap = self._finder.open_gap or 0.0
        is_due = not self._open_eyes or t_ms - self._open_at_ms >= PATTERN_MS
        if face and (is_due or face.lid_gap >= OPEN_SHARE * open_gap):
            self._open_eyes = [eye_patch(luma, corners, EYE_SIZE) for corners in face.eyes]
            self._open_at_ms = t_ms
