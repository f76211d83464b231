"""Sets a new password for somebody who forgot it, by a link in a mail.

Asking for the link tells nobody whether an address has an account. The link works once; it ends
all sign-ins, and it never switches a second factor off.
"""

from datetime import datetime

import sqlalchemy as sa

from portal import audit, mail
from portal.audit import By
from portal.database import changed_one, release_lock, transaction
from portal.extensions import db
from portal.models import AuditEvent, EmailLink, LinkPurpose, MailEvent, User, utc_now
from portal.people import accounts, email_links, followed_links, passwords, throttle
from portal.people.contact_details import tidy_email


def ask(email: str, address: str | None, now: datetime | None = None) -> None:
    """Send the link to the account with this address, if there is one.

    The caller cannot learn it. Raises throttle.RateLimitReached.
    """
    release_lock()
    throttle.count_both(throttle.FORGOT, tidy_email(email), address, now or utc_now())
    with transaction():
        user = accounts.find(email)
        if user is not None and user.is_active:
            send_link(user, by=audit.VISITOR)


def send_link(user: User, *, by: By) -> None:
    """Write the mail with the link, in the open transaction."""
    mail.send(user, MailEvent.RESET_PASSWORD, link=make_link(user, by=by))


def make_link(user: User, *, by: By) -> EmailLink:
    """Make a link with which this person sets a new password, in the open transaction."""
    audit.record(by, AuditEvent.LINK_SENT, user)
    return email_links.create(user, LinkPurpose.RESET_PASSWORD)


def set_password(token: str, new: str) -> None:
    """Set the password of the link's account. Raises followed_links.LinkOver."""
    release_lock()
    password_hash = passwords.hash_password(new)
    with transaction():
        user = followed_links.use(token, LinkPurpose.RESET_PASSWORD)
        user.password_hash, user.mail_refused_at = password_hash, None  # the mail has arrived
        _confirm_address(user)
        password_changed(user)
        throttle.forget(throttle.SIGN_IN_PER_EMAIL, user.email)


def password_changed(user: User) -> None:
    """What follows from every new password, in the open transaction.

    It ends all sign-ins, API tokens and open links: whoever knew the old password may have asked
    for one of them.
    """
    accounts.end_all_sign_ins(user)
    email_links.end_all(user.id, LinkPurpose.RESET_PASSWORD)
    email_links.end_all(user.id, LinkPurpose.CHANGE_ADDRESS)
    audit.record(user, AuditEvent.PASSWORD_CHANGED, user)
    mail.send(user, MailEvent.PASSWORD_CHANGED)


def _confirm_address(user: User) -> None:
    """The link went to the account's address, so it proves that as well."""
    unconfirmed = sa.update(User).where(User.id == user.id, User.confirmed_at.is_(None))
    if changed_one(unconfirmed.values(confirmed_at=utc_now())):
        email_links.end_all(user.id, LinkPurpose.CONFIRM_ADDRESS)
        audit.record(user, AuditEvent.ADDRESS_CONFIRMED, user)
        db.session.refresh(user, ["confirmed_at"])
