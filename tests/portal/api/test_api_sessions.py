"""The review queue and one interview through the API: for admins only."""

from pathlib import Path

import pytest
from api_caller import NOWHERE, bearer, statuses
from factories import Cast, save
from flask.testing import FlaskClient
from reviewing import make_flag, make_interview

from disk.atomic import write_json
from portal import interviews
from portal.models import Answer, InterviewSession, InterviewState, User

QUEUE = "/api/admin/sessions"
TELEMETRY = {"version": 1, "duration_ms": 60_000, "face": {"t_ms": [0, 200], "count": [1, None]}}


def with_telemetry(interview: InterviewSession) -> Path:
    path = interviews.recording(interview).telemetry_path
    path.parent.mkdir(parents=True)
    write_json(path, TELEMETRY)
    return path


def names(client: FlaskClient, user: User, query: str = "") -> list[str]:
    response = client.get(f"{QUEUE}{query}", headers=bearer(user))
    return sorted(item["candidate"]["full_name"] for item in response.json["items"])


def test_admins_only(client: FlaskClient, cast: Cast) -> None:
    interview = make_interview()
    owner = interview.application.user
    people: dict[str, User | None] = {
        "nobody": None,
        "owner": owner,
        "bob": cast.bob,
        "ada": cast.ada,
    }
    expected = {"nobody": 401, "owner": 403, "bob": 403, "ada": 200}

    assert statuses(client, "GET", QUEUE, people) == expected
    assert statuses(client, "GET", f"{QUEUE}/{interview.id}", people) == expected
    assert client.get(f"{QUEUE}/{NOWHERE}", headers=bearer(cast.bob)).status_code == 403
    assert client.get(f"{QUEUE}/{NOWHERE}", headers=bearer(cast.ada)).status_code == 404


def test_it_shows_who_and_how_many_flags(client: FlaskClient, ada: User) -> None:
    make_interview(make_flag(), make_flag("no_sound", assessable=False), name="Carol Ames")
    item = client.get(QUEUE, headers=bearer(ada)).json["items"][0]

    assert item["candidate"]["full_name"] == "Carol Ames"
    assert item["flags_by_kind"] == {"no_face": 1}
    assert item["flags_by_severity"] == {"medium": 1}
    assert (item["state"], item["is_analysed"], item["duration_ms"]) == ("ready", True, 60_000)


def test_it_filters_as_the_page_does(client: FlaskClient, ada: User) -> None:
    make_interview(make_flag("no_face"), name="Carol")
    make_interview(make_flag("no_sound", severity="high"), name="Dan")
    make_interview(name="Eve", state=InterviewState.RECORDING)

    assert names(client, ada) == ["Carol", "Dan", "Eve"]
    assert names(client, ada, "?kind=no_face&kind=no_sound") == ["Carol", "Dan"]
    assert names(client, ada, "?severity=high") == ["Dan"]
    assert names(client, ada, "?state=recording") == ["Eve"]
    assert names(client, ada, "?candidate=car&from=2026-11-20&to=2026-11-20") == ["Carol"]
    assert names(client, ada, "?from=2026-11-21") == []


@pytest.mark.parametrize(
    "query", ["kind=x", "severity=x", "state=x", "job=x", "from=x", "to=2026-13-01", "page=0"]
)
def test_it_says_which_filter_cannot_be_used(client: FlaskClient, ada: User, query: str) -> None:
    response = client.get(f"{QUEUE}?{query}", headers=bearer(ada))

    assert (response.status_code, list(response.json["errors"])) == (422, [query.split("=")[0]])


def test_it_says_that_no_day_lies_between_two_days(client: FlaskClient, ada: User) -> None:
    response = client.get(f"{QUEUE}?from=2026-11-21&to=2026-11-20", headers=bearer(ada))

    assert response.status_code == 422
    assert "later than" in response.json["errors"]["from"][0]
    assert names(client, ada, "?from=2026-11-20&to=2026-11-20") == []


def test_it_gives_one_interview_with_flags_and_telemetry(client: FlaskClient, ada: User) -> None:
    interview = make_interview(make_flag())
    with_telemetry(interview)
    found = client.get(f"{QUEUE}/{interview.id}", headers=bearer(ada)).json

    assert found["telemetry"] == TELEMETRY
    assert found["flags"][0]["reason"] == "No face was seen for 6.0 s (rule: 5.0 s or longer)."
    assert found["flags"][0]["measured"] == 6_000
    assert found["links"]["player"] == f"/admin/sessions/{interview.id}"


def test_it_gives_no_telemetry_before_the_interview_is_ready(
    client: FlaskClient, ada: User
) -> None:
    interview = make_interview(state=InterviewState.FINISHING)
    with_telemetry(interview)

    assert client.get(f"{QUEUE}/{interview.id}", headers=bearer(ada)).json["telemetry"] is None


def test_it_shows_the_takes_that_count(client: FlaskClient, ada: User) -> None:
    interview = make_interview()
    for take in (1, 2):
        save(
            Answer(
                interview=interview,
                question_position=1,
                prompt="Why?",
                take=take,
                limit_ms=60_000,
                container="mp4",
            )
        )
    found = client.get(f"{QUEUE}/{interview.id}", headers=bearer(ada)).json

    assert [(answer["question"], answer["take"]) for answer in found["answers"]] == [(1, 2)]
