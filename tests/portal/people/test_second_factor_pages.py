"""Adding and removing second factors, those who must have one, and programs that sign in."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from acting import committed
from api_caller import as_header
from factories import PASSWORD, sign_in
from flask import Flask
from flask.testing import FlaskClient
from second_factors import SECRET, code_now, enter_password, give_app, give_codes, is_signed_in
from werkzeug.test import TestResponse

from portal.config import keep_settings, settings
from portal.extensions import db
from portal.models import (
    AuditEntry,
    FactorKind,
    Mail,
    MailEvent,
    RecoveryCode,
    SecondFactor,
    SignIn,
    User,
)
from portal.people import email_links

FACTORS = "/account/second-factor"
NEW_PASSWORD = "another horse under the staple"


@pytest.fixture
def required(app: Flask) -> None:
    """Staff must have a second factor."""
    keep_settings(app, replace(settings(app), require_second_factor=True))


def confirmed(client: FlaskClient, user: User) -> FlaskClient:
    """Somebody who is signed in and has given the password once more."""
    sign_in(client, user)
    assert client.post("/account/confirm", data={"password": PASSWORD}).status_code == 303
    return client


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def secret_on(page: str) -> str:
    found = re.search(r"translate=\"no\">([A-Z2-7 ]+)<", page)
    assert found
    return found[1].replace(" ", "")


def add_app(client: FlaskClient, code: str | None = None) -> tuple[TestResponse, str]:
    page = client.get(f"{FACTORS}/app").text
    secret = secret_on(page)
    data = {"set_up": hidden(page, "set_up"), "name": "Phone", "code": code or code_now(secret)}
    return client.post(f"{FACTORS}/app", data=data), secret


def factors() -> list[SecondFactor]:
    db.session.rollback()
    return list(db.session.scalars(db.select(SecondFactor)))


def api_sign_in(client: FlaskClient, email: str, **values: Any) -> TestResponse:
    data = {"email": email, "password": PASSWORD} | values
    return client.post("/api/auth/login", json=data)


# ---- adding and removing


def test_a_page_that_changes_factors_asks_for_the_password_again(
    client: FlaskClient, alice: User
) -> None:
    app_id = give_app(alice)
    sign_in(client, alice)
    for path in ("app", "passkey", "codes", f"{app_id}/remove"):
        asked = client.get(f"{FACTORS}/{path}")
        assert asked.location == f"/account/confirm?next={FACTORS}/{path}"
    assert client.post(f"{FACTORS}/{app_id}/remove").location.startswith("/account/confirm")
    assert len(factors()) == 1


def test_a_wrong_password_confirms_nothing(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    refused = client.post("/account/confirm", data={"password": "not this one at all"})
    assert refused.status_code == 422
    assert client.get(f"{FACTORS}/app").status_code == 303


def test_a_right_code_adds_the_app_and_shows_the_codes_once(
    client: FlaskClient, alice: User
) -> None:
    confirmed(client, alice)
    added, secret = add_app(client)
    (row,) = factors()
    assert (row.kind, row.name) == (FactorKind.TOTP, "Phone")
    assert secret.encode() not in (row.secret or b"")
    codes = re.findall(r"<li>((?:[A-Z2-9]{6}-){3}[A-Z2-9]{6})</li>", added.text)
    assert len(codes) == 10
    assert codes[0] not in client.get(FACTORS).text
    told = db.session.scalars(db.select(Mail).filter_by(event=MailEvent.SECOND_FACTOR_CHANGED))
    assert [mail.facts["change"] for mail in told] == ["app_added"]
    assert "factor_added" in db.session.scalars(db.select(AuditEntry.what)).all()


def test_a_wrong_code_adds_nothing_and_keeps_the_secret(client: FlaskClient, alice: User) -> None:
    confirmed(client, alice)
    refused, secret = add_app(client, "000000")
    assert refused.status_code == 422
    assert "not the code that the app shows now" in refused.text
    assert secret_on(refused.text) == secret
    assert factors() == []


def test_a_set_up_is_of_one_person_and_used_once(app: Flask, alice: User, bob: User) -> None:
    of_alice, of_bob = confirmed(app.test_client(), alice), confirmed(app.test_client(), bob)
    page = of_alice.get(f"{FACTORS}/app").text
    data = {
        "set_up": hidden(page, "set_up"), "name": "Phone", "code": code_now(secret_on(page)),
    }  # fmt: skip
    assert of_bob.post(f"{FACTORS}/app", data=data).status_code == 409
    assert of_alice.post(f"{FACTORS}/app", data=data).status_code == 200
    assert of_alice.post(f"{FACTORS}/app", data=data).status_code == 409
    assert len(factors()) == 1


def test_removing_the_last_one_takes_the_codes_along(client: FlaskClient, alice: User) -> None:
    app_id = give_app(alice)
    give_codes(alice)
    confirmed(client, alice)
    assert client.post(f"{FACTORS}/{app_id}/remove").location == FACTORS
    assert factors() == []
    assert db.session.scalars(db.select(RecoveryCode)).all() == []


def test_new_codes_end_the_old_ones(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    old = give_codes(alice)
    confirmed(client, alice)
    shown = client.post(f"{FACTORS}/codes").text
    assert old[0] not in shown
    client.post("/logout")
    enter_password(client)
    client.post("/login/second-factor", data={"recovery": old[0]})
    assert not is_signed_in(client)


def test_a_change_offers_to_end_other_sign_ins(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    assert 'href="/account/sign-ins"' in sign_in(client, alice).get(FACTORS).text


# ---- those who must have one


@pytest.mark.usefixtures("required")
def test_the_first_sign_in_of_staff_leads_through_the_set_up(
    client: FlaskClient, ada: User
) -> None:
    enter_password(client, ada.email)
    for path in ("/admin/", "/account/", "/jobs", "/admin/sessions"):
        assert client.get(path).location == FACTORS
    assert "must have a second factor" in client.get(FACTORS).text
    assert client.get("/admin/sessions", headers={"Accept": "application/json"}).status_code == 403
    added, _ = add_app(client)  # the password was given a moment ago
    assert added.status_code == 200
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("required")
def test_staff_may_sign_out_without_one(client: FlaskClient, ada: User) -> None:
    sign_in(client, ada)
    assert client.post("/logout").location == "/jobs"


@pytest.mark.usefixtures("required")
def test_the_last_factor_of_staff_stays(client: FlaskClient, ada: User) -> None:
    app_id = give_app(ada)
    confirmed(client, ada)
    client.post(f"{FACTORS}/{app_id}/remove")
    assert len(factors()) == 1


@pytest.mark.usefixtures("required")
def test_candidates_need_none(client: FlaskClient, alice: User) -> None:
    assert sign_in(client, alice).get("/dashboard").status_code == 200


# ---- programs


def test_a_program_sends_the_code_with_the_password(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    needed = api_sign_in(client, "alice@example.org")
    assert (needed.status_code, needed.json["code"]) == (401, "second_factor_needed")
    wrong = api_sign_in(client, "alice@example.org", code="000000")
    assert (wrong.status_code, wrong.json["code"]) == (401, "second_factor_wrong")
    right = api_sign_in(client, "alice@example.org", code=code_now(SECRET))
    assert right.status_code == 200
    assert (
        client.get("/api/applications", headers=as_header(right.json["access_token"])).status_code
        == 200
    )


def test_a_wrong_password_is_not_asked_for_a_code(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    refused = api_sign_in(client, "alice@example.org", password="not this one at all")
    assert refused.status_code == 401
    assert "code" not in refused.json


@pytest.mark.usefixtures("required")
def test_programs_of_staff_without_a_factor_get_nothing(client: FlaskClient, ada: User) -> None:
    refused = api_sign_in(client, "ada@example.org")
    assert (refused.status_code, refused.json["code"]) == (403, "second_factor_missing")
    assert db.session.scalars(db.select(SignIn).filter_by(user_id=ada.id)).all() == []


def test_tokens_from_before_a_factor_was_required_are_refused(
    app: Flask, client: FlaskClient, ada: User
) -> None:
    token = api_sign_in(client, ada.email).json["access_token"]
    keep_settings(app, replace(settings(app), require_second_factor=True))
    for path in ("/api/admin/sessions", "/api/admin/mails", "/api/auth/me"):
        refused = client.get(path, headers=as_header(token))
        assert (refused.status_code, refused.json["code"]) == (403, "second_factor_missing"), path


# ---- a forgotten password


def test_a_reset_leaves_the_second_factor_as_it_is(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    link = committed(email_links.create)(alice, "reset_password")
    done = client.post(f"/link/{email_links.token(link)}", data={"new": NEW_PASSWORD})
    assert done.location == "/login"
    data = {"email": "alice@example.org", "password": NEW_PASSWORD}
    asked = client.post("/login", data=data)
    assert asked.location == "/login/second-factor"
    assert not is_signed_in(client)
    client.post("/login/second-factor", data={"code": code_now()})
    assert is_signed_in(client)
