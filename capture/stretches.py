"""Cuts observations into stretches without a hole, and finds where something was seen for long within one.

Knows time and truth values only: what is looked for, and how long is long, is said in `capture.rules`.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from capture.types import Measurements, Observation

SAMPLE_EVERY_MS = 200  # head and gaze are content with five samples a second, and decoding stays the larger cost
MAX_PAUSE_MS = 1_000  # rows farther apart leave a hole in which anything may have happened


@dataclass(frozen=True)
class Span:
    """From the first moment something was seen to the first moment it was no longer seen."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms

    def overlaps(self, other: "Span") -> bool:
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


@dataclass(frozen=True)
class Stretch:
    """Observations that follow each other without a hole, within one answer; `end_ms` is where the last one ends."""

    observations: Sequence[Observation]
    end_ms: int

    def runs(self, seen: Sequence[bool], bridge_ms: int) -> list[Span]:
        """Where `seen` stays true; pauses of up to `bridge_ms` between two runs are taken for slips of the reader."""
        if not any(seen):  # nearly always
            return []
        times = [observation.t_ms for observation in self.observations] + [self.end_ms]
        spans: list[Span] = []
        for index in compress(range(len(times)), seen):
            span = Span(times[index], times[index + 1])
            if spans and span.start_ms - spans[-1].end_ms <= bridge_ms:
                span = Span(spans.pop().start_ms, span.end_ms)
            spans.append(span)
        return spans


def stretches(measurements: Measurements) -> list[Stretch]:
    """Cut at answers' borders, at gaps, and wherever rows are missing."""
    borders = sorted(_borders(measurements))
    parts: list[list[Observation]] = []
    place_before = -1
    for observation in measurements.observations:
        place = bisect_right(borders, observation.t_ms)
        if place == place_before and observation.t_ms - parts[-1][-1].t_ms <= MAX_PAUSE_MS:
            parts[-1].append(observation)
        else:
            parts.append([observation])
        place_before = place
    return [Stretch(part, _end_ms(part[-1].t_ms, borders)) for part in parts]


def kept_on(seen: Iterable[bool], may_go_on: Iterable[bool]) -> list[bool]:
    """True where it was seen, and from there on for as long as nothing contradicts it."""
    kept: list[bool] = []
    is_on = False
    for is_seen, may_last in zip(seen, may_go_on, strict=True):
        is_on = is_seen or (may_last and is_on)
        kept.append(is_on)
    return kept


def known_earlier(times_ms: Sequence[int], seen: Sequence[bool], by_ms: int) -> list[bool]:
    """True also for rows up to `by_ms` before one where it was seen: it could only be told after so long."""
    if not any(seen):
        return list(seen)
    known, next_ms = [], math.inf
    for t_ms, is_seen in zip(reversed(times_ms), reversed(seen), strict=True):
        next_ms = t_ms if is_seen else next_ms
        known.append(next_ms - t_ms <= by_ms)
    return known[::-1]


def _borders(measurements: Measurements) -> set[int]:
    answers = {moment_ms for answer in measurements.answers for moment_ms in (answer.start_ms, answer.end_ms)}
    return answers | {moment_ms for gap in measurements.gaps for moment_ms in (gap.start_ms, gap.end_ms)}


def _end_ms(last_t_ms: int, borders: Sequence[int]) -> int:
    """A row stands for the time until the next one, but never beyond its answer."""
    later = borders[bisect_right(borders, last_t_ms) :]
    return min([last_t_ms + SAMPLE_EVERY_MS, *later[:1]])


def swing(times_ms: Sequence[int], values: Sequence[float | None], window_ms: int) -> list[float]:
    """At each moment, highest minus lowest of what was measured in the window that ends there; 0 where nothing was."""
    times = np.array(times_ms)
    known = np.array(values, dtype=np.float64)  # None becomes NaN, which fmax and fmin pass over
    highest, lowest = known.copy(), known.copy()
    for back in range(1, len(times)):
        is_inside = times[back:] - times[:-back] < window_ms
        if not is_inside.any():
            break
        earlier = np.where(is_inside, known[:-back], np.nan)
        np.fmax(highest[back:], earlier, out=highest[back:])
        np.fmin(lowest[back:], earlier, out=lowest[back:])
    swings: list[float] = np.nan_to_num(highest - lowest).tolist()
    return swings
