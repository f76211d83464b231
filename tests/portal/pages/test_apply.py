"""Applying for a job with a résumé."""

from pathlib import Path

import papers
import pytest
from factories import Cast, make_application, make_job, sign_in
from flask import Flask
from flask.testing import FlaskClient

from portal.config import settings
from portal.extensions import db
from portal.hiring import resumes
from portal.models import Application, ApplicationStatus, Job, JobStatus, User


@pytest.fixture
def job(app: Flask) -> Job:
    return make_job("Data engineer")


@pytest.fixture
def folder(app: Flask) -> Path:
    return settings(app).resumes_folder


@pytest.fixture
def path(job: Job) -> str:
    return f"/jobs/{job.slug}/apply"


def test_it_applies_and_leads_to_the_dashboard(
    client: FlaskClient, alice: User, path: str, folder: Path
) -> None:
    sent = papers.form(resume=papers.upload(name="Älices CV.pdf"), note="I like\r\nrows.")
    response = sign_in(client, alice).post(path, **sent)
    assert (response.status_code, response.location) == (303, "/dashboard")
    application = db.session.scalars(db.select(Application)).one()
    assert (application.user.email, application.resume_name) == (
        "alice@example.org",
        "Älices CV.pdf",
    )
    assert application.note == "I like\nrows."
    assert (folder / application.resume_path).read_bytes() == papers.pdf()
    assert "You applied for Data engineer" in client.get("/dashboard").text


@pytest.mark.parametrize(("file", "reason"), [
    (None, "Choose your résumé"),
    ((b"", "cv.pdf"), "This file is empty"),
    ((b"{\\rtf1 x}", "cv.rtf"), "rich text document"),
    ((b"%PDF-" + b"x" * 10_485_760, "cv.pdf"), "larger than 10 MB"),
    ((papers.docx(document="<html/>"), "cv.pdf"), "not a Word document inside"),
    ((papers.pdf(password="x"), "cv.pdf"), "protected with a password"),
])  # fmt: skip
def test_a_refused_file_names_the_reason_and_keeps_the_note(
    client: FlaskClient,
    alice: User,
    path: str,
    folder: Path,
    file: tuple[bytes, str] | None,
    reason: str,
) -> None:
    sent = {"note": "I like <rows>."} | ({"resume": papers.upload(*file)} if file else {})
    response = sign_in(client, alice).post(path, **papers.form(**sent))
    assert response.status_code == 422
    assert reason in response.text
    assert "I like &lt;rows&gt;." in response.text
    assert not list(folder.iterdir())


def test_a_long_note_is_refused_and_kept(client: FlaskClient, alice: User, path: str) -> None:
    response = sign_in(client, alice).post(
        path, **papers.form(resume=papers.upload(), note="x" * 2_001)
    )
    assert response.status_code == 422
    assert "at most 2000 characters" in response.text
    assert "x" * 2_001 in response.text


def test_lines_of_a_note_count_as_the_browser_counts_them(
    client: FlaskClient, alice: User, path: str
) -> None:
    sent = papers.form(resume=papers.upload(), note="x\r\n" * 1_000)
    assert sign_in(client, alice).post(path, **sent).status_code == 303


def test_a_request_too_large_to_read_gets_the_form_with_the_reason(
    client: FlaskClient, alice: User, path: str
) -> None:
    big = papers.upload(b"%PDF-" + b"x" * (12 * 1024 * 1024), "cv.pdf")
    response = sign_in(client, alice).post(path, **papers.form(resume=big, note="gone"))
    assert response.status_code == 413
    assert "larger than 10 MB" in response.text
    assert "did not arrive" in response.text
    assert 'name="resume"' in response.text


def test_with_htmx_the_note_stays_on_the_page_where_it_was_typed(
    client: FlaskClient, alice: User, path: str
) -> None:
    big = papers.upload(b"x" * (12 * 1024 * 1024), "cv.pdf")
    response = sign_in(client, alice).post(
        path, **papers.form(resume=big), headers={"HX-Request": "true"}
    )
    assert 'hx-preserve="true"' in response.text
    assert "did not arrive" not in response.text


