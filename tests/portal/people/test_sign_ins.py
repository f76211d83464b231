"""The list of sign-ins, how each is ended, when they run out, and who is told of a new one."""

from datetime import datetime, timedelta

import pytest
from acting import accounts, start_sign_in
from api_caller import as_header, issue
from factories import PASSWORD, sign_in
from flask import Flask
from flask.testing import FlaskClient

from portal.extensions import db
from portal.models import (
    AuditEntry,
    AuditEvent,
    InterviewSession,
    Mail,
    MailEvent,
    SignIn,
    SignInKind,
    User,
    utc_now,
)
from portal.people.device_words import device_words

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)
HTMX = {"HX-Request": "true"}


def browser(app: Flask, user: User, user_agent: str = FIREFOX) -> FlaskClient:
    client = app.test_client()
    form = {"email": user.email, "password": PASSWORD}
    said = client.post("/login", data=form, headers={"User-Agent": user_agent})
    assert said.status_code == 303
    return client


def confirm(client: FlaskClient) -> None:
    """Prove with the password that it is oneself, as the page asks it."""
    client.post("/account/confirm", data={"password": PASSWORD})


def rows_of(user: User) -> list[SignIn]:
    db.session.rollback()
    newest_first = db.select(SignIn).order_by(SignIn.started_at.desc())
    return list(db.session.scalars(newest_first.where(SignIn.user_id == user.id)))


def seen_at(user: User) -> datetime:
    [row] = rows_of(user)
    noted = row.seen_at
    db.session.rollback()  # a test that reads would hold the lock of the database
    return noted


def told(user: User) -> list[dict[str, str]]:
    db.session.rollback()
    own = db.select(Mail).where(Mail.user_id == user.id, Mail.event == MailEvent.NEW_DEVICE)
    return [mail.facts for mail in db.session.scalars(own)]


def events(user: User, what: AuditEvent) -> list[AuditEntry]:
    db.session.rollback()
    about = db.select(AuditEntry).where(AuditEntry.of_id == user.id, AuditEntry.what == what)
    return list(db.session.scalars(about))


def move(**times: datetime) -> None:
    db.session.execute(db.update(SignIn).values(**times))
    db.session.commit()


# ---- the list


def test_the_list_names_each_browser_and_program_and_marks_this_one(
    app: Flask, alice: User
) -> None:
    here = browser(app, alice)
    browser(app, alice, PHONE)
    app.test_client().post(
        "/api/auth/login",
        json={"email": alice.email, "password": PASSWORD},
        headers={"User-Agent": "job-sync/2.1"},
    )
    page = here.get("/account/sign-ins").text

    for words in ("Firefox, Windows", "Safari, iPhone", "job-sync/2.1", "A program (API)"):
        assert words in page
    assert page.count("This browser") == 1
    assert FIREFOX in page
    assert page.count("Last used") == 3


def test_what_a_browser_calls_itself_brings_no_code_into_the_list(app: Flask, alice: User) -> None:
    here = browser(app, alice, "<script>alert(1)</script>\u202e" + "x" * 400)
    page = here.get("/account/sign-ins").text

    assert "<script>alert" not in page
    assert len(rows_of(alice)[0].device) == 300


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_sign_in_is_ended_and_the_others_stay(
    app: Flask, alice: User, headers: dict[str, str]
) -> None:
    here, phone, laptop = (browser(app, alice, name) for name in (FIREFOX, PHONE, EDGE))
    confirm(here)
    [chosen] = [row.id for row in rows_of(alice) if row.device == PHONE]
    said = here.post(f"/account/sign-ins/{chosen}/end", headers=headers)

    assert said.status_code == (200 if headers else 303)
    page = said.text if headers else here.get("/account/sign-ins").text
    assert "This sign-in is ended." in page
    assert "iPhone" not in page
    opened = [client.get("/dashboard").status_code for client in (here, phone, laptop)]
    assert opened == [200, 303, 200]
    assert [entry.facts for entry in events(alice, AuditEvent.SIGN_IN_ENDED)] == [{"sign_ins": 1}]
    again = here.post(f"/account/sign-ins/{chosen}/end", follow_redirects=True)
    assert "had ended already" in again.text


