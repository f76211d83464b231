"""Signing in with a second factor: the password alone opens nothing."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from acting import accounts
from factories import PASSWORD, make_user, sign_in
from flask import Flask
from flask.testing import FlaskClient
from second_factors import (
    code_at,
    code_now,
    enter_password,
    give_app,
    give_codes,
    is_signed_in,
)

from portal.extensions import db
from portal.models import AuditEntry, Mail, RecoveryCode, SecondFactor, User, utc_now
from portal.people import second_factors, second_step, throttle

STEP = "/login/second-factor"


def events(what: str) -> int:
    return db.session.scalar(db.select(db.func.count(AuditEntry.id)).where(AuditEntry.what == what))


def test_the_right_password_leads_to_the_second_step_and_opens_nothing(
    client: FlaskClient, alice: User
) -> None:
    give_app(alice)
    asked = enter_password(client, next="/dashboard?page=2")
    assert asked.status_code == 303
    assert asked.location == f"{STEP}?next=/dashboard?page%3D2"
    assert client.get(asked.location).status_code == 200
    for path in ("/dashboard", "/account/", "/account/second-factor"):
        assert "/login" in client.get(path).location


def test_the_right_code_signs_in_with_a_fresh_session(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    client.get("/login")
    with client.session_transaction() as session:
        session["left_by"] = "somebody before"
    enter_password(client, next="/jobs")
    with client.session_transaction() as session:
        assert "left_by" not in session
    done = client.post(f"{STEP}?next=/jobs", data={"code": code_now()})
    assert (done.status_code, done.location) == (303, "/jobs")
    assert is_signed_in(client)
    with client.session_transaction() as session:
        assert "second_step" not in session
    assert events("signed_in") == 1


def test_a_code_works_once(app: Flask, alice: User) -> None:
    give_app(alice)
    code = code_now()
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        enter_password(client)
    assert first.post(STEP, data={"code": code}).status_code == 303
    refused = second.post(STEP, data={"code": code})
    assert refused.status_code == 422
    assert "was used before" in refused.text
    assert not is_signed_in(second)


def test_the_code_before_the_used_one_does_not_work_either(alice: User) -> None:
    give_app(alice)
    now = utc_now()
    committed_try(alice, code_at(now.timestamp()), now)
    with pytest.raises(second_step.WrongCode):
        committed_try(alice, code_at(now.timestamp() - 30), now)
    committed_try(alice, code_at(now.timestamp() + 30), now)


def committed_try(user: User, code: str, now) -> None:
    second_step.prove_with_code(user.id, code, "192.0.2.7", now)


def test_a_wrong_code_is_said_beside_its_field_and_noted(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    enter_password(client)
    refused = client.post(STEP, data={"code": "000000"})
    assert refused.status_code == 422
    assert 'id="code-error"' in refused.text
    assert events("sign_in_failed") == 1
    assert not is_signed_in(client)


def test_after_five_wrong_codes_the_account_must_wait(app: Flask, alice: User) -> None:
    give_app(alice)
    for number in range(5):
        client = app.test_client()  # other browsers and addresses count together
        enter_password(client)
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        client.post(STEP, data={"code": "000000"}, environ_base=address)
    client = app.test_client()
    enter_password(client)
    assert client.post(STEP, data={"code": code_now()}).status_code == 429


def test_twenty_wrong_codes_are_enough_for_a_day(alice: User) -> None:
    give_app(alice)
    now = utc_now()
    for number in range(20):
        with pytest.raises(second_step.WrongCode):
            committed_try(alice, "000000", now + timedelta(minutes=20 * number))
    later = now + timedelta(hours=23)
    with pytest.raises(throttle.RateLimitReached):
        committed_try(alice, code_at(later.timestamp()), later)
    tomorrow = now + timedelta(hours=25)
    committed_try(alice, code_at(tomorrow.timestamp()), tomorrow)


def test_a_recovery_code_works_once_and_is_told_by_mail(app: Flask, alice: User) -> None:
    give_app(alice)
    code = give_codes(alice)[3]
    client = app.test_client()
    enter_password(client)
    typed = f" {code.lower().replace('-', ' ')} "
    assert client.post(STEP, data={"recovery": typed}).status_code == 303
    assert "does not work again" in client.get("/account/").text
    assert db.session.scalar(db.select(db.func.count(RecoveryCode.id))) == 9
    assert [mail.facts for mail in db.session.scalars(db.select(Mail))] == [{"change": "code_used"}]
    assert events("code_used") == 1
    again = app.test_client()
    enter_password(again)
    refused = again.post(STEP, data={"recovery": code})
    assert refused.status_code == 422
    assert 'id="recovery-error"' in refused.text
    assert "open" in refused.text.split("<details")[-1].split(">")[0]


def test_recovery_codes_are_stored_as_keyed_hashes(alice: User) -> None:
    codes = give_codes(alice)
    stored = set(db.session.scalars(db.select(RecoveryCode.code_hash)))
    assert len(codes) == len(set(codes)) == len(stored) == 10
    assert not any(code.replace("-", "") in text for code in codes for text in stored)


def test_nobody_uses_the_recovery_code_of_somebody_else(alice: User, bob: User) -> None:
    give_app(alice)
    give_app(bob)
    codes = give_codes(bob)
    with pytest.raises(second_step.WrongCode):
        second_step.prove_with_code(alice.id, codes[0], None)


@pytest.mark.parametrize("sent", [{}, {"code": ""}, {"recovery": " "}, {"code": "x" * 41}])
def test_an_empty_code_is_said_and_does_not_count(
    client: FlaskClient, alice: User, sent: dict[str, str]
) -> None:
    give_app(alice)
    enter_password(client)
    assert client.post(STEP, data=sent).status_code == 422
    assert events("sign_in_failed") == 0


def test_the_step_is_over_after_five_minutes(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    enter_password(client)
    with client.session_transaction() as session:
        user_id, mark, ends = session["second_step"]
        assert 290 <= ends - utc_now().timestamp() <= 300
        session["second_step"] = [user_id, mark, ends - 300]
    late = client.post(STEP, data={"code": code_now()})
    assert late.location == "/login"
    assert "Too much time has passed" in client.get("/login").text
    assert not is_signed_in(client)


@pytest.mark.parametrize("change", ["disable", "sign_out_everywhere"])
def test_the_step_ends_with_the_password_and_the_account(
    client: FlaskClient, alice: User, change: str
) -> None:
    give_app(alice)
    enter_password(client)
    getattr(accounts, change)(db.session.get_one(User, alice.id))
    assert client.post(STEP, data={"code": code_now()}).location == "/login"


def test_without_the_password_there_is_no_second_step(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    for method in (client.get, client.post):
        assert method(STEP).location == "/login"
    options = client.post(f"{STEP}/passkey/options")
    assert (options.status_code, options.mimetype) == (409, "application/problem+json")


def test_who_is_signed_in_is_not_asked_again(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    sign_in(client, alice)
    assert client.get(STEP).location == "/dashboard"


def test_the_wrong_key_opens_nothing_and_fails_nothing(
    app: Flask, client: FlaskClient, alice: User
) -> None:
    """After SECRET_KEY was changed, the stored secret cannot be read: the operator must help."""
    give_app(alice)
    app.config["SECRET_KEY"] = "a new key, as after a leak"
    enter_password(client)
    assert client.post(STEP, data={"code": code_now()}).status_code == 422
    removed = app.test_cli_runner().invoke(args=["remove-second-factor", "Alice@example.org"])
    assert removed.exit_code == 0, removed.output
    assert enter_password(app.test_client()).location == "/dashboard"


def test_the_operator_removes_what_somebody_lost(
    app: Flask, client: FlaskClient, alice: User
) -> None:
    give_app(alice)
    give_codes(alice)
    sign_in(client, alice)
    run = app.test_cli_runner()
    assert run.invoke(args=["remove-second-factor", "alice@example.org"]).exit_code == 0
    assert not second_factors.has_any(alice.id)
    assert db.session.scalar(db.select(db.func.count(RecoveryCode.id))) == 0
    assert not is_signed_in(client)
    assert [mail.facts for mail in db.session.scalars(db.select(Mail))] == [
        {"change": "all_removed"}
    ]
    assert events("factor_removed") == 1
    again = run.invoke(args=["remove-second-factor", "alice@example.org"])
    assert "has no second factor" in again.output


def test_who_has_none_signs_in_as_before(client: FlaskClient) -> None:
    make_user("carol@example.org")
    assert enter_password(client, "carol@example.org").location == "/dashboard"


def test_a_deleted_account_takes_its_factors_along(alice: User) -> None:
    give_app(alice)
    give_codes(alice)
    user = db.session.get_one(User, alice.id)
    db.session.delete(user)
    db.session.commit()
    for model in (SecondFactor, RecoveryCode):
        assert db.session.scalar(db.select(db.func.count(model.id))) == 0


def test_a_wrong_password_tells_nothing_of_a_second_factor(
    client: FlaskClient, alice: User
) -> None:
    give_app(alice)
    data = {"email": "alice@example.org", "password": PASSWORD + "x"}
    refused = client.post("/login", data=data)
    assert refused.status_code == 422
    assert "second" not in refused.text.partition("<main")[2].partition("</main")[0]


def test_the_export_names_each_factor_without_its_secret(client: FlaskClient, alice: User) -> None:
    give_app(alice, name="Old phone")
    give_codes(alice)
    sent = sign_in(client, alice).post("/account/data", data={"password": PASSWORD})
    package = zipfile.ZipFile(io.BytesIO(sent.data))
    said = json.loads(package.read("second_factors.json"))
    (factor,) = said["factors"]
    assert (factor["kind"], factor["name"], factor["used_at"]) == ("totp", "Old phone", None)
    assert factor.keys() == {"kind", "name", "created_at", "used_at"}
    assert said["recovery_codes_left"] == 10


def test_no_code_is_called_optional(client: FlaskClient, alice: User) -> None:
    give_app(alice)
    enter_password(client)
    assert "(optional)" not in client.get(STEP).text
