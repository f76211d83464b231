"""Writes mails and sends them, as verbs and background work do, and moves their clock."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask

from portal import mail, work
from portal.config import keep_settings, settings
from portal.database import transaction
from portal.extensions import db
from portal.mail import transports
from portal.models import Mail, MailEvent, MailState, User, utc_now

SENDER = "Example careers <jobs@example.org>"


def use_server(app: Flask, url: str) -> None:
    """Let the app send with this MAIL_URL."""
    keep_settings(app, replace(settings(app), mail_url=url, mail_from=SENDER))
    transports.keep(app, settings(app))


def confirm_address(user: User) -> None:
    db.session.rollback()
    with transaction():
        user.confirmed_at = utc_now()


def write_mail(to: User, event: MailEvent = MailEvent.APPLIED, **facts: Any) -> Mail:
    """A mail in a transaction of its own; APPLIED is about a job."""
    if event is MailEvent.APPLIED:
        facts.setdefault("job", "Data engineer")
    db.session.rollback()
    with transaction():
        mail.send(to, event, **facts)
    return newest_mail()


def newest_mail() -> Mail:
    newest = db.select(Mail).order_by(Mail.created_at.desc()).limit(1)
    found: Mail = db.session.scalars(newest).one()
    return found


def sent(app: Flask, mail: Mail) -> Mail:
    """The mail after all work that is due now."""
    mail_id = mail.id
    work.work_through(app)
    return fresh(mail_id)


def fresh(mail_id: uuid.UUID) -> Mail:
    db.session.rollback()
    found: Mail = db.session.get_one(Mail, mail_id)
    return found


def let_pass(mail: Mail, pause: timedelta) -> None:
    """As if this time had passed for the mail."""
    mail_id = mail.id
    db.session.rollback()
    with transaction():
        row = db.session.get_one(Mail, mail_id)
        row.try_at -= pause
        if row.lease_until:
            row.lease_until -= pause


def states() -> list[MailState]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Mail.state).order_by(Mail.created_at)))
