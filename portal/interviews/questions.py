"""The questions of one interview: copied from the job at its start, and shown one by one.

An admin may edit a job's questions at any time; this does not change an interview that has begun.
Candidates see a prompt only when its turn has come. Their thinking time starts when it is shown.
"""

import sqlalchemy as sa

from portal import tus
from portal.extensions import db
from portal.hiring import used_takes
from portal.interviews.eligibility import refuse_unless_seated
from portal.interviews.errors import InterviewError, NotInterviewable, NotReleased
from portal.interviews.paths import answer_path
from portal.languages import gettext as _
from portal.models import (
    RECORDED_ALREADY,
    Answer,
    AnswerState,
    InterviewQuestion,
    InterviewSession,
    utc_now,
)

COPIED = ("position", "prompt", "think_ms", "limit_ms", "takes")


def copy_from_job(interview: InterviewSession) -> None:
    """Copy the job's questions.

    Raises NotInterviewable if an earlier account of this person used all takes.
    """
    application = interview.application
    used = used_takes.takes_used(application.user, application.job)
    if used is None:
        raise NotInterviewable(_(RECORDED_ALREADY))
    interview.questions = [
        InterviewQuestion(
            **{name: getattr(question, name) for name in COPIED},
            takes_before=used.get(question.position, 0),
        )
        for question in application.job.questions
    ]


def release(interview: InterviewSession, position: int, tab: str) -> InterviewQuestion:
    """Show a question whose turn has come, and start its thinking time. Raises InterviewError.

    A second call changes nothing: the thinking time continues (idempotent).
    """
    refuse_unless_seated(interview, tab)
    question = question_at(interview, position)
    if waits_for := _unanswered_before(interview, position):
        raise InterviewError(
            _("Question %(position)s comes first: it has no answer yet.", position=waits_for)
        )
    own = sa.and_(
        InterviewQuestion.interview_id == interview.id, InterviewQuestion.position == position
    )
    unseen = InterviewQuestion.released_at.is_(None)
    db.session.execute(
        sa.update(InterviewQuestion).where(own, unseen).values(released_at=utc_now())
    )
    db.session.refresh(question)
    return question


def refuse_unreleased(question: InterviewQuestion) -> None:
    """Raise NotReleased if the question was not shown yet."""
    if not question.is_released:
        raise NotReleased(_("Ask for the question first."))


def question_at(interview: InterviewSession, position: int) -> InterviewQuestion:
    for question in interview.questions:
        if question.position == position:
            return question
    raise InterviewError(_("This question is not part of the interview. Reload the page."))


def _unanswered_before(interview: InterviewSession, position: int) -> int | None:
    """The first earlier question without an answer. An upload counts from its first byte on."""
    answered = {answer.question_position for answer in interview.answers if _has_come(answer)}
    before = (question.position for question in interview.questions if question.position < position)
    return next((number for number in before if number not in answered), None)


def _has_come(answer: Answer) -> bool:
    if answer.state is AnswerState.RECORDING:
        return tus.size(answer_path(answer)) > 0
    return answer.state is not AnswerState.DISCARDED
