"""A person's own account: another password, signing out everywhere; and admins who disable
accounts.
"""

import pytest
from acting import accounts, start_sign_in
from api_caller import as_header, bearer
from factories import PASSWORD, Cast, make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from flask_login.utils import encode_cookie
from interview_steps import begin_interview, start_answer
from visiting import seen_in
from werkzeug.test import Cookie

from portal import access, upload_tokens
from portal.extensions import db
from portal.models import SignIn, User, utc_now
from portal.people import credentials, passwords, sign_ins, throttle
from portal.web import sealed_queries

NEW = "another long pass phrase"
RIGHT = {"email": "alice@example.org", "password": PASSWORD}


def browser(app: Flask, **credentials: str) -> FlaskClient:
    client = app.test_client()
    assert client.post("/login", data=RIGHT | credentials).status_code == 303
    return client


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/dashboard").status_code == 200


def copy_of(client: FlaskClient, app: Flask) -> FlaskClient:
    """Another browser with the same cookies, as a thief would have them."""
    copy = app.test_client()
    copy.set_cookie("portal", client.get_cookie("portal").value)
    return copy


def change(client: FlaskClient, old: str = PASSWORD, new: str = NEW):
    return client.post("/account/password", data={"old": old, "new": new})


@pytest.mark.usefixtures("alice")
def test_signing_out_ends_copies_of_the_cookie_too(app: Flask) -> None:
    client = browser(app)
    thief = copy_of(client, app)
    assert is_signed_in(thief)
    client.post("/logout")
    assert not is_signed_in(thief)


@pytest.mark.usefixtures("alice")
def test_signing_out_here_leaves_other_devices_alone(app: Flask) -> None:
    phone, laptop = browser(app), browser(app)
    phone.post("/logout")
    assert is_signed_in(laptop)


@pytest.mark.usefixtures("alice")
def test_a_sign_in_runs_out(app: Flask) -> None:
    client = browser(app)
    ended_at = utc_now() - sign_ins.ROW_STAYS  # a recording could have gone on until now
    db.session.execute(db.update(SignIn).values(expires_at=ended_at))
    db.session.commit()
    assert not is_signed_in(client)
    browser(app)
    assert db.session.scalar(db.select(db.func.count(SignIn.id))) == 1  # the old one is forgotten


def test_no_cookie_remembers_anybody(app: Flask, alice: User) -> None:
    client = browser(app)
    assert client.get_cookie("remember_token") is None
    stranger = app.test_client()
    with app.test_request_context():
        # as signed as we ourselves could
        stranger.set_cookie("remember_token", encode_cookie(str(alice.id)))
    assert not is_signed_in(stranger)


@pytest.mark.usefixtures("alice")
def test_a_new_password_signs_out_everywhere_else(app: Flask) -> None:
    here, there = browser(app), browser(app)
    thief = copy_of(here, app)
    pair = there.post("/api/auth/login", json=RIGHT).json
    assert change(here).location == "/account/"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert not is_signed_in(thief)
    assert (
        there.get("/api/applications", headers=as_header(pair["access_token"])).status_code == 401
    )
    assert (
        there.post("/api/auth/refresh", headers=as_header(pair["refresh_token"])).status_code == 401
    )
    assert app.test_client().post("/login", data=RIGHT).status_code == 422
    assert is_signed_in(browser(app, password=NEW))


@pytest.mark.parametrize(("old", "new", "said"), [
    ("not my pass phrase", NEW, "This is not the password of your account."),
    (PASSWORD, "short", "at least 10 characters"),
    (PASSWORD, "alice@example.org", "hardly more than"),
    (PASSWORD, PASSWORD, "This is the password you have"),
    ("", NEW, "Enter your password."),
])  # fmt: skip
@pytest.mark.usefixtures("alice")
def test_it_names_what_is_wrong_with_a_new_password(
    app: Flask, old: str, new: str, said: str
) -> None:
    client = browser(app)
    response = change(client, old, new)
    assert response.status_code == 422
    assert said in response.text
    assert NEW not in response.text
    assert is_signed_in(client)
    browser(app)


@pytest.mark.usefixtures("alice")
def test_guessing_the_password_of_an_open_session_has_to_wait(app: Flask) -> None:
    client = browser(app)
    codes = [
        change(client, "not this one").status_code
        for _ in range(throttle.CONFIRM_PER_ACCOUNT.tries + 1)
    ]
    assert codes[-2:] == [422, 429]
    refused = change(client)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Wait about 15 minutes" in refused.text


