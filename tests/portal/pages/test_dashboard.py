"""A candidate's own applications, each with its one next step."""

import uuid

import pytest
from factories import Cast, make_application, make_job, save, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.extensions import db
from portal.hiring.next_step import DECIDED
from portal.models import Application, ApplicationStatus, InterviewSession, InterviewState, User

S = ApplicationStatus


def test_the_anonymous_are_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/dashboard").location == "/login?next=/dashboard"


def test_it_shows_ones_own_applications_and_nobody_elses(client: FlaskClient, cast: Cast) -> None:
    make_application(cast.alice, make_job("Data engineer"))
    make_application(cast.bob, make_job("Night nurse"))
    page = sign_in(client, cast.alice).get("/dashboard").text
    assert "Data engineer" in page
    assert "Night nurse" not in page


def test_without_applications_it_says_what_to_do(client: FlaskClient, alice: User) -> None:
    assert "No application yet" in sign_in(client, alice).get("/dashboard").text


@pytest.mark.parametrize(("state", "button"), [
    (None, "Record your interview"),
    (InterviewState.PENDING, "Record your interview"),
    (InterviewState.RECORDING, "Go on with your interview"),
    (InterviewState.FINISHING, "See your receipt"),
    (InterviewState.READY, "See your receipt"),
])  # fmt: skip
def test_it_offers_the_next_step(
    client: FlaskClient, alice: User, state: InterviewState | None, button: str
) -> None:
    application = make_application(alice)
    if state:
        save(InterviewSession(application=application, state=state))
    assert button in sign_in(client, alice).get("/dashboard").text


@pytest.mark.parametrize("status", [S.REJECTED, S.OFFERED, S.WITHDRAWN])
def test_after_a_decision_it_offers_nothing(client: FlaskClient, alice: User, status: S) -> None:
    make_application(alice, status=status)
    page = sign_in(client, alice).get("/dashboard").text
    assert "Record your interview" not in page
    assert status.capitalize() in page


@pytest.mark.parametrize("status", [S.REJECTED, S.OFFERED, S.WITHDRAWN])
def test_after_a_decision_the_receipt_stays_and_promises_nothing(
    client: FlaskClient, alice: User, status: S
) -> None:
    application = make_application(alice, status=status)
    interview = save(InterviewSession(application=application, state=InterviewState.READY))
    sign_in(client, alice)

    assert f'href="/capture/{interview.id}"' in client.get("/dashboard").text
    receipt = client.get(f"/capture/{interview.id}/receipt").text
    assert DECIDED[status] in receipt
    assert "will watch it and decide" not in receipt


def test_the_number_of_queries_does_not_grow_with_the_applications(
    client: FlaskClient, alice: User
) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for _ in range(3):
        make_application(alice)
        sign_in(client, alice)
        asked.clear()
        client.get("/dashboard")
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_withdrawing_takes_the_application_back(client: FlaskClient, alice: User) -> None:
    application = make_application(alice)
    response = sign_in(client, alice).post(
        f"/applications/{application.id}/withdraw", data={"seen": application.status}
    )
    assert response.location == "/dashboard"
    assert db.session.get(Application, application.id).status is S.WITHDRAWN
    assert "You withdrew your application" in client.get("/dashboard").text


def test_what_was_decided_cannot_be_withdrawn(client: FlaskClient, alice: User) -> None:
    application = make_application(alice, status=S.REJECTED)
    sign_in(client, alice).post(
        f"/applications/{application.id}/withdraw", data={"seen": application.status}
    )
    assert db.session.get(Application, application.id).status is S.REJECTED
    assert "cannot be withdrawn now" in client.get("/dashboard").text


def test_the_interview_begins_at_its_first_page(client: FlaskClient, alice: User) -> None:
    application = make_application(alice)
    response = sign_in(client, alice).post(f"/applications/{application.id}/interview")
    interview = db.session.scalars(db.select(InterviewSession)).one()
    assert interview.application_id == application.id
    assert response.location == f"/capture/{interview.id}"


def test_an_interview_that_cannot_be_recorded_says_why(client: FlaskClient, alice: User) -> None:
    application = make_application(alice, status=S.WITHDRAWN)
    response = sign_in(client, alice).post(
        f"/applications/{application.id}/interview", follow_redirects=True
    )
    assert "You withdrew this application." in response.text
    assert db.session.scalar(db.select(db.func.count(InterviewSession.id))) == 0


@pytest.mark.parametrize("verb", ["withdraw", "interview"])
@pytest.mark.parametrize(("person", "code"), [("nobody", 303), ("bob", 404), ("ada", 404)])
def test_nobody_else_acts_for_a_candidate(
    client: FlaskClient, cast: Cast, verb: str, person: str, code: int
) -> None:
    application = make_application(cast.alice)
    if person != "nobody":
        sign_in(client, getattr(cast, person))
    assert client.post(f"/applications/{application.id}/{verb}").status_code == code
    assert db.session.get(Application, application.id).status is S.APPLIED
    assert db.session.scalar(db.select(db.func.count(InterviewSession.id))) == 0


@pytest.mark.parametrize("verb", ["withdraw", "interview"])
def test_the_verbs_need_their_token(csrf_app: Flask, alice: User, verb: str) -> None:
    client = sign_in(csrf_app.test_client(), alice)
    assert client.post(f"/applications/{make_application(alice).id}/{verb}").status_code == 419


@pytest.mark.parametrize("verb", ["withdraw", "interview"])
def test_an_unknown_application_is_not_there(client: FlaskClient, alice: User, verb: str) -> None:
    assert sign_in(client, alice).post(f"/applications/{uuid.uuid4()}/{verb}").status_code == 404
