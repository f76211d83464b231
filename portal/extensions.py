"""The Flask extensions, which `create_app` binds to the app."""

import hashlib

import itsdangerous
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_jwt_extended import JWTManager
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


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
