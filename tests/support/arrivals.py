"""Answers that arrive as somebody sent them, and the work on them."""

from datetime import timedelta
from typing import Any

from acting import interviews
from flask import Flask
from interview_steps import send_bytes, start_answer

from portal import work
from portal.extensions import db
from portal.models import (
    Answer,
    InterviewSession,
    utc_now,
)


def came(interview: InterviewSession, data: bytes, took_ms: int = 60_000, **said: Any) -> Answer:
    """An answer of our page, which took that long from its beginning to its end."""
    question = said.pop("question", 1)
    answer = start_answer(
        interview, question, **({"continues": said.pop("continues")} if "continues" in said else {})
    )
    send_bytes(answer, data)
    answer.created_at -= timedelta(milliseconds=took_ms)
    interview.questions[question - 1].released_at = answer.created_at
    db.session.commit()
    interviews.complete_answer(answer, len(data), **{"recorded_ms": None, "watched": True} | said)
    return answer


def worked(app: Flask, *answers: Answer) -> None:
    """All work done, and spoken of as where measuring was agreed to (which would take these tests
    minutes).
    """
    work.work_through(app)
    for answer in answers:
        db.session.refresh(answer)
        answer.interview.consent_analyse_at = utc_now()
    db.session.commit()
