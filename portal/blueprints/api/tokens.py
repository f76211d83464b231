"""The API's tokens: made at sign-in, checked against the database with every request, dead at sign-out.

Knows nothing of routes. Tokens for uploads are another kind, with another audience, and open nothing here.
"""

import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app
from flask.typing import ResponseReturnValue
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from portal.errors import problem
from portal.extensions import db, jwt
from portal.models import RevokedToken, User, utc_now

ACCESS_LIFETIME = timedelta(minutes=15)  # short: what was copied from a log or a screen is soon worth nothing
REFRESH_LIFETIME = timedelta(days=30)
AUDIENCE = "portal-api"
ALGORITHM = "HS256"

Claims = dict[str, Any]


def init_app(app: Flask) -> None:
    app.config.from_mapping(
        # A key of its own: a token made for another purpose with the same secret is no token here.
        JWT_SECRET_KEY=_keyed(app.secret_key, "api token key"),
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFETIME,
        JWT_REFRESH_TOKEN_EXPIRES=REFRESH_LIFETIME,
    )


def issue(user: User) -> dict[str, Any]:
    """A fresh pair of tokens for this person."""
    return {
        "access_token": create_access_token(user),
        "refresh_token": create_refresh_token(user),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
    }


def revoke(*tokens: Claims) -> None:
    """End these tokens for every process at once; the caller commits. Ending one twice is harmless."""
    _forget_expired()
    for claims in tokens:
        db.session.merge(_revoked(claims))


def spend(claims: Claims) -> bool:
    """End a refresh token in exchange for a new one. False where another request was faster; the caller commits."""
    _forget_expired()
    try:
        with db.session.begin_nested():
            db.session.add(_revoked(claims))
    except sa.exc.IntegrityError:
        return False
    return True


def _forget_expired() -> None:
    db.session.execute(sa.delete(RevokedToken).where(RevokedToken.expires_at < utc_now()))


def read_refresh(token: str, user: User) -> Claims | None:
    """The claims of this person's own refresh token; None for anything else."""
    try:
        claims: Claims = decode_token(token)
    except (PyJWTError, JWTExtendedException):
        return None
    return claims if claims["type"] == "refresh" and claims["sub"] == str(user.id) else None


def _revoked(claims: Claims) -> RevokedToken:
    return RevokedToken(jti=claims["jti"], expires_at=datetime.fromtimestamp(claims["exp"], UTC))


def _keyed(secret: str | bytes | None, text: str) -> str:
    key = secret.encode() if isinstance(secret, str) else secret or b""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _session_mark(user: User) -> str:
    """Changes with the person's session key, and tells nothing of it: whoever is signed out everywhere is so here."""
    return _keyed(current_app.secret_key, f"api session {user.session_key}")[:32]


@jwt.user_identity_loader
def _identity(user: User) -> str:
    return str(user.id)


@jwt.additional_claims_loader
def _claims(user: User) -> Claims:
    return {"session": _session_mark(user)}


@jwt.user_lookup_loader
def _person(header: Claims, claims: Claims) -> User | None:
    user = db.session.get(User, uuid.UUID(claims["sub"]))
    if user is None or not user.is_active or not hmac.compare_digest(claims.get("session", ""), _session_mark(user)):
        return None
    return user


@jwt.token_in_blocklist_loader
def _is_revoked(header: Claims, claims: Claims) -> bool:
    return db.session.get(RevokedToken, claims["jti"]) is not None


@jwt.unauthorized_loader
def _missing(reason: str) -> ResponseReturnValue:
    return unauthorised("Send an access token: Authorization: Bearer …")


@jwt.invalid_token_loader
def _invalid(reason: str) -> ResponseReturnValue:
    return unauthorised("This token cannot be used here.", "invalid_token")


@jwt.expired_token_loader
@jwt.revoked_token_loader
@jwt.user_lookup_error_loader
def _over(header: Claims, claims: Claims) -> ResponseReturnValue:
    return unauthorised("This token is no longer valid. Refresh it, or sign in again.", "invalid_token")


def unauthorised(detail: str, error: str = "") -> Response:
    response = problem(401, "Please sign in", detail)
    response.headers["WWW-Authenticate"] = f'Bearer error="{error}"' if error else "Bearer"
    return response
