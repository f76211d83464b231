"""A forgotten password: the link, what it ends, and what it never tells."""

import pytest
from api_caller import as_header, bearer
from factories import PASSWORD, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from registering import ask_for_a_password, link_in, mails
from visiting import seen_in

from portal.extensions import db
from portal.models import AuditEntry, AuditEvent, LinkPurpose, MailEvent, User, utc_now
from portal.people import email_links, throttle

NEW = "three quiet lighthouses"


def link_for(client: FlaskClient, user: User) -> str:
    ask_for_a_password(client, user.email)
    return link_in(mails(MailEvent.RESET_PASSWORD)[-1])


def told(what: AuditEvent) -> list[AuditEntry]:
    return list(db.session.scalars(db.select(AuditEntry).where(AuditEntry.what == what)))


def test_the_link_sets_a_new_password(client: FlaskClient, alice: User) -> None:
    link = link_for(client, alice)
    assert 'autocomplete="new-password"' in client.get(link).text
    assert client.post(link, data={"new": NEW}).location == "/login"
    page = client.get("/login").text
    assert "Your new password is set" in page
    assert 'value="alice@example.org"' in page
    assert (
        client.post("/login", data={"email": alice.email, "password": PASSWORD}).status_code == 422
    )
    assert client.post("/login", data={"email": alice.email, "password": NEW}).status_code == 303
    assert [mail.address for mail in mails(MailEvent.PASSWORD_CHANGED)] == ["alice@example.org"]
    assert len(told(AuditEvent.PASSWORD_CHANGED)) == len(told(AuditEvent.LINK_SENT)) == 1


def test_known_and_unknown_addresses_get_the_same_answer(client: FlaskClient, alice: User) -> None:
    other = client.application.test_client()
    known = ask_for_a_password(client, alice.email)
    unknown = ask_for_a_password(other, "nobody@example.org")
    assert known.location == unknown.location == "/forgot/sent"
    pages = [one.get("/forgot/sent").text for one in (client, other)]
    first = pages[0].replace("alice@", "nobody@")
    assert (
        first.partition("<main")[2].partition("csrf")[0]
        == (pages[1].partition("<main")[2].partition("csrf")[0])
    )
    assert len(mails(MailEvent.RESET_PASSWORD)) == 1


def test_it_ends_all_sign_ins_tokens_and_links(client: FlaskClient, alice: User) -> None:
    headers, elsewhere = bearer(alice), sign_in(client.application.test_client(), alice)
    first, second = link_for(client, alice), link_for(client, alice)
    email_links.create(alice, LinkPurpose.CHANGE_ADDRESS, "mallory@example.org")
    db.session.commit()
    client.post(second, data={"new": NEW})
    assert elsewhere.get("/account/").status_code == 303
    assert client.get("/api/applications", headers=headers).status_code == 401
    assert client.get(first).status_code == client.get(second).status_code == 410
    assert client.post(first, data={"new": "one more pass phrase"}).status_code == 410
    alive = db.select(db.func.count()).select_from(email_links.EmailLink)
    assert db.session.scalar(alive) == 0


def test_a_weak_password_keeps_the_link(client: FlaskClient, alice: User) -> None:
    link = link_for(client, alice)
    refused = client.post(link, data={"new": "short"})
    assert refused.status_code == 422
    assert "at least 10 characters" in refused.text
    assert client.post(link, data={"new": NEW}).status_code == 303


def test_the_link_proves_the_address_as_well(client: FlaskClient) -> None:
    user = make_user("zoe@example.org", confirmed_at=None)
    client.post(link_for(client, user), data={"new": NEW})
    db.session.refresh(user)
    assert user.confirmed_at is not None
    assert len(told(AuditEvent.ADDRESS_CONFIRMED)) == 1


def test_a_disabled_account_gets_no_link_and_a_link_sets_nothing_in_it(
    client: FlaskClient, alice: User
) -> None:
    link = link_for(client, alice)
    alice.disabled_at = utc_now()
    db.session.commit()
    assert client.post(link, data={"new": NEW}).status_code == 410
    assert ask_for_a_password(client, alice.email).location == "/forgot/sent"
    assert len(mails(MailEvent.RESET_PASSWORD)) == 1


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
@pytest.mark.usefixtures("alice")
def test_asking_often_has_to_wait_known_or_not(client: FlaskClient, email: str) -> None:
    tries = throttle.FORGOT_PER_EMAIL.tries
    codes = [ask_for_a_password(client, email).status_code for _ in range(tries + 1)]
    assert codes == [303] * tries + [429]


def test_who_was_locked_out_by_wrong_passwords_signs_in_with_the_new_one(
    client: FlaskClient, alice: User
) -> None:
    wrong = {"email": alice.email, "password": "not her pass phrase"}
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries):
        client.post("/login", data=wrong)
    client.post(link_for(client, alice), data={"new": NEW})
    assert client.post("/login", data={"email": alice.email, "password": NEW}).status_code == 303


def test_a_changed_password_is_told_by_mail_and_ends_open_links(
    client: FlaskClient, alice: User
) -> None:
    link = link_for(client, alice)
    sign_in(client, alice).post("/account/password", data={"old": PASSWORD, "new": NEW})
    assert len(mails(MailEvent.PASSWORD_CHANGED)) == 1
    assert client.get(link).status_code == 410


def test_an_admin_sends_the_link_and_never_sets_a_password(
    client: FlaskClient, ada: User, bob: User
) -> None:
    before = bob.password_hash
    page = sign_in(client, ada).get("/admin/people?q=bob@").text
    client.post(f"/admin/people/{bob.id}/send-link", data=seen_in(page))
    assert [mail.address for mail in mails(MailEvent.RESET_PASSWORD)] == ["bob@example.org"]
    assert [(entry.by_id, entry.of_id) for entry in told(AuditEvent.LINK_SENT)] == [
        (ada.id, bob.id)
    ]
    assert bob.password_hash == before


def test_an_operator_gets_a_link_that_works_for_admins_too(app: Flask, ada: User) -> None:
    shown = app.test_cli_runner().invoke(args=["reset-password", ada.email])
    link = shown.output.strip()
    assert link.startswith("http://localhost:8000/link/")
    path = link.removeprefix("http://localhost:8000")
    assert app.test_client().post(path, data={"new": NEW}).status_code == 303
    app.test_cli_runner().invoke(args=["reset-password", ada.email, "--mail"])
    assert len(mails(MailEvent.RESET_PASSWORD)) == 1


@pytest.mark.parametrize("email", ["nobody@example.org", "gone@example.org"])
def test_an_operator_is_told_of_an_account_that_cannot_be_used(app: Flask, email: str) -> None:
    make_user("gone@example.org", disabled_at=utc_now())
    assert app.test_cli_runner().invoke(args=["reset-password", email]).exit_code == 1


def test_an_api_token_from_before_is_worthless(client: FlaskClient, alice: User) -> None:
    body = {"email": alice.email, "password": PASSWORD}
    pair = client.post("/api/auth/login", json=body).json
    client.post(link_for(client, alice), data={"new": NEW})
    refresh = client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"]))
    assert refresh.status_code == 401
