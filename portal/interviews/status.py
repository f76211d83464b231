"""The status of an interview, from rows and files alone, so that any process can answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from capture.store.recording import latest_observations
from portal import tus
from portal.interviews.paths import answer_path, recording
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import Answer, AnswerState, InterviewSession, InterviewState

# shorter than any rule's threshold, so the candidate gets a tip before there is a flag
TIP_AFTER_MS = 4_000
NO_FACE_TIP = N_(
    "No face is in the picture right now. If that is not what you want, check your camera and"
    " light."
)


@dataclass(frozen=True)
class AnswerStatus:
    """The status of one answer. `saved_bytes` are safely on the server."""

    question: int
    take: int
    part: int
    state: AnswerState
    saved_bytes: int
    measured_ms: int
    duration_ms: int | None
    failure: str


@dataclass(frozen=True)
class Status:
    """The status of a whole interview."""

    state: InterviewState
    is_final: bool
    is_stopped: bool  # the application was withdrawn or decided
    is_analysed: bool
    answers: Sequence[AnswerStatus]
    saved_bytes: int
    measured_ms: int
    tip: str | None
    failure: str


def status(interview: InterviewSession) -> Status:
    """The status now. Reads files only for the answer that is being recorded."""
    answers = [_answer_status(answer) for answer in interview.kept_answers()]
    return Status(
        state=interview.state,
        is_final=interview.state in {InterviewState.READY, InterviewState.FAILED}
        or interview.is_stopped,
        is_stopped=interview.is_stopped,
        is_analysed=interview.is_analysed,
        answers=answers,
        saved_bytes=sum(answer.saved_bytes for answer in answers),
        measured_ms=sum(answer.measured_ms for answer in answers),
        tip=_tip(interview),
        failure=interview.failure,
    )


def _answer_status(answer: Answer) -> AnswerStatus:
    saved_bytes = answer.length_bytes
    if saved_bytes is None:
        saved_bytes = tus.size(answer_path(answer))
    return AnswerStatus(
        question=answer.question_position,
        take=answer.take,
        part=answer.part,
        state=answer.state,
        saved_bytes=saved_bytes,
        measured_ms=answer.measured_ms,
        duration_ms=answer.duration_ms,
        failure=answer.failure,
    )


def arrived(interview: InterviewSession) -> list[Answer]:
    """The answers that have at least one byte. An answer that only has a row does not count."""
    return [
        answer
        for answer in interview.kept_answers()
        if answer.state is not AnswerState.RECORDING or tus.size(answer_path(answer))
    ]


def _tip(interview: InterviewSession) -> str | None:
    """A neutral tip for the candidate while an answer is recorded without a visible face."""
    recorded = [
        answer for answer in interview.kept_answers() if answer.state is AnswerState.RECORDING
    ]
    if not recorded or not interview.is_analysed:
        return None
    answer = recorded[-1]
    path = recording(interview).observations_path(
        answer.question_position, answer.take, answer.part
    )
    observations = latest_observations(path)
    if not observations or observations[-1].t_ms < TIP_AFTER_MS:
        return None
    lately = [o for o in observations if o.t_ms > observations[-1].t_ms - TIP_AFTER_MS]
    return _(NO_FACE_TIP) if all(o.count == 0 for o in lately) else None
