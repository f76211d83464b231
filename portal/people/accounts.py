"""Actions on a person's account: create it, sign in and out, disable and enable it.

The pages and the API share this module. It checks no password: `credentials` does. Sign-ins are
rows in the database, and every request asks for its row. So a sign-out takes effect in all
processes at once. No function commits.
"""

import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from portal import audit
from portal.audit import By
from portal.database import insert_unless_there
from portal.extensions import db
from portal.models import AuditEvent, SignIn, User, utc_now
from portal.people.contact_details import tidy_email, tidy_text

# After this time the cookie is worthless, and so is a copy of it.
SIGN_IN_LIFETIME = timedelta(days=14)
# Longer than an interview. It signs out a person who left the kiosk without signing out.
KIOSK_SIGN_IN_LIFETIME = timedelta(hours=2)


def create_user(
    email: str,
    password_hash: str,
    full_name: str,
    **facts: str,
) -> User | None:
    """Create an account, without a rate limit. None if the address has an account already."""
    user = User(
        email=tidy_email(email),
        password_hash=password_hash,
        full_name=tidy_text(full_name),
        **facts,
    )
    return user if insert_unless_there(user) else None


def change_profile(user: User, values: Mapping[str, str], *, by: By) -> None:
    """Store what a person says about themselves. The audit log names the fields that changed."""
    changed = {name: value for name, value in values.items() if getattr(user, name) != value}
    for name, value in changed.items():
        setattr(user, name, value)
    if changed:
        audit.record(by, AuditEvent.PROFILE_CHANGED, user, {"fields": sorted(changed)})


def start_sign_in(user: User, lifetime: timedelta = SIGN_IN_LIFETIME) -> uuid.UUID:
    """Start a sign-in and return its id, which goes into the browser's cookie."""
    now = utc_now()
    db.session.execute(sa.delete(SignIn).where(SignIn.expires_at < now))
    sign_in = SignIn(user_id=user.id, expires_at=now + lifetime)
    db.session.add(sign_in)
    db.session.flush()  # gives it its id
    return sign_in.id


def end_sign_in(sign_in_id: uuid.UUID) -> None:
    """End one browser's sign-in. From now on its cookie and all copies of it are worthless."""
    db.session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id))


def sign_out_everywhere(user: User, *, by: By) -> None:
    """End all of this person's sign-ins and API tokens."""
    end_all_sign_ins(user)
    audit.record(by, AuditEvent.SIGNED_OUT_EVERYWHERE, user)


def end_all_sign_ins(user: User) -> None:
    """As `sign_out_everywhere`, for an action that has an audit entry of its own."""
    user.session_key = secrets.token_urlsafe(32)
    db.session.execute(sa.delete(SignIn).where(SignIn.user_id == user.id))


def count_sign_ins(user: User) -> int:
    alive = sa.select(sa.func.count(SignIn.id)).where(
        SignIn.user_id == user.id, SignIn.expires_at > utc_now()
    )
    return db.session.scalar(alive) or 0


def disable(user: User, *, by: By) -> None:
    """Disable the account and sign it out everywhere.

    This deletes no data. The server refuses the rest of an upload that is running now, but keeps
    all bytes that it has confirmed.
    """
    user.disabled_at = user.disabled_at or utc_now()
    end_all_sign_ins(user)
    audit.record(by, AuditEvent.DISABLED, user)


def enable(user: User, *, by: By) -> None:
    """Let the owner of a disabled account sign in again."""
    user.disabled_at = None
    audit.record(by, AuditEvent.ENABLED, user)


def find(email: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.email == tidy_email(email)))
