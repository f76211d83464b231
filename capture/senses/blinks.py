"""Finds blinks: follows the eyes through every picture, and has the face read once more where they
may have shut.

A blink lasts about 170 ms and falls between two samples. Comparing a small patch of each eye costs
a tenth of a millisecond a picture; reading a face costs a hundred times as much, so that is done at
most once between two samples.
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

# likeness to the open eye: nine in ten samples of quiet people stay above, blinks do not
LOOK_AGAIN_BELOW = 0.95
FOLLOWS_ABOVE = 0.7  # below it the likeliest place may be a brow
# of the person's own open eyes: blinks reach 0.55 and less, lids that only sink stay above 0.59
SHUT_SHARE = 0.58
OPEN_SHARE = 0.95  # eyes that are about to shut are no pattern to compare with
PATTERN_MS = 2_000  # light and head move on: an older pattern is worse than one of narrower eyes
LEVEL_MS = 30_000  # the usual openness is the median of so long
LEVEL_SAMPLES = 5  # of fewer nobody knows what is usual
LONGEST_MS = 1_500  # eyes that stay shut for longer rest, or look down
HOLE_MS = 600  # samples farther apart: nobody knows what was between them


class Sample(NamedTuple):
    """How far the lids were apart, by the eye's width."""

    t_ms: int
    lid_gap: float


class BlinkFinder:
    """Sees the lids sample by sample and names a blink once the eyes are open again."""

    def __init__(self) -> None:
        self._usual: deque[Sample] = deque()
        self._unjudged: list[Sample] = []
        self._shut: list[Sample] = []
        # before they shut: whoever begins with shut eyes may have them shut for long
        self._was_open = False
        self._last_ms = 0

    @property
    def open_gap(self) -> float | None:
        """This person's usual gap; None while it is not known."""
        known = self._usual if self._usual else self._unjudged
        is_enough = bool(self._usual) or len(known) >= LEVEL_SAMPLES
        return median(sample.lid_gap for sample in known) if is_enough else None

    def see(self, t_ms: int, lid_gap: float | None) -> tuple[int, ...]:
        """Times of blinks that are known since this sample."""
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
    """Sees every picture of an answer: the sampled ones with their reading, the others as
    glances.
    """

    def __init__(self, read: Callable[[Frame], FaceReading | None]) -> None:
        self._read = read
        self._finder = BlinkFinder()
        self._eyes: list[RelativePoints] = []
        self._open_eyes: list[Luma] = []
        self._open_at_ms = 0
        self._least: tuple[float, Glance] | None = None

    def glance(self, glance: Glance) -> None:
        """Keep the picture in which the eyes look least like open ones.

        What changes one of them alone is a shadow or a strand of hair, so both must differ. Where
        they do, their mean says when they are shut: the likelier one may look less like itself on
        the way (docs/decisions/0072-blink-picture-by-mean.md has the figures).
        """
        if not self._eyes:
            return
        likeness = [self._follow(glance.luma, side) for side in range(len(self._eyes))]
        differs = mean(likeness)
        if max(likeness) < LOOK_AGAIN_BELOW and (self._least is None or differs < self._least[0]):
            self._least = differs, glance

    def _follow(self, luma: Luma, side: int) -> float:
        """How much an eye looks like the open one; where it still does, it is followed to where it
        went.
        """
        around = eye_patch(luma, self._eyes[side], EYE_AROUND)
        likeness, right, down = best_match(around, self._open_eyes[side])
        if likeness >= FOLLOWS_ABOVE:
            self._eyes[side] = shifted(luma, self._eyes[side], right, down)
        return likeness

    def sample(self, t_ms: int, luma: Luma, face: FaceReading | None) -> tuple[int, ...]:
        """Blinks that are known since this picture."""
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
