"""Runs migrations on the app's own database connection."""

from typing import Any

from alembic import context
from flask import current_app

from portal.extensions import db
from portal.models import UtcDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our date type as the plain one it is in the database, so that migrations import nothing of ours."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, render_item=render_item, **options)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
