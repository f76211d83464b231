"""One refusal, three answers: a page, a fragment and a problem document."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import tus
from portal.errors import PortalError
from portal.interviews import AnswersMissing
from portal.people.throttle import RateLimitReached


class NoSuchHour(PortalError):
    """A refusal that no part of the portal knows."""

    status = 422
    field = "hour"
    message = "A day has 24 hours."


@pytest.fixture
def refusals(app: Flask) -> dict[str, PortalError]:
    """The refusal that each of these addresses raises."""
    raised: dict[str, PortalError] = {
        "hour": NoSuchHour(),
        "wait": RateLimitReached(90),
        "offset": tus.WrongOffset(7),
        "missing": AnswersMissing("Question 2 has no answer yet."),
    }

    def refuse(name: str, **_here: str) -> None:
        raise raised[name]

    app.add_url_rule("/refuse/<name>", "refuse", refuse)
    app.add_url_rule("/refuse/<name>/<uuid:interview_id>", "refuse_interview", refuse)
    return raised


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("name", "status", "headers"),
    [
        ("hour", 422, {}),
        ("wait", 429, {"Retry-After": "90"}),
        ("offset", 409, {"Upload-Offset": "7"}),
    ],
)
def test_a_refusal_has_one_status_and_its_headers_everywhere(
    client: FlaskClient, name: str, status: int, headers: dict[str, str]
) -> None:
    for asked in ({}, {"HX-Request": "true"}, {"Accept": "application/json"}):
        response = client.get(f"/refuse/{name}", headers=asked)
        assert response.status_code == status
        assert headers.items() <= dict(response.headers).items()


def test_people_read_its_sentence_on_a_page_and_in_a_fragment(
    client: FlaskClient, refusals: dict[str, PortalError]
) -> None:
    page = client.get("/refuse/hour")
    fragment = client.get("/refuse/hour", headers={"HX-Request": "true"})

    assert refusals["hour"].message in page.text
    assert refusals["hour"].message in fragment.text
    assert "<html" in page.text
    assert "<html" not in fragment.text


@pytest.mark.usefixtures("refusals")
def test_programs_read_the_field_at_fault_and_the_offset(client: FlaskClient) -> None:
    accept = {"Accept": "application/json"}
    hour = client.get("/refuse/hour", headers=accept).json
    offset = client.get("/refuse/offset", headers=accept).json

    assert (hour["detail"], hour["errors"]) == (
        "A day has 24 hours.",
        {"hour": ["A day has 24 hours."]},
    )
    assert offset["offset"] == 7


@pytest.mark.usefixtures("refusals")
def test_the_page_of_a_refusal_leads_on(client: FlaskClient) -> None:
    interview = "3f0e2c1a-0000-4000-8000-000000000000"
    page = client.get(f"/refuse/missing/{interview}").text

    assert "Not possible now" in page
    assert f'href="/capture/{interview}/room"' in page
    assert "Back to the questions" in page
