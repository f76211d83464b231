"""Registering: account, about you, done."""

import re
from datetime import timedelta

import pytest
from argon2 import extract_parameters, profiles
from factories import PASSWORD, make_user, sign_in
from flask.testing import FlaskClient
from registering import as_a_person, link_in, mails, register
from visiting import seen_in

from portal.config import settings
from portal.extensions import db
from portal.models import MailEvent, Role, User, utc_now
from portal.people import passwords, throttle

# what a form and a page sign anew each time
SIGNED = re.compile(r"[\w-]+\.[\w-]{6}\.[\w-]{43}")
GOOD = {"full_name": "Zoë Quill", "email": "Zoe@Example.org", "password": "purple wagon wheel"}


def zoe() -> User | None:
    return db.session.scalar(db.select(User).where(User.email == "zoe@example.org"))


def test_it_makes_the_account_signs_nobody_in_and_sends_a_mail(client: FlaskClient) -> None:
    response = register(client, **GOOD)
    assert (response.status_code, response.location) == (303, "/register/sent")
    person = zoe()
    assert person is not None
    assert (person.full_name, person.role) == ("Zoë Quill", Role.CANDIDATE)
    assert person.password_hash.startswith("$argon2id$")
    assert person.confirmed_at is None
    assert client.get("/account/").status_code == 303
    assert [mail.address for mail in mails(MailEvent.CONFIRM_ADDRESS)] == ["zoe@example.org"]


def test_a_password_is_hashed_as_rfc_9106_recommends() -> None:
    """Without `app`, so with the portal's own parameters."""
    made = passwords.hash_password(GOOD["password"])
    assert extract_parameters(made) == profiles.RFC_9106_LOW_MEMORY
    assert passwords.is_right(GOOD["password"], made)
    assert not passwords.is_right("purple wagon", made)


@pytest.mark.parametrize(("field", "typed", "said"), [
    ("full_name", "  ", "Enter your name."),
    ("full_name", "x" * 121, "at most 120"),
    ("email", "zoe@example", "not a complete e-mail address"),
    ("email", "", "Enter your e-mail address."),
    ("password", "too short", "at least 10 characters"),
    ("password", "Password123", "tried first"),
    ("password", "aaaaaaaaaaaa", "tried first"),
    # full-width letters
    ("password", "\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff44123", "tried first"),
    ("password", "zoe@example.org", "hardly more than"),
])  # fmt: skip
def test_it_names_what_is_wrong_and_keeps_the_rest(
    client: FlaskClient, field: str, typed: str, said: str
) -> None:
    response = register(client, **GOOD | {field: typed})
    assert response.status_code == 422
    assert said in response.text
    kept = {"full_name": "Zoë Quill", "email": "Zoe@Example.org"} | (
        {field: typed} if field != "password" else {}
    )
    assert all(f'value="{value.strip()}"' in response.text for value in kept.values() if value)
    assert zoe() is None


def test_the_password_never_comes_back_to_the_page(client: FlaskClient) -> None:
    assert GOOD["password"] not in register(client, **GOOD | {"email": "x"}).text


def test_a_known_address_gets_the_same_answer_whatever_its_case(client: FlaskClient) -> None:
    make_user("zoe@example.org")
    known = register(client, **GOOD)
    known_page = client.get(known.location)
    other = client.application.test_client()
    unknown = register(other, **GOOD | {"email": "Zoe@Example.net"})
    unknown_page = other.get(unknown.location)
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert list(known.headers.keys()) == list(unknown.headers.keys())
    assert SIGNED.sub("", known_page.text.replace("Example.org", "Example.net")) == SIGNED.sub(
        "", unknown_page.text
    )
    assert db.session.scalar(db.select(db.func.count(User.id))) == 2


def test_the_owner_of_a_known_address_is_told_once_in_an_hour(client: FlaskClient) -> None:
    owner = make_user("zoe@example.org")
    name, password_hash = owner.full_name, owner.password_hash
    for _ in range(3):
        register(client, **GOOD)
    told = mails(MailEvent.ALREADY_REGISTERED)
    assert [mail.address for mail in told] == ["zoe@example.org"]
    assert (zoe().full_name, zoe().password_hash) == (name, password_hash)
    told[0].created_at -= timedelta(hours=1, seconds=1)
    db.session.commit()
    register(client, **GOOD)
    assert len(mails(MailEvent.ALREADY_REGISTERED)) == 2


def test_the_owner_of_a_disabled_account_is_told_nothing(client: FlaskClient) -> None:
    make_user("zoe@example.org", disabled_at=utc_now())
    assert register(client, **GOOD).location == "/register/sent"
    assert mails(MailEvent.ALREADY_REGISTERED) == []


def test_nobody_becomes_an_admin_by_a_field_of_their_own(client: FlaskClient) -> None:
    register(client, **GOOD, role="admin", is_admin="1")
    assert zoe().role is Role.CANDIDATE


