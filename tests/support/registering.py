"""Registering, and what a mail then leads to: the links as they stand in the mails."""

import time
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.forms import robot_defence
from portal.mail.rendering import link_of
from portal.models import Mail, MailEvent


def as_a_person(**fields: str) -> dict[str, str]:
    """The fields of a form whose page was looked at for a while before it was sent."""
    a_minute_ago = time.time_ns() // 1_000_000 - 60_000
    return {"made_at": robot_defence.stamp(a_minute_ago)} | fields


def register(client: FlaskClient, path: str = "/register", **fields: str) -> TestResponse:
    with client.application.app_context():
        sent = as_a_person(**fields)
    return client.post(path, data=sent)


def ask_for_a_password(client: FlaskClient, email: str) -> TestResponse:
    return register(client, "/forgot", email=email)


def mails(event: MailEvent, address: str | None = None) -> list[Mail]:
    """The mails that wait or were sent, the oldest first."""
    wanted = db.select(Mail).where(Mail.event == event).order_by(Mail.created_at)
    found = db.session.scalars(wanted).all()
    return [mail for mail in found if address in (None, mail.address)]


def link_in(mail: Mail) -> str:
    """The link of this mail, as a path of the portal."""
    parts = urlsplit(link_of(mail))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def confirm(client: FlaskClient, address: str) -> TestResponse:
    """Press the button on the page of the link that this address got last."""
    return client.post(link_in(mails(MailEvent.CONFIRM_ADDRESS, address)[-1]))
