"""Positions through the API: the same search and the same rules about who sees what as the
board.
"""

import pytest
from api_caller import NOWHERE, bearer, statuses
from factories import Cast, make_job, sign_in
from flask.testing import FlaskClient

from portal.models import JobStatus, User, Workplace


def titles(client: FlaskClient, query: str = "") -> list[str]:
    return sorted(job["title"] for job in client.get(f"/api/jobs{query}").json["items"])


def test_it_lists_open_positions_for_anybody(client: FlaskClient) -> None:
    make_job("Data engineer")
    make_job("Draft", status=JobStatus.DRAFT)
    make_job("Closed", status=JobStatus.CLOSED)

    assert titles(client) == ["Data engineer"]
    assert titles(client, "?status=closed") == ["Closed"]


def test_it_searches_and_filters(client: FlaskClient) -> None:
    make_job("Data engineer", workplace=Workplace.REMOTE, location="Porto")
    make_job("Data analyst", workplace=Workplace.HYBRID)
    make_job("Nurse", workplace=Workplace.ON_SITE)

    assert titles(client, "?q=data+porto") == ["Data engineer"]
    assert titles(client, "?workplace=hybrid&workplace=on_site") == ["Data analyst", "Nurse"]


def test_it_pages(client: FlaskClient) -> None:
    for number in range(3):
        make_job(f"Job {number}")
    first = client.get("/api/jobs?page_size=2").json
    second = client.get("/api/jobs?page_size=2&page=2").json

    assert (first["total"], first["page"], first["page_size"]) == (3, 1, 2)
    assert len({job["id"] for job in first["items"] + second["items"]}) == 3
    assert client.get("/api/jobs?page=9").json["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page_size=101",
        "page=x",
        "workplace=moon",
        "type=x",
        "status=draft",
        "q=" + "x" * 101,
    ],
)
def test_it_says_which_filter_cannot_be_used(client: FlaskClient, query: str) -> None:
    response = client.get(f"/api/jobs?{query}")

    assert response.status_code == 422
    assert list(response.json["errors"]) == [query.split("=")[0]]


def test_it_tells_how_the_interview_goes_but_not_what_is_asked(client: FlaskClient) -> None:
    job = make_job(questions=2)
    response = client.get(f"/api/jobs/{job.id}")

    assert response.json["description"] == "Build **pipelines**."
    assert response.json["interview_ms"] == 2 * (2_000 + 60_000)
    assert response.json["questions"][0] == {
        "position": 1,
        "think_ms": 2_000,
        "limit_ms": 60_000,
        "takes": 2,
    }
    assert "Question number" not in response.text


def test_a_closed_position_stays_readable_and_a_draft_is_for_admins(
    client: FlaskClient, cast: Cast
) -> None:
    closed, draft = make_job(status=JobStatus.CLOSED), make_job(status=JobStatus.DRAFT)
    people: dict[str, User | None] = {"nobody": None, "alice": cast.alice, "ada": cast.ada}

    assert statuses(client, "GET", f"/api/jobs/{closed.id}", people) == {
        "nobody": 200,
        "alice": 200,
        "ada": 200,
    }
    assert statuses(client, "GET", f"/api/jobs/{draft.id}", people) == {
        "nobody": 404,
        "alice": 404,
        "ada": 200,
    }


def test_an_admins_cookie_shows_no_draft(client: FlaskClient, ada: User) -> None:
    job = make_job(status=JobStatus.DRAFT)
    sign_in(client, ada)

    assert client.get(f"/api/jobs/{job.id}").status_code == 404


def test_an_unknown_position_is_not_there_and_a_bad_token_is_said_to_be_bad(
    client: FlaskClient, alice: User
) -> None:
    assert client.get(f"/api/jobs/{NOWHERE}", headers=bearer(alice)).status_code == 404
    assert (
        client.get(f"/api/jobs/{make_job().id}", headers={"Authorization": "Bearer x"}).status_code
        == 401
    )
