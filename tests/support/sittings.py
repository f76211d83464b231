"""A candidate's sitting without a browser: the verbs that the room's script calls, on clips made by
code.
"""

from pathlib import Path

from clips import make_clip
from flask import Flask

from portal import interviews, work
from portal.extensions import db
from portal.interviews import NewAnswer
from portal.models import Answer, Application, InterviewSession, utc_now

TAB = "the-only-tab"


def begin(application: Application, *, analyse: bool = False) -> InterviewSession:
    """Consent given and the seat taken."""
    interview = interviews.open_interview(application)
    interviews.give_consent(interview, analyse=analyse)
    interviews.claim_seat(interview, TAB)
    return interview


def clip_bytes(folder: Path, seconds: float = 2.0, container: str = "mp4") -> bytes:
    path = folder / f"clip-{seconds}.{container}"
    if not path.exists():
        make_clip(path, seconds, codec="h264" if container == "mp4" else "vp8", sound="tone")
    return path.read_bytes()


def start(
    interview: InterviewSession, question: int = 1, container: str = "mp4", **more: object
) -> Answer:
    """As the page does it: the question is shown first."""
    db.session.refresh(interview)
    show(interview, question)
    return interviews.start_answer(interview, NewAnswer(TAB, question, container, **more))


def show(interview: InterviewSession, question: int = 1) -> None:
    """Make a question's prompt known, whether or not its turn has come."""
    asked = next((asked for asked in interview.questions if asked.position == question), None)
    if asked and not asked.is_released:
        asked.released_at = utc_now()
        db.session.commit()


def send(answer: Answer, data: bytes) -> None:
    interviews.receive(answer, 0, data, None)


def record(
    interview: InterviewSession, data: bytes, question: int = 1, recorded_ms: int | None = None
) -> Answer:
    """One whole answer, sent and complete."""
    answer = start(interview, question)
    send(answer, data)
    completed = interviews.complete_answer(answer, len(data), recorded_ms)
    assert completed is answer
    return answer


def finished(app: Flask, interview: InterviewSession, folder: Path) -> InterviewSession:
    """Both questions answered, the sitting ended, all work done."""
    for question in (1, 2):
        record(interview, clip_bytes(folder), question=question)
    db.session.rollback()
    interviews.finish(interview)
    work.work_through(app)
    db.session.rollback()
    return interview
