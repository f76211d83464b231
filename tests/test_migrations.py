"""The migrated schema is the one of the models, and what was stored by an earlier version is understood by this one."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from portal import accounts
from portal.extensions import db
from portal.models import InterviewSession


def test_the_migrated_schema_equals_the_models(app: Flask) -> None:
    db.drop_all()
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)

    assert differences == []


def test_every_check_of_the_models_is_in_the_migrated_tables(app: Flask) -> None:
    expected = table_checks()
    db.drop_all()
    upgrade()

    assert table_checks() == expected


def test_the_migrations_can_be_taken_back(app: Flask) -> None:
    db.drop_all()
    upgrade()
    downgrade(revision="base")

    assert set(inspect_tables()) <= {"alembic_version"}


BEGUN = ["recording", "finishing", "ready", "failed"]


@pytest.mark.parametrize("state", ["pending", *BEGUN])
def test_interviews_of_an_earlier_version_keep_the_questions_that_were_asked(app: Flask, state: str) -> None:
    """Question 1 was reworded since it was answered, 2 was not answered, 3 was answered and is gone."""
    db.drop_all()
    upgrade(revision="0006")
    insert_interview(state, {1: "First?", 3: "Third?"}, asked={1: "Reworded?", 2: "Second?"})
    upgrade()

    seconds = {1: " 10:00:01.000000", 2: None, 3: " 10:00:03.000000"}
    rows = db.session.execute(sa.text("SELECT * FROM interview_questions ORDER BY position")).mappings().all()
    expected: dict[int, tuple[str, int, int, int]] = {1: ("First?", 7, 9_000, 3), 3: ("Third?", 0, 8_000, 1)}
    if state == "recording":
        expected[2] = ("Second?", 7, 9_000, 3)
    if state == "pending":
        expected = {}
    assert {
        row["position"]: (row["prompt"], row["think_ms"], row["limit_ms"], row["takes"]) for row in rows
    } == expected
    assert [row["released_at"] for row in rows] == [
        seconds[number] and f"2026-11-01{seconds[number]}" for number in sorted(expected)
    ]
    interview = db.session.scalars(sa.select(InterviewSession)).one()
    assert [question.prompt for question in interview.questions] == [expected[n][0] for n in sorted(expected)]


def insert_interview(state: str, answered: dict[int, str], asked: dict[int, str]) -> None:
    """Somebody's interview as version 0006 stored it."""
    insert_user("a" * 32, "a@example.org")
    insert(
        "jobs",
        id="b" * 32,
        slug="a-job",
        title="A job",
        description="",
        location="",
        workplace="remote",
        employment_type="contract",
        salary_range="",
        status="open",
        created_at=at(0),
    )
    for position, prompt in asked.items():
        insert("questions", job_id="b" * 32, position=position, prompt=prompt, think_ms=7, limit_ms=9_000, takes=3)
    insert(
        "applications",
        id="c" * 32,
        user_id="a" * 32,
        job_id="b" * 32,
        status="applied",
        note="",
        resume_path="r",
        resume_name="r",
        created_at=at(0),
    )
    insert(
        "interview_sessions",
        id="d" * 32,
        application_id="c" * 32,
        state=state,
        failure="",
        flags_version=0,
        attempts=0,
        fence=0,
        created_at=at(0),
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


def insert_user(user_id: str, email: str) -> None:
    words = dict.fromkeys(("phone", "location", "headline"), "")
    known = {"password_hash": "-", "role": "candidate", "full_name": "A", "session_key": user_id, "created_at": at(0)}
    insert("users", id=user_id, email=email, **words, **known)


def test_accounts_of_an_earlier_version_are_found_under_the_one_spelling(app: Flask) -> None:
    """Zoë's domain and Ana's letters are written out; of Kim's mailbox there were two accounts, and both stay."""
    db.drop_all()
    upgrade(revision="0010")
    emails = ["zoe@xn--bcher-kva.example", "ana\u0303@example.org", "kim@xn--bcher-kva.example", "kim@bücher.example"]
    for number, email in enumerate(emails):
        insert_user(f"{number:032x}", email)
    db.session.commit()
    upgrade()

    found = db.session.scalars(sa.text("SELECT email FROM users ORDER BY id")).all()
    assert found == ["zoe@bücher.example", "anã@example.org", *emails[2:]]
    assert accounts.find("zoe@xn--bcher-kva.example") is not None


def at(second: int) -> str:
    return f"2026-11-01 10:00:{second:02d}.000000"


def insert(table: str, **values: Any) -> None:
    names = ", ".join(values)
    db.session.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values)


def table_checks() -> dict[str, list[str]]:
    inspector = db.inspect(db.engine)
    tables = [name for name in inspect_tables() if name != "alembic_version"]
    return {table: sorted(str(check["name"]) for check in inspector.get_check_constraints(table)) for table in tables}


def inspect_tables() -> list[str]:
    return db.inspect(db.engine).get_table_names()
