"""Takes that were used with an account that is deleted: nobody gets new ones by registering again.

All that stays of such an interview is a keyed hash of the e-mail address and the job, with the takes used for each
question, until the job closes. It cannot be read back, and one person's marks of two jobs have nothing in common.
"""

import hashlib
import hmac
import uuid
from collections import Counter

import sqlalchemy as sa
from flask import current_app

from portal.extensions import db
from portal.models import Answer, Application, EarlierInterview, InterviewSession, InterviewState, Job, JobStatus, User

DOMAIN = "career-portal:earlier-interview"  # no other hash of ours is ever made for this
UNDER_WAY = {InterviewState.PENDING, InterviewState.RECORDING}


def remember(user_id: uuid.UUID) -> None:
    """Note what this person, who is about to be deleted, has used of open jobs' interviews. May be said twice."""
    begun = (
        sa.select(InterviewSession)
        .join(InterviewSession.application)
        .join(Application.job)
        .where(Application.user_id == user_id, Job.status == JobStatus.OPEN)
        .where(InterviewSession.state != InterviewState.PENDING)
    )
    for interview in db.session.scalars(begun).all():
        application = interview.application
        db.session.merge(
            EarlierInterview(
                mark=_mark(application.user.email, application.job_id),
                job_id=application.job_id,
                is_finished=interview.state not in UNDER_WAY,
                takes=_takes_used(interview),
            )
        )
    db.session.commit()


def find(user: User, job: Job) -> EarlierInterview | None:
    return db.session.get(EarlierInterview, _mark(user.email, job.id))


def leaves_nothing(earlier: EarlierInterview, job: Job) -> bool:
    """Whether no interview can be recorded any more: it was, or a question has no take left."""
    return earlier.is_finished or any(
        earlier.takes.get(str(question.position), 0) >= question.takes for question in job.questions
    )


def forget(job: Job) -> None:
    """Delete what was kept for this job. Commits nothing."""
    db.session.execute(sa.delete(EarlierInterview).where(EarlierInterview.job_id == job.id))


def _takes_used(interview: InterviewSession) -> dict[str, int]:
    used = Counter(position for position, _ in {_take(answer) for answer in interview.answers})
    return {str(asked.position): asked.takes_before + used[asked.position] for asked in interview.questions}


def _take(answer: Answer) -> tuple[int, int]:
    return answer.question_position, answer.take


def _mark(email: str, job_id: uuid.UUID) -> str:
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), DOMAIN.encode(), hashlib.sha256)
    return hmac.new(key, f"{job_id}\0{email}".encode(), hashlib.sha256).hexdigest()
