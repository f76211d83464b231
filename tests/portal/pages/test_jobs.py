"""The job board and the page of one job."""

from datetime import timedelta

import pytest
from factories import Cast, make_application, make_job, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from werkzeug.datastructures import MultiDict

from portal.blueprints.api.base import NOBODY
from portal.extensions import db
from portal.hiring.job_search import JobSearch
from portal.models import EmploymentType, JobStatus, User, Workplace, utc_now
from portal.text_search import mentions


def titles(query: str) -> list[str]:
    args = MultiDict(pair.split("=") for pair in query.split("&") if pair)
    return [job.title for job in db.session.scalars(JobSearch.from_args(args).select(NOBODY))]


@pytest.fixture
def board(app: Flask) -> None:
    """Four open jobs, the newest first, a closed one and a draft."""
    make_job("Data engineer", location="Lisbon", workplace=Workplace.REMOTE, published_at=utc_now())
    rows = [
        ("Nurse", {"location": "Porto", "employment_type": EmploymentType.PART_TIME}),
        ("Data clerk", {"location": "Porto", "description": "Sort 100% of the_files."}),
        ("Écolier", {"location": "Liège", "workplace": Workplace.HYBRID}),
        ("Closed post", {"status": JobStatus.CLOSED}),
        ("Draft post", {"status": JobStatus.DRAFT}),
    ]
    for days, (title, values) in enumerate(rows, start=1):
        make_job(title, **{"published_at": utc_now() - timedelta(days=days)} | values)


@pytest.mark.parametrize(("query", "found"), [
    ("", ["Data engineer", "Nurse", "Data clerk", "Écolier"]),
    ("q=DATA", ["Data engineer", "Data clerk"]),
    ("q=data porto", ["Data clerk"]),
    ("q=porto  data", ["Data clerk"]),
    ("q=pipelines data", ["Data engineer"]),
    ("q=éCOLIER liÈge", ["Écolier"]),
    ("q=%", ["Data clerk"]),
    ("q=e_f", ["Data clerk"]),
    ("q='; drop table jobs", []),
    ("workplace=remote", ["Data engineer"]),
    ("workplace=remote&workplace=hybrid", ["Data engineer", "Écolier"]),
    ("type=part_time&workplace=on_site", ["Nurse"]),
    ("status=closed", ["Closed post"]),
    ("status=draft", ["Data engineer", "Nurse", "Data clerk", "Écolier"]),
    ("workplace=moon&type=&page=x", ["Data engineer", "Nurse", "Data clerk", "Écolier"]),
])  # fmt: skip
@pytest.mark.usefixtures("board")
def test_it_finds(query: str, found: list[str]) -> None:
    assert titles(query) == found


@pytest.mark.usefixtures("board")
def test_it_counts_what_each_choice_would_show() -> None:
    counts = JobSearch.from_args(MultiDict([("q", "data"), ("workplace", "remote")])).counts(NOBODY)
    assert (counts["remote"], counts["on_site"]) == (1, 1)  # as if no workplace was chosen
    assert (counts["full_time"], counts.get("part_time", 0)) == (1, 0)
    assert (counts["open"], counts["closed"]) == (1, 0)


@pytest.mark.usefixtures("app")
def test_the_search_is_plain_sql_that_postgresql_takes_too() -> None:
    query = JobSearch(text="50%").select(NOBODY).compile(dialect=postgresql.dialect())
    assert "jobs.title ILIKE '%%' || " in str(query)
    assert "50/%" in query.params.values()


def test_a_search_holds_no_character_that_postgresql_refuses() -> None:
    found = [
        JobSearch(text="per\0son").select(NOBODY),
        db.select(User).where(*mentions("per\0son", User.full_name)),
    ]
    for query in found:
        words = query.compile(dialect=postgresql.dialect()).params.values()
        assert {"per", "son"} <= set(words)
        assert not any("\0" in str(word) for word in words)


@pytest.mark.parametrize("person", ["nobody", "alice", "ada"])
@pytest.mark.usefixtures("board")
def test_the_board_is_for_everybody(client: FlaskClient, cast: Cast, person: str) -> None:
    if person != "nobody":
        sign_in(client, getattr(cast, person))
    page = client.get("/jobs").text
    assert "4 results" in page
    assert "Draft post" not in page


def test_the_front_page_leads_to_the_board(client: FlaskClient) -> None:
    assert client.get("/").location == "/jobs"


@pytest.mark.usefixtures("board")
def test_it_says_what_was_looked_for_and_keeps_it_in_the_form(client: FlaskClient) -> None:
    page = client.get('/jobs?q=data"x&workplace=remote').text
    assert "0 results for “data&#34;x” · remote" in page
    assert 'value="data&#34;x"' in page
    assert 'value="remote" class="tick" checked' in page
    assert "No job fits this" in page


def test_an_empty_board_says_so(client: FlaskClient) -> None:
    assert "No open positions right now" in client.get("/jobs").text


