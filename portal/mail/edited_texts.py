"""The words that admins wrote for mails in place of the portal's own. Each save is a new version.

Versions are never changed or deleted: a mail that was sent names the one with which it was sent.
"""

import sqlalchemy as sa

from portal.extensions import db
from portal.mail.texts import Words, own_words
from portal.models import MailEvent, MailText


def latest(event: MailEvent, language: str) -> MailText | None:
    """The version that mails of this event and language are sent with. None: the portal's own."""
    versions = sa.select(MailText).where(MailText.event == event, MailText.language == language)
    return db.session.scalar(versions.order_by(MailText.version.desc()).limit(1))


def words_of(text: MailText | None, event: MailEvent) -> Words:
    """The words of this version, or the portal's own in the language that is spoken now."""
    return Words(text.subject, text.body) if text and text.subject else own_words(event)
