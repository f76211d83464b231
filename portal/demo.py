"""The demo data of `flask seed`: two people, three jobs and one interview.

The people have known passwords. The analysis engine really measures the interview.
"""

import io
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from pypdf import PdfWriter

from portal import audit, hiring, interviews, work
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.hiring import resumes
from portal.models import (
    EmploymentType,
    InterviewSession,
    Job,
    Question,
    Role,
    User,
    Workplace,
    utc_now,
)
from portal.people import passwords

PASSWORD = "measured-not-judged"
ADMIN_EMAIL = "admin@demo.example"
CANDIDATE_EMAIL = "candidate@demo.example"

JOBS: list[dict[str, Any]] = [
    {
        "slug": "data-engineer",
        "title": "Data engineer",
        "location": "Lisbon or remote",
        "workplace": Workplace.REMOTE,
        "salary_range": "62 000 – 78 000 €",
        "description": "You keep the measurements of 400 weather stations flowing.\n\n"
        "## What you do\n\n- Build and watch **pipelines** that survive a bad night\n"
        "- Make data easy to find and hard to misread\n\n"
        "## What you bring\n\n- A few years with Python and SQL\n- Calm when something breaks",
    },
    {
        "slug": "field-technician",
        "title": "Field technician",
        "location": "Porto",
        "workplace": Workplace.ON_SITE,
        "salary_range": "34 000 – 40 000 €",
        "description": "You install, calibrate and mend instruments "
        "between the coast and the mountains.\n\n"
        "## What you bring\n\n- A driving licence\n- Patience with small screws",
    },
    {
        "slug": "research-data-steward",
        "title": "Research data steward",
        "location": "Coimbra",
        "workplace": Workplace.HYBRID,
        "employment_type": EmploymentType.PART_TIME,
        "salary_range": "52 000 – 58 000 €",
        "description": "You help researchers describe, keep and share what they measured.\n\n"
        "## What you bring\n\n- Experience with research data\n- Clear writing",
    },
]
PROMPTS = [
    "Tell us about something you built or ran that you are proud of. What would you change today?",
    "Describe a day on which much went wrong. How did you decide what to do first?",
    "What would you like to learn here in your first half year?",
]
THINK_MS, LIMIT_MS, TAKES = 30_000, 180_000, 2
TAB = "demo-tab"


def is_seeded() -> bool:
    return db.session.scalar(db.select(User).where(User.email == ADMIN_EMAIL)) is not None


def make() -> None:
    """Make all demo data. `is_seeded` looks for the admin, so the admin is made last.

    If somebody interrupts this function, the next `flask seed` starts again from the beginning.
    """
    headline = "Data engineer, seven years with sensor networks"
    with transaction():
        _remove_leftovers()
        candidate = _person(CANDIDATE_EMAIL, "Ines Duarte", headline=headline)
        jobs = [_job(values) for values in JOBS]
    _record_interview(candidate, jobs[0])
    with transaction():
        _person(ADMIN_EMAIL, "R. Okafor", role=Role.ADMIN)


def _remove_leftovers() -> None:
    for user in db.session.scalars(db.select(User).where(User.email == CANDIDATE_EMAIL)):
        db.session.delete(user)
    for job in db.session.scalars(
        db.select(Job).where(Job.slug.in_([values["slug"] for values in JOBS]))
    ):
        db.session.delete(job)
    db.session.flush()  # so that the new ones can have their names


def _person(email: str, full_name: str, **values: object) -> User:
    user = User(
        email=email,
        full_name=full_name,
        password_hash=passwords.hash_password(PASSWORD),
        confirmed_at=utc_now(),
        **values,
    )
    db.session.add(user)
    return user


def _job(values: dict[str, Any]) -> Job:
    questions = [
        Question(
            position=position, prompt=prompt, think_ms=THINK_MS, limit_ms=LIMIT_MS, takes=TAKES
        )
        for position, prompt in enumerate(PROMPTS, start=1)
    ]
    job = Job(**values, questions=questions)
    db.session.add(job)
    hiring.publish(job, by=audit.OPERATOR)
    return job


def _record_interview(candidate: User, job: Job) -> None:
    """Run the code path of a real interview, with generated clips instead of a camera."""
    resume = resumes.read("ines-duarte.pdf", io.BytesIO(_blank_pdf()), "demo")
    with resumes.stored(resume, settings().resumes_folder) as stored, transaction():
        interview = interviews.open_interview(hiring.apply(job, stored, by=candidate))
    with transaction():
        interviews.give_consent(interview, analyse=True, by=candidate)
        interviews.claim_seat(interview, TAB)
    with tempfile.TemporaryDirectory() as folder:
        for position, clip in enumerate(interviews.demo_clips(Path(folder)), start=1):
            _record_answer(interview, position, clip.read_bytes())
    with transaction():
        db.session.refresh(interview)
        interviews.finish(interview, by=candidate)
    work.work_through(current_app._get_current_object())  # type: ignore[attr-defined]


def _record_answer(interview: InterviewSession, position: int, data: bytes) -> None:
    with transaction():
        interviews.release(interview, position, TAB)
        answer = interviews.start_answer(interview, interviews.NewAnswer(TAB, position, "mp4"))
    interviews.receive(answer, 0, data, None)
    with interviews.locked_to_complete(answer) as upload, transaction():
        # Otherwise a note would say that the answer arrived faster than it is long.
        answer.created_at -= timedelta(milliseconds=LIMIT_MS)
        interviews.complete_answer(upload, len(data), None, watched=True)


def _blank_pdf() -> bytes:
    document = PdfWriter()
    document.add_blank_page(width=595, height=842)  # A4 in points
    buffer = io.BytesIO()
    document.write(buffer)
    return buffer.getvalue()
