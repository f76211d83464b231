"""Joins the answers of an interview, one after the other, on the clock of the recording.

No other code converts between an answer's clock and the recording's clock. This module is pure: it
opens nothing and judges nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from capture.store.pauses import assessable
from capture.types import (
    AnswerSpan,
    Gap,
    GapCause,
    MeasuredAnswer,
    Measurements,
    Observation,
    PageEvent,
)

LOST_MS = 200  # a shorter missing end comes from the recorder's rounding and is no loss
UNMEASURED_MS = 1_000  # five samples in a row are missing: no longer a late frame


def join_timeline(answers: Sequence[MeasuredAnswer]) -> Measurements:
    """All we know about an interview, on one clock. A lost end becomes a gap after its answer."""
    spans: list[AnswerSpan] = []
    gaps: list[Gap] = []
    observations: list[Observation] = []
    events: list[PageEvent] = []
    start_ms = 0
    for answer in map(_without_pauses, answers):
        end_ms = start_ms + answer.duration_ms
        spans.append(AnswerSpan(answer.question, answer.take, start_ms, end_ms))
        gaps += [
            Gap(gap.start_ms + start_ms, gap.end_ms + start_ms, gap.cause) for gap in _gaps(answer)
        ]
        observations += [
            _shifted(seen, start_ms)
            for seen in answer.observations or ()
            if seen.t_ms < answer.duration_ms
        ]
        events += [_event(event, answer, start_ms) for event in answer.events]
        start_ms = end_ms + _lost_ms(answer)
    return Measurements(
        start_ms, spans, observations, sorted(events, key=lambda event: event.t_ms), gaps
    )


def _without_pauses(answer: MeasuredAnswer) -> MeasuredAnswer:
    if not answer.pauses or answer.observations is None:
        return answer
    return replace(answer, observations=assessable(answer.observations, answer.pauses))


def _lost_ms(answer: MeasuredAnswer) -> int:
    return answer.lost_ms if answer.lost_ms >= LOST_MS else 0


def _gaps(answer: MeasuredAnswer) -> list[Gap]:
    """All gaps of one answer on its own clock: reported ones, found ones, and the missing end."""
    gaps = [*answer.gaps, *_unmeasured(answer)]
    if lost_ms := _lost_ms(answer):
        gaps.append(Gap(answer.duration_ms, answer.duration_ms + lost_ms, GapCause.INTERRUPTED))
    return sorted(gaps, key=lambda gap: gap.start_ms)


def _unmeasured(answer: MeasuredAnswer) -> Iterator[Gap]:
    """Intervals without observations that no reported gap explains.

    There are none if the candidate refused analysis.
    """
    if answer.observations is None:
        return
    known = [(seen.t_ms, seen.t_ms) for seen in answer.observations]
    known += [(gap.start_ms, gap.end_ms) for gap in answer.gaps]
    known.append((answer.duration_ms, answer.duration_ms))
    known_to_ms = 0
    for start_ms, end_ms in sorted(known):
        if start_ms - known_to_ms > UNMEASURED_MS:
            yield Gap(known_to_ms, start_ms, GapCause.NOT_MEASURED)
        known_to_ms = max(known_to_ms, end_ms)


def _shifted(seen: Observation, by_ms: int) -> Observation:
    """A copy of the observation, `by_ms` later.

    We do not use `replace`, which sets 17 fields one by one: too slow for an hour of observations.
    """
    if by_ms == 0:
        return seen
    later = object.__new__(Observation)
    blinks_ms = tuple(blink + by_ms for blink in seen.blinks_ms)
    later.__dict__.update(seen.__dict__, t_ms=seen.t_ms + by_ms, blinks_ms=blinks_ms)
    return later


def _event(event: PageEvent, answer: MeasuredAnswer, by_ms: int) -> PageEvent:
    """The event on the recording's clock, limited to its answer.

    The page's clock goes on after the recorder has stopped.
    """
    last_ms = answer.duration_ms + _lost_ms(answer)
    until_ms = None if event.until_ms is None else min(event.until_ms, last_ms) + by_ms
    return replace(event, t_ms=min(max(event.t_ms, 0), last_ms) + by_ms, until_ms=until_ms)
