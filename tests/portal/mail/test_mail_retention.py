"""Mails and their files go: after MAIL_DAYS, and with the account of their reader."""

from datetime import timedelta
from pathlib import Path

import pytest
from acting import delete_account
from factories import Cast
from flask import Flask
from posting import confirm_address, sent, states, write_mail

from portal import mail as mails
from portal import work
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.mail.retention import Housekeeper
from portal.models import Mail, MailState, User, utc_now


@pytest.fixture
def both(app: Flask, cast: Cast) -> list[Mail]:
    """One sent mail to Alice, and one to Bob."""
    for person in (cast.alice, cast.bob):
        confirm_address(person)
    return [sent(app, write_mail(person)) for person in (cast.alice, cast.bob)]


def files(app: Flask) -> list[Path]:
    return sorted(settings(app).mail_folder.iterdir())


@pytest.mark.usefixtures("both")
def test_mails_are_kept_for_mail_days(app: Flask) -> None:
    days = settings(app).mail_days
    assert mails.purge(utc_now() + timedelta(days=days, hours=-1)) == 0
    assert len(files(app)) == 2
    assert mails.purge(utc_now() + timedelta(days=days, hours=1)) == 2
    assert (files(app), states()) == ([], [])


def test_a_mail_that_waits_too_long_goes_as_well(app: Flask, both: list[Mail]) -> None:
    with transaction():
        row = db.session.get_one(Mail, both[0].id)
        row.state, row.created_at = MailState.WAITING, row.created_at - timedelta(days=91)
    task = Housekeeper(app).find_work()
    assert task
    task(None)  # type: ignore[arg-type]
    assert states() == [MailState.SENT]


@pytest.mark.usefixtures("both")
def test_an_account_goes_with_its_mails_and_others_stay(app: Flask, cast: Cast) -> None:
    (alices, bobs) = sorted(files(app), key=lambda path: b"alice" not in path.read_bytes())
    left = alices.with_name(f".{alices.name}.x1.part")  # of a process that was killed
    left.write_bytes(b"alice@example.org")
    delete_account(db.session.get_one(User, cast.alice.id))

    assert files(app) == [bobs]
    assert states() == [MailState.SENT]


def test_a_mail_that_is_being_written_leaves_nothing(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_address(alice)
    write_mail(alice)
    confirm = work.Claim.confirm

    def meanwhile(claim: work.Claim) -> None:
        confirm(claim)
        with app.app_context():
            delete_account(db.session.get_one(User, claim_user))

    claim_user = alice.id
    db.session.rollback()
    monkeypatch.setattr(work.Claim, "confirm", meanwhile)
    work.work_through(app)
    assert files(app) == []
