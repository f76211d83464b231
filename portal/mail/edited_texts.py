"""The words that admins wrote for mails in place of the portal's own. Each save is a new version.

Versions are never changed or deleted: a mail that was sent names the one with which it was sent.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from portal import audit, languages
from portal.database import insert_unless_there
from portal.extensions import db
from portal.mail.texts import Words, own_words
from portal.models import AuditEvent, MailEvent, MailText, User

OWN = Words("", "")  # a version with these means: the portal's own words again


def latest(event: MailEvent, language: str) -> MailText | None:
    """The version that mails of this event and language are sent with. None: the portal's own."""
    return db.session.scalar(_versions(event, language).limit(1))


def latest_of_all() -> dict[tuple[MailEvent, str], MailText]:
    """The latest version for each event and language that has one."""
    rows = db.session.scalars(sa.select(MailText).order_by(MailText.version))
    return {(text.event, text.language): text for text in rows}


def history(event: MailEvent, language: str) -> Sequence[tuple[MailText, str | None]]:
    """All versions, the newest first, each with the name of who saved it."""
    versions = _versions(event, language).outerjoin(User, User.id == MailText.by_id)
    rows = db.session.execute(versions.add_columns(User.full_name))
    return [(text, name) for text, name in rows]


def words_of(text: MailText | None, event: MailEvent) -> Words:
    """The words of this version, or the portal's own in the language that is spoken now."""
    return Words(text.subject, text.body) if text and text.subject else own_words(event)


def current_words(event: MailEvent, language: str) -> Words:
    """The words that mails of this event are sent with in this language."""
    with languages.speaking(language):
        return words_of(latest(event, language), event)


def save(event: MailEvent, language: str, words: Words, *, by: User) -> bool:
    """Add a version with these words. False if somebody else saved one at this very moment."""
    before = latest(event, language)
    old = Words(before.subject, before.body) if before else OWN
    text = MailText(
        event=event,
        language=language,
        version=before.version + 1 if before else 1,
        by_id=by.id,
        **words._asdict(),
    )
    if not insert_unless_there(text):
        return False
    changed = [name for name in words._fields if getattr(words, name) != getattr(old, name)]
    audit.record(by, AuditEvent.CHANGED, text, {"fields": changed})
    return True


def _versions(event: MailEvent, language: str) -> sa.Select[MailText]:
    versions = sa.select(MailText).where(MailText.event == event, MailText.language == language)
    return versions.order_by(MailText.version.desc())
