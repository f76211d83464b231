"""A transaction is committed whole or not at all, and what may follow it waits for its commit."""

import pytest
import sqlalchemy as sa
from factories import make_job
from flask import Flask, g
from sqlalchemy import event

from portal import database
from portal.database import TransactionMisused, reading, release_lock, transaction
from portal.extensions import db
from portal.models import Job

pytestmark = pytest.mark.usefixtures("app")


def title() -> str:
    with reading():
        return db.session.scalars(db.select(Job.title)).one()


@pytest.mark.sqlite
def test_a_commit_survives_a_loss_of_power() -> None:
    """Asked of an engine as the portal has it: that of the tests waits for no disk."""
    engine = sa.create_engine(db.engine.url)
    with engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        ]
    engine.dispose()
    full = 2
    assert settings == ["wal", full, 1, 1]


def test_what_the_block_writes_is_committed() -> None:
    job = make_job("Before")
    with transaction():
        job.title = "After"
    db.session.rollback()
    assert title() == "After"


def test_nothing_stays_of_a_block_that_raises() -> None:
    job, done = make_job("Before"), []

    def fail() -> None:
        with transaction():
            database.after_commit(lambda: done.append(True))
            job.title = "After"
            db.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (title(), done) == ("Before", [])


def test_what_follows_runs_when_others_see_the_change() -> None:
    job, seen = make_job("Before"), []
    with transaction():
        job.title = "After"
        database.after_commit(lambda: seen.append(title()))
        assert seen == []
    assert seen == ["After"]


def test_a_transaction_in_a_transaction_is_refused() -> None:
    job = make_job("Before")

    def nest() -> None:
        with transaction():
            job.title = "After"
            with transaction():
                pass

    with pytest.raises(TransactionMisused, match="open here already"):
        nest()
    assert title() == "Before"
    with transaction():  # the refusal left nothing open
        job.title = "After"


def test_the_lock_is_not_released_while_something_is_written() -> None:
    job = make_job("Before")
    with transaction():
        job.title = "After"
        with pytest.raises(TransactionMisused, match="lost"):
            release_lock()
    assert title() == "After"


def test_nothing_follows_where_no_transaction_is_open() -> None:
    with pytest.raises(TransactionMisused, match="No transaction"):
        database.after_commit(print)


@pytest.mark.sqlite
def test_only_what_may_write_waits_for_sqlites_lock(app: Flask) -> None:
    begun: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("BEGIN"):
            begun.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    db.session.rollback()
    with reading():
        db.session.scalar(db.select(Job.id))
    db.session.scalar(db.select(Job.id))
    release_lock()
    with transaction():
        db.session.scalar(db.select(Job.id))
    with app.test_request_context(method="GET"), reading(), transaction():
        db.session.scalar(db.select(Job.id))
    assert begun == ["BEGIN", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE"]


def test_a_condition_that_does_not_hold_changes_nothing() -> None:
    job = make_job("Before")
    with transaction():
        rename = db.update(Job).where(Job.id == job.id).values(title="After")
        assert not database.changed_one(rename.where(Job.title == "Other"))
        assert database.changed_one(rename.where(Job.title == "Before"))
    assert "after_commit" not in g
