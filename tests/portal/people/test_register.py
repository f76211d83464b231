"""Registering: account, about you, done."""

import re

import pytest
from argon2 import extract_parameters, profiles
from factories import PASSWORD, make_user, sign_in
from flask.testing import FlaskClient
from visiting import seen_in

from portal.extensions import db
from portal.models import Role, User
from portal.people import credentials, passwords, throttle

GOOD = {"full_name": "Zoë Quill", "email": "Zoe@Example.org", "password": "purple wagon wheel"}


def zoe() -> User | None:
    return db.session.scalar(db.select(User).where(User.email == "zoe@example.org"))


def test_it_makes_the_account_and_goes_on_signed_in(client: FlaskClient) -> None:
    response = client.post("/register", data=GOOD)
    assert (response.status_code, response.location) == (303, "/register/about")
    person = zoe()
    assert person is not None
    assert (person.full_name, person.role) == ("Zoë Quill", Role.CANDIDATE)
    assert person.password_hash.startswith("$argon2id$")
    assert client.get("/register/about").status_code == 200


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
    ("password", "zoe@example.org", "not your e-mail address"),
])  # fmt: skip
def test_it_names_what_is_wrong_and_keeps_the_rest(
    client: FlaskClient, field: str, typed: str, said: str
) -> None:
    response = client.post("/register", data=GOOD | {field: typed})
    assert response.status_code == 422
    assert said in response.text
    kept = {"full_name": "Zoë Quill", "email": "Zoe@Example.org"} | (
        {field: typed} if field != "password" else {}
    )
    assert all(f'value="{value.strip()}"' in response.text for value in kept.values() if value)
    assert zoe() is None


def test_the_password_never_comes_back_to_the_page(client: FlaskClient) -> None:
    assert GOOD["password"] not in client.post("/register", data=GOOD | {"email": "x"}).text


def test_a_taken_address_is_refused_whatever_its_case(client: FlaskClient) -> None:
    make_user("zoe@example.org")
    response = client.post("/register", data=GOOD)
    assert response.status_code == 422
    assert "cannot be registered" in response.text
    assert db.session.scalar(db.select(db.func.count(User.id))) == 1


def test_nobody_becomes_an_admin_by_a_field_of_their_own(client: FlaskClient) -> None:
    client.post("/register", data=GOOD | {"role": "admin", "is_admin": "1"})
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


def test_it_leads_back_to_where_one_came_from(client: FlaskClient) -> None:
    response = client.post("/register?next=/jobs/x/apply", data=GOOD)
    assert response.location == "/register/about?next=/jobs/x/apply"
    assert 'href="/jobs/x/apply"' in client.get("/register/done?next=/jobs/x/apply").text


def test_it_never_leads_to_another_site(client: FlaskClient) -> None:
    response = client.post("/register?next=https://evil.example/", data=GOOD)
    assert response.location == "/register/about"
    assert "evil.example" not in client.get("/register/done?next=//evil.example/").text


def test_registering_many_times_from_one_address_has_to_wait(
    client: FlaskClient, alice: User
) -> None:
    taken = GOOD | {"email": alice.email}
    codes = [
        client.post("/register", data=taken).status_code
        for _ in range(throttle.TAKEN_PER_ADDRESS.tries)
    ]
    refused = client.post("/register", data=taken)
    assert set(codes) == {422}
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert PASSWORD not in refused.text


@pytest.mark.usefixtures("app")
def test_more_people_register_at_one_address_than_may_try_names_that_are_taken() -> None:
    """A university: who gets an account uses up nothing of what keeps others from finding out who
    has one.
    """
    for number in range(throttle.TAKEN_PER_ADDRESS.tries + 1):
        credentials.register(
            credentials.Credentials(f"new{number}@example.org", PASSWORD, "192.0.2.1"), "N. N."
        )


def test_htmx_is_told_to_leave_the_page_when_the_step_is_done(client: FlaskClient) -> None:
    response = client.post("/register", data=GOOD, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, "/register/about")


def test_next_is_kept_by_every_link_between_signing_in_and_registering(client: FlaskClient) -> None:
    for path in ("/login", "/register"):
        page = client.get(f"{path}?next=/jobs/welder").text
        links = re.findall(r'href="(/(?:login|register)[^"]*)"', page)
        assert links
        # for another tab
        assert {link for link in links if "next=/jobs/welder" not in link} <= {
            "/login?other_tab=1"
        }, path
