"""Accounts and tokens of the API: made, refreshed, refused, revoked."""

import time
from datetime import timedelta
from typing import Any

import pytest
from acting import accounts
from api_caller import as_header, bearer, forged, issue
from factories import PASSWORD, sign_in
from flask.testing import FlaskClient
from registering import mails

from portal.blueprints.api import tokens
from portal.extensions import db
from portal.models import MailEvent, RevokedToken, SignIn, User, utc_now
from portal.people import throttle

NEW = {"email": "Carol@example.org", "password": "seven quiet herons", "full_name": " Carol Ames "}
MINE = "/api/applications"


def sign_in_for_tokens(client: FlaskClient, user: User) -> dict[str, str]:
    return client.post("/api/auth/login", json={"email": user.email, "password": PASSWORD}).json


def test_it_registers_a_candidate_who_can_sign_in_at_once(client: FlaskClient) -> None:
    response = client.post("/api/auth/register", json=NEW | {"headline": "Builder"})

    assert (response.status_code, set(response.json)) == (202, {"message"})
    signed_in = {name: NEW[name] for name in ("email", "password")}
    response = client.post("/api/auth/login", json=signed_in)
    person = response.json["user"]
    assert (person["email"], person["full_name"], person["role"]) == (
        "carol@example.org",
        "Carol Ames",
        "candidate",
    )
    assert person["headline"] == "Builder"
    assert "password_hash" not in person
    assert client.get(MINE, headers=as_header(response.json["access_token"])).status_code == 200


def test_it_names_every_field_at_fault(client: FlaskClient) -> None:
    response = client.post(
        "/api/auth/register", json={"email": "nobody", "full_name": "  ", "role": "admin"}
    )

    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert set(response.json["errors"]) == {"email", "full_name", "password", "unknown"}


def test_it_refuses_a_weak_password(client: FlaskClient) -> None:
    weak = client.post("/api/auth/register", json=NEW | {"password": "password123"})

    assert (weak.status_code, set(weak.json["errors"])) == (422, {"password"})


@pytest.mark.usefixtures("alice")
def test_a_known_address_gets_the_same_answer_as_an_unknown_one(client: FlaskClient) -> None:
    known = client.post(
        "/api/auth/register", json=NEW | {"email": "ALICE@example.org", "headline": "Builder"}
    )
    unknown = client.post("/api/auth/register", json=NEW)

    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
    assert [mail.address for mail in mails(MailEvent.ALREADY_REGISTERED)] == ["alice@example.org"]
    assert set(db.session.scalars(db.select(User.headline))) == {""}


def test_a_person_reads_and_corrects_the_own_account(client: FlaskClient, alice: User) -> None:
    change = {"full_name": " Alice  Marsh ", "time_zone": "Europe/Lisbon", "language": "de"}
    changed = client.patch("/api/auth/me", json=change, headers=bearer(alice))
    assert changed.status_code == 200
    mine = client.get("/api/auth/me", headers=bearer(alice)).json
    assert (mine["full_name"], mine["time_zone"]) == ("Alice Marsh", "Europe/Lisbon")
    assert (mine["language"], mine["phone"]) == ("de", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("full_name", "  "), ("time_zone", "Mars/Olympus"), ("language", "xx"), ("phone", "call me"),
     ("email", "mallory@example.org"), ("role", "admin")],
)  # fmt: skip
def test_what_cannot_be_corrected_like_that_is_refused(
    client: FlaskClient, alice: User, field: str, value: str
) -> None:
    refused = client.patch("/api/auth/me", json={field: value}, headers=bearer(alice))
    assert refused.status_code == 422
    mine = client.get("/api/auth/me", headers=bearer(alice)).json
    assert (mine["full_name"], mine["email"]) == ("Alice Moreau", "alice@example.org")


