"""A candidate's interview without a browser: what the room's script asks of the portal, one step
each, with clips made by code.
"""

from pathlib import Path
from typing import Any

from acting import interviews
from clips import make_clip
from flask import Flask

from portal import work
from portal.extensions import db
from portal.interviews import NewAnswer
from portal.models import Answer, Application, InterviewSession, utc_now

TAB = "the-only-tab"


def begin_interview(application: Application, *, analyse: bool = False) -> InterviewSession:
    """Open the interview, give consent and take the seat."""
    interview: InterviewSession = interviews.open_interview(application)
    interviews.give_consent(interview, analyse=analyse)
    interviews.claim_seat(interview, TAB)
    return interview


def clip_bytes(folder: Path, seconds: float = 2.0, container: str = "mp4") -> bytes:
    path = folder / f"clip-{seconds}.{container}"
    if not path.exists():
        make_clip(path, seconds, codec="h264" if container == "mp4" else "vp8", sound="tone")
    return path.read_bytes()


def start_answer(
    interview: InterviewSession, question: int = 1, container: str = "mp4", **more: Any
) -> Answer:
    """Start an answer as the page does it: the question is shown first."""
    db.session.refresh(interview)
    show_question(interview, question)
    answer: Answer = interviews.start_answer(interview, NewAnswer(TAB, question, container, **more))
    return answer


def show_question(interview: InterviewSession, question: int = 1) -> None:
    """Make a question's prompt known, whether or not its turn has come."""
    asked = next((asked for asked in interview.questions if asked.position == question), None)
    if asked and not asked.is_released:
        asked.released_at = utc_now()
        db.session.commit()


def send_bytes(answer: Answer, data: bytes) -> None:
    interviews.receive(answer, 0, data, None)


def record_answer(
    interview: InterviewSession, data: bytes, question: int = 1, recorded_ms: int | None = None
) -> Answer:
    """Record one whole answer: started, sent and completed."""
    answer = start_answer(interview, question)
    send_bytes(answer, data)
    completed: Answer = interviews.complete_answer(answer, len(data), recorded_ms)
    assert completed is answer
    return answer


def record_whole_interview(
    app: Flask, interview: InterviewSession, folder: Path
) -> InterviewSession:
    """Answer both questions, finish the interview, and do all the work that waits."""
    for question in (1, 2):
        record_answer(interview, clip_bytes(folder), question=question)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()
    return interview
