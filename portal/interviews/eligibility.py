"""Whether an interview goes on, and which page may go on with it. Asked by every verb and by all
work behind them.

Withdrawing an application stops its interview wherever it stands, deciding it stops what is still
being recorded. What was recorded until then stays as long as was promised. Knows no file and no
device.
"""

import uuid

import sqlalchemy as sa

from portal.extensions import db
from portal.hiring.stopped_interviews import is_not_stopped
from portal.interviews.errors import NotAgreed, NotInterviewable, OpenElsewhere, Stopped
from portal.models import STOPS_RECORDING, Application, InterviewSession, InterviewState, User

OVER = {InterviewState.FINISHING, InterviewState.READY, InterviewState.FAILED}
NOTHING_MORE = "Nothing more is recorded."


def lock_interview(interview: InterviewSession) -> None:
    """From here to our commit nobody else decides anything of this interview; all that was read is
    read anew.

    In the order of whoever withdraws: the application, then the interview. SQLite has one who
    writes anyway.
    """
    interview_id, application_id = interview.id, interview.application_id
    lock_application(application_id)
    own = sa.select(InterviewSession.id).where(InterviewSession.id == interview_id)
    db.session.execute(own.with_for_update(key_share=True))


def lock_application(application_id: uuid.UUID) -> None:
    """The same of what hangs on an application. Rows that refer to it may come meanwhile, as flags
    do.
    """
    db.session.flush()  # what the caller changed is no news from others
    db.session.expire_all()
    own = sa.select(Application.id).where(Application.id == application_id)
    db.session.execute(own.with_for_update(key_share=True))


def refuse_closed(interview: InterviewSession) -> None:
    """Raises Stopped or NotInterviewable where nothing of an interview may be changed by its
    candidate any more.
    """
    refuse_stopped(interview)
    if interview.state in OVER:
        raise NotInterviewable("This interview is finished. Its answers are with the hiring team.")
    refuse_uninterviewable(interview.application)


def refuse_uninterviewable(application: Application) -> None:
    """Raises NotInterviewable, with the sentence for the candidate."""
    if reason := application.why_not_interviewable():
        raise NotInterviewable(reason)


def refuse_stopped(interview: InterviewSession) -> None:
    """Raises Stopped where the application's end was the interview's."""
    if interview.is_stopped:
        raise Stopped(f"{STOPS_RECORDING[interview.application.status]} {NOTHING_MORE}")


def refuse_unless_seated(interview: InterviewSession, tab: str) -> None:
    """Raises Stopped, NotInterviewable, NotAgreed or OpenElsewhere where this page may not go on
    with the interview.
    """
    refuse_closed(interview)
    if interview.state is not InterviewState.RECORDING:
        raise NotAgreed("Agree to the recording first.")
    refuse_other_tabs(interview, tab)


def refuse_other_tabs(interview: InterviewSession, tab: str) -> None:
    if interview.holder != tab:
        raise OpenElsewhere


def is_wanted(interview_id: uuid.UUID) -> bool:
    """Whether this interview is there and not stopped, as the database has it now."""
    query = (
        sa.select(InterviewSession.id).join(InterviewSession.application).where(is_not_stopped())
    )
    return db.session.scalar(query.where(InterviewSession.id == interview_id)) is not None


def why_unwanted(interview_id: uuid.UUID) -> str | None:
    """Why nothing more is to be made of this interview: a reason for the log, else None."""
    return None if is_wanted(interview_id) else "the application was withdrawn or decided"


def may_record(interview_id: uuid.UUID) -> bool:
    """Whether this interview is being recorded, by somebody who may be here."""
    query = sa.select(InterviewSession.id).join(InterviewSession.application).join(Application.user)
    recording = sa.and_(
        InterviewSession.state == InterviewState.RECORDING,
        User.disabled_at.is_(None),
        is_not_stopped(),
    )
    return (
        db.session.scalar(query.where(recording, InterviewSession.id == interview_id)) is not None
    )
