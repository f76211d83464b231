"""Checks whether an interview may continue, and which page may continue it.

A withdrawal stops the interview at any point. A decision stops it only while it is being recorded.
Answers that exist are kept as long as promised. Knows no file and no device.
"""

import uuid

import sqlalchemy as sa

from portal.extensions import db
from portal.hiring.stopped_interviews import is_not_stopped
from portal.interviews.errors import NotAgreed, NotInterviewable, OpenElsewhere, Stopped
from portal.languages import N_
from portal.languages import gettext as _
from portal.models import (
    STOPS_RECORDING,
    Application,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
    User,
)

OVER = {InterviewState.FINISHING, InterviewState.READY, InterviewState.FAILED}
NOTHING_MORE = N_("Nothing more is recorded.")


def lock_interview(interview: InterviewSession) -> None:
    """Lock the interview until we commit, and read it again. No other transaction can change it.

    The locks are taken in the order that withdrawing uses: the application, then the interview.
    SQLite allows only one writer anyway.
    """
    interview_id, application_id = interview.id, interview.application_id
    lock_application(application_id)
    own = sa.select(InterviewSession.id).where(InterviewSession.id == interview_id)
    db.session.execute(own.with_for_update(key_share=True))


def lock_application(application_id: uuid.UUID) -> None:
    """Lock an application until we commit. Rows that refer to it, such as flags, may be added."""
    db.session.flush()  # write the caller's own changes before rows are read again
    db.session.expire_all()
    own = sa.select(Application.id).where(Application.id == application_id)
    db.session.execute(own.with_for_update(key_share=True))


def refuse_closed(interview: InterviewSession) -> None:
    """Raise Stopped or NotInterviewable if the candidate may no longer change the interview."""
    refuse_stopped(interview)
    if interview.state in OVER:
        raise NotInterviewable(
            _("This interview is finished. Its answers are with the hiring team.")
        )
    refuse_uninterviewable(interview.application)


def refuse_uninterviewable(application: Application) -> None:
    """Raise NotInterviewable, with a sentence for the candidate, if no interview is possible."""
    if reason := application.why_not_interviewable():
        raise NotInterviewable(reason)


def refuse_stopped(interview: InterviewSession) -> None:
    """Raise Stopped if a withdrawal or a decision stopped the interview."""
    if interview.is_stopped:
        raise Stopped(why_stopped(interview.application.status))


def why_stopped(status: ApplicationStatus) -> str:
    """Two sentences for the candidate whose application has this status."""
    return f"{_(STOPS_RECORDING[status])} {_(NOTHING_MORE)}"


def refuse_unless_seated(interview: InterviewSession, tab: str) -> None:
    """Raise Stopped, NotInterviewable, NotAgreed or OpenElsewhere if this page may not record."""
    refuse_closed(interview)
    if interview.state is not InterviewState.RECORDING:
        raise NotAgreed(_("Agree to the recording first."))
    refuse_other_tabs(interview, tab)


def refuse_other_tabs(interview: InterviewSession, tab: str) -> None:
    if interview.holder != tab:
        raise OpenElsewhere


def is_wanted(interview_id: uuid.UUID) -> bool:
    """Whether this interview exists and is not stopped, read from the database now."""
    query = (
        sa.select(InterviewSession.id).join(InterviewSession.application).where(is_not_stopped())
    )
    return db.session.scalar(query.where(InterviewSession.id == interview_id)) is not None


def why_unwanted(interview_id: uuid.UUID) -> str | None:
    """The reason, for the log, why this interview needs no result. None if it needs one."""
    return None if is_wanted(interview_id) else "the application was withdrawn or decided"


def may_record(interview_id: uuid.UUID) -> bool:
    """Whether this interview is being recorded by a candidate whose account is active."""
    query = sa.select(InterviewSession.id).join(InterviewSession.application).join(Application.user)
    recording = sa.and_(
        InterviewSession.state == InterviewState.RECORDING,
        User.disabled_at.is_(None),
        is_not_stopped(),
    )
    return (
        db.session.scalar(query.where(recording, InterviewSession.id == interview_id)) is not None
    )
