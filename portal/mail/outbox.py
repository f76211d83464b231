"""Writes mails. Each is a row in the transaction of what it tells: both happen, or neither does."""

import sqlalchemy as sa

from portal import audit, languages, work
from portal.audit import By
from portal.database import after_commit, changed_one
from portal.errors import PortalError
from portal.extensions import db
from portal.languages import N_
from portal.mail.rendering import is_alive
from portal.mail.texts import TEXTS, check_facts
from portal.models import AuditEvent, EmailLink, Mail, MailEvent, MailState, User, utc_now


class CannotSendAgain(PortalError):
    """The mail waits already, perhaps since somebody else asked for it a moment ago."""

    title = N_("This mail is not sent again")
    message = N_("This mail waits to be sent already.")


class LinkOver(CannotSendAgain):
    """The mail is about a link that leads nowhere any more."""

    message = N_(
        "The link in this mail was used or is too old, so the mail would be of no use. "
        "The person can ask for a new one."
    )


def send(
    to: User,
    event: MailEvent,
    *,
    link: EmailLink | None = None,
    address: str | None = None,
    **facts: str,
) -> None:
    """Add a mail to the open transaction.

    It goes to the person's own address, or to `address` (an address that they had or will have).
    `link` is the link that the mail carries; `facts` fill the other placeholders of the event.
    Raises ValueError where they are not those that the event has in `portal/mail/texts.py`.
    """
    check_facts(event, facts, link.purpose if link else None)
    mail = Mail(
        user_id=to.id,
        event=event,
        address=address or to.email,
        language=to.language or languages.DEFAULT,
        facts=facts,
        link=link,
    )
    db.session.add(mail)
    after_commit(work.wake_workers)


def send_again(mail: Mail, *, by: By) -> None:
    """Let a mail that was sent or has failed wait for its turn again. Raises CannotSendAgain.

    Somebody believes that the address works by now, so a server's refusal of it counts no more.
    """
    if TEXTS[mail.event].purpose and not is_alive(mail.link):
        raise LinkOver
    over = sa.update(Mail).where(Mail.id == mail.id, Mail.state != MailState.WAITING)
    again = {"state": MailState.WAITING, "tries": 0, "attempts": 0, "try_at": utc_now()}
    if not changed_one(over.values(**again, reason="", lease_until=None)):
        raise CannotSendAgain
    is_its_address = sa.and_(User.id == mail.user_id, User.email == mail.address)
    db.session.execute(sa.update(User).where(is_its_address).values(mail_refused_at=None))
    audit.record(by, AuditEvent.MAIL_SENT_AGAIN, mail)
    after_commit(work.wake_workers)
