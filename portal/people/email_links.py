"""Links in mails that prove whoever follows one reads mail at its address. Each works once.

`portal/mail/link_tokens.py` derives the secret part of a link from its row.
"""

import base64
import hmac
import uuid
from datetime import timedelta

import sqlalchemy as sa

from portal.database import changed_one
from portal.extensions import db
from portal.mail.link_tokens import proof, text
from portal.mail.link_tokens import token as token
from portal.models import EmailLink, LinkPurpose, User, utc_now

LIFETIMES = {
    LinkPurpose.CONFIRM_ADDRESS: timedelta(hours=24),
    LinkPurpose.CHANGE_ADDRESS: timedelta(hours=24),
    LinkPurpose.RESET_PASSWORD: timedelta(minutes=30),
}


def create(user: User, purpose: LinkPurpose, email: str | None = None) -> EmailLink:
    """Add a link to the open transaction, for this address or else for the account's own."""
    now = utc_now()
    db.session.execute(sa.delete(EmailLink).where(EmailLink.expires_at < now))
    link = EmailLink(
        user_id=user.id,
        purpose=purpose,
        email=email or user.email,
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    db.session.add(link)
    db.session.flush()  # gives it its id
    return link


def find(token: str) -> EmailLink | None:
    """The link with this token. None if it was used, is too old, or is not ours."""
    try:
        row_id = uuid.UUID(bytes=base64.urlsafe_b64decode(token[:22] + "=="))
    except ValueError:
        return None
    alive = sa.select(EmailLink).where(EmailLink.id == row_id, EmailLink.expires_at > utc_now())
    link = db.session.scalar(alive)
    given = token[22:].encode(
        errors="replace"
    )  # a comparison of strings refuses letters beyond ASCII
    is_ours = link is not None and hmac.compare_digest(text(proof(link)).encode(), given)
    return link if is_ours else None


def use(link: EmailLink) -> bool:
    """End this link and the person's other links of its kind. False if it was used just now."""
    link_id, user_id, purpose = link.id, link.user_id, link.purpose
    if not changed_one(sa.delete(EmailLink).where(EmailLink.id == link_id)):
        return False
    end_all(user_id, purpose)
    return True


def end_all(user_id: uuid.UUID, purpose: LinkPurpose) -> None:
    """End all of this person's links of this kind."""
    same = sa.delete(EmailLink).where(EmailLink.user_id == user_id, EmailLink.purpose == purpose)
    db.session.execute(same)
