"""The audit log tells who tried what a state does not allow, in every form that a refusal has."""

from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from acting import hiring
from api_caller import as_header, bearer
from factories import PASSWORD, Cast, make_job, sign_in
from flask.testing import FlaskClient
from interview_steps import begin_interview, start_answer
from job_forms import JOB
from tus_requests import ask, patch

from portal.database import transaction
from portal.extensions import db
from portal.models import (
    Application,
    ApplicationStatus,
    AuditEntry,
    InterviewSession,
    Job,
    JobStatus,
)

Told = tuple[str, str, Any, dict[str, str]]


def told(what: str = "bypass_tried") -> list[Told]:
    db.session.rollback()
    rows = sa.select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id)
    return [(row.by_kind, row.of_kind, row.of_id, row.facts) for row in db.session.scalars(rows)]


def test_a_wrong_state_is_told_where_a_sentence_stands_above_the_page(
    client: FlaskClient, cast: Cast, application: Application
) -> None:
    hiring.reject(application, by=cast.ada)
    expected = ("person", "application", application.id, {"state": "application"})
    path = f"/applications/{application.id}/withdraw"
    assert sign_in(client, cast.alice).post(path, data={"seen": "rejected"}).status_code == 303
    assert told() == [expected]


def test_a_wrong_state_is_told_where_the_refusal_is_for_programs(
    client: FlaskClient, cast: Cast, interview: InterviewSession
) -> None:
    expected = ("person", "interview", interview.id, {"state": "interview"})
    sign_in(client, cast.alice)
    assert client.post(f"/capture/{interview.id}/finish", json={}).status_code == 409
    assert told() == [expected]


def test_a_wrong_state_is_told_where_the_refusal_is_a_form(
    client: FlaskClient, cast: Cast, application: Application
) -> None:
    hiring.withdraw(application, by=cast.alice)
    path = f"/applications/{application.id}/resume/replace"
    sign_in(client, cast.alice)
    assert client.get(path).status_code == 409
    assert told() == []  # to open the form that is too late is no try
    assert client.post(path).status_code == 409
    assert told() == [("person", "application", application.id, {"state": "application"})]


def test_the_api_tells_whose_token_it_was(
    client: FlaskClient, cast: Cast, application: Application
) -> None:
    hiring.withdraw(application, by=cast.alice)
    path, headers = f"/api/applications/{application.id}/resume", bearer(cast.alice)
    alice_id, application_id = cast.alice.id, application.id
    files = {"resume": (BytesIO(b"%PDF-"), "resume.pdf")}
    response = client.put(path, data=files, headers=headers | {"If-Match": "*"})
    assert response.status_code == 409
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.what == "bypass_tried")).one()
    assert (entry.by_kind, entry.by_id, entry.of_id) == ("person", alice_id, application_id)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_piece_for_an_interview_that_was_stopped_is_told_with_its_answer(
    client: FlaskClient, cast: Cast, application: Application, method: str
) -> None:
    answer = start_answer(begin_interview(application))
    hiring.reject(application, by=cast.ada)
    refused = (
        patch(client, answer, 0, b"1234") if method == "PATCH" else ask(client, method, answer)
    )
    assert refused.status_code == 403
    assert told() == [("visitor", "answer", answer.id, {"state": "upload"})]


def test_what_only_came_too_late_or_elsewhere_is_not_told(
    client: FlaskClient, cast: Cast, application: Application
) -> None:
    hiring.invite(application, by=cast.ada)
    sign_in(client, cast.ada)
    path = f"/admin/applications/{application.id}/decide"
    client.post(path, data={"decision": "invite", "seen": "applied"})  # another admin was first
    assert told() == []


def test_the_entry_of_a_new_job_names_it(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)
    assert client.post("/admin/jobs/new", data=JOB | {"action": "publish"}).status_code == 303
    new = db.session.scalars(sa.select(Job)).one()
    assert {of_id for _, _, of_id, _ in told("changed")} == {new.id}


def test_a_draft_that_a_stranger_asks_for_is_told(client: FlaskClient, cast: Cast) -> None:
    job = make_job(status=JobStatus.DRAFT)
    job_id, slug = job.id, job.slug
    assert client.get(f"/jobs/{slug}").status_code == 404
    assert client.get(f"/api/jobs/{job_id}", headers=bearer(cast.bob)).status_code == 404
    assert client.get("/jobs/no-such-job").status_code == 404
    assert told("refused") == [
        ("visitor", "job", job_id, {}),
        ("person", "job", job_id, {}),
    ]


def test_a_refresh_token_of_another_account_is_told(client: FlaskClient, cast: Cast) -> None:
    alice_id, headers = cast.alice.id, bearer(cast.bob)
    login = client.post("/api/auth/login", json={"email": cast.alice.email, "password": PASSWORD})
    hers = login.json["refresh_token"]
    for text in (hers, "no token"):
        body = {"refresh_token": text}
        assert client.post("/api/auth/logout", json=body, headers=headers).status_code == 422
    assert told() == [("person", "account", alice_id, {})]
    assert client.post("/api/auth/refresh", headers=as_header(hers)).status_code == 200


def test_a_decision_tells_the_status_that_it_changed_not_the_one_that_was_read_before(
    cast: Cast, application: Application
) -> None:
    with transaction():
        assert application.status is ApplicationStatus.APPLIED
        changed_by_another = sa.update(Application).values(status=ApplicationStatus.INVITED)
        db.session.execute(changed_by_another, execution_options={"synchronize_session": False})
        hiring.offer(application, by=cast.ada)
    (decided,) = told("decided")
    assert decided[3] == {"from": "invited", "to": "offered"}
