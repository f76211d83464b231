"""Stopping an interview stops the work on it: a process that began earlier can write no result.

Knows rows and their fencing tokens. Knows no file, nor which process works. Commits nothing.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.extensions import db
from portal.models import (
    STOPS_RECORDING,
    Answer,
    Application,
    ApplicationStatus,
    InterviewSession,
    InterviewState,
)


def is_not_stopped() -> sa.ColumnElement[bool]:
    """The SQL condition that an interview is not stopped, for queries that join its application."""
    decided = sa.and_(
        Application.status.in_(STOPS_RECORDING), InterviewSession.state == InterviewState.RECORDING
    )
    return sa.not_(sa.or_(Application.status == ApplicationStatus.WITHDRAWN, decided))


def end_work_if_stopped(application_id: uuid.UUID) -> None:
    """Call this after a change of status. If it stopped the interview, end the work on it."""
    own = (
        sa.select(InterviewSession.id)
        .join(InterviewSession.application)
        .where(Application.id == application_id)
    )
    if stopped := db.session.scalars(own.where(sa.not_(is_not_stopped()))).all():
        end_work(stopped)


def end_work(interview_ids: Sequence[uuid.UUID], free_at: datetime | None = None) -> None:
    """Raise the fencing tokens of these interviews and of all their answers.

    No process may claim them before `free_at`.
    """
    moved = {"lease_until": free_at}
    row, answers = InterviewSession.id.in_(interview_ids), Answer.interview_id.in_(interview_ids)
    # The interview comes first, as in `finishing`: transactions that lock rows in the same order
    # cannot deadlock.
    versions = {
        "fence": InterviewSession.fence + 1,
        "flags_version": InterviewSession.flags_version + 1,
    }
    db.session.execute(sa.update(InterviewSession).where(row).values(**versions, **moved))
    db.session.execute(sa.update(Answer).where(answers).values(fence=Answer.fence + 1, **moved))