@pytest.mark.usefixtures("board")
def test_htmx_gets_only_the_results_and_a_short_address(client: FlaskClient) -> None:
    response = client.get(
        "/jobs?q=data&workplace=remote&status=open", headers={"HX-Request": "true"}
    )
    assert response.text.lstrip().startswith('<div id="results"')
    assert response.headers["HX-Push-Url"] == "/jobs?q=data&workplace=remote"


@pytest.mark.usefixtures("board")
def test_going_back_in_history_gets_the_whole_page(client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<!doctype html>" in client.get("/jobs?q=data", headers=headers).text


def test_pages_keep_the_search_and_end(client: FlaskClient) -> None:
    for number in range(21):
        make_job(f"Clerk {number}", workplace=Workplace.REMOTE)
    first = client.get("/jobs?q=clerk&workplace=remote").text
    assert "21 results" in first
    assert 'href="/jobs?q=clerk&amp;workplace=remote&amp;page=2"' in first
    assert client.get("/jobs?q=clerk&page=2").text.count("<h2") == 1
    assert client.get("/jobs?q=clerk&page=99").location == "/jobs?q=clerk&page=2"


def test_the_number_of_queries_does_not_grow_with_the_jobs(client: FlaskClient) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    make_job()
    asked.clear()
    client.get("/jobs")
    with_one = len(asked)
    for _ in range(9):
        make_job()
    asked.clear()
    client.get("/jobs")
    assert len(asked) == with_one


def test_a_job_says_what_it_is_and_how_the_interview_goes(client: FlaskClient) -> None:
    job = make_job(salary_range="62 000 – 78 000 €", questions=3)
    page = client.get(f"/jobs/{job.slug}").text
    for said in (
        "Data engineer",
        "Lisbon",
        "62 000 – 78 000 €",
        "about 4 min",
        "≤ 01:00 min",
        "camera, microphone",
    ):
        assert said in page
    assert "<strong>pipelines</strong>" in page
    assert "Question number 1?" not in page  # nobody rehearses


def test_a_description_brings_no_code_with_it(client: FlaskClient) -> None:
    text = (
        "<script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>"
        " **bold**"
    )
    page = client.get(f"/jobs/{make_job(description=text).slug}").text
    assert "<strong>bold</strong>" in page
    for bad in ("<script>alert", "<img", 'href="javascript'):
        assert bad not in page


@pytest.mark.parametrize(("status", "person", "code"), [
    (JobStatus.OPEN, "nobody", 200), (JobStatus.CLOSED, "nobody", 200),
    (JobStatus.DRAFT, "nobody", 404), (JobStatus.DRAFT, "alice", 404),
    (JobStatus.DRAFT, "ada", 200),
])  # fmt: skip
def test_who_sees_a_job(
    client: FlaskClient, cast: Cast, status: JobStatus, person: str, code: int
) -> None:
    if person != "nobody":
        sign_in(client, getattr(cast, person))
    assert client.get(f"/jobs/{make_job(status=status).slug}").status_code == code


def test_an_unknown_job_is_not_there(client: FlaskClient) -> None:
    assert client.get("/jobs/none-such").status_code == 404


def test_a_job_offers_the_one_thing_to_do(app: Flask, cast: Cast) -> None:
    job, closed = make_job(), make_job(status=JobStatus.CLOSED)
    make_application(cast.bob, job)
    alice, bob, ada = (
        sign_in(app.test_client(), user) for user in (cast.alice, cast.bob, cast.ada)
    )
    apply = f'href="/jobs/{job.slug}/apply"'
    assert apply in app.test_client().get(f"/jobs/{job.slug}").text
    assert apply in alice.get(f"/jobs/{job.slug}").text
    assert apply not in bob.get(f"/jobs/{job.slug}").text
    assert "You applied on" in bob.get(f"/jobs/{job.slug}").text
    assert apply not in ada.get(f"/jobs/{job.slug}").text
    assert "no more applications" in alice.get(f"/jobs/{closed.slug}").text


def test_the_way_back_from_a_job_leads_to_the_search_as_it_was(
    client: FlaskClient, alice: User
) -> None:
    for number in range(21):
        make_job(f"Clerk {number}", slug=f"clerk-{number}", workplace=Workplace.REMOTE)
    asked = "q=clerk&amp;workplace=remote&amp;page=2"
    listed = client.get(f"/jobs?{asked.replace('amp;', '')}").text
    link = next(
        part.split('"')[0] for part in listed.split('href="') if part.startswith("/jobs/clerk")
    )
    assert link.endswith(f"?{asked}")
    job = client.get(link.replace("amp;", "")).text
    assert f'href="/jobs?{asked}"' in job
    sign_in(client, alice)
    applying = client.get(link.replace("?", "/apply?").replace("amp;", "")).text
    assert f'href="{link}"' in applying


def test_no_address_makes_the_way_back_lead_elsewhere(client: FlaskClient) -> None:
    make_job("Clerk", slug="clerk")
    for query in (
        "next=//example.com",
        "page=//example.com",
        "workplace=https://example.com",
        "back=/logout",
    ):
        page = client.get(f"/jobs/clerk?{query}").text
        assert 'href="/jobs" class="crumb"' in page
