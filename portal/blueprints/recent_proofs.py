"""What somebody has proved in this browser a moment ago. The signed session keeps it for minutes.

Two proofs: the right password of an account whose second factor is still asked for, which opens
nothing but the page that asks; and, of somebody who is signed in, that they are still there.
"""

import hmac
import uuid
from datetime import datetime, timedelta

from flask import session

from portal.extensions import db
from portal.keyed_hashes import keyed_hash
from portal.models import User, utc_now

SECOND_STEP, CONFIRMED = "second_step", "confirmed_until"
# Enough to unlock a phone and wait for the next code; little for whoever finds the browser open.
SECOND_STEP_WITHIN = timedelta(minutes=5)
CONFIRMED_FOR = timedelta(minutes=5)


def begin_second_step(user: User, now: datetime | None = None) -> None:
    """Note that the password was right. Nobody is signed in, and nothing of before is kept."""
    user_id, mark = str(user.id), _mark(user)
    session.clear()
    session[SECOND_STEP] = [user_id, mark, _ends(SECOND_STEP_WITHIN, now)]


def person_of_second_step(now: datetime | None = None) -> User | None:
    """Whose second factor is asked for here. None after some minutes.

    Also None if the account was disabled or its password changed meanwhile: then it has a new key.
    """
    user_id, mark, ends = session.get(SECOND_STEP, ("", "", 0))
    if ends <= (now or utc_now()).timestamp():
        return None
    user = db.session.get(User, uuid.UUID(user_id))
    is_same = user is not None and user.is_active and hmac.compare_digest(mark, _mark(user))
    return user if is_same else None


def confirm(now: datetime | None = None) -> None:
    """Note that the person who is signed in has just proved it again."""
    session[CONFIRMED] = _ends(CONFIRMED_FOR, now)


def is_confirmed(now: datetime | None = None) -> bool:
    return bool(session.get(CONFIRMED, 0) > (now or utc_now()).timestamp())


def _ends(after: timedelta, now: datetime | None) -> int:
    return int(((now or utc_now()) + after).timestamp())


def _mark(user: User) -> str:
    """A keyed hash of the account's session key, which each new password replaces."""
    return keyed_hash(f"second step\0{user.session_key}").hex()[:32]