def test_a_stranger_with_too_large_a_request_is_asked_to_sign_in(
    client: FlaskClient, path: str
) -> None:
    response = client.post(
        path, **papers.form(resume=papers.upload(b"x" * (12 * 1024 * 1024), "cv.pdf"))
    )
    assert response.status_code == 303


def test_applying_twice_is_said_kindly(
    client: FlaskClient, alice: User, job: Job, path: str
) -> None:
    make_application(alice, job)
    sign_in(client, alice)
    assert client.get(path).location == "/dashboard"
    assert client.post(path, **papers.form(resume=papers.upload())).location == "/dashboard"
    assert "already applied" in client.get("/dashboard").text


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_anonymous_are_asked_to_sign_in_and_come_back(
    client: FlaskClient, path: str, method: str
) -> None:
    response = getattr(client, method)(path, headers={"Referer": f"http://localhost{path}"})
    assert response.location == f"/login?next={path}"


def test_a_closed_job_says_so(client: FlaskClient, alice: User) -> None:
    job = make_job(status=JobStatus.CLOSED)
    response = sign_in(client, alice).get(f"/jobs/{job.slug}/apply", follow_redirects=True)
    assert "closed and takes no more applications" in response.text


def test_a_draft_is_not_there(client: FlaskClient, alice: User) -> None:
    job = make_job(status=JobStatus.DRAFT)
    assert sign_in(client, alice).get(f"/jobs/{job.slug}/apply").status_code == 404


def test_an_admin_is_told_to_use_another_account(client: FlaskClient, ada: User, path: str) -> None:
    page = sign_in(client, ada).get(path, follow_redirects=True).text
    assert "Sign in with a candidate&#39;s account" in page


def test_no_lock_is_held_while_the_file_is_looked_at(
    client: FlaskClient, alice: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    read = resumes.read
    monkeypatch.setattr(
        resumes, "read", lambda *args: seen.append(db.session().in_transaction()) or read(*args)
    )
    sign_in(client, alice).post(path, **papers.form(resume=papers.upload()))
    assert seen == [False]


def test_a_form_without_its_token_is_refused(csrf_app: Flask, alice: User, path: str) -> None:
    client = sign_in(csrf_app.test_client(), alice)
    assert client.post(path, **papers.form(resume=papers.upload())).status_code == 419


@pytest.fixture
def stored(alice: User, job: Job, folder: Path) -> Application:
    (folder / "made-here.pdf").write_bytes(papers.pdf())
    return make_application(alice, job, resume_path="made-here.pdf", resume_name="Äl\"ice's.pdf")


@pytest.mark.parametrize(
    ("person", "code"), [("nobody", 303), ("alice", 200), ("bob", 404), ("ada", 200)]
)
def test_who_gets_a_resume(
    client: FlaskClient, cast: Cast, stored: Application, person: str, code: int
) -> None:
    if person != "nobody":
        sign_in(client, getattr(cast, person))
    assert client.get(f"/applications/{stored.id}/resume", buffered=True).status_code == code


def test_a_resume_comes_as_an_attachment_under_its_own_name(
    client: FlaskClient, alice: User, stored: Application
) -> None:
    response = sign_in(client, alice).get(f"/applications/{stored.id}/resume", buffered=True)
    assert response.data == papers.pdf()
    assert response.mimetype == "application/pdf"
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''%C3%84l%22ice%27s.pdf" in disposition
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_who_withdrew_reads_that_and_what_to_do(
    client: FlaskClient, alice: User, job: Job, path: str
) -> None:
    make_application(alice, job, status=ApplicationStatus.WITHDRAWN)
    sign_in(client, alice)
    assert client.get(path).location == "/dashboard"
    page = client.get("/dashboard").text
    assert "already applied" not in page
    assert "You withdrew your application for this job, so you cannot apply for it again." in page
