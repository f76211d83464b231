"""The database of a test: a file of SQLite in its folder, or, with TEST_DATABASE_URL, one of its
own on that server.

A test gets the copy of a template, which is made once in a process: to make the tables and the cast
takes longer than most tests do.

TEST_DATABASE_URL names a PostgreSQL whose databases may come and go:
postgresql+psycopg://user@127.0.0.1/postgres
"""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

SERVER = os.environ.get("TEST_DATABASE_URL", "")

Fill = Callable[[str], None]
"""Makes tables and rows in the empty database of this address, and leaves no connection open."""


def copied(fill: Fill, folder: Path) -> str:
    """The address of a database as `fill` makes it. Tests look into it also when their server has
    stopped: it goes at our end.
    """
    template = _template(fill)
    if not SERVER:
        shutil.copyfile(str(sa.make_url(template).database), folder / "portal.db")
        return _file(folder)
    return _on_server_named(f"test_{uuid.uuid4().hex}", template)


@cache
def _template(fill: Fill) -> str:
    if SERVER:
        url = _on_server_named(f"template_{uuid.uuid4().hex}")
    else:
        folder = tempfile.mkdtemp(prefix="template-")
        atexit.register(shutil.rmtree, folder)
        url = _file(Path(folder))
    fill(url)
    return url


def wait_for_no_disk(engine: sa.Engine) -> None:
    """Commits of this engine do not wait until the disk has them. Tests in one process cannot lose
    power, and each would wait for the disk ten times. Servers that tests start do wait.
    """
    event.listen(engine, "connect", _hasten)


def _hasten(connection: Any, _record: object) -> None:
    if not SERVER:
        connection.execute("PRAGMA synchronous=OFF")
        return
    connection.autocommit = True  # otherwise a rollback takes the setting back
    connection.execute("SET synchronous_commit = off")
    connection.autocommit = False


def drop(url: str) -> None:
    """With a file its folder goes, too; whoever is still connected to a server's database is cut
    off.
    """
    if SERVER:
        _on_server(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")


def _file(folder: Path) -> str:
    return f"sqlite:///{folder / 'portal.db'}"


def _on_server_named(name: str, template: str = "") -> str:
    like = f" TEMPLATE {sa.make_url(template).database}" if template else ""
    _on_server(f"CREATE DATABASE {name}{like}")
    url = sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    atexit.register(drop, url)
    return url


def _on_server(statement: str) -> None:
    engine = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
