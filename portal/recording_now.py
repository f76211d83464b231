"""Whether a person is recording an interview at this moment.

A sign-in that runs out meanwhile goes on until the recording pauses (`portal/access.py`). An open
page alone is no recording: it asks the server for years, if nobody closes it.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.extensions import db
from portal.models import Answer, AnswerState, Application, InterviewSession, InterviewState

# Enough to read a question, to look at an answer, and to record it once more.
PAUSE = timedelta(minutes=5)
# An answer that is recorded may arrive late over a slow line. Its page claims the seat meanwhile.
SEEN_LATELY = timedelta(minutes=1)
ARRIVES_WITHIN = timedelta(hours=6)


def is_recording(user_id: uuid.UUID, now: datetime) -> bool:
    """Whether answers of this person arrive, or a question was shown a short while ago."""
    open_ones = (
        sa.select(InterviewSession)
        .join(InterviewSession.application)
        .where(Application.user_id == user_id, InterviewSession.state == InterviewState.RECORDING)
    )
    rows = db.session.scalars(open_ones)
    return any(now < until for row in rows if not row.is_stopped for until in _goes_on(row, now))


def _goes_on(interview: InterviewSession, now: datetime) -> Iterator[datetime]:
    """Until when each question and answer says that the recording goes on."""
    for question in interview.questions:
        if question.released_at:
            yield question.released_at + timedelta(milliseconds=question.think_ms) + PAUSE
    seen_at = interview.holder_seen_at
    is_page_open = seen_at is not None and now - seen_at < SEEN_LATELY
    for answer in interview.answers:
        yield from _arrives(answer, is_page_open=is_page_open)


def _arrives(answer: Answer, *, is_page_open: bool) -> Iterator[datetime]:
    if answer.completed_at:
        yield answer.completed_at + PAUSE
    if answer.state is AnswerState.RECORDING:
        yield answer.created_at + timedelta(milliseconds=answer.limit_ms) + PAUSE
        if is_page_open:
            yield answer.created_at + ARRIVES_WITHIN
