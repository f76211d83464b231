"""The migrated schema is the one of the models, and what was stored by an earlier version is
understood by this one.
"""

import sqlite3
from contextlib import closing
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
from interview_steps import begin_interview, record_whole_interview

from portal.extensions import db
from portal.models import (
    Answer,
    EarlierInterview,
    Flag,
    LinkPurpose,
    Mail,
    MailText,
    PageEvent,
    RecoveryCode,
    RevokedToken,
    SecondFactor,
    SignIn,
    ThrottleHit,
    WorkerBeat,
    utc_now,
)
from portal.people import email_links


@pytest.mark.usefixtures("app")
def test_the_migrated_schema_equals_the_models() -> None:
    db.drop_all()
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)

    assert differences == []


@pytest.mark.usefixtures("app")
def test_every_check_of_the_models_is_in_the_migrated_tables() -> None:
    expected = table_checks()
    db.drop_all()
    upgrade()

    assert table_checks() == expected


@pytest.mark.usefixtures("app")
def test_the_migrations_can_be_taken_back() -> None:
    db.drop_all()
    upgrade()
    downgrade(revision="base")

    assert set(inspect_tables()) <= {"alembic_version"}


Rows = dict[str, list[dict[str, Any]]]


def test_going_back_and_forth_through_every_version_keeps_what_both_know(
    app: Flask, tmp_path: Path
) -> None:
    """From the newest to the first and back: what a version does not know goes, and nothing
    else.
    """
    db.drop_all()
    upgrade()
    fill_every_table(app, tmp_path)
    for revision in reversed(revisions(app)):
        before = everything()
        downgrade(revision=revision)
        older = everything()
        assert shared(older, before) == shared(before, older)
        upgrade(revision="+1")
        newer = everything()
        assert shared(newer, older) == shared(older, newer)
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
    interview = record_whole_interview(app, begin_interview(make_application(make_user())), folder)
    answer, now = interview.answers[0], utc_now()
    answer.page_events.append(PageEvent(kind="paste", t_ms=5, until_ms=6, characters=7))
    answer.announced_bytes, answer.pictures_dropped, answer.av_offset_ms = 8, 9, 10
    flag = {
        "kind": "no_face",
        "severity": "high",
        "unit": "s",
        "rule": "no_face",
        "finding": "no_face",
    }
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
            RecoveryCode(user_id=application.user_id, code_hash="d"),
            SecondFactor(user_id=application.user_id, kind="totp", secret=b"e"),
        ]
    )
    link = email_links.create(application.user, LinkPurpose.RESET_PASSWORD)
    text = MailText(event="reset_password", language="de", version=1, subject="f", body="g")
    about_mail = {"event": "reset_password", "address": "h@example.org", "language": "de"}
    db.session.add(Mail(user_id=application.user_id, link=link, text=text, **about_mail))
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
    """The tables and columns that both versions know."""
    found: Rows = {}
    for table in (rows.keys() & known.keys()) - {"alembic_version"}:
        columns = known[table][0].keys() if known[table] else []
        cut = [{name: row[name] for name in columns if name in row} for row in rows[table]]
        found[table] = sorted(cut, key=lambda row: str(sorted(row.items(), key=str)))
    return found


def table_checks() -> dict[str, list[str]]:
    inspector = db.inspect(db.engine)
    tables = [name for name in inspect_tables() if name != "alembic_version"]
    return {
        table: sorted(str(check["name"]) for check in inspector.get_check_constraints(table))
        for table in tables
    }


def inspect_tables() -> list[str]:
    return db.inspect(db.engine).get_table_names()
