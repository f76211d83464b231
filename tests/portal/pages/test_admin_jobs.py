"""Creating and editing jobs, with the client only: nothing here needs JavaScript."""

from typing import Any

import pytest
from factories import Cast, make_job, sign_in
from flask.testing import FlaskClient
from job_forms import JOB, rows
from reviewing import make_interview
from sqlalchemy import select
from visiting import seen_in
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import InterviewState, Job, JobStatus


@pytest.fixture
def admin(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.ada)


def save(admin: FlaskClient, job: Job, typed: dict[str, str]) -> TestResponse:
    """Open the job's page, type, and save."""
    page = f"/admin/jobs/{job.id}"
    return admin.post(page, data=JOB | typed | seen_in(admin.get(page).text))


def only_job() -> Job:
    return db.session.scalars(select(Job)).one()


def prompts_of(page: str) -> list[str]:
    return [
        part.partition("</textarea>")[0].strip()
        for part in page.split('-prompt"')[1:]
        if "</textarea>" in part
    ]


def test_it_is_for_admins_only(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/admin/jobs").location.startswith("/login")
    sign_in(client, cast.alice)
    assert client.get("/admin/jobs/new").status_code == 403
    assert client.post(f"/admin/jobs/{make_job().id}/close").status_code == 403


def test_it_creates_a_draft_with_its_questions(admin: FlaskClient) -> None:
    answer = admin.post("/admin/jobs/new", data=JOB | rows("First?", "Second?"))
    job = only_job()

    assert (answer.status_code, answer.location) == (303, "/admin/jobs")
    assert (job.slug, job.status, job.workplace) == ("field-technician", JobStatus.DRAFT, "hybrid")
    assert [(q.position, q.prompt, q.think_ms, q.limit_ms, q.takes) for q in job.questions] == [
        (1, "First?", 20_000, 90_000, 3),
        (2, "Second?", 20_000, 90_000, 3),
    ]


def test_it_can_publish_at_once(admin: FlaskClient) -> None:
    admin.post("/admin/jobs/new", data=JOB | {"action": "publish"})

    assert only_job().is_open
    assert only_job().published_at


def test_the_address_is_unique_and_stays_when_the_title_changes(admin: FlaskClient) -> None:
    first = make_job(slug="field-technician")
    admin.post("/admin/jobs/new", data=JOB)
    second = db.session.scalars(select(Job).where(Job.id != first.id)).one()
    slug = second.slug
    save(admin, second, {"title": "Renamed"})

    assert slug.startswith("field-technician-")
    assert (second.title, second.slug) == ("Renamed", slug)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": " "}, "Give the job a title."),
        ({"description": ""}, "Describe the job."),
        ({"workplace": "moon"}, "Not a valid choice"),
        ({"questions-0-prompt": ""}, "Write the question."),
        ({"questions-0-think_s": "soon"}, "Not a valid integer value"),
        ({"questions-0-limit_s": "9"}, "From 10 to 1800 seconds."),
        ({"questions-0-takes": "6"}, "From 1 to 5 takes."),
    ],
)
def test_each_wrong_field_says_why_and_the_rest_is_kept(
    admin: FlaskClient, wrong: Any, message: str
) -> None:
    answer = admin.post("/admin/jobs/new", data=JOB | rows("First?") | wrong)

    assert answer.status_code == 422
    assert message in answer.text
    assert "€ 30,000" in answer.text
    assert db.session.scalar(select(Job)) is None


@pytest.mark.parametrize(
    ("action", "prompts"),
    [
        ("add", ["A", "B", "C", ""]),
        ("remove-1", ["A", "C"]),
        ("up-2", ["A", "C", "B"]),
        ("up-0", ["A", "B", "C"]),
        ("remove-9", ["A", "B", "C"]),
        ("remove--1", ["A", "B", "C"]),
    ],
)
def test_rows_are_rearranged_and_nothing_typed_is_lost(
    admin: FlaskClient, action: str, prompts: list[str]
) -> None:
    typed = JOB | rows("A", "B", "C") | {"questions-0-think_s": "soon", "action": action}
    page = admin.post("/admin/jobs/new", data=typed).text

    assert [prompt.partition(">")[2].strip() for prompt in prompts_of(page)] == prompts
    assert 'value="soon"' in page
    assert db.session.scalar(select(Job)) is None


