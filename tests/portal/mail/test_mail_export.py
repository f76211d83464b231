"""The data export has a person's own mails, without the secret of their links."""

import io
import json
import zipfile
from typing import Any

from portal import data_export, mail
from portal.database import transaction
from portal.extensions import db
from portal.mail.rendering import MASK
from portal.models import EmailLink, LinkPurpose, MailEvent, User
from portal.people import email_links


def exported(user: User) -> list[dict[str, Any]]:
    package = zipfile.ZipFile(io.BytesIO(b"".join(data_export.export_data(user))))
    return json.loads(package.read("mails.json")) if "mails.json" in package.namelist() else []


def test_it_has_what_a_person_got_and_nothing_of_others(alice: User, bob: User) -> None:
    with transaction():
        link = email_links.create(alice, LinkPurpose.RESET_PASSWORD)
        mail.send(alice, MailEvent.RESET_PASSWORD, link=link)
        mail.send(bob, MailEvent.APPLIED, job="Nurse")
    (told,) = exported(alice)
    assert told["subject"] == "Set a new password for Career Portal"
    assert (told["address"], told["state"]) == ("alice@example.org", "waiting")
    assert f"/link/{MASK}" in told["text"]
    secret = email_links.token(db.session.scalars(db.select(EmailLink)).one())
    assert secret[22:] not in json.dumps(told)


def test_without_mails_there_is_no_file(alice: User) -> None:
    assert exported(alice) == []