def test_a_wrong_password_and_an_unknown_address_look_the_same(
    client: FlaskClient, alice: User
) -> None:
    wrong = client.post("/api/auth/login", json={"email": alice.email, "password": "not this one"})
    unknown = client.post(
        "/api/auth/login", json={"email": "who@example.org", "password": "not this one"}
    )

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.mimetype == "application/problem+json"
    assert wrong.json["detail"] == unknown.json["detail"]


def test_too_many_tries_have_to_wait(client: FlaskClient, alice: User) -> None:
    wrong = {"email": alice.email, "password": "not this one"}
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries):
        client.post("/api/auth/login", json=wrong)

    response = client.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD})
    assert response.status_code == 429
    assert response.mimetype == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0


def test_a_refresh_token_works_once(client: FlaskClient, alice: User) -> None:
    old = sign_in_for_tokens(client, alice)["refresh_token"]
    first = client.post("/api/auth/refresh", headers=as_header(old))
    second = client.post("/api/auth/refresh", headers=as_header(old))

    assert (first.status_code, second.status_code) == (200, 401)


def test_a_refresh_token_that_comes_twice_was_copied_so_its_family_ends(
    client: FlaskClient, alice: User
) -> None:
    pair, other = sign_in_for_tokens(client, alice), sign_in_for_tokens(client, alice)
    new = client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"])).json
    assert client.get(MINE, headers=as_header(new["access_token"])).status_code == 200
    client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"]))

    assert client.get(MINE, headers=as_header(new["access_token"])).status_code == 401
    assert client.get(MINE, headers=as_header(pair["access_token"])).status_code == 401
    assert (
        client.post("/api/auth/refresh", headers=as_header(new["refresh_token"])).status_code == 401
    )
    assert client.get(MINE, headers=as_header(other["access_token"])).status_code == 200


def test_refreshing_has_an_absolute_end(alice: User) -> None:
    first = tokens.read_refresh(issue(alice)["refresh_token"], alice)
    assert first
    [sign_in_row] = db.session.scalars(db.select(SignIn))
    sign_in_row.expires_at = utc_now() + timedelta(minutes=1)
    db.session.commit()
    last = tokens.read_refresh(tokens.issue(alice, sign_in_row)["refresh_token"], alice)

    assert last
    assert last["family"] == first["family"] == str(sign_in_row.id)
    assert last["exp"] <= time.time() + 60
    sign_in_row.expires_at = utc_now() - timedelta(seconds=1)
    db.session.commit()
    over = tokens.issue(alice, sign_in_row)
    assert tokens.read_refresh(over["refresh_token"], alice) is None


def test_of_two_exchanges_at_once_one_fails(alice: User) -> None:
    claims = tokens.read_refresh(issue(alice)["refresh_token"], alice)
    assert claims

    assert tokens.spend(claims)
    assert not tokens.spend(claims)


def test_revoked_tokens_are_forgotten_once_they_are_expired(alice: User) -> None:
    db.session.add(RevokedToken(jti="old", expires_at=utc_now() - timedelta(seconds=1)))
    claims = tokens.read_refresh(issue(alice)["refresh_token"], alice)
    assert claims
    tokens.spend(claims)

    assert [row.jti for row in db.session.scalars(db.select(RevokedToken))] == [claims["jti"]]


def test_tokens_are_no_good_for_each_others_purpose(client: FlaskClient, alice: User) -> None:
    pair = sign_in_for_tokens(client, alice)

    assert client.get(MINE, headers=as_header(pair["refresh_token"])).status_code == 401
    assert (
        client.post("/api/auth/refresh", headers=as_header(pair["access_token"])).status_code == 401
    )


def test_signing_out_ends_both_tokens_at_once(client: FlaskClient, alice: User) -> None:
    pair = sign_in_for_tokens(client, alice)
    body = {"refresh_token": pair["refresh_token"]}
    response = client.post("/api/auth/logout", json=body, headers=as_header(pair["access_token"]))

    assert response.status_code == 204
    assert client.get(MINE, headers=as_header(pair["access_token"])).status_code == 401
    assert (
        client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"])).status_code
        == 401
    )
    assert db.session.scalars(db.select(SignIn)).all() == []


