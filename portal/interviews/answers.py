"""Starts an answer, and stores what the page reports about it.

Each function checks whether the candidate may do this, and changes rows; none commits. `receiving`
stores the bytes, and `upload_ends` completes or discards the upload.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from capture.media.signature import UPLOAD_CONTAINERS
from capture.types import PageEventKind, PausedDevice
from portal import tus
from portal.extensions import db
from portal.interviews import disk_space, questions
from portal.interviews.eligibility import lock_interview, refuse_stopped, refuse_unless_seated
from portal.interviews.errors import InterviewError, NoTakesLeft, TooMuch
from portal.interviews.paths import answer_path
from portal.interviews.receiving import most_bytes
from portal.languages import gettext as _
from portal.languages import listed
from portal.models import (
    Answer,
    AnswerState,
    InterviewQuestion,
    InterviewSession,
    InterviewState,
    PageEvent,
)

MAX_PARTS = 20  # of one take; a page with more interruptions is broken
# A recorder may run for a second after the page stops it, and a browser calls the timers of a
# hidden page up to a second late.
OVERSHOOT_MS = 2_000
MIN_CONTINUATION_MS = 3_000  # with less time than this, starting the camera is not worth it
PAUSES = {
    PageEventKind.CAMERA_PAUSED: PausedDevice.CAMERA,
    PageEventKind.MICROPHONE_PAUSED: PausedDevice.MICROPHONE,
}
PAGE_EVENT_NAMES = ("kind", "t_ms", "until_ms", "characters")
MAX_PAGE_EVENTS = 500  # per answer; a page that sends more is broken


@dataclass(frozen=True)
class NewAnswer:
    """What the page wants to record. `continues` names the interrupted part to continue.

    `answer_id` is an id that the page chose because it started to record without a connection.
    """

    tab: str
    question: int
    container: str
    continues: uuid.UUID | None = None
    answer_id: uuid.UUID | None = None


def start_answer(interview: InterviewSession, wish: NewAnswer) -> Answer:
    """Create the row of a new take, or of a further part of an interrupted take."""
    lock_interview(interview)  # so that no other request finishes it before the new row exists
    refuse_unless_seated(interview, wish.tab)
    if wish.container not in UPLOAD_CONTAINERS:
        raise InterviewError(
            _(
                "This server takes %(containers)s recordings.",
                containers=listed(sorted(UPLOAD_CONTAINERS)),
            )
        )
    question = questions.question_at(interview, wish.question)
    questions.refuse_unreleased(question)
    disk_space.refuse_new()
    if asked_before := _named_answer(interview, wish) or _empty_answer(interview, wish):
        return asked_before
    _refuse_hoarding(interview)
    take, part = (
        _next_part(interview, wish) if wish.continues else (_next_take(interview, question), 1)
    )
    answer = Answer(
        id=wish.answer_id or uuid.uuid4(),
        interview=interview,
        question_position=question.position,
        prompt=question.prompt,
        take=take,
        part=part,
        limit_ms=_time_left_ms(interview, question, take),
        container=wish.container,
    )
    db.session.add(answer)
    return answer


def report_events(answer: Answer, events: Iterable[dict[str, Any]]) -> int:
    """Store the page's events, each one once, and return how many are stored.

    An event that comes again may only add its end. Nothing is stored if the candidate refused the
    analysis, or after the interview is finished.
    """
    lock_interview(answer.interview)
    refuse_stopped(answer.interview)
    if not answer.interview.is_analysed or answer.interview.state is not InterviewState.RECORDING:
        return 0
    known = {(event.kind, event.t_ms): event for event in answer.page_events}
    for event in events:
        key = (event["kind"], event["t_ms"])
        if key in known:
            known[key].until_ms = known[key].until_ms or event.get("until_ms")
        elif event["kind"] in list(PageEventKind) and len(known) < MAX_PAGE_EVENTS:
            known[key] = PageEvent(**{name: event.get(name) for name in PAGE_EVENT_NAMES})
            answer.page_events.append(known[key])
    return len(known)


def parts_of(interview: InterviewSession, position: int, take: int | None = None) -> list[Answer]:
    """The answers to a question (or to one take of it) that are not discarded."""
    rows = [
        a
        for a in interview.answers
        if a.question_position == position and a.state is not AnswerState.DISCARDED
    ]
    return [answer for answer in rows if take is None or answer.take == take]


def allowed_ms(answer: Answer) -> int:
    """How much of this part's media counts, in ms.

    That is the time of the question minus its earlier parts, plus an overshoot.
    """
    limits = [
        asked.limit_ms
        for asked in answer.interview.questions
        if asked.position == answer.question_position
    ]
    parts = parts_of(answer.interview, answer.question_position, answer.take)
    earlier = [part for part in parts if part.part < answer.part]
    used_ms = sum(
        taken_ms(part) if part.duration_ms is None else part.duration_ms for part in earlier
    )
    return min([answer.limit_ms, *(limit_ms - used_ms for limit_ms in limits)]) + OVERSHOOT_MS


def _named_answer(interview: InterviewSession, wish: NewAnswer) -> Answer | None:
    """The answer that already has the page's id, if our reply was lost. Raises InterviewError."""
    known = db.session.get(Answer, wish.answer_id) if wish.answer_id else None
    if known is None:
        return None
    is_ours = (known.interview_id, known.question_position) == (interview.id, wish.question)
    if not is_ours or known.state is not AnswerState.RECORDING:
        raise InterviewError(_("This answer cannot start now. Reload the page to see its state."))
    return known


