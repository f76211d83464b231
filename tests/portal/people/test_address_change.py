"""Another e-mail address for an account: asked for with the password, and by a link."""

import pytest
from acting import delete_account
from factories import PASSWORD, make_job, make_user, sign_in
from flask.testing import FlaskClient
from interview_steps import begin_interview
from registering import link_in, mails

from portal.extensions import db
from portal.hiring import used_takes
from portal.models import (
    Application,
    AuditEntry,
    AuditEvent,
    EmailLink,
    LinkPurpose,
    MailEvent,
    User,
)
from portal.people import email_links, throttle

NEW = "Alice@new.example"


def ask(client: FlaskClient, email: str = NEW, password: str = PASSWORD) -> int:
    form = {"new_email": email, "password": password}
    return client.post("/account/address", data=form).status_code


def link(number: int = -1) -> str:
    return link_in(mails(MailEvent.CONFIRM_NEW_ADDRESS)[number])


def email_of(user: User) -> str:
    db.session.refresh(user)
    return user.email


def test_the_old_address_stays_until_the_link_is_followed(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    assert ask(client) == 303
    assert "alice@new.example" in client.get("/account/address/sent").text
    assert "becomes your address" in client.get("/account/").text
    assert client.get(link()).status_code == 200
    assert email_of(alice) == "alice@example.org"
    assert client.post(link()).status_code == 303
    assert email_of(alice) == "alice@new.example"


def test_both_addresses_are_told(client: FlaskClient, alice: User) -> None:
    ask(sign_in(client, alice))
    client.post(link())
    told = {mail.address for mail in mails(MailEvent.ADDRESS_CHANGED)}
    assert told == {"alice@example.org", "alice@new.example"}
    changed = db.select(AuditEntry).where(AuditEntry.what == AuditEvent.ADDRESS_CHANGED)
    assert len(db.session.scalars(changed).all()) == 1


def test_it_needs_the_password(client: FlaskClient, alice: User) -> None:
    assert ask(sign_in(client, alice), password="not her pass phrase") == 422
    assert mails(MailEvent.CONFIRM_NEW_ADDRESS) == []


def test_the_address_that_one_has_is_no_new_one(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    refused = client.post(
        "/account/address", data={"new_email": "ALICE@example.org", "password": PASSWORD}
    )
    assert refused.status_code == 422
    assert "the address that your account has" in refused.text


@pytest.mark.usefixtures("bob")
def test_an_address_of_somebody_else_gets_the_same_answer(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    pages = []
    for email in ("bob@example.org", "nob@example.org"):
        assert ask(client, email) == 303
        shown = [client.get("/account/address/sent").text, client.get("/account/").text]
        pages.append([page.partition("<main")[2].replace(email, "") for page in shown])
    assert pages[0][0].partition("csrf")[0] == pages[1][0].partition("csrf")[0]
    assert "becomes your address" in pages[0][1]
    assert [mail.address for mail in mails(MailEvent.ALREADY_REGISTERED)] == ["bob@example.org"]
    assert [mail.address for mail in mails(MailEvent.CONFIRM_NEW_ADDRESS)] == ["nob@example.org"]


def test_who_registers_the_address_meanwhile_keeps_it(client: FlaskClient, alice: User) -> None:
    ask(sign_in(client, alice))
    make_user("alice@new.example")
    refused = client.post(link())
    assert refused.status_code == 409
    assert "Another account has this address by now" in refused.text
    assert email_of(alice) == "alice@example.org"
    assert mails(MailEvent.ADDRESS_CHANGED) == []


def test_only_the_latest_link_counts(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    ask(client)
    ask(client, "third@new.example")
    assert mails(MailEvent.CONFIRM_NEW_ADDRESS)[0].link is None
    client.post(link())
    assert email_of(alice) == "third@new.example"


def test_a_link_to_the_old_address_sets_no_password_any_more(
    client: FlaskClient, alice: User
) -> None:
    old = email_links.token(email_links.create(alice, LinkPurpose.RESET_PASSWORD))
    ask(sign_in(client, alice))
    client.post(link())
    assert client.get(f"/link/{old}").status_code == 410
    assert db.session.scalars(db.select(EmailLink)).all() == []


def test_asking_often_has_to_wait(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    tries = throttle.CHANGE_ADDRESS_PER_ACCOUNT.tries
    assert [ask(client) for _ in range(tries + 1)] == [303] * tries + [429]


def test_takes_used_with_the_old_address_are_used_with_both(
    client: FlaskClient, application: Application
) -> None:
    user, job = application.user, application.job
    begin_interview(application)
    ask(sign_in(client, user))
    client.post(link())
    old, other_job = make_user("alice@example.org"), make_job()
    assert used_takes.takes_used(old, job) == {1: 0, 2: 0}
    assert used_takes.takes_used(old, other_job) == {}
    delete_account(user)
    assert used_takes.takes_used(make_user("alice@new.example"), job) == {1: 0, 2: 0}
