"""Sign-ins of browsers and programs: rows that start, are seen, run out and are ended.

A browser's cookie, or a program's tokens, name the row and need it. Every request asks for it, so
that an end in one process is an end in all of them. No function commits.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import audit
from portal.audit import By
from portal.database import changed_one, count_changed
from portal.extensions import db
from portal.models import AuditEvent, Role, SignIn, SignInKind, User, utc_now
from portal.people.contact_details import tidy_text

# After this time the cookie and the tokens are worthless, and so are copies of them.
LIFETIME = timedelta(days=30)
# Longer than an interview. It signs out a person who left the kiosk without signing out.
KIOSK_LIFETIME = timedelta(hours=2)
# Staff read what belongs to others, so a browser that they left is signed out over night.
STAFF_IDLE = timedelta(hours=12)
# A sign-in that ran out may go on while its person records; its row stays so long.
ROW_STAYS = timedelta(days=1)
DEVICE_MAX_CHARS = 300


@dataclass(frozen=True)
class Device:
    """What signs in, and how it calls itself (`User-Agent`)."""

    kind: SignInKind
    name: str

    @classmethod
    def of(cls, kind: SignInKind, user_agent: str | None) -> "Device":
        return cls(kind, tidy_text(user_agent or "")[:DEVICE_MAX_CHARS])


def start(user: User, device: Device, lifetime: timedelta = LIFETIME) -> SignIn:
    """Start a sign-in. Its id goes into the browser's cookie or into the program's tokens."""
    now = utc_now()
    db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < now - ROW_STAYS))
    sign_in = SignIn(
        user_id=user.id,
        kind=device.kind,
        device=device.name,
        started_at=now,
        seen_at=now,
        expires_at=now + lifetime,
    )
    db.session.add(sign_in)
    db.session.flush()  # gives it its id
    return sign_in


def is_alive(now: datetime) -> sa.ColumnElement[bool]:
    """A condition on SignIn and its User: it has not run out, and staff used it lately."""
    was_used = sa.or_(User.role != Role.ADMIN, SignIn.seen_at > now - STAFF_IDLE)
    return sa.and_(SignIn.expires_at > now, was_used)


def alive(user: User) -> list[SignIn]:
    """The person's sign-ins, the one that was seen last first."""
    own = sa.select(SignIn).join(User, User.id == SignIn.user_id).where(SignIn.user_id == user.id)
    latest = own.where(is_alive(utc_now())).order_by(SignIn.seen_at.desc(), SignIn.id)
    return list(db.session.scalars(latest))


def end(sign_in_id: uuid.UUID) -> bool:
    """End one sign-in. False if it had ended. Its cookie, its tokens and copies are worthless."""
    return changed_one(sa.delete(SignIn).where(SignIn.id == sign_in_id))


def end_by_hand(user: User, sign_in_id: uuid.UUID, *, by: By) -> bool:
    """End one of this person's sign-ins, chosen from the list. False if it had ended."""
    own = sa.delete(SignIn).where(SignIn.id == sign_in_id, SignIn.user_id == user.id)
    if not changed_one(own):
        return False
    audit.record(by, AuditEvent.SIGN_IN_ENDED, user, {"sign_ins": 1})
    return True


def end_others(user: User, kept: uuid.UUID | None, *, by: By) -> int:
    """End all of this person's sign-ins but the one that is kept. Returns how many."""
    others = sa.delete(SignIn).where(SignIn.user_id == user.id, SignIn.id != kept)
    ended = count_changed(others)
    if ended:
        audit.record(by, AuditEvent.SIGN_IN_ENDED, user, {"sign_ins": ended})
    return ended
