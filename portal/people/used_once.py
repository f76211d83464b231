"""Remembers what must not be used a second time, until it is too old anyway. It never commits."""

import hashlib
from datetime import datetime

import sqlalchemy as sa

from portal.database import insert_unless_there
from portal.extensions import db
from portal.models import RevokedToken, utc_now

KEY_CHARS = 36  # of a hash in hexadecimal: 144 bits


def use(what: bytes, purpose: str, ends_at: datetime) -> bool:
    """Note that this is used. False if it was, perhaps by another request of this very moment."""
    return remember(
        hashlib.sha256(purpose.encode() + b"\0" + what).hexdigest()[:KEY_CHARS], ends_at
    )


def remember(key: str, ends_at: datetime) -> bool:
    """As `use`, for what has a random name of its own, like a token."""
    db.session.execute(sa.delete(RevokedToken).where(RevokedToken.expires_at < utc_now()))
    return insert_unless_there(RevokedToken(jti=key, expires_at=ends_at))
