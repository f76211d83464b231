"""Takes used with an account that is now deleted, so that a new account gets only what is left.

Until the job closes, we keep a keyed hash (HMAC) of e-mail address and job, and the number of takes
used for each question. The address cannot be read from the hash, and one person's hashes for two
jobs cannot be linked.
"""

import hashlib
import hmac
import uuid
from collections import Counter

import sqlalchemy as sa
from flask import current_app

from portal.database import insert_unless_there
from portal.extensions import db
from portal.models import (
    Application,
    EarlierInterview,
    InterviewSession,
    InterviewState,
    Job,
    JobStatus,
    User,
)

# domain separation: none of our other hashes uses this text
DOMAIN = "career-portal:earlier-interview"
UNDER_WAY = {InterviewState.PENDING, InterviewState.RECORDING}


def remember(user_id: uuid.UUID) -> None:
    """Before an account is deleted: store the takes it used for open jobs. May be called twice."""
    begun = (
        sa.select(InterviewSession)
        .join(InterviewSession.application)
        .join(Application.job)
        .where(Application.user_id == user_id, Job.status == JobStatus.OPEN)
        .where(InterviewSession.state != InterviewState.PENDING)
    )
    for interview in db.session.scalars(begun).all():
        application, takes = interview.application, _takes_by_position(interview)
        mark = _mark(application.user.email, application.job_id)
        is_finished = interview.state not in UNDER_WAY
        db.session.execute(sa.delete(EarlierInterview).where(EarlierInterview.mark == mark))
        # The housekeeper may delete the same account right now; it stores the same values.
        insert_unless_there(
            EarlierInterview(
                mark=mark, job_id=application.job_id, is_finished=is_finished, takes=takes
            )
        )


def takes_used(user: User, job: Job) -> dict[int, int] | None:
    """The takes used before, by the question's position.

    None if the interview was finished, or if a question has no take left.
    """
    earlier = db.session.get(EarlierInterview, _mark(user.email, job.id))
    if earlier is None:
        return {}
    used = {int(position): takes for position, takes in earlier.takes.items()}
    is_over = earlier.is_finished or any(
        used.get(asked.position, 0) >= asked.takes for asked in job.questions
    )
    return None if is_over else used


def forget(job: Job) -> None:
    """Delete the stored takes of this job."""
    db.session.execute(sa.delete(EarlierInterview).where(EarlierInterview.job_id == job.id))


def _takes_by_position(interview: InterviewSession) -> dict[str, int]:
    # the parts of an interrupted take count as one
    takes = {(answer.question_position, answer.take) for answer in interview.answers}
    used = Counter(position for position, _ in takes)
    return {
        str(asked.position): asked.takes_before + used[asked.position]
        for asked in interview.questions
    }


def _mark(email: str, job_id: uuid.UUID) -> str:
    key = hmac.digest(current_app.config["SECRET_KEY"].encode(), DOMAIN.encode(), hashlib.sha256)
    return hmac.new(key, f"{job_id}\0{email}".encode(), hashlib.sha256).hexdigest()
