"""Cuts observations into segments without a hole, and finds the intervals in which something lasts.

Knows only times and truth values. The rules say what to look for, and for how long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from capture.rules.columns import Column, Columns, Seen
from capture.types import SAMPLE_EVERY_MS, Measurements

MAX_ROW_GAP_MS = 1_000  # rows farther apart leave a hole: we do not know what happened in it


@dataclass(frozen=True)
class Span:
    """An interval: from the first moment we saw something to the first moment we no longer did."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms

    def overlaps(self, other: "Span") -> bool:
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


@dataclass(frozen=True)
class Segment:
    """Rows of one answer that follow each other without a hole. The last one ends at `end_ms`."""

    rows: Columns
    end_ms: int

    def runs(self, seen: Seen, bridge_ms: int) -> list[Span]:
        """The intervals in which `seen` stays true.

        Joins two intervals that are at most `bridge_ms` apart: the reader may have failed between.
        """
        if not seen.any():  # nearly always
            return []
        times = np.append(self.rows.t_ms, self.end_ms)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], seen, [False]))))
        spans: list[Span] = []
        for start_ms, end_ms in times[edges].reshape(-1, 2).tolist():
            if spans and start_ms - spans[-1].end_ms <= bridge_ms:
                start_ms = spans.pop().start_ms
            spans.append(Span(start_ms, end_ms))
        return spans

    def within(self, spans: Sequence[Span]) -> Seen:
        """The rows that lie in one of the spans."""
        inside = np.zeros(len(self.rows), dtype=np.bool_)
        for span in spans:
            inside |= (span.start_ms <= self.rows.t_ms) & (self.rows.t_ms < span.end_ms)
        return inside


def segments_of(measurements: Measurements, rows: Columns) -> list[Segment]:
    """Cut the observations (as columns) at answers' borders, at gaps and where rows are missing."""
    if not len(rows):
        return []
    borders = _borders(measurements)
    intervals = np.searchsorted(borders, rows.t_ms, side="right")
    cuts = np.flatnonzero((np.diff(intervals) != 0) | (np.diff(rows.t_ms) > MAX_ROW_GAP_MS)) + 1
    parts = pairwise([0, *cuts.tolist(), len(rows)])
    return [_segment(rows.part(slice(first, after)), borders) for first, after in parts]


def _segment(rows: Columns, borders: NDArray[np.int64]) -> Segment:
    """A segment of these rows. The last row counts for one sample, but not beyond its answer."""
    last_ms = int(rows.t_ms[-1])
    later = borders[np.searchsorted(borders, last_ms, side="right") :].tolist()
    return Segment(rows, min([last_ms + SAMPLE_EVERY_MS, *later[:1]]))


def _borders(measurements: Measurements) -> NDArray[np.int64]:
    answers = {
        moment_ms
        for answer in measurements.answers
        for moment_ms in (answer.start_ms, answer.end_ms)
    }
    gaps = {moment_ms for gap in measurements.gaps for moment_ms in (gap.start_ms, gap.end_ms)}
    return np.array(sorted(answers | gaps), dtype=np.int64)


def sustained(seen: Seen, may_go_on: Seen) -> Seen:
    """True where `seen` is, and then for as long as `may_go_on` is true."""
    numbers = np.arange(len(seen))
    lasts = seen | may_go_on
    began = np.maximum.accumulate(np.where(lasts, 0, numbers + 1))
    last_seen = np.maximum.accumulate(np.where(seen, numbers, -1))
    result: Seen = lasts & (last_seen >= began)
    return result


def known_earlier(times_ms: NDArray[np.int64], seen: Seen, by_ms: int) -> Seen:
    """True where `seen` is, and up to `by_ms` before, because we learn of it so much later."""
    next_ms = np.minimum.accumulate(np.where(seen, times_ms, np.inf)[::-1])[::-1]
    known: Seen = next_ms - times_ms <= by_ms
    return known


def swing(times_ms: NDArray[np.int64], values: Column, window_ms: int) -> Column:
    """For each moment, the range (highest minus lowest value) of the window that ends there.

    It is 0 where we measured nothing.
    """
    highest, lowest = values.copy(), values.copy()
    for back in range(1, len(times_ms)):
        is_inside = times_ms[back:] - times_ms[:-back] < window_ms
        if not is_inside.any():
            break
        earlier = np.where(is_inside, values[:-back], np.nan)
        np.fmax(highest[back:], earlier, out=highest[back:])
        np.fmin(lowest[back:], earlier, out=lowest[back:])
    return np.nan_to_num(highest - lowest)


def known_share(times_ms: NDArray[np.int64], values: Column, window_ms: int) -> Column:
    """For each moment, the share of measured rows less than `window_ms` before or after it."""
    known = np.concatenate(([0], np.cumsum(~np.isnan(values))))
    first = np.searchsorted(times_ms, times_ms - window_ms, side="right")
    after = np.searchsorted(times_ms, times_ms + window_ms, side="left")
    share: Column = (known[after] - known[first]) / (after - first)
    return share