def test_all_others_are_ended_at_once_programs_too(app: Flask, alice: User) -> None:
    here, there = browser(app, alice), browser(app, alice, PHONE)
    pair = issue(alice)
    confirm(here)
    page = here.post("/account/sign-ins/end-others", follow_redirects=True).text

    assert "2 other sign-ins are ended." in page
    assert here.get("/dashboard").status_code == 200
    assert there.get("/dashboard").status_code == 303
    bearer = as_header(pair["access_token"])
    assert there.get("/api/applications", headers=bearer).status_code == 401
    refreshed = there.post("/api/auth/refresh", headers=as_header(pair["refresh_token"]))
    assert refreshed.status_code == 401
    assert [entry.facts for entry in events(alice, AuditEvent.SIGN_IN_ENDED)] == [{"sign_ins": 2}]
    again = here.post("/account/sign-ins/end-others", follow_redirects=True).text
    assert "There was no other sign-in." in again


@pytest.mark.parametrize("path", ["{theirs}/end", "end-others"])
def test_ending_asks_for_the_password_before(app: Flask, alice: User, path: str) -> None:
    here, theirs = browser(app, alice), start_sign_in(alice)
    said = here.post("/account/sign-ins/" + path.format(theirs=theirs))

    assert (said.status_code, said.location) == (303, "/account/confirm?next=/account/sign-ins")
    assert theirs in [row.id for row in rows_of(alice)]
    asked = here.post(said.location, data={"password": PASSWORD})
    assert asked.location == "/account/sign-ins"


def test_nobody_ends_anothers_sign_in(app: Flask, alice: User, bob: User) -> None:
    hers = start_sign_in(alice)
    thief = browser(app, bob)

    assert thief.post(f"/account/sign-ins/{hers}/end").status_code == 404
    key = as_header(issue(bob)["access_token"])
    assert thief.delete(f"/api/auth/sign-ins/{hers}", headers=key).status_code == 404
    assert hers in [row.id for row in rows_of(alice)]


def test_the_api_lists_and_ends_sign_ins(app: Flask, alice: User) -> None:
    there = browser(app, alice)
    pair = issue(alice)
    key, client = as_header(pair["access_token"]), app.test_client()
    rows = client.get("/api/auth/sign-ins", headers=key).json

    assert {(row["kind"], row["this"]) for row in rows} == {("api", True), ("browser", False)}
    [other] = [row for row in rows if not row["this"]]
    assert other["device"] == FIREFOX
    ended = client.delete(f"/api/auth/sign-ins/{other['id']}", headers=key)
    assert ended.status_code == 204
    assert there.get("/dashboard").status_code == 303
    [this] = [row for row in rows if row["this"]]
    assert client.delete(f"/api/auth/sign-ins/{this['id']}", headers=key).status_code == 204
    assert client.get("/api/auth/sign-ins", headers=key).status_code == 401


