"""Links in mails that are followed: whether one still works, and the one that confirms an address.

To open a link changes nothing, because programs that look for harmful pages open every link of a
mail. Each function is called in an open transaction.
"""

from http import HTTPStatus

import sqlalchemy as sa

from portal import audit
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import N_
from portal.models import AuditEvent, EmailLink, LinkPurpose, User, utc_now
from portal.people import email_links

# Links for the address that the account has: when it has another one, they are over.
FOR_OWN_ADDRESS = {LinkPurpose.CONFIRM_ADDRESS, LinkPurpose.RESET_PASSWORD}


class LinkOver(PortalError):
    """The link was used, is too old, is not ours, or its account is gone or disabled."""

    status = HTTPStatus.GONE
    title = N_("This link no longer works")
    message = N_("It was used already, it is too old, or a part of it is missing.")


def find(token: str) -> EmailLink | None:
    """The link with this token, if it still does what its mail says."""
    link = email_links.find(token)
    if link is None or not link.user.is_active:
        return None
    is_stale = link.purpose in FOR_OWN_ADDRESS and link.email != link.user.email
    return None if is_stale else link


def use(token: str, purpose: LinkPurpose) -> User:
    """End the link and return its account. Raises LinkOver for all requests but the first."""
    link = find(token)
    if link is None or link.purpose is not purpose:
        raise LinkOver
    user_id, email = link.user_id, link.email
    if not email_links.use(link):
        raise LinkOver
    user: User | None = db.session.scalar(
        sa.select(User).where(User.id == user_id).with_for_update()
    )
    if user is None or (purpose in FOR_OWN_ADDRESS and user.email != email):
        raise LinkOver
    return user


def confirm_address(token: str) -> User:
    """Note that the account's address belongs to its owner. Raises LinkOver."""
    user = use(token, LinkPurpose.CONFIRM_ADDRESS)
    user.confirmed_at = user.confirmed_at or utc_now()
    user.mail_refused_at = None
    audit.record(user, AuditEvent.ADDRESS_CONFIRMED, user)
    return user
