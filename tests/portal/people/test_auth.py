"""Signing in and out."""

import base64
import hashlib
import re

import pytest
from acting import accounts
from factories import PASSWORD, sign_in
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from portal.blueprints.auth import own_path
from portal.extensions import db
from portal.models import User
from portal.people import passwords, throttle

RIGHT = {"email": "alice@example.org", "password": PASSWORD}
WRONG = RIGHT | {"password": "not her pass phrase"}
# a form's token, which says in which second it was made
SIGNED = re.compile(r"[\w-]+\.[\w-]{6}\.[\w-]{43}")


def cookie(client: FlaskClient) -> str:
    kept = client.get_cookie("portal")
    return kept.value if kept else ""


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/dashboard").status_code == 200


@pytest.mark.usefixtures("alice")
def test_it_signs_in_and_out(client: FlaskClient) -> None:
    assert client.post("/login", data=RIGHT).location == "/dashboard"
    assert is_signed_in(client)
    assert client.post("/logout").location == "/jobs"
    assert not is_signed_in(client)


@pytest.mark.usefixtures("alice")
def test_it_takes_the_e_mail_in_any_case(client: FlaskClient) -> None:
    assert client.post("/login", data=RIGHT | {"email": " Alice@EXAMPLE.org "}).status_code == 303


@pytest.mark.usefixtures("ada")
def test_an_admin_comes_to_the_overview(client: FlaskClient) -> None:
    assert client.post("/login", data=RIGHT | {"email": "ada@example.org"}).location == "/admin/"


@pytest.mark.usefixtures("alice")
def test_wrong_password_and_unknown_e_mail_look_the_same(client: FlaskClient) -> None:
    wrong = client.post("/login", data=WRONG)
    unknown = client.post("/login", data=WRONG | {"email": "carol@example.org"})
    assert wrong.status_code == unknown.status_code == 422
    assert SIGNED.sub("", wrong.text.replace("alice@", "carol@")) == SIGNED.sub("", unknown.text)
    assert "do not belong together" in wrong.text


def test_for_an_unknown_e_mail_the_same_work_is_done() -> None:
    assert not passwords.is_right(PASSWORD, None)
    # made with the parameters of everybody's hash
    assert not passwords.needs_rehash(passwords._dummy_hash())


def test_an_old_hash_is_renewed_on_signing_in(client: FlaskClient, alice: User) -> None:
    old = alice.password_hash
    assert passwords.needs_rehash(old)
    client.post("/login", data=RIGHT)
    new = db.session.scalar(db.select(User.password_hash).where(User.email == "alice@example.org"))
    assert new != old
    assert not passwords.needs_rehash(new)
    assert passwords.is_right(PASSWORD, new)


def test_a_hash_that_nobody_can_read_lets_nobody_in(client: FlaskClient, alice: User) -> None:
    alice.password_hash = "!"
    db.session.commit()
    assert client.post("/login", data=RIGHT).status_code == 422


@pytest.mark.usefixtures("alice")
def test_a_cookie_from_before_signing_in_is_worth_nothing_after(app: Flask) -> None:
    client, thief = app.test_client(), app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "by a stranger"
    before = cookie(client)
    client.post("/login", data=RIGHT)
    thief.set_cookie("portal", before)
    assert not is_signed_in(thief)
    with client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.usefixtures("alice")
def test_a_form_from_before_signing_in_is_refused_after(csrf_app: Flask) -> None:
    client = csrf_app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token
    sent = {"csrf_token": token[1]}
    assert client.post("/login", data=RIGHT | sent).status_code == 303
    assert client.post("/logout", data=sent).status_code == 419


@pytest.mark.parametrize("path", ["/login", "/logout", "/register", "/register/about"])
def test_a_form_without_its_token_is_refused(csrf_app: Flask, alice: User, path: str) -> None:
    client = sign_in(csrf_app.test_client(), alice)
    assert client.post(path, data=RIGHT).status_code == 419


def test_signing_out_everywhere_ends_every_session(app: Flask, alice: User) -> None:
    phone, laptop = app.test_client(), app.test_client()
    for client in (phone, laptop):
        client.post("/login", data=RIGHT)
    accounts.sign_out_everywhere(alice)
    assert not is_signed_in(phone)
    assert not is_signed_in(laptop)


