"""Where each answer is on the recording. Needs only rows: reads no file, imports no decoder."""

from collections.abc import Sequence

from capture.store import timeline
from capture.types import (
    AnswerSpan,
    Gap,
    GapCause,
    MeasuredAnswer,
    Measurements,
    Observation,
    PageEvent,
    Pause,
)
from portal.interviews.answers import PAUSES
from portal.models import Answer, AnswerState, InterviewSession

# A recorder's clock starts a little before its first picture, so a shorter gap is no loss.
LOST_AT_LEAST_MS = 500


def layout(interview: InterviewSession) -> Measurements:
    """The place of each finished answer, and the total length. Reads no observations."""
    return timeline.join_timeline([measured_answer(answer, None) for answer in usable(interview)])


def answer_spans(interview: InterviewSession) -> Sequence[AnswerSpan]:
    """The start and end of each part of an answer, measured or not."""
    return layout(interview).answers


def usable(interview: InterviewSession) -> list[Answer]:
    """The answers that are on the recording."""
    return [answer for answer in interview.kept_answers() if answer.state is not AnswerState.FAILED]


def measured_answer(answer: Answer, observations: Sequence[Observation] | None) -> MeasuredAnswer:
    """The answer in the form that `timeline` needs.

    `observations` is None if nothing was measured, or if the caller does not need them.
    """
    duration_ms = answer.duration_ms or (observations[-1].t_ms if observations else 0)
    return MeasuredAnswer(
        question=answer.question_position,
        take=answer.take,
        duration_ms=duration_ms,
        lost_ms=_lost_ms(answer, duration_ms),
        observations=observations,
        events=[
            PageEvent(event.t_ms, event.kind, event.until_ms, event.characters)
            for event in answer.page_events
            if event.kind not in PAUSES
        ],
        gaps=_damage(answer, duration_ms),
        pauses=[
            Pause(PAUSES[event.kind], event.t_ms, event.until_ms)
            for event in answer.page_events
            if event.kind in PAUSES
        ],
    )


def _lost_ms(answer: Answer, duration_ms: int) -> int:
    if answer.recorded_ms is None or answer.duration_ms is None:
        return 0
    lost_ms = answer.recorded_ms - duration_ms
    return lost_ms if lost_ms >= LOST_AT_LEAST_MS else 0


def _damage(answer: Answer, duration_ms: int) -> list[Gap]:
    if answer.damaged_at_ms is None or answer.damaged_at_ms >= duration_ms:
        return []
    return [Gap(answer.damaged_at_ms, duration_ms, GapCause.DAMAGED)]