@pytest.mark.usefixtures("alice")
def test_a_password_changed_elsewhere_meanwhile_is_not_changed_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, hash_password = browser(app), passwords.hash_password

    def meanwhile(password: str) -> str:
        db.session.execute(db.update(User).values(password_hash=hash_password("set on the phone")))
        db.session.commit()
        return hash_password(password)

    monkeypatch.setattr(passwords, "hash_password", meanwhile)
    assert change(client).status_code == 422
    assert credentials.authenticate(
        credentials.Credentials(RIGHT["email"], "set on the phone", None)
    )


@pytest.mark.usefixtures("alice")
def test_the_button_signs_out_everywhere(app: Flask) -> None:
    phone, laptop = browser(app), browser(app)
    assert "On 2 devices or browsers" in phone.get("/account/").text
    assert phone.post("/account/sign-out-everywhere").location == "/jobs"
    assert not is_signed_in(phone)
    assert not is_signed_in(laptop)


def test_a_disabled_person_is_out_at_once_and_told_only_with_the_right_password(
    app: Flask, alice: User
) -> None:
    client, headers = browser(app), bearer(alice)
    accounts.disable(alice)
    assert not is_signed_in(client)
    assert client.get("/api/applications", headers=headers).status_code == 401
    refused = client.post("/login", data=RIGHT)
    assert (refused.status_code, "This account is disabled" in refused.text) == (403, True)
    assert client.post("/api/auth/login", json=RIGHT).status_code == 403
    assert (
        "account is disabled"
        not in client.post("/login", data=RIGHT | {"password": "not this one"}).text
    )
    accounts.enable(db.session.get_one(User, alice.id))
    assert is_signed_in(browser(app))


def test_nobody_is_disabled_by_a_sign_in_that_was_begun_before(app: Flask, alice: User) -> None:
    sign_in_id = start_sign_in(alice)
    alice.disabled_at = utc_now()  # and its row outlived that for some reason
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session[access.SIGN_IN] = str(alice.id), str(sign_in_id)
    assert not is_signed_in(client)


def test_a_disabled_persons_upload_is_refused_and_what_came_is_kept(
    app: Flask, alice: User
) -> None:
    answer = start_answer(begin_interview(make_application(alice)))
    place = f"/capture/uploads/{answer.id}"
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": f"Bearer {upload_tokens.make_upload_token(answer.id)}",
    }
    piece = {"Content-Type": "application/offset+octet-stream"} | headers
    client, data = app.test_client(), b"\0\0\0\x18ftypisom" + b"\0" * 12
    assert client.patch(place, data=data, headers=piece | {"Upload-Offset": "0"}).status_code == 204
    accounts.disable(db.session.get_one(User, alice.id))
    assert (
        client.patch(place, data=data, headers=piece | {"Upload-Offset": "24"}).status_code == 403
    )
    assert client.delete(place, headers=headers).status_code == 403
    accounts.enable(db.session.get_one(User, alice.id))
    assert client.head(place, headers=headers).headers["Upload-Offset"] == "24"


def test_an_admin_disables_and_enables(app: Flask, cast: Cast) -> None:
    admin, candidate = sign_in(app.test_client(), cast.ada), browser(app)
    shown = admin.get("/admin/people?q=moreau").text
    assert "Disable this account" in shown
    path = f"/admin/people/{cast.alice.id}"
    page = admin.post(f"{path}/disable?q=moreau", data=seen_in(shown), follow_redirects=True)
    assert "Alice Moreau is disabled and signed out everywhere" in page.text
    assert page.request.full_path.startswith(f"/admin/people?q={sealed_queries.encrypt('moreau')}")
    assert not is_signed_in(candidate)
    assert (
        "can sign in again"
        in admin.post(f"{path}/enable", data=seen_in(page.text), follow_redirects=True).text
    )
    browser(app)


def test_no_admin_locks_themselves_out(app: Flask, ada: User) -> None:
    admin = sign_in(app.test_client(), ada)
    assert (
        "Ask another admin"
        in admin.post(f"/admin/people/{ada.id}/disable", follow_redirects=True).text
    )


@pytest.mark.usefixtures("alice")
def test_a_device_that_signed_in_before_is_not_locked_by_strangers(app: Flask) -> None:
    own, stranger = browser(app), app.test_client()
    own.post("/logout")
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries):
        stranger.post("/login", data=RIGHT | {"password": "a guess of mine"})
    assert stranger.post("/login", data=RIGHT).status_code == 429
    assert own.post("/login", data=RIGHT).status_code == 303


