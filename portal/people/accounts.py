"""Actions on a person's account: create it, sign it out everywhere, disable and enable it.

The pages and the API share this module. It checks no password: `credentials` does; `sign_ins` has
each sign-in. No function commits.
"""

import secrets
from collections.abc import Mapping

import sqlalchemy as sa

from portal import audit
from portal.audit import By
from portal.database import insert_unless_there
from portal.extensions import db
from portal.models import AuditEvent, SignIn, User, utc_now
from portal.people.contact_details import tidy_email, tidy_text


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


def sign_out_everywhere(user: User, *, by: By) -> None:
    """End all of this person's sign-ins and API tokens."""
    end_all_sign_ins(user)
    audit.record(by, AuditEvent.SIGNED_OUT_EVERYWHERE, user)


def end_all_sign_ins(user: User) -> None:
    """As `sign_out_everywhere`, for an action that has an audit entry of its own."""
    user.session_key = secrets.token_urlsafe(32)
    db.session.execute(sa.delete(SignIn).where(SignIn.user_id == user.id))


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
