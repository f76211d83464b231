"""Short-lived tokens that allow one thing: sending bytes to one answer.

A long sitting outlives a page's CSRF token, and a tus client has no cookies: so an upload has a
token of its own.
"""

import hashlib
import hmac
import time
import uuid
from datetime import timedelta
from functools import lru_cache

import jwt
from flask import current_app

from portal.models import utc_now

ALGORITHM = "HS256"
AUDIENCE = "career-portal:upload"
# genuine tokens a process need not verify again: of all who record at once, and half a MB
REMEMBERED = 1024
# longer than any one answer; the page asks for a fresh one when it resumes
LIFETIME = timedelta(hours=2)


class BadToken(Exception):
    """The token is missing, forged, expired, or made for something else."""


def make_upload_token(answer_id: uuid.UUID) -> str:
    claims = {"aud": AUDIENCE, "sub": str(answer_id), "exp": utc_now() + LIFETIME}
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def read_upload_token(token: str, now_s: float | None = None) -> uuid.UUID:
    """The answer that the token is for. Raises BadToken."""
    try:
        answer_id, expires_at = _verified(token, _key())
    except (jwt.InvalidTokenError, ValueError) as exc:
        raise BadToken(str(exc)) from exc
    if expires_at <= (time.time() if now_s is None else now_s):
        raise BadToken("The token has expired.")
    return answer_id


@lru_cache(maxsize=REMEMBERED)
def _verified(token: str, key: bytes) -> tuple[uuid.UUID, int]:
    """What a genuine token says, and until when. Remembered, as each comes with every piece;
    refusals are not.
    """
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        options={"require": ["aud", "sub", "exp"]},
    )
    return uuid.UUID(claims["sub"]), claims["exp"]


def _key() -> bytes:
    """A key of its own, so that no other token of ours could ever pass as one of these."""
    return _derived(current_app.config["SECRET_KEY"])


@lru_cache(maxsize=1)
def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), AUDIENCE.encode(), hashlib.sha256)