@pytest.mark.usefixtures("cast")
def test_a_known_device_may_not_try_for_ever_and_not_for_others(app: Flask) -> None:
    own = browser(app)
    own.post("/logout")
    wrong = RIGHT | {"password": "not this one"}
    codes = [
        own.post("/login", data=wrong).status_code
        for _ in range(throttle.SIGN_IN_PER_DEVICE.tries + 1)
    ]
    assert codes[-2:] == [422, 429]
    bob = wrong | {"email": "bob@example.org"}
    codes = [
        own.post("/login", data=bob).status_code
        for _ in range(throttle.SIGN_IN_PER_EMAIL.tries + 1)
    ]
    assert codes[-2:] == [422, 429]


@pytest.mark.parametrize("value", ["", "x", "WyJhIiwiYiJd.x.y"])
@pytest.mark.usefixtures("alice")
def test_a_forged_device_is_a_stranger(app: Flask, value: str) -> None:
    client = app.test_client()
    client.set_cookie("known-device", value)
    assert client.post("/login", data=RIGHT).status_code == 303


def device_of(client: FlaskClient, name: str = "known-device") -> Cookie:
    cookie = client.get_cookie(name)
    assert cookie
    return cookie


@pytest.mark.usefixtures("alice")
def test_a_known_device_is_told_to_this_host_alone(app: Flask) -> None:
    cookie = device_of(browser(app))
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    assert "alice" not in cookie.value
    app.config["SESSION_COOKIE_SECURE"] = True
    answer = app.test_client().post("/login", data=RIGHT, base_url="https://localhost")
    [line] = [text for text in answer.headers.getlist("Set-Cookie") if "device" in text]
    assert line.startswith("__Host-known-device=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(line.split("; "))
    assert "Domain" not in line


@pytest.mark.usefixtures("alice")
def test_a_browser_keeps_its_one_name_however_often_it_signs_in(app: Flask) -> None:
    own = browser(app)
    wrong = RIGHT | {"password": "not this one"}
    codes = []
    for _ in range(2):
        own.post("/logout")
        codes += [
            own.post("/login", data=wrong).status_code
            for _ in range(throttle.SIGN_IN_PER_DEVICE.tries // 2)
        ]
        own.post("/login", data=RIGHT)
    own.post("/logout")
    assert set(codes) == {422}
    assert own.post("/login", data=wrong).status_code == 429


@pytest.mark.usefixtures("alice")
def test_another_password_makes_every_device_a_stranger(app: Flask) -> None:
    stolen, own = device_of(browser(app)), browser(app)
    change(own)
    thief = app.test_client()
    thief.set_cookie("known-device", stolen.value)
    new = RIGHT | {"password": NEW}
    for _ in range(throttle.SIGN_IN_PER_EMAIL.tries):
        app.test_client().post("/login", data=RIGHT | {"password": "a guess of mine"})
    assert thief.post("/login", data=new).status_code == 429  # counted with the strangers
    own.post("/logout")
    assert own.post("/login", data=new).status_code == 303


@pytest.mark.usefixtures("alice")
def test_right_passwords_are_counted_as_well(app: Flask) -> None:
    most = throttle.ALL_SIGN_INS_PER_EMAIL.tries
    codes = [app.test_client().post("/login", data=RIGHT).status_code for _ in range(most + 1)]
    assert codes == [303] * most + [429]


def test_the_account_page_says_that_programs_lose_their_access_too(app: Flask, alice: User) -> None:
    client = app.test_client()
    tokens_before = client.post(
        "/api/auth/login", json={"email": alice.email, "password": PASSWORD}
    ).json
    bearer = {"Authorization": f"Bearer {tokens_before['access_token']}"}
    assert "ends the access of programs" in sign_in(client, alice).get("/account/").text
    assert client.get("/api/applications", headers=bearer).status_code == 200
    client.post("/account/sign-out-everywhere")
    assert client.get("/api/applications", headers=bearer).status_code == 401


@pytest.mark.parametrize("path", ["/logout", "/account/sign-out-everywhere", "/account/delete"])
def test_signing_out_asks_the_browser_to_forget_its_pages_and_keeps_recordings(
    client: FlaskClient, alice: User, path: str
) -> None:
    gone = sign_in(client, alice).post(path, data={"password": PASSWORD})
    assert gone.status_code == 303
    assert gone.headers["Clear-Site-Data"] == '"cache"'  # never "storage": pieces may wait there
