"""Every refusal for programs bears our mark, so that nobody takes a proxy's page for the portal's
word.

Made from the URL map: a new address for programs is asked wrongly in every way here without being
named.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from api_caller import as_header
from factories import make_application, sign_in
from flask import Flask
from flask.testing import FlaskClient
from interview_steps import TAB, begin_interview, show_question, start_answer
from routes import RULES_AND_METHODS, all_rules
from werkzeug.test import TestResponse

from portal import tus, upload_tokens
from portal.config import keep_settings, settings
from portal.extensions import db
from portal.models import Answer, User, utc_now
from portal.people import throttle
from portal.web import security_headers
from portal.web.error_pages import FOR_PROGRAMS

MARK = "urn:career-portal:problem:"
# the pages of an interview; all else under /capture is asked by scripts, players and tus clients
OF_PEOPLE = {
    "capture.interview", "capture.consent", "capture.check", "capture.room", "capture.receipt",
    "capture.interview_status", "capture.finish",
}  # fmt: skip
PROGRAMS = [
    (place, method)
    for place, endpoint, method in (param.values for param in RULES_AND_METHODS)
    if place.startswith(FOR_PROGRAMS)
    or (place.startswith("/capture/") and endpoint not in OF_PEOPLE)
]
ACCEPTED = ({}, {"Accept": "text/html"}, {"Accept": "*/*"}, {"Accept": "application/json"})


def assert_is_ours(response: TestResponse, method: str) -> None:
    """A problem document with all that is promised of one; HEAD says it by its headers alone."""
    assert response.mimetype == "application/problem+json", response.text
    assert all(response.headers[name] == value for name, value in security_headers.HEADERS)
    if response.request.path.startswith("/capture/uploads"):
        assert response.headers["Tus-Resumable"] == "1.0.0"
    if method == "HEAD":
        return
    said = response.json
    assert said["type"] == f"{MARK}{response.status_code}"
    assert said["status"] == response.status_code
    assert said["title"]
    assert said["detail"]
    assert said["request_id"] == response.headers["X-Request-ID"]


@pytest.fixture
def answer(alice: User) -> Answer:
    return start_answer(begin_interview(make_application(alice)))


def addresses(place: str, answer: Answer) -> Iterator[str]:
    """The place with ids of Alice's, and with ids of nothing."""
    application = answer.interview.application
    known = {"interview_id": answer.interview_id, "answer_id": answer.id}
    known |= {"application_id": application.id, "job_id": application.job_id}
    for ids in (known, dict.fromkeys(known, uuid.uuid4())):
        path = place.replace("<int:position>", "1")
        for name, value in ids.items():
            path = path.replace(f"<uuid:{name}>", str(value))
        yield re.sub(r"<uuid:\w+>", str(uuid.uuid4()), path)


def bodies() -> Iterator[dict[str, object]]:
    """Nothing, what is no JSON, JSON that fits nowhere, more than any address takes, and what ends
    early.
    """
    yield {}
    yield {"data": b"{", "content_type": "application/json"}
    yield {"json": {"tab": 1, "email": 2, "events": "none", "length": "all", "resume": None}}
    yield {"data": b" " * 12_000_000, "content_type": "application/json"}
    yield {
        "data": b"{}",
        "content_type": "application/offset+octet-stream",
        "headers": {"Content-Length": "9"},
    }


def keys(app: Flask, answer: Answer) -> Iterator[tuple[FlaskClient, dict[str, str]]]:
    """Nobody, who is signed in, who has a token for the upload, and one for another."""
    yield app.test_client(), {}
    yield sign_in(app.test_client(), answer.interview.application.user), {}
    for answer_id in (answer.id, uuid.uuid4()):
        yield app.test_client(), as_header(upload_tokens.make_upload_token(answer_id))


def piece(answer: Answer, offset: int = 0) -> dict[str, str]:
    """The headers of a PATCH that is right but for its offset."""
    said = {"Tus-Resumable": tus.VERSION, "Upload-Offset": str(offset)}
    return (
        as_header(upload_tokens.make_upload_token(answer.id))
        | said
        | {"Content-Type": "application/offset+octet-stream"}
    )


@pytest.mark.parametrize(("place", "method"), PROGRAMS)
def test_whatever_is_asked_wrongly_a_refusal_bears_our_mark(
    csrf_app: Flask, answer: Answer, place: str, method: str
) -> None:
    for client, headers in keys(csrf_app, answer):
        for path in addresses(place, answer):
            for number, body in enumerate(bodies()):
                asked = dict(body)
                sent = ACCEPTED[number % 3] | headers | asked.pop("headers", {})
                db.session.rollback()
                response = client.open(path, method=method, headers=sent, buffered=True, **asked)
                if response.status_code >= 400:
                    assert_is_ours(response, method)


