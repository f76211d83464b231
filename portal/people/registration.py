"""Registers people, and tells nobody whether an address has an account.

The mail tells it, to whoever reads mail at the address: a new account's mail has the link that
confirms the address; the owner of an account reads that there is one already. Each function opens
transactions of its own, because no transaction is open while a password is hashed.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import audit, languages, mail
from portal.database import release_lock, transaction
from portal.extensions import db
from portal.models import AuditEvent, LinkPurpose, Mail, MailEvent, User, utc_now
from portal.people import accounts, email_links, passwords, throttle
from portal.people.contact_details import tidy_email
from portal.people.credentials import Credentials

# Somebody else may enter an address again and again; its owner is told once in this time.
TELL_OWNER_EVERY = timedelta(hours=1)


def register(
    credentials: Credentials,
    full_name: str,
    *,
    next_path: str = "",
    now: datetime | None = None,
    **about: str,
) -> None:
    """Create a candidate's account, or tell the owner of the address that there is one.

    The caller cannot learn which of both happened. `next_path` is a path of ours where the link
    leads in the end; `about` are optional facts. Raises throttle.RateLimitReached.
    """
    release_lock()
    email, at = tidy_email(credentials.email), now or utc_now()
    throttle.count_both(throttle.REGISTER, email, credentials.address, at)
    password_hash = passwords.hash_password(credentials.password)
    with transaction():
        user = accounts.create_user(
            email, password_hash, full_name, language=languages.language(), **about
        )
        if user is None:
            tell_owner(email)
            return
        audit.record(user, AuditEvent.REGISTERED, user)
        send_confirmation(user, next_path)


def send_again(
    email: str, address: str | None, next_path: str = "", now: datetime | None = None
) -> None:
    """Send the mail of a registration once more. Raises throttle.RateLimitReached.

    The caller cannot learn whether there is an account with this address.
    """
    release_lock()
    throttle.count_both(throttle.SEND_AGAIN, tidy_email(email), address, now or utc_now())
    with transaction():
        user = accounts.find(email)
        if user is not None and user.is_active and user.confirmed_at is None:
            send_confirmation(user, next_path)
        else:
            tell_owner(tidy_email(email))


def send_confirmation(user: User, next_path: str = "") -> None:
    """Write the mail whose link confirms this person's address, in the open transaction."""
    link = email_links.create(user, LinkPurpose.CONFIRM_ADDRESS)
    facts = {"next": next_path} if next_path else {}
    mail.send(user, MailEvent.CONFIRM_ADDRESS, link=link, **facts)


def tell_owner(email: str) -> None:
    """Tell the owner of this address, if it has one, that somebody entered it.

    In the open transaction, and not more often than `TELL_OWNER_EVERY`.
    """
    owner = db.session.scalar(sa.select(User).where(User.email == email).with_for_update())
    if owner is None or not owner.is_active:
        return
    told = sa.select(Mail.id).where(
        Mail.user_id == owner.id,
        Mail.event == MailEvent.ALREADY_REGISTERED,
        Mail.created_at > utc_now() - TELL_OWNER_EVERY,
    )
    if db.session.scalar(told.limit(1)) is None:
        mail.send(owner, MailEvent.ALREADY_REGISTERED)
