"""The pages of links in mails: confirming an address, and links that no longer work."""

from datetime import timedelta

import pytest
from factories import make_user, sign_in
from flask.testing import FlaskClient
from registering import confirm, link_in, mails, register

from portal.extensions import db
from portal.models import AuditEntry, AuditEvent, EmailLink, LinkPurpose, MailEvent, User, utc_now
from portal.people import email_links

ZOE = {"full_name": "Zoë Quill", "email": "zoe@example.org", "password": "purple wagon wheel"}


def zoe() -> User:
    return db.session.scalars(db.select(User).where(User.email == "zoe@example.org")).one()


def registered(client: FlaskClient) -> str:
    """The link in the mail of somebody who has just registered."""
    register(client, **ZOE)
    return link_in(mails(MailEvent.CONFIRM_ADDRESS)[-1])


def said(what: AuditEvent) -> int:
    return len(db.session.scalars(db.select(AuditEntry).where(AuditEntry.what == what)).all())


def test_opening_a_link_changes_nothing_and_the_button_confirms(client: FlaskClient) -> None:
    link = registered(client)
    for _ in range(3):  # programs that look for harmful pages
        assert client.get(link).status_code == client.head(link).status_code == 200
    assert zoe().confirmed_at is None
    assert client.post(link).status_code == 303
    assert zoe().confirmed_at is not None
    assert said(AuditEvent.ADDRESS_CONFIRMED) == 1


def test_confirming_signs_nobody_in(client: FlaskClient) -> None:
    """Somebody else may have typed this address, and then knows the password."""
    registered(client)
    assert confirm(client, "zoe@example.org").location == "/login?next=/register/about"
    assert client.get("/account/").status_code == 303


def test_who_is_signed_in_already_goes_straight_on(client: FlaskClient) -> None:
    link = registered(client)
    sign_in(client, zoe())
    assert client.post(link).location == "/dashboard"


def test_a_link_works_once(client: FlaskClient) -> None:
    link = registered(client)
    client.post(link)
    for again in (client.get(link), client.post(link)):
        assert again.status_code == 410
        assert "This link no longer works" in again.text
        assert 'href="/forgot"' in again.text


def test_one_link_ends_the_others_of_its_kind(client: FlaskClient) -> None:
    first = registered(client)
    client.post("/register/sent")
    confirm(client, "zoe@example.org")
    assert client.get(first).status_code == 410


def test_a_link_ends_after_its_time(client: FlaskClient) -> None:
    link = registered(client)
    db.session.scalars(db.select(EmailLink)).one().expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
    assert client.post(link).status_code == 410
    assert zoe().confirmed_at is None


@pytest.mark.parametrize("change", [
    lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"), lambda link: link[:-1],
    lambda link: link[:-1] + "é", lambda link: link + "\0", lambda _link: "/link/x",
    lambda _link: "/link/" + "A" * 65, lambda link: link[:28],
])  # fmt: skip
def test_a_link_that_we_did_not_make_is_no_link(client: FlaskClient, change: object) -> None:
    link = registered(client)
    assert client.post(change(link)).status_code == 410  # type: ignore[operator]
    assert zoe().confirmed_at is None


def test_a_link_for_an_earlier_address_confirms_nothing(client: FlaskClient) -> None:
    link = registered(client)
    zoe().email = "other@example.org"
    db.session.commit()
    assert client.post(link).status_code == 410


def test_a_link_of_a_disabled_account_does_nothing(client: FlaskClient) -> None:
    user = make_user("zoe@example.org", confirmed_at=None, disabled_at=utc_now())
    link = f"/link/{email_links.token(email_links.create(user, LinkPurpose.CONFIRM_ADDRESS))}"
    db.session.commit()
    assert client.post(link).status_code == 410


def test_a_page_of_a_link_is_not_kept_and_names_itself_to_no_other_site(
    client: FlaskClient,
) -> None:
    """`same-origin`: no other site learns the address, and our own check of the origin works."""
    page = client.get(registered(client))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_until_it_is_confirmed_the_person_sees_a_quiet_line(client: FlaskClient) -> None:
    registered(client)
    sign_in(client, zoe())
    for path in ("/dashboard", "/account/"):
        assert "You have not confirmed your address yet" in client.get(path).text
    client.post("/account/confirmation")
    assert len(mails(MailEvent.CONFIRM_ADDRESS)) == 2
    confirm(client, "zoe@example.org")
    assert "not confirmed" not in client.get("/dashboard").text


def test_who_gets_no_mail_is_asked_to_correct_the_address(client: FlaskClient) -> None:
    sign_in(client, make_user(mail_refused_at=utc_now()))
    assert "come back. Correct the address." in client.get("/dashboard").text


def test_the_team_sees_what_is_known_of_an_address(client: FlaskClient, ada: User) -> None:
    make_user("new@example.org", confirmed_at=None)
    make_user("gone@example.org", mail_refused_at=utc_now())
    sign_in(client, ada)
    page = client.get("/admin/people?q=new@").text
    assert "address not confirmed" in page
    assert "mail does not arrive" not in page
    assert "mail does not arrive" in client.get("/admin/people?q=gone@").text
