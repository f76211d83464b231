"""Short-lived tokens (JWT) that allow one thing: to send bytes to one answer.

An upload needs its own token because a tus client sends no cookies, and because an interview may
last longer than the page's CSRF token.
"""

import hashlib
import hmac
import time
import uuid
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus

import jwt
from flask import current_app

from portal.errors import PortalError
from portal.languages import N_
from portal.models import utc_now

ALGORITHM = "HS256"
AUDIENCE = "career-portal:upload"
# Valid tokens that a process caches: enough for all who record at once, in half a megabyte.
REMEMBERED = 1024
# No answer lasts this long. A page that resumes an upload asks for a new token.
LIFETIME = timedelta(hours=2)


class BadToken(PortalError):
    """The token is missing, forged, expired, or made for something else."""

    status = HTTPStatus.UNAUTHORIZED
    message = N_("The upload token is missing, expired or not ours. Ask for a new one.")


def make_upload_token(answer_id: uuid.UUID) -> str:
    claims = {"aud": AUDIENCE, "sub": str(answer_id), "exp": utc_now() + LIFETIME}
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def read_upload_token(token: str, now_s: float | None = None) -> uuid.UUID:
    """The answer that the token is for. Raises BadToken."""
    try:
        answer_id, expires_at = _verified(token, _key())
    except (jwt.InvalidTokenError, ValueError) as exc:
        raise BadToken from exc
    if expires_at <= (time.time() if now_s is None else now_s):
        raise BadToken
    return answer_id


@lru_cache(maxsize=REMEMBERED)
def _verified(token: str, key: bytes) -> tuple[uuid.UUID, int]:
    """A valid token's answer id, and when it expires (Unix time).

    Cached, because the same token comes with every chunk. An invalid token is not cached.
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
    """A key only for these tokens, so that no other token of ours can be used as one."""
    return _derived(current_app.config["SECRET_KEY"])


@lru_cache(maxsize=1)
def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), AUDIENCE.encode(), hashlib.sha256)