@pytest.mark.parametrize("accepted", ACCEPTED)
@pytest.mark.parametrize("path", ["/api/nothing", "/capture/uploads/nothing", "/capture/uploads/"])
def test_addresses_that_are_not_there_are_refused_as_ours(
    client: FlaskClient, path: str, accepted: dict
) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
        response = client.open(path, method=method, headers=accepted)
        assert response.status_code in {404, 405}
        assert_is_ours(response, method)


@pytest.mark.parametrize("place", sorted({param[0] for param in PROGRAMS}))
def test_a_method_that_is_not_taken_is_refused_as_ours(
    client: FlaskClient, answer: Answer, place: str
) -> None:
    for path in addresses(place, answer):
        response = client.open(path, method="BREW")
        assert response.status_code == 405
        # No view is asked here, so outside the addresses of programs alone the request must say
        # that it is one.
        if path.startswith(FOR_PROGRAMS):
            assert_is_ours(response, "BREW")
        assert_is_ours(
            client.open(path, method="BREW", headers={"Accept": "application/problem+json"}), "BREW"
        )


def test_every_address_under_capture_is_a_page_or_for_programs(app: Flask) -> None:
    ours = {rule.endpoint for rule in all_rules() if rule.rule.startswith("/capture/")}
    marked = {
        name for name in ours if getattr(app.view_functions.get(name), "answers_programs", False)
    }
    uploads_too = {
        rule.endpoint for rule in all_rules() if rule.rule.startswith("/capture/uploads")
    }

    assert marked | uploads_too == ours - OF_PEOPLE


def test_a_wrong_offset_is_also_a_member(client: FlaskClient, answer: Answer) -> None:
    response = client.patch(
        f"/capture/uploads/{answer.id}", data=b"x", headers=piece(answer, offset=7)
    )

    assert (response.status_code, response.json["offset"], response.headers["Upload-Offset"]) == (
        409,
        0,
        "0",
    )
    assert_is_ours(response, "PATCH")


def test_a_completing_that_comes_too_early_says_the_offset(
    client: FlaskClient, answer: Answer
) -> None:
    sign_in(client, answer.interview.application.user)
    response = client.post(
        f"/capture/{answer.interview_id}/answers/{answer.id}/complete", json={"length": 9}
    )

    assert (response.status_code, response.json["offset"]) == (409, 0)
    assert_is_ours(response, "POST")


def test_a_full_disk_is_said_as_ours(app: Flask, client: FlaskClient, answer: Answer) -> None:
    show_question(answer.interview, 2)
    sign_in(client, answer.interview.application.user)
    wish = {"tab": TAB, "question": 2, "container": "mp4"}
    keep_settings(app, replace(settings(app), disk_floor_bytes=2**62))
    begun = client.post(f"/capture/{answer.interview_id}/answers", json=wish)
    sent = client.patch(f"/capture/uploads/{answer.id}", data=b"x", headers=piece(answer))

    assert (begun.status_code, sent.status_code) == (507, 507)
    assert_is_ours(begun, "POST")
    assert_is_ours(sent, "PATCH")


def test_too_many_tries_are_said_as_ours_and_how_long_to_wait(
    client: FlaskClient, answer: Answer
) -> None:
    person, limit = answer.interview.application.user, throttle.ANSWERS_PER_ACCOUNT
    for _ in range(limit.tries):
        throttle.count_try(limit, str(person.id), utc_now())
    wish = {"tab": TAB, "question": 2, "container": "mp4"}
    response = sign_in(client, person).post(f"/capture/{answer.interview_id}/answers", json=wish)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert_is_ours(response, "POST")


@pytest.mark.logs_errors
def test_a_fault_of_ours_is_said_as_ours(client: FlaskClient, answer: Answer) -> None:
    headers = piece(answer)
    path = f"/capture/uploads/{answer.id}"
    db.session.rollback()
    db.drop_all()
    for method, address in (
        ("GET", "/api/jobs"),
        ("HEAD", path),
        ("PATCH", path),
        ("POST", "/capture/uploads"),
    ):
        response = client.open(
            address, method=method, data=b"x", headers=headers | {"Upload-Length": "1"}
        )
        assert response.status_code == 500
        assert_is_ours(response, method)
