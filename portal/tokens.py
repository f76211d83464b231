"""Short-lived tokens that allow one thing: sending bytes to one answer.

A long sitting outlives a page's CSRF token, and a tus client has no cookies: so an upload has a token of its own.
"""

import hashlib
import hmac
import uuid
from datetime import timedelta

import jwt
from flask import current_app

from portal.models import utc_now

ALGORITHM = "HS256"
AUDIENCE = "career-portal:upload"
LIFETIME = timedelta(hours=2)  # longer than any one answer; the page asks for a fresh one when it resumes


class BadToken(Exception):
    """The token is missing, forged, expired, or made for something else."""


def make_upload_token(answer_id: uuid.UUID) -> str:
    claims = {"aud": AUDIENCE, "sub": str(answer_id), "exp": utc_now() + LIFETIME}
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def read_upload_token(token: str) -> uuid.UUID:
    """The answer that the token is for. Raises BadToken."""
    try:
        claims = jwt.decode(
            token, _key(), algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["aud", "sub", "exp"]}
        )
        return uuid.UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError) as exc:
        raise BadToken(str(exc)) from exc


def _key() -> bytes:
    """A key of its own, so that no other token of ours could ever pass as one of these."""
    return hmac.digest(current_app.config["SECRET_KEY"].encode(), AUDIENCE.encode(), hashlib.sha256)
