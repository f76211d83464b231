"""The admins' pages of mails: what they show, what they mask, and sending one again."""

from dataclasses import replace

import pytest
from factories import make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from world_names import NAMES

from portal import mail
from portal.config import settings
from portal.database import transaction
from portal.extensions import db
from portal.mail import rendering, transports
from portal.models import (
    AuditEntry,
    AuditEvent,
    LinkPurpose,
    Mail,
    MailEvent,
    MailState,
    Role,
    User,
    utc_now,
)
from portal.people import email_links

REFUSED = "The server at mail.example.org said: 550 no such user"


def write(to: User, event: MailEvent = MailEvent.TEST, state: MailState = MailState.SENT) -> Mail:
    with transaction():
        is_reset = event is MailEvent.RESET_PASSWORD
        link = email_links.create(to, LinkPurpose.RESET_PASSWORD) if is_reset else None
        mail.send(to, event, link=link)
    (written,) = db.session.scalars(db.select(Mail).where(Mail.link == link, Mail.user == to))
    written.state = state
    db.session.commit()
    return written


def entries(event: AuditEvent) -> list[AuditEntry]:
    return list(db.session.scalars(db.select(AuditEntry).where(AuditEntry.what == event)))


@pytest.fixture
def admin(client: FlaskClient, ada: User) -> FlaskClient:
    return sign_in(client, ada)


def test_the_list_shows_each_mail_with_its_state_and_reason(
    admin: FlaskClient, alice: User
) -> None:
    written = write(alice, MailEvent.RESET_PASSWORD, MailState.FAILED)
    written.reason, written.tries = REFUSED, 5
    db.session.commit()
    shown = admin.get("/admin/mail").text
    for words in ("Alice Moreau", alice.email, "Reset password", "Failed", REFUSED):
        assert words in shown


def test_without_mails_the_list_says_when_there_will_be_some(admin: FlaskClient) -> None:
    assert "No mails yet" in admin.get("/admin/mail").text


def test_the_list_is_filtered_by_state_and_by_person(
    admin: FlaskClient, alice: User, bob: User
) -> None:
    write(alice), write(bob, state=MailState.FAILED)
    failed = admin.get("/admin/mail?state=failed").text
    assert bob.email in failed
    assert alice.email not in failed
    found = admin.post("/admin/mail", data={"q": "moreau"}, follow_redirects=True)
    assert "moreau" not in found.request.query_string.decode()
    assert alice.email in found.text
    assert bob.email not in found.text
    assert "Nothing matches" in admin.get("/admin/mail?state=waiting").text
    assert bob.email in admin.get("/admin/mail?state=nonsense").text


def test_a_long_list_has_pages(admin: FlaskClient, alice: User) -> None:
    with transaction():
        for _ in range(51):
            mail.send(alice, MailEvent.TEST)
    assert "page 1 of 2" in admin.get("/admin/mail").text
    assert "1 shown of 51" in admin.get("/admin/mail?page=2").text


@pytest.mark.parametrize("state", MailState)
def test_nobody_sees_the_secret_of_a_link(
    admin: FlaskClient, alice: User, state: MailState
) -> None:
    written = write(alice, MailEvent.RESET_PASSWORD, state)
    secret = email_links.token(written.link)
    for path in (f"/admin/mail/{written.id}", f"/admin/mail/{written.id}/preview"):
        shown = admin.get(path).text
        assert rendering.MASK in shown
        assert secret[22:] not in shown


def test_only_the_link_of_a_mail_that_failed_is_copied_and_the_audit_log_tells_it(
    admin: FlaskClient, alice: User
) -> None:
    written = write(alice, MailEvent.RESET_PASSWORD, MailState.WAITING)
    address = f"/link/{email_links.token(written.link)}"
    path = f"/admin/mail/{written.id}/link"
    assert admin.post(path).status_code == 409
    written.state = MailState.SENT
    db.session.commit()
    assert admin.post(path).status_code == 409
    written.state = MailState.FAILED
    db.session.commit()
    answer = admin.post(path)
    assert address in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    (entry,) = [one for one in entries(AuditEvent.VIEWED) if one.facts]
    assert (entry.of_kind, entry.of_id, entry.facts) == ("mail", written.id, {"fields": ["link"]})


def test_a_link_that_is_over_is_not_offered_to_copy(admin: FlaskClient, alice: User) -> None:
    written = write(alice, MailEvent.RESET_PASSWORD, MailState.FAILED)
    with transaction():
        email_links.use(written.link)
    assert "Show the link to copy" not in admin.get(f"/admin/mail/{written.id}").text
    assert admin.post(f"/admin/mail/{written.id}/link").status_code == 409