@pytest.mark.parametrize(("user_agent", "words"), [
    (FIREFOX, "Firefox, Windows"), (PHONE, "Safari, iPhone"), (EDGE, "Edge, Windows"),
    ("curl/8.5.0", "curl/8.5.0"), ("", ""), ("Lynx/2.9.0 libwww-FM/2.14", "Lynx/2.9.0"),
])  # fmt: skip
def test_a_device_is_named_by_its_browser_and_system_alone(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words


def test_an_admin_ends_all_sign_ins_of_a_person_who_may_sign_in_again(
    app: Flask, alice: User, ada: User
) -> None:
    theirs, pair = browser(app, alice), issue(alice)
    admin = sign_in(app.test_client(), ada)
    assert "Sign out… Alice Moreau everywhere" in admin.get("/admin/people").text
    page = admin.post(f"/admin/people/{alice.id}/sign-out", follow_redirects=True).text

    assert "Alice Moreau is signed out everywhere." in page
    assert theirs.get("/dashboard").status_code == 303
    key = as_header(pair["access_token"])
    assert theirs.get("/api/applications", headers=key).status_code == 401
    assert len(events(alice, AuditEvent.SIGNED_OUT_EVERYWHERE)) == 1
    browser(app, alice)


# ---- a refresh token that comes twice


def test_a_spent_refresh_token_ends_its_family_and_the_audit_log_tells_it_once(
    client: FlaskClient, alice: User
) -> None:
    spent = as_header(issue(alice)["refresh_token"])
    codes = [client.post("/api/auth/refresh", headers=spent).status_code for _ in range(3)]

    assert codes == [200, 401, 401]
    assert rows_of(alice) == []
    tried = events(alice, AuditEvent.BYPASS_TRIED)
    assert [(entry.by_kind, entry.facts) for entry in tried] == [
        ("visitor", {"state": "spent_token"})
    ]


def test_a_cookie_does_not_open_a_programs_sign_in_nor_the_other_way_round(
    app: Flask, alice: User
) -> None:
    issue(alice)
    [row] = rows_of(alice)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["sign_in"] = str(alice.id), str(row.id)
    assert client.get("/dashboard").status_code == 303
    row.kind = SignInKind.BROWSER
    db.session.commit()
    assert client.get("/dashboard").status_code == 200


# ---- when they run out


def test_a_sign_in_lasts_thirty_days_and_its_use_does_not_prolong_it(
    app: Flask, alice: User
) -> None:
    client = browser(app, alice)
    [row] = rows_of(alice)
    assert row.expires_at - row.started_at == timedelta(days=30)
    move(seen_at=utc_now() - timedelta(days=29))
    assert client.get("/dashboard").status_code == 200  # a candidate may be away for long
    move(expires_at=utc_now())
    assert client.get("/dashboard").status_code == 303


@pytest.mark.parametrize(("hours", "opens"), [(11.9, True), (12.1, False)])
def test_staff_who_are_away_for_twelve_hours_are_signed_out(
    app: Flask, ada: User, hours: float, opens: bool
) -> None:
    client, pair = browser(app, ada), issue(ada)
    move(seen_at=utc_now() - timedelta(hours=hours))
    key = as_header(pair["access_token"])

    assert client.get("/admin/people").status_code == (200 if opens else 303)
    assert client.get("/api/admin/sessions", headers=key).status_code == (200 if opens else 401)


def test_a_use_is_noted_every_few_minutes_after_the_answer(app: Flask, ada: User) -> None:
    client = sign_in(app.test_client(), ada)
    long_ago = utc_now() - timedelta(hours=3)
    move(seen_at=long_ago)
    answer = client.get("/admin/people")
    assert seen_at(ada) == long_ago  # nobody waited for it
    db.session.rollback()
    answer.close()
    noted = seen_at(ada)
    assert utc_now() - noted < timedelta(minutes=1)
    client.get("/admin/people").close()
    assert seen_at(ada) == noted


def test_what_a_page_asks_by_itself_is_no_use(
    app: Flask, ada: User, interview: InterviewSession
) -> None:
    status = f"/admin/sessions/{interview.id}/status"
    client, long_ago = sign_in(app.test_client(), ada), utc_now() - timedelta(hours=3)
    move(seen_at=long_ago)
    client.get(status).close()

    assert seen_at(ada) == long_ago


# ---- a mail about a device that was not used before


def test_a_new_browser_is_told_and_a_known_one_and_the_first_are_not(
    app: Flask, alice: User
) -> None:
    first = browser(app, alice)
    assert told(alice) == []
    first.post("/logout")
    form = {"email": alice.email, "password": PASSWORD}
    first.post("/login", data=form, headers={"User-Agent": FIREFOX})
    assert told(alice) == []
    browser(app, alice, PHONE)
    assert told(alice) == [{"device": PHONE}]


def test_a_new_password_in_a_known_browser_is_no_new_device(app: Flask, alice: User) -> None:
    client = browser(app, alice)
    new = {"old": PASSWORD, "new": "another long pass phrase"}
    assert client.post("/account/password", data=new).status_code == 303
    assert told(alice) == []


def test_a_program_is_told_once_however_often_it_signs_in(app: Flask, alice: User) -> None:
    browser(app, alice)
    right, program = {"email": alice.email, "password": PASSWORD}, {"User-Agent": "job-sync/2.1"}
    for _ in range(3):
        client = app.test_client()
        pair = client.post("/api/auth/login", json=right, headers=program).json
        client.post("/api/auth/logout", headers=as_header(pair["access_token"]))
    assert told(alice) == [{"device": "job-sync/2.1"}]


def test_a_browser_without_a_name_is_told_too(app: Flask, alice: User) -> None:
    browser(app, alice)
    browser(app, alice, "")
    assert told(alice) == [{"device": "?"}]


def test_an_account_that_is_older_than_the_audit_log_is_told(app: Flask, alice: User) -> None:
    alice.created_at = utc_now() - timedelta(days=800)
    db.session.commit()
    browser(app, alice)
    assert told(alice) == [{"device": FIREFOX}]


def test_no_mail_tells_of_a_sign_in_that_failed(app: Flask, alice: User) -> None:
    browser(app, alice)
    accounts.disable(alice)
    form = {"email": alice.email, "password": PASSWORD}
    assert app.test_client().post("/login", data=form).status_code == 403
    assert told(alice) == []
