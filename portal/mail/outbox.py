"""Writes mails. Each is a row in the transaction of what it tells: both happen, or neither does."""

from portal import languages, work
from portal.database import after_commit
from portal.extensions import db
from portal.mail.texts import check_facts
from portal.models import EmailLink, Mail, MailEvent, User


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
