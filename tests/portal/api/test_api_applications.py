"""Applying and looking at one's applications through the API."""

from typing import Any

import pytest
from api_caller import NOWHERE, bearer, statuses
from factories import Cast, make_application, make_job, save
from flask import Flask
from flask.testing import FlaskClient
from papers import pdf, upload

from portal.config import settings
from portal.extensions import db
from portal.models import Application, InterviewSession, Job, JobStatus, User

APPLY = "/api/applications/apply"
PAPER = pdf()


def form(
    job: Job, name: str = "cv.pdf", data: bytes | None = None, **fields: Any
) -> dict[str, Any]:
    values = {"job_id": str(job.id), "resume": upload(data, name)} | fields
    return {"data": values, "content_type": "multipart/form-data"}


def test_it_applies_with_a_resume(app: Flask, client: FlaskClient, alice: User) -> None:
    job = make_job("Nurse")
    response = client.post(APPLY, headers=bearer(alice), **form(job, data=PAPER, note=" Hello "))

    assert response.status_code == 201
    assert response.json["job"]["title"] == "Nurse"
    assert (response.json["status"], response.json["note"], response.json["resume_name"]) == (
        "applied",
        "Hello",
        "cv.pdf",
    )
    stored = db.session.scalars(db.select(Application)).one()
    assert stored.user_id == alice.id
    assert (settings(app).resumes_folder / stored.resume_path).read_bytes() == PAPER


def test_only_a_candidate_applies(client: FlaskClient, cast: Cast) -> None:
    job = make_job()
    assert client.post(APPLY, **form(job)).status_code == 401
    assert client.post(APPLY, headers=bearer(cast.ada), **form(job)).status_code == 409
    assert client.post(APPLY, headers=bearer(cast.bob), **form(job)).status_code == 201
    assert db.session.scalar(db.select(db.func.count(Application.id))) == 1


def test_it_takes_one_application_for_an_open_job(client: FlaskClient, alice: User) -> None:
    job, closed = make_job(), make_job(status=JobStatus.CLOSED)
    make_application(alice, job)

    again = client.post(APPLY, headers=bearer(alice), **form(job))
    late = client.post(APPLY, headers=bearer(alice), **form(closed))
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")
    assert again.json["detail"] == "You have already applied for this job."
    assert late.status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "cv.exe", "data": b"MZ"}, "resume"),
        ({"data": b"no pdf"}, "resume"),
        ({"data": b""}, "resume"),
        ({"job_id": "x"}, "job_id"),
        ({"note": "x" * 2_001}, "note"),
        ({"resume": "words instead of a file"}, "resume"),
    ],
)
def test_it_says_what_is_wrong_with_a_form(
    client: FlaskClient, alice: User, changes: Any, field: str
) -> None:
    response = client.post(APPLY, headers=bearer(alice), **form(make_job(), **changes))

    assert (response.status_code, list(response.json["errors"])) == (422, [field])


def test_it_needs_a_job_that_is_there_and_a_file_that_fits(
    client: FlaskClient, alice: User
) -> None:
    unknown = client.post(APPLY, headers=bearer(alice), **form(make_job(), job_id=str(NOWHERE)))
    many_bytes = {"data": b"x" * 12_000_000, "content_type": "multipart/form-data; boundary=b"}
    large = client.post(APPLY, headers=bearer(alice), **many_bytes)

    assert unknown.status_code == 404
    assert (large.status_code, large.mimetype) == (413, "application/problem+json")


def test_it_lists_ones_own_applications_only(client: FlaskClient, cast: Cast) -> None:
    mine = make_application(cast.alice, make_job("Nurse"))
    make_application(cast.bob)
    save(InterviewSession(application=mine))
    found = client.get("/api/applications", headers=bearer(cast.alice)).json

    assert found["total"] == 1
    assert found["items"][0]["id"] == str(mine.id)
    assert found["items"][0]["interview"]["state"] == "pending"
    assert client.get("/api/applications", headers=bearer(cast.ada)).json["items"] == []


def test_it_lists_for_whoever_has_a_token(client: FlaskClient, cast: Cast) -> None:
    people: dict[str, User | None] = {"nobody": None, "alice": cast.alice, "ada": cast.ada}

    assert statuses(client, "GET", "/api/applications", people) == {
        "nobody": 401,
        "alice": 200,
        "ada": 200,
    }


def test_it_pages_newest_first(client: FlaskClient, alice: User) -> None:
    ids = [str(make_application(alice, make_job(f"Job {number}")).id) for number in range(3)]
    first = client.get("/api/applications?page_size=2", headers=bearer(alice)).json
    second = client.get("/api/applications?page_size=2&page=2", headers=bearer(alice)).json

    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert first["total"] == 3
