"""Runs migrations on the app's own database connection."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app

from portal.extensions import db
from portal.models import UtcDateTime


def render_item(_kind: str, item: Any, _autogen_context: Any) -> str | bool:
    """Write our date type as the plain one it is in the database, so that migrations import nothing
    of ours.
    """
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


@contextmanager
def left_hanging(connection: Any) -> Iterator[None]:
    """SQLite changes a table by making it anew and dropping the old one, which would delete
    whatever hangs on its rows.

    Said before any transaction, as SQLite ignores it in one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.detach()  # nobody else uses it afterwards
    connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
    yield


def hanging_rows(connection: Any) -> Counter[tuple[str, str]]:
    """How many rows hang on nothing, by table and what they point to: a table made anew has other
    row numbers.
    """
    if connection.dialect.name != "sqlite":
        return Counter()
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return Counter((table, parent) for table, _, parent, _ in rows)


def run() -> None:
    """All versions in one transaction, also on SQLite: where a row would hang on nothing
    afterwards, nothing happened.

    Rows that hung so before are not this command's fault, and must not stop it.
    """
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection, left_hanging(connection), connection.begin():
        context.configure(
            connection=connection, target_metadata=db.metadata, render_item=render_item, **options
        )
        before = hanging_rows(connection)
        with context.begin_transaction():
            context.run_migrations()
        if more := hanging_rows(connection) - before:
            raise RuntimeError(f"rows would hang on nothing, so nothing was changed: {dict(more)}")


run()
