"""The Flask extensions, which `create_app` binds to the app, and our settings for SQLite."""

import hashlib
import sqlite3
from typing import Any

import itsdangerous
from flask import Flask, g, has_app_context, has_request_context, request
from flask.sessions import SecureCookieSessionInterface
from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

READING_METHODS = {"GET", "HEAD", "OPTIONS"}


class Base(DeclarativeBase):
    """Gives every constraint a name, so that migrations can change it on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True, compare_type=True)
login_manager = LoginManager()
csrf = CSRFProtect()
jwt = JWTManager()


class SessionCookie(SecureCookieSessionInterface):
    """Flask's session cookie, signed with HMAC-SHA-256. Flask's default is still SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


def sign_with_sha256(app: Flask) -> None:
    """Use SHA-256 for all our signatures.

    Flask-WTF's tokens and our own use the default of itsdangerous, so we change that too.
    """
    app.session_interface = SessionCookie()
    itsdangerous.Signer.default_digest_method = staticmethod(hashlib.sha256)


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


def insert_unless_there(row: Any) -> bool:
    """Insert the row. False when a row with this key exists, perhaps since this very moment.

    Does not commit.
    """
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


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Take SQLite's write lock at the start of every transaction that may write.

    A transaction that asks for the lock later fails under load instead of waiting for it.
    """
    if connection.dialect.name != "sqlite":
        return
    reading = has_request_context() and request.method in READING_METHODS
    reading = reading or (has_app_context() and g.get("only_reads_database", False))
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
