"""Runs migrations on the app's own database connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app

from portal.extensions import db
from portal.models import UtcDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our date type as the plain one it is in the database, so that migrations import nothing of ours."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


@contextmanager
def left_hanging(connection: Any) -> Iterator[None]:
    """SQLite changes a table by making it anew and dropping the old one, which would delete whatever hangs on its rows.

    Said before any transaction, as SQLite ignores it in one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.detach()  # nobody else uses it afterwards
    driver = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    yield
    if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
        raise RuntimeError(f"rows that hang on nothing: {broken[:10]}")


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection, left_hanging(connection):
        context.configure(connection=connection, target_metadata=db.metadata, render_item=render_item, **options)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
