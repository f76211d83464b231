"""The migrated schema is the one of the models, and what was stored by an earlier version is
understood by this one.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from factories import make_application, make_user
from flask import Flask
from flask_migrate import downgrade, upgrade
from sittings import begin, finished

from portal.extensions import db
from portal.models import (
    Answer,
    EarlierInterview,
    Flag,
    InterviewSession,
    PageEvent,
    RevokedToken,
    SignIn,
    ThrottleHit,
    WorkerBeat,
    utc_now,
)
from portal.people import accounts


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
def test_interviews_of_an_earlier_version_keep_the_questions_that_were_asked(
    app: Flask, state: str
) -> None:
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


def test_accounts_of_an_earlier_version_are_found_under_the_one_spelling(app: Flask) -> None:
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


Rows = dict[str, list[dict[str, Any]]]


def test_going_back_and_forth_through_every_version_keeps_what_both_know(
    app: Flask, tmp_path: Path
) -> None:
    """From the newest to the first and back: what a version does not know goes, and nothing else."""
    db.drop_all()
    upgrade()
    fill_every_table(app, tmp_path)
    for revision in reversed(revisions(app)):
        before = everything()
        downgrade(revision=revision)
        older = everything()
        assert older == shared(before, older)
        upgrade(revision="+1")
        assert shared(everything(), older) == older
        downgrade(revision=revision)
    upgrade()

    assert everything().keys() == {table.name for table in db.metadata.sorted_tables} | {
        "alembic_version"
    }
    assert len(db.session.scalars(sa.select(Answer)).all()) == 2


@pytest.mark.sqlite
@pytest.mark.logs_errors
@pytest.mark.parametrize("hung_before", [True, False])
def test_a_migration_that_leaves_rows_hanging_changes_nothing(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture, hung_before: bool
) -> None:
    """A trigger of ours takes a job away while version 0010 is undone; what hung on nothing before
    stops nobody.
    """
    db.drop_all()
    upgrade()
    fill_every_table(app, tmp_path)
    with closing(sqlite3.connect(db.engine.url.database)) as other:  # which heeds no foreign key
        if hung_before:
            other.execute("DELETE FROM users")
        else:
            other.execute(
                "CREATE TRIGGER t AFTER UPDATE ON alembic_version BEGIN DELETE FROM jobs; END"
            )
        other.commit()
    before = everything()
    if hung_before:
        downgrade(revision="0009")
        assert everything()["alembic_version"] == [{"version_num": "0009"}]
        return
    with pytest.raises(SystemExit):
        downgrade(revision="0009")
    assert "nothing was changed" in caplog.text
    assert everything() == before


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
        app.config["PORTAL"].retention_days,
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


def revisions(app: Flask) -> list[str]:
    """All but the newest, from the first on; the newest is where we begin."""
    script = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config())
    return [
        revision.down_revision
        for revision in reversed(list(script.walk_revisions()))
        if revision.down_revision
    ]


def fill_every_table(app: Flask, folder: Path) -> None:
    """With an interview that was recorded and finished, and a row of whatever else there is."""
    interview = finished(app, begin(make_application(make_user())), folder)
    answer, now = interview.answers[0], utc_now()
    answer.page_events.append(PageEvent(kind="paste", t_ms=5, until_ms=6, characters=7))
    answer.announced_bytes, answer.pictures_dropped, answer.av_offset_ms = 8, 9, 10
    flag = {"kind": "no_face", "severity": "high", "unit": "s", "rule": "no_face", "reason": "-"}
    interview.flags.append(Flag(start_ms=0, end_ms=9, measured=1.0, threshold=2.0, **flag))
    application = interview.application
    application.resume_changes, application.resume_opened_at = "A link was left out.", now
    db.session.add_all(
        [
            SignIn(user_id=application.user_id, expires_at=now),
            RevokedToken(jti="a", expires_at=now),
            ThrottleHit(bucket="b"),
            EarlierInterview(
                mark="c", job_id=application.job_id, is_finished=False, takes={"1": 2}
            ),
            WorkerBeat(id=interview.id, kind="web", started_at=now, seen_at=now, tasks=1),
        ]
    )
    db.session.commit()
    assert all(everything()[table.name] for table in db.metadata.sorted_tables)


def everything() -> Rows:
    """Every row of every table, in one order, as the database has them."""
    db.session.rollback()
    found: Rows = {}
    for table in inspect_tables():
        rows = [
            dict(row) for row in db.session.execute(sa.text(f"SELECT * FROM {table}")).mappings()
        ]
        found[table] = sorted(rows, key=lambda row: str(sorted(row.items(), key=str)))
    db.session.rollback()
    return found


def shared(rows: Rows, known: Rows) -> Rows:
    """As a version sees them that knows these tables and columns."""
    found: Rows = {"alembic_version": known["alembic_version"]}
    for table in known.keys() - {"alembic_version"}:
        columns = known[table][0].keys() if known[table] else []
        cut = [{name: row.get(name) for name in columns} for row in rows[table]]
        found[table] = sorted(cut, key=lambda row: str(sorted(row.items(), key=str)))
    return found


def at(second: int) -> str:
    return f"2026-11-01 10:00:{second:02d}.000000"


NOTHING_DONE = {"failure": "", "flags_version": 0, "attempts": 0, "fence": 0, "created_at": at(0)}


def insert(table: str, **values: Any) -> None:
    names = ", ".join(values)
    db.session.execute(
        sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values
    )


def table_checks() -> dict[str, list[str]]:
    inspector = db.inspect(db.engine)
    tables = [name for name in inspect_tables() if name != "alembic_version"]
    return {
        table: sorted(str(check["name"]) for check in inspector.get_check_constraints(table))
        for table in tables
    }


def inspect_tables() -> list[str]:
    return db.inspect(db.engine).get_table_names()
