"""Tells people of a sign-in with a browser or program that their account had not used before.

A browser is known by its cookie (`known_browsers`). A program keeps no cookie, so it is known by
what it calls itself: while it is signed in, and as long as a mail about it is kept. Whoever knows
that text can copy it; the list of sign-ins shows those as well.
"""

from datetime import timedelta

import sqlalchemy as sa

from portal import mail
from portal.config import settings
from portal.extensions import db
from portal.models import (
    AuditEntry,
    AuditEvent,
    Mail,
    MailEvent,
    SignIn,
    SignInKind,
    User,
    utc_now,
)
from portal.people.sign_ins import Device

SAYS_NOTHING = "?"  # a browser or program that sends no name


def tell(user: User, device: Device) -> None:
    """Write the mail in the transaction of the sign-in, before its own entry in the audit log."""
    if not _is_first(user):
        mail.send(user, MailEvent.NEW_DEVICE, device=device.name or SAYS_NOTHING)


def tell_of_program(user: User, device: Device) -> None:
    """As `tell`, unless this program is signed in already, or a mail told of it."""
    if not _is_known_program(user, device):
        tell(user, device)


def _is_first(user: User) -> bool:
    """Whether the account was never used. Older sign-ins than the audit log may be forgotten."""
    is_older = user.created_at < utc_now() - timedelta(days=settings().audit_days)
    signed_in = sa.select(AuditEntry.id).where(
        AuditEntry.by_id == user.id, AuditEntry.what == AuditEvent.SIGNED_IN
    )
    return not is_older and db.session.scalar(signed_in.limit(1)) is None


def _is_known_program(user: User, device: Device) -> bool:
    same = sa.select(SignIn.id).where(
        SignIn.user_id == user.id, SignIn.kind == SignInKind.API, SignIn.device == device.name
    )
    if db.session.scalar(same.limit(1)) is not None:
        return True
    told = sa.select(Mail.facts).where(Mail.user_id == user.id, Mail.event == MailEvent.NEW_DEVICE)
    return {"device": device.name or SAYS_NOTHING} in db.session.scalars(told).all()