def test_questions_change_places_in_the_database_too(admin: FlaskClient) -> None:
    job = make_job(questions=2)
    save(admin, job, rows("Second?", "First?", "Third?"))

    assert [(q.position, q.prompt) for q in job.questions] == [
        (1, "Second?"),
        (2, "First?"),
        (3, "Third?"),
    ]


@pytest.mark.parametrize("typed", [rows("A"), rows("A", "B", "C"), rows("Second?", "First?")])
def test_questions_may_change_while_somebody_records_who_keeps_the_old_ones(
    admin: FlaskClient, typed: dict[str, str]
) -> None:
    job = make_job(questions=2)
    interview = make_interview(job=job, state=InterviewState.RECORDING)
    page = " ".join(admin.get(f"/admin/jobs/{job.id}").text.split())
    answer = save(admin, job, typed)

    assert (
        "1 candidate is in the middle of this interview. They keep the questions that they began"
        in page
    )
    assert answer.status_code == 303
    assert [q.prompt for q in job.questions] == [
        typed[name] for name in typed if name.endswith("-prompt")
    ]
    db.session.refresh(interview)
    assert [q.prompt for q in interview.questions] == ["Question number 1?", "Question number 2?"]


def test_rows_move_while_somebody_records(admin: FlaskClient) -> None:
    job = make_job(questions=2)
    make_interview(job=job, state=InterviewState.RECORDING)
    page = admin.post(f"/admin/jobs/{job.id}", data=JOB | rows("A", "B") | {"action": "up-1"}).text

    assert [prompt.partition(">")[2].strip() for prompt in prompts_of(page)] == ["B", "A"]


def test_it_closes_and_opens_again(admin: FlaskClient) -> None:
    job = make_job()
    admin.post(f"/admin/jobs/{job.id}/close")
    assert job.status is JobStatus.CLOSED

    page = admin.post(f"/admin/jobs/{job.id}/close", follow_redirects=True).text
    assert "This job is not open." in page

    admin.post(f"/admin/jobs/{job.id}/publish")
    assert job.is_open


def test_htmx_gets_only_the_form(admin: FlaskClient) -> None:
    typed = JOB | {"action": "add"}
    fragment = admin.post("/admin/jobs/new", data=typed, headers={"HX-Request": "true"}).text

    assert "<html" not in fragment
    assert 'id="job-form"' in fragment


@pytest.mark.usefixtures("csrf_app")
def test_every_form_carries_a_token(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada)

    assert client.post("/admin/jobs/new", data=JOB).status_code == 419
    assert client.post(f"/admin/jobs/{make_job().id}/close").status_code == 419


@pytest.mark.parametrize("verb", ["", "/publish", "/close"])
def test_what_was_done_to_a_job_leads_back_to_its_page_of_the_list(
    admin: FlaskClient, verb: str
) -> None:
    jobs = [make_job(f"Job {number}") for number in range(51)]
    oldest = jobs[0]
    listed = admin.get("/admin/jobs?page=2").text
    assert f"/admin/jobs/{oldest.id}?page=2" in listed
    page = f"/admin/jobs/{oldest.id}{verb}?page=2"
    if not verb:
        shown = admin.get(page).text
        assert shown.count('href="/admin/jobs?page=2"') == 2  # the crumb, and Cancel
        assert f'action="{page}"' in shown
        answer = admin.post(page, data=JOB | rows("Why?") | seen_in(shown))
    else:
        answer = admin.post(page)
    assert (answer.status_code, answer.location) == (303, "/admin/jobs?page=2")


def test_no_address_makes_an_edited_job_lead_elsewhere(admin: FlaskClient) -> None:
    job = make_job()
    for page in ("//example.com", "https://example.com", "-3", "2/../../logout"):
        assert admin.post(f"/admin/jobs/{job.id}/close?page={page}").location == "/admin/jobs"
