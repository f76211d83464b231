"""A sign-in at a kiosk: it ends with the receipt or after two hours."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from factories import PASSWORD
from flask.testing import FlaskClient

from portal.extensions import db
from portal.models import (
    InterviewSession,
    InterviewState,
    SignIn,
    User,
    utc_now,
)
from portal.people import sign_ins


def finished_sitting(interview: InterviewSession) -> str:
    interview.state = InterviewState.FINISHING
    db.session.commit()
    return f"/capture/{interview.id}/receipt"


@pytest.mark.usefixtures("room")
def test_at_a_kiosk_the_receipt_is_shown_once_and_its_reader_is_signed_out(
    client: FlaskClient, interview: InterviewSession
) -> None:
    address = finished_sitting(interview)
    first, again = client.get(address), client.get(address)

    assert (first.status_code, first.headers["Refresh"]) == (200, "120; url=/login")
    assert "You are signed out of this machine" in first.text
    assert "hx-get" not in first.text
    assert first.headers["Cache-Control"] == "no-store"
    assert (again.status_code, again.location.split("?")[0]) == (303, "/login")


@pytest.mark.sqlite
@pytest.mark.usefixtures("room")
def test_the_receipt_comes_also_while_others_write(
    client: FlaskClient, interview: InterviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, end_sign_in = finished_sitting(interview), sign_ins.end

    def after_somebody_wrote(sign_in_id: Any) -> None:
        with sqlite3.connect(db.engine.url.database) as other:
            other.execute("UPDATE interview_sessions SET attempts = attempts + 1")
        end_sign_in(sign_in_id)

    monkeypatch.setattr(sign_ins, "end", after_somebody_wrote)

    assert client.get(address).status_code == 200


@pytest.mark.usefixtures("room")
def test_the_receipt_at_a_kiosk_speaks_the_language_of_the_person_it_signs_out(
    client: FlaskClient, interview: InterviewSession
) -> None:
    interview.application.user.language = "de"
    receipt = client.get(finished_sitting(interview))

    assert receipt.headers["Content-Language"] == "de"
    assert client.get("/login").headers["Content-Language"] == "en"


def test_the_language_chosen_before_the_sign_in_at_a_kiosk_holds_after_it(
    client: FlaskClient, alice: User
) -> None:
    client.post("/language", data={"language": "de"})
    client.post("/login", data={"email": alice.email, "password": PASSWORD})

    assert client.get("/dashboard").headers["Content-Language"] == "de"


@pytest.mark.usefixtures("room")
def test_the_language_can_be_changed_on_the_check_page_of_a_kiosk(
    client: FlaskClient, interview: InterviewSession
) -> None:
    check = f"/capture/{interview.id}/check"
    before = client.get(check)
    page = {"Referer": f"http://localhost{check}"}
    chosen = client.post("/language", data={"language": "de"}, headers=page)

    assert ('action="/language"' in before.text, chosen.location) == (True, check)
    assert client.get(check).headers["Content-Language"] == "de"
    assert client.get(f"/capture/{interview.id}/room").headers["Content-Language"] == "de"


@pytest.mark.usefixtures("room")
def test_at_home_the_receipt_signs_nobody_out(
    client: FlaskClient, interview: InterviewSession
) -> None:
    address = finished_sitting(interview)
    replies = [client.get(address, environ_base={"REMOTE_ADDR": "203.0.113.9"}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]


@pytest.mark.parametrize(("address", "hours"), [("127.0.0.1", 2), ("203.0.113.9", 30 * 24)])
def test_a_sign_in_at_the_kiosk_lasts_two_hours(
    client: FlaskClient, alice: User, address: str, hours: int
) -> None:
    client.post(
        "/login",
        data={"email": alice.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": address},
    )
    [sign_in_row] = db.session.scalars(db.select(SignIn))

    assert (sign_in_row.expires_at - utc_now()) / timedelta(hours=1) == pytest.approx(
        hours, abs=0.1
    )


def test_without_its_station_a_kiosk_is_not_ready(
    client: FlaskClient, request: pytest.FixtureRequest
) -> None:
    without = client.get("/readyz").json["checks"]["station"]
    request.getfixturevalue("station")

    assert without == "the kiosk process (flask kiosk) is not running"
    assert client.get("/readyz").json["checks"]["station"] == "ok"
