"""Transactions: the one place that commits and rolls back. Knows no table.

The edge opens a transaction: a view, a command, or a piece of background work. The actions of
`portal.hiring`, `portal.people` and `portal.interviews` change rows and never commit, so several of
them, an audit entry and a mail can stand in one transaction: all of it happens, or nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from flask import g, has_app_context, has_request_context, request
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from portal.extensions import db

READING_METHODS = {"GET", "HEAD", "OPTIONS"}


class TransactionMisused(Exception):
    """Our own code uses a transaction wrongly. Nothing was written."""


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block writes; if it raises, roll everything back.

    A transaction that began by reading (to find the signed-in user) becomes a part of this one. But
    if it was said to only read, a new one begins: SQLite cannot write in it.
    """
    if _after_commit() is not None:
        raise TransactionMisused("A transaction is open here already. Only the edge opens one.")
    if _only_reads():
        db.session.rollback()
    g.after_commit = []
    try:
        yield
        db.session.commit()
        following = g.after_commit
    except BaseException:
        db.session.rollback()
        raise
    finally:
        g.pop("after_commit", None)
    for do in following:
        do()


def after_commit(do: Callable[[], object]) -> None:
    """Call `do` when the open transaction is committed, and never if it is rolled back.

    For what must not happen before the rows are durable: deleting a file, waking a worker.
    """
    waiting = _after_commit()
    if waiting is None:
        raise TransactionMisused("No transaction is open here.")
    waiting.append(do)


@contextmanager
def reading() -> Iterator[None]:
    """The block only reads: it waits for no lock, and holds none (SQLite).

    Requests with GET or HEAD only read anyway. At the end the transaction is over, so rows that are
    used after the block are read again.
    """
    release_lock()
    before = g.get("only_reads", False)
    g.only_reads = True
    try:
        yield
    finally:
        g.only_reads = before
        db.session.rollback()


def release_lock() -> None:
    """End a transaction that has only read, before slow work on disks, networks or passwords.

    Otherwise all other requests would wait for SQLite's write lock. Rows are read again afterwards.
    """
    if _after_commit() is not None:
        raise TransactionMisused("What this transaction has written would be lost.")
    db.session.rollback()


def changed_one(statement: sa.Update | sa.Delete) -> bool:
    """Run an UPDATE or DELETE with a condition. True if the condition held, so one row changed."""
    return count_changed(statement) == 1


def count_changed(statement: sa.Update | sa.Delete) -> int:
    """Run an UPDATE or DELETE. Returns how many rows changed."""
    return cast("sa.CursorResult[Any]", db.session.execute(statement)).rowcount


def insert_unless_there(row: Any) -> bool:
    """Insert the row. False when a row with this key exists, perhaps since this very moment."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return False
    return True


def drop_old_pages() -> None:
    """Empty SQLite's write-ahead log, so that no page of it still contains deleted data.

    While another connection reads, SQLite cannot do this. A usual checkpoint then does it later.
    """
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _after_commit() -> list[Callable[[], object]] | None:
    """What follows the open transaction. None when none is open."""
    return cast("list[Callable[[], object]] | None", g.get("after_commit"))


def _only_reads() -> bool:
    is_reading_request = has_request_context() and request.method in READING_METHODS
    return is_reading_request or (has_app_context() and g.get("only_reads", False))


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # `_begin_sqlite` below sends BEGIN instead
    # SQLite's own lower() changes only A–Z. A search for "école" must find "École", as it does on
    # PostgreSQL.
    connection.create_function(
        "lower", 1, lambda text: text.lower() if text else text, deterministic=True
    )
    # FULL: a commit survives a power failure. Only then may a page say "saved".
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=5000",
        "foreign_keys=ON",
        "secure_delete=ON",  # SQLite overwrites deleted data with zeros
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Take SQLite's write lock at the start of every transaction that may write.

    A transaction that asks for the lock later fails under load instead of waiting for it.
    """
    if connection.dialect.name != "sqlite":
        return
    will_write = has_app_context() and _after_commit() is not None
    connection.exec_driver_sql("BEGIN" if _only_reads() and not will_write else "BEGIN IMMEDIATE")