@pytest.mark.usefixtures("cast")
def test_after_many_wrong_tries_even_the_right_password_waits(client: FlaskClient) -> None:
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries):
        assert client.post("/login", data=WRONG).status_code == 422
    refused = client.post("/login", data=RIGHT)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= throttle.SIGN_IN_PER_EMAIL.window_s
    assert "too many tries" in refused.text
    assert client.post("/login", data=RIGHT | {"email": "bob@example.org"}).status_code == 303


def test_unknown_addresses_are_throttled_just_the_same(client: FlaskClient) -> None:
    nobody = WRONG | {"email": "nobody@example.org"}
    codes = [
        client.post("/login", data=nobody).status_code
        for _ in range(throttle.SIGN_IN_PER_EMAIL.tries + 1)
    ]
    assert codes[-2:] == [422, 429]


@pytest.mark.usefixtures("alice")
def test_one_network_address_cannot_try_everybody(client: FlaskClient) -> None:
    tries = throttle.SIGN_IN_PER_ADDRESS.tries
    for number in range(tries):
        client.post("/login", data=WRONG | {"email": f"guess{number}@example.org"})
    assert client.post("/login", data=RIGHT).status_code == 429
    assert (
        client.post("/login", data=RIGHT, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code
        == 303
    )


@pytest.mark.usefixtures("alice")
def test_signing_in_well_never_counts(client: FlaskClient) -> None:
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries + 2):
        assert client.post("/login", data=RIGHT).status_code == 303
        client.post("/logout")


@pytest.mark.parametrize("target", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "javascript:alert(1)", "evil.example", "",
])  # fmt: skip
@pytest.mark.usefixtures("alice")
def test_it_never_leads_to_another_site(client: FlaskClient, target: str) -> None:
    assert own_path(target) is None
    response = client.post("/login", query_string={"next": target}, data=RIGHT)
    assert response.location == "/dashboard"


@pytest.mark.usefixtures("alice")
def test_it_leads_back_to_the_page_that_was_asked_for(client: FlaskClient) -> None:
    asked = client.get("/register/about?next=/jobs/x").location
    assert asked == "/login?next=/register/about?next%3D/jobs/x"
    assert client.post(asked, data=RIGHT).location == "/register/about?next=/jobs/x"


def test_who_signs_in_for_another_tab_is_sent_back_to_that_one(
    client: FlaskClient, alice: User
) -> None:
    answer = sign_in(client, alice).get("/login?other_tab=1", follow_redirects=True)

    assert "Go back to the tab that you came from" in answer.text


@pytest.mark.usefixtures("alice")
def test_it_does_not_lead_back_to_what_can_only_be_sent(client: FlaskClient) -> None:
    path = "/applications/00000000-0000-0000-0000-000000000000/withdraw"
    response = client.post(path, headers={"Referer": "http://localhost/dashboard"})
    assert response.location == "/login?next=/dashboard"
    assert client.post(path).location == "/login"


def test_a_polling_part_of_a_page_sends_the_whole_page_to_sign_in(client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/dashboard?page=2"}
    response = client.get("/dashboard", headers=headers)
    assert response.headers["HX-Redirect"] == "/login?next=/dashboard?page%3D2"


def test_signing_out_is_no_link(client: FlaskClient, alice: User) -> None:
    assert sign_in(client, alice).get("/logout").status_code == 405
    assert is_signed_in(client)


@pytest.mark.usefixtures("alice")
def test_no_lock_is_held_while_a_password_is_checked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    check = passwords.is_right
    monkeypatch.setattr(
        passwords,
        "is_right",
        lambda *args: seen.append(db.session().in_transaction()) or check(*args),
    )
    app.test_client().post("/login", data=RIGHT)
    assert seen == [False]


def test_the_same_pass_phrase_from_another_keyboard_is_right() -> None:
    composed, decomposed = "caf\u00e9 au lait chaud", "cafe\u0301 au lait chaud"
    assert passwords.is_right(decomposed, passwords.hash_password(composed))


def test_a_common_password_in_wide_letters_is_refused_like_the_common_one() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "1234567890")

    assert passwords.why_refused(wide) == passwords.why_refused("1234567890")
    assert "tried first" in (passwords.why_refused(wide) or "")


def test_everything_that_we_sign_is_signed_with_sha_256(app: Flask, alice: User) -> None:
    client = app.test_client()
    client.get("/login")
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    with app.test_request_context():
        signed = [
            generate_csrf(),
            *(client.get_cookie(name).value for name in ("portal", "known-device")),
        ]
    sizes = {len(base64.urlsafe_b64decode(text.rpartition(".")[2] + "==")) for text in signed}

    assert sizes == {hashlib.sha256().digest_size}