def test_signing_out_works_with_the_refresh_token_alone(client: FlaskClient, alice: User) -> None:
    pair = sign_in_for_tokens(client, alice)

    assert (
        client.post("/api/auth/logout", headers=as_header(pair["refresh_token"])).status_code == 204
    )
    assert (
        client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"])).status_code
        == 401
    )


def test_nobody_ends_anothers_refresh_token(client: FlaskClient, alice: User, bob: User) -> None:
    hers = sign_in_for_tokens(client, alice)["refresh_token"]
    response = client.post("/api/auth/logout", json={"refresh_token": hers}, headers=bearer(bob))

    assert response.status_code == 422
    assert client.post("/api/auth/refresh", headers=as_header(hers)).status_code == 200


def test_signing_out_everywhere_ends_every_token(client: FlaskClient, alice: User) -> None:
    pair = sign_in_for_tokens(client, alice)
    accounts.sign_out_everywhere(alice)

    assert client.get(MINE, headers=as_header(pair["access_token"])).status_code == 401
    assert (
        client.post("/api/auth/refresh", headers=as_header(pair["refresh_token"])).status_code
        == 401
    )


def test_a_removed_persons_token_opens_nothing(client: FlaskClient, alice: User) -> None:
    headers = bearer(alice)
    db.session.delete(alice)
    db.session.commit()

    assert client.get(MINE, headers=headers).status_code == 401


def bad_tokens() -> dict[str, dict[str, Any]]:
    """What makes a token invalid. Made when a test runs: times fixed at collection would be
    over.
    """
    return {
        "expired": {"exp": int(time.time()) - 1},
        "not yet valid": {"nbf": int(time.time()) + 600},
        "for uploads": {"aud": "career-portal:upload"},
        "without a session": {"session": ""},
        "signed by another": {"key": "x" * 64},
        "not signed": {"algorithm": "none"},
        "another algorithm": {"algorithm": "HS512"},
    }


@pytest.mark.parametrize("fault", bad_tokens())
def test_a_token_that_is_not_ours_opens_nothing(
    client: FlaskClient, alice: User, fault: str
) -> None:
    changes = bad_tokens()[fault]
    assert client.get(MINE, headers=forged(alice)).status_code == 200  # unchanged it would

    response = client.get(MINE, headers=forged(alice, **changes))
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_signed_with_the_servers_secret_itself_opens_nothing(
    client: FlaskClient, alice: User
) -> None:
    # the same key to HMAC, which fills up with zeros
    secret = client.application.config["SECRET_KEY"].ljust(32, "\0")
    assert client.get(MINE, headers=forged(alice, key=secret)).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer é", "Bearer a b"]
)
@pytest.mark.usefixtures("alice")
def test_a_header_that_holds_no_token_opens_nothing(client: FlaskClient, header: str) -> None:
    assert client.get(MINE, headers={"Authorization": header}).status_code == 401


def test_a_cookie_opens_nothing(client: FlaskClient, ada: User) -> None:
    sign_in(client, ada)

    assert client.get(MINE).status_code == 401
    assert client.get("/api/admin/sessions").status_code == 401


@pytest.mark.usefixtures("csrf_app")
def test_it_needs_no_csrf_token_since_it_takes_no_cookie(client: FlaskClient, alice: User) -> None:
    assert "access_token" in sign_in_for_tokens(client, alice)


@pytest.mark.parametrize("path", ["/api/nothing", "/api/auth/nothing", "/api/jobs/nothing"])
def test_an_unknown_address_is_a_problem_for_programs(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.json["request_id"] == response.headers["X-Request-ID"]


def test_a_body_that_is_no_json_is_said_to_be_none(client: FlaskClient) -> None:
    response = client.post("/api/auth/login", data="{", content_type="application/json")

    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert "json" in response.json["errors"]
