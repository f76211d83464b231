"""The database of a test: a file of SQLite in its folder, or, with TEST_DATABASE_URL, one of its
own on that server.

TEST_DATABASE_URL names a PostgreSQL whose databases may come and go:
postgresql+psycopg://user@127.0.0.1/postgres
"""

import atexit
import os
import uuid
from pathlib import Path

import sqlalchemy as sa

SERVER = os.environ.get("TEST_DATABASE_URL", "")


def fresh(folder: Path) -> str:
    """The address of an empty database. Tests look into it also when their server has stopped: it
    goes at our end.
    """
    if not SERVER:
        return f"sqlite:///{folder / 'portal.db'}"
    name = f"test_{uuid.uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}")
    url = sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    atexit.register(drop, url)
    return url


def drop(url: str) -> None:
    """With a file its folder goes, too; whoever is still connected to a server's database is cut
    off.
    """
    if SERVER:
        _on_server(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")


def _on_server(statement: str) -> None:
    engine = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
