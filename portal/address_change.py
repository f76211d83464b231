"""Changes the e-mail address of an account, by a link to the new one. Until then the old one stays.

Asking for it tells nobody whether the new address has an account. Each function is called in an
open transaction.
"""

from http import HTTPStatus

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal import audit, mail
from portal.database import changed_one
from portal.errors import PortalError
from portal.extensions import db
from portal.hiring import used_takes
from portal.languages import N_
from portal.models import AuditEvent, EmailLink, LinkPurpose, MailEvent, User, utc_now
from portal.people import accounts, email_links, followed_links, registration


class AddressTaken(PortalError):
    """Another account got the new address before the link was followed."""

    status = HTTPStatus.CONFLICT
    title = N_("This address cannot be used")
    message = N_(
        "Another account has this address by now, so nothing was changed. "
        "Your account keeps its old address."
    )


def ask(user: User, email: str) -> None:
    """Send a link to the new address. If it has an account, tell its owner instead.

    Both leave the same rows for this person to see, so that nobody learns which happened.
    """
    email_links.end_all(user.id, LinkPurpose.CHANGE_ADDRESS)
    link = email_links.create(user, LinkPurpose.CHANGE_ADDRESS, email)
    if accounts.find(email) is None:
        mail.send(user, MailEvent.CONFIRM_NEW_ADDRESS, link=link, address=email)
    else:
        registration.tell_owner(email)


def asked_for(user: User) -> EmailLink | None:
    """The change of address that waits for its link to be followed, or None."""
    waiting = sa.select(EmailLink).where(
        EmailLink.user_id == user.id,
        EmailLink.purpose == LinkPurpose.CHANGE_ADDRESS,
        EmailLink.expires_at > utc_now(),
    )
    return db.session.scalar(waiting.order_by(EmailLink.created_at.desc()).limit(1))


def follow(token: str) -> User:
    """Give the account its new address, and tell both addresses.

    Raises followed_links.LinkOver and AddressTaken.
    """
    link = followed_links.find(token)
    if link is None:
        raise followed_links.LinkOver
    new = link.email
    user = followed_links.use(token, LinkPurpose.CHANGE_ADDRESS)
    old = user.email
    # Whoever registers with the old address later gets no new takes for interviews begun with it.
    used_takes.remember(user.id)
    _set_email(user, new)
    for purpose in LinkPurpose:
        email_links.end_all(user.id, purpose)  # they went to the old address, or to a third one
    audit.record(user, AuditEvent.ADDRESS_CHANGED, user)
    for address in (old, new):
        mail.send(user, MailEvent.ADDRESS_CHANGED, address=address)
    return user


def _set_email(user: User, new: str) -> None:
    here = sa.update(User).where(User.id == user.id, User.email == user.email)
    values = {"email": new, "confirmed_at": utc_now(), "mail_refused_at": None}
    try:
        with db.session.begin_nested():
            is_changed = changed_one(here.values(values))
    except IntegrityError:
        raise AddressTaken from None
    if not is_changed:
        raise followed_links.LinkOver
    db.session.refresh(user)