def test_what_is_about_you_is_kept_and_shown_again_on_back(
    client: FlaskClient, alice: User
) -> None:
    sign_in(client, alice)
    about = {"phone": "+351 21 000", "location": "Porto", "headline": "Electrician"}
    seen = seen_in(client.get("/register/about").text)
    assert client.post("/register/about", data=about | seen).location == "/register/done"
    page = client.get("/register/about").text
    assert all(f'value="{value}"' in page for value in about.values())


def test_a_wrong_phone_number_keeps_the_other_answers(client: FlaskClient, alice: User) -> None:
    response = sign_in(client, alice).post(
        "/register/about", data={"phone": "call me", "location": "Porto"}
    )
    assert response.status_code == 422
    assert "Write the number with digits" in response.text
    assert 'value="Porto"' in response.text
    assert 'value="call me"' in response.text


def test_all_about_you_may_stay_empty(client: FlaskClient, alice: User) -> None:
    seen = seen_in(sign_in(client, alice).get("/register/about").text)
    assert client.post("/register/about", data=seen).status_code == 303


def test_back_to_the_first_step_shows_the_account_as_made(client: FlaskClient, alice: User) -> None:
    page = sign_in(client, alice).get("/register").text
    assert "You have an account now" in page
    assert "alice@example.org" in page
    assert 'name="password"' not in page


@pytest.mark.parametrize("path", ["/register/about", "/register/done"])
def test_the_later_steps_need_an_account(client: FlaskClient, path: str) -> None:
    assert client.get(path).location.startswith("/login?next=")


def test_it_leads_back_to_where_one_came_from_also_through_the_mail(client: FlaskClient) -> None:
    sent = register(client, "/register?next=/jobs/x/apply", **GOOD)
    assert sent.location == "/register/sent?next=/jobs/x/apply"
    sign_in_path = "/login?next=/register/about?next%3D/jobs/x/apply"
    assert f'href="{sign_in_path}"' in client.get(sent.location).text
    link = link_in(mails(MailEvent.CONFIRM_ADDRESS)[0])
    assert f'action="{link.replace("%2F", "/")}"' in client.get(link).text
    assert client.post(link).location == sign_in_path
    page = client.get(sign_in_path).text
    assert 'value="zoe@example.org"' in page
    signed_in = client.post(sign_in_path, data=GOOD)
    assert signed_in.location == "/register/about?next=/jobs/x/apply"
    assert 'href="/jobs/x/apply"' in client.get("/register/done?next=/jobs/x/apply").text


def test_it_never_leads_to_another_site(client: FlaskClient) -> None:
    response = register(client, "/register?next=https://evil.example/", **GOOD)
    assert response.location == "/register/sent"
    assert mails(MailEvent.CONFIRM_ADDRESS)[0].facts == {}
    link = link_in(mails(MailEvent.CONFIRM_ADDRESS)[0])
    assert "evil" not in client.post(f"{link}?next=//evil.example/").location


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
@pytest.mark.usefixtures("alice")
def test_one_address_waits_after_the_same_number_of_tries_known_or_not(
    client: FlaskClient, email: str
) -> None:
    form = GOOD | {"email": email}
    tries = throttle.REGISTER_PER_EMAIL.tries
    codes = [register(client, **form).status_code for _ in range(tries)]
    refused = register(client, **form)
    assert set(codes) == {303}
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert PASSWORD not in refused.text


def test_the_page_after_it_needs_somebody_who_registered(client: FlaskClient) -> None:
    assert client.get("/register/sent").location == "/register"


def test_the_mail_is_sent_again_a_few_times(client: FlaskClient) -> None:
    register(client, **GOOD)
    for _ in range(throttle.SEND_AGAIN_PER_EMAIL.tries):
        assert "sent again" in client.post("/register/sent", follow_redirects=True).text
    assert "too many tries" in client.post("/register/sent", follow_redirects=True).text
    assert len(mails(MailEvent.CONFIRM_ADDRESS)) == 1 + throttle.SEND_AGAIN_PER_EMAIL.tries


def test_sending_it_again_tells_nothing_about_a_known_address(client: FlaskClient) -> None:
    make_user("zoe@example.org")
    register(client, **GOOD)
    assert "sent again" in client.post("/register/sent", follow_redirects=True).text
    assert mails(MailEvent.CONFIRM_ADDRESS) == []
    assert len(mails(MailEvent.ALREADY_REGISTERED)) == 1


def test_a_demo_says_in_which_folder_the_mail_lies(client: FlaskClient) -> None:
    register(client, **GOOD)
    assert str(settings().mail_folder) in client.get("/register/sent").text


def test_htmx_is_told_to_leave_the_page_when_the_step_is_done(client: FlaskClient) -> None:
    with client.application.app_context():
        form = as_a_person(**GOOD)
    response = client.post("/register", data=form, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, "/register/sent")


def test_next_is_kept_by_every_link_between_signing_in_and_registering(client: FlaskClient) -> None:
    for path in ("/login", "/register"):
        page = client.get(f"{path}?next=/jobs/welder").text
        links = re.findall(r'href="(/(?:login|register)[^"]*)"', page)
        assert links
        # for another tab
        assert {link for link in links if "next=/jobs/welder" not in link} <= {
            "/login?other_tab=1"
        }, path