def _empty_answer(interview: InterviewSession, wish: NewAnswer) -> Answer | None:
    """The answer that the same request already made, in case our reply was lost."""
    if wish.answer_id:
        return None  # the page's id identifies it
    last = parts_of(interview, wish.question)[-1:]
    for answer in last:
        is_new = answer.state is AnswerState.RECORDING and not tus.size(answer_path(answer))
        if (
            is_new
            and answer.container == wish.container
            and (answer.part > 1) == (wish.continues is not None)
        ):
            return answer
    return None


def _refuse_hoarding(interview: InterviewSession) -> None:
    """Raise TooMuch if the interview uses too much of the disk, for example with many parts."""
    here = sum(tus.size(answer_path(answer)) for answer in interview.answers)
    if here >= sum(
        question.takes_left * most_bytes(question.limit_ms) for question in interview.questions
    ):
        raise TooMuch(
            _(
                "This interview has used all the space that its questions may need. What was"
                " recorded is kept."
            )
        )


def _next_take(interview: InterviewSession, question: InterviewQuestion) -> int:
    earlier = parts_of(interview, question.position)
    if any(answer.state is AnswerState.RECORDING for answer in earlier):
        raise InterviewError(_("The last recording of this question is not complete yet."))
    used = {
        answer.take for answer in interview.answers if answer.question_position == question.position
    }
    if len(used) >= question.takes_left:
        raise NoTakesLeft(_("All takes of this question are used."))
    return max(used, default=0) + 1


def _next_part(interview: InterviewSession, wish: NewAnswer) -> tuple[int, int]:
    earlier = parts_of(interview, wish.question)
    last = earlier[-1] if earlier else None
    if last is None or last.id != wish.continues or last.state is AnswerState.RECORDING:
        raise InterviewError(
            _("This answer cannot be continued. Reload the page to see where it stands.")
        )
    time_left_ms = _time_left_ms(
        interview, questions.question_at(interview, wish.question), last.take
    )
    # We do not reuse the number of a discarded part: a process may still read a file of that name.
    used = max(
        row.part
        for row in interview.answers
        if (row.question_position, row.take) == (wish.question, last.take)
    )
    if time_left_ms < MIN_CONTINUATION_MS or used >= MAX_PARTS:
        raise InterviewError(_("The time for this answer is used up."))
    return last.take, used + 1


def _time_left_ms(interview: InterviewSession, question: InterviewQuestion, take: int) -> int:
    return question.limit_ms - sum(
        taken_ms(part) for part in parts_of(interview, question.position, take)
    )


def taken_ms(answer: Answer) -> int:
    """How much of its question's time an answer took, in ms.

    That is the longest of four: the page's report, the sent, the normalised and the measured media.
    """
    return max(
        answer.recorded_ms or 0, answer.sent_ms or 0, answer.duration_ms or 0, answer.measured_ms
    )
