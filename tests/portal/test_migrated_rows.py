"""What an earlier version stored is still there, and right, after the migrations."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from portal.config import settings
from portal.extensions import db
from portal.models import (
    InterviewSession,
)
from portal.people import accounts

BEGUN = ["recording", "finishing", "ready", "failed"]


@pytest.mark.parametrize("state", ["pending", *BEGUN])
@pytest.mark.usefixtures("app")
def test_interviews_of_an_earlier_version_keep_the_questions_that_were_asked(state: str) -> None:
    """Question 1 was reworded since it was answered, 2 was not answered, 3 was answered and is
    gone.
    """
    db.drop_all()
    upgrade(revision="0006")
    insert_interview(state, {1: "First?", 3: "Third?"}, asked={1: "Reworded?", 2: "Second?"})
    upgrade()

    rows = (
        db.session.execute(sa.text("SELECT * FROM interview_questions ORDER BY position"))
        .mappings()
        .all()
    )
    expected: dict[int, tuple[str, int, int, int]] = {
        1: ("First?", 7, 9_000, 3),
        3: ("Third?", 0, 8_000, 1),
    }
    if state == "recording":
        expected[2] = ("Second?", 7, 9_000, 3)
    if state == "pending":
        expected = {}
    assert {
        row["position"]: (row["prompt"], row["think_ms"], row["limit_ms"], row["takes"])
        for row in rows
    } == expected
    interview = db.session.scalars(sa.select(InterviewSession)).one()
    assert [question.released_at for question in interview.questions] == [
        None if number == 2 else datetime(2026, 11, 1, 10, 0, number, tzinfo=UTC)
        for number in sorted(expected)
    ]
    assert [question.prompt for question in interview.questions] == [
        expected[n][0] for n in sorted(expected)
    ]


def insert_interview(state: str, answered: dict[int, str], asked: dict[int, str]) -> None:
    """Somebody's interview as version 0006 stored it."""
    insert_application(1, asked)
    insert(
        "interview_sessions",
        id="d" * 32,
        application_id=f"{1:032x}",
        state=state,
        **NOTHING_DONE,
    )
    for position, prompt in answered.items() if state != "pending" else ():
        insert(
            "answers",
            id=f"{position:032d}",
            interview_id="d" * 32,
            question_position=position,
            prompt=prompt,
            take=1,
            part=1,
            limit_ms=8_000,
            container="mp4",
            state="received",
            measured_ms=0,
            idle_at_bytes=0,
            failure="",
            attempts=0,
            fence=0,
            created_at=at(position),
        )
    db.session.commit()


def insert_application(number: int, asked: dict[int, str] | None = None) -> None:
    """Somebody's, for a job of their own."""
    key = f"{number:032x}"
    insert_user(key, f"{number}@example.org")
    words = {"title": "A job", "description": "", "location": "", "salary_range": ""}
    kinds = {"workplace": "remote", "employment_type": "contract", "status": "open"}
    insert("jobs", id=key, slug=f"job-{number}", created_at=at(0), **words, **kinds)
    for position, prompt in (asked or {}).items():
        insert(
            "questions",
            job_id=key,
            position=position,
            prompt=prompt,
            think_ms=7,
            limit_ms=9_000,
            takes=3,
        )
    resume = {"note": "", "resume_path": "r", "resume_name": "r"}
    insert(
        "applications",
        id=key,
        user_id=key,
        job_id=key,
        status="applied",
        created_at=at(0),
        **resume,
    )


def insert_user(user_id: str, email: str) -> None:
    words = dict.fromkeys(("phone", "location", "headline"), "")
    known = {
        "password_hash": "-",
        "role": "candidate",
        "full_name": "A",
        "session_key": user_id,
        "created_at": at(0),
    }
    insert("users", id=user_id, email=email, **words, **known)


@pytest.mark.usefixtures("app")
def test_accounts_of_an_earlier_version_are_found_under_the_one_spelling() -> None:
    """Zoë's domain and Ana's letters are written out; of Kim's mailbox there were two accounts, and
    both stay.
    """
    db.drop_all()
    upgrade(revision="0010")
    emails = [
        "zoe@xn--bcher-kva.example",
        "ana\u0303@example.org",
        "kim@xn--bcher-kva.example",
        "kim@bücher.example",
    ]
    for number, email in enumerate(emails):
        insert_user(f"{number:032x}", email)
    db.session.commit()
    upgrade()

    found = db.session.scalars(sa.text("SELECT email FROM users ORDER BY id")).all()
    assert found == ["zoe@bücher.example", "anã@example.org", *emails[2:]]
    assert accounts.find("zoe@xn--bcher-kva.example") is not None


def test_consents_of_an_earlier_version_were_for_the_days_of_today(app: Flask) -> None:
    """Version 0008: who agreed was shown RETENTION_DAYS; who had not yet is promised what is shown
    then.
    """
    db.drop_all()
    upgrade(revision="0007")
    insert_interview("recording", {1: "First?"}, asked={1: "First?"})
    db.session.execute(
        sa.text("UPDATE interview_sessions SET consent_record_at = :at"), {"at": at(5)}
    )
    insert_application(2)
    insert(
        "interview_sessions",
        id=f"{2:032x}",
        application_id=f"{2:032x}",
        state="pending",
        **NOTHING_DONE,
    )
    db.session.commit()
    upgrade()

    begun, pending = db.session.scalars(
        sa.select(InterviewSession).order_by(InterviewSession.state.desc())
    ).all()
    assert (begun.consent_days, begun.consent_version) == (
        settings(app).retention_days,
        None,
    )
    assert pending.consent_days is None
    answer = begun.answers[0]
    assert (answer.completed_at, answer.sent_ms, answer.codecs, answer.watched) == (
        None,
        None,
        None,
        None,
    )
    assert answer.announced_bytes is None  # version 0009
    applications = [begun.application, pending.application]
    assert [application.was_recorded for application in applications] == [False, False]
    # Version 0010: nothing was left out, and nobody knows who opened it, so that it can still be
    # replaced.
    assert [
        (application.resume_changes, application.resume_opened_at) for application in applications
    ] == [("", None)] * 2


def at(second: int) -> str:
    return f"2026-11-01 10:00:{second:02d}.000000"


NOTHING_DONE = {"failure": "", "flags_version": 0, "attempts": 0, "fence": 0, "created_at": at(0)}


def insert(table: str, **values: Any) -> None:
    names = ", ".join(values)
    db.session.execute(
        sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values
    )