def test_no_admin_gets_the_link_of_another_admin(admin: FlaskClient) -> None:
    written = write(make_user(role=Role.ADMIN), MailEvent.RESET_PASSWORD, MailState.FAILED)
    assert "Show the link to copy" not in admin.get(f"/admin/mail/{written.id}").text
    assert admin.post(f"/admin/mail/{written.id}/link").status_code == 409


def test_a_look_at_a_mail_is_in_the_audit_log(admin: FlaskClient, alice: User) -> None:
    written = write(alice)
    admin.get(f"/admin/mail/{written.id}")
    assert [entry.of_id for entry in entries(AuditEvent.VIEWED)] == [written.id]


def test_a_waiting_mail_says_what_it_waits_for(admin: FlaskClient, alice: User) -> None:
    written = write(alice, MailEvent.PASSWORD_CHANGED, MailState.WAITING)
    for change, words in (
        ({"confirmed_at": None}, "until the address is confirmed"),
        ({"confirmed_at": utc_now()}, "not before"),
        ({"mail_refused_at": utc_now()}, "until the address works again"),
        ({"disabled_at": utc_now()}, "until the account is enabled"),
    ):
        for name, value in change.items():
            setattr(alice, name, value)
        db.session.commit()
        for path in ("/admin/mail", f"/admin/mail/{written.id}"):
            assert words in admin.get(path).text


def test_sending_again_tries_an_address_that_was_refused(admin: FlaskClient, alice: User) -> None:
    written = write(alice, state=MailState.FAILED)
    alice.mail_refused_at = utc_now()
    db.session.commit()
    admin.post(f"/admin/mail/{written.id}/send-again")
    db.session.refresh(alice)
    assert alice.mail_refused_at is None


@pytest.mark.parametrize("state", [MailState.SENT, MailState.FAILED])
def test_a_mail_is_sent_again(admin: FlaskClient, alice: User, state: MailState) -> None:
    written = write(alice, state=state)
    written.tries, written.reason = 5, REFUSED
    db.session.commit()
    answer = admin.post(f"/admin/mail/{written.id}/send-again", follow_redirects=True)
    assert "is sent again" in answer.text
    db.session.refresh(written)
    assert (written.state, written.tries, written.reason) == (MailState.WAITING, 0, "")
    assert [entry.of_id for entry in entries(AuditEvent.MAIL_SENT_AGAIN)] == [written.id]


def test_a_mail_that_waits_is_not_sent_twice(admin: FlaskClient, alice: User) -> None:
    written = write(alice, state=MailState.FAILED)
    for _ in range(2):
        answer = admin.post(f"/admin/mail/{written.id}/send-again", follow_redirects=True)
    assert "waits to be sent already" in answer.text
    assert len(entries(AuditEvent.MAIL_SENT_AGAIN)) == 1


def test_a_mail_with_a_link_that_is_over_is_not_sent_again(admin: FlaskClient, alice: User) -> None:
    written = write(alice, MailEvent.RESET_PASSWORD, MailState.FAILED)
    with transaction():
        email_links.use(written.link)
    answer = admin.post(f"/admin/mail/{written.id}/send-again", follow_redirects=True)
    assert "was used or is too old" in answer.text
    assert db.session.get_one(Mail, written.id).state is MailState.FAILED


def test_a_test_mail_goes_to_the_admin_who_asks(admin: FlaskClient, ada: User) -> None:
    answer = admin.post("/admin/mail/test", follow_redirects=True)
    assert f"A test mail to {ada.email} waits to be sent." in answer.text
    (written,) = db.session.scalars(db.select(Mail))
    assert (written.user, written.event, written.address) == (ada, MailEvent.TEST, ada.email)


def test_the_preview_runs_and_loads_nothing_and_only_we_may_frame_it(
    admin: FlaskClient, alice: User
) -> None:
    answer = admin.get(f"/admin/mail/{write(alice).id}/preview")
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_says_where_mails_lie_unless_a_server_sends_them(
    app: Flask, admin: FlaskClient
) -> None:
    folder = str(mail.folder())
    assert folder in admin.get("/admin/mail").text
    by_server = {"mail_url": "smtp://mail.example.org", "mail_from": "a@example.org"}
    transports.keep(app, replace(settings(), **by_server))
    assert folder not in admin.get("/admin/mail").text


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_name_is_shown_as_it_is(admin: FlaskClient, name: str) -> None:
    written = write(make_user(full_name=name))
    for path in ("/admin/mail", f"/admin/mail/{written.id}", f"/admin/mail/{written.id}/preview"):
        shown = admin.get(path).text
        assert "<script>alert" not in shown
        assert "<b>Bold" not in shown
    assert str(rendering.escape(name.split()[0])) in shown


def test_the_pages_speak_german(admin: FlaskClient, ada: User, alice: User) -> None:
    ada.language = "de"
    db.session.commit()
    assert '<html lang="de">' in admin.get(f"/admin/mail/{write(alice).id}").text
