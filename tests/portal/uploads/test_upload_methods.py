"""Methods of the tus endpoint that a header names, for senders that cannot send PATCH."""

import re
import uuid
from pathlib import Path

import pytest
from factories import make_application, sign_in
from flask.testing import FlaskClient
from interview_steps import begin_interview, clip_bytes, start_answer
from routes import RULES_AND_METHODS
from tus_requests import CREATED, ask, stored

from portal.models import Answer, InterviewSession, User


@pytest.fixture
def interview(alice: User) -> InterviewSession:
    return begin_interview(make_application(alice))


@pytest.fixture
def answer(interview: InterviewSession) -> Answer:
    return start_answer(interview)


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return clip_bytes(tmp_path)


@pytest.mark.parametrize("sent_as", ["POST", "GET", "PUT"])
def test_the_method_may_be_named_in_a_header(
    client: FlaskClient, answer: Answer, data: bytes, sent_as: str
) -> None:
    piece = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    kept = ask(client, sent_as, answer, data, X_HTTP_Method_Override="PATCH", **piece)
    asked = ask(client, sent_as, answer, X_HTTP_Method_Override="HEAD")

    assert (kept.status_code, kept.headers["Upload-Offset"]) == (204, str(len(data)))
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, str(len(data)))
    assert (
        ask(client, sent_as, answer, X_HTTP_Method_Override="OPTIONS").headers["Tus-Version"]
        == "1.0.0"
    )
    assert ask(client, sent_as, answer, X_HTTP_Method_Override="DELETE").status_code == 204
    assert stored(answer) == b""


def test_the_answer_to_a_head_that_was_sent_as_post_announces_no_body(
    client: FlaskClient, answer: Answer
) -> None:
    for response in (
        ask(client, "POST", answer, X_HTTP_Method_Override="HEAD"),
        client.post(f"{CREATED}/{answer.id}", headers={"X-HTTP-Method-Override": "HEAD"}),
        client.post(
            f"{CREATED}/{answer.id}",
            headers={"X-HTTP-Method-Override": "HEAD", "Tus-Resumable": "1.0.0"},
        ),
    ):
        assert (response.headers["Content-Length"], response.data) == ("0", b"")


@pytest.mark.parametrize("named", ["PUT", "GET", "patch", "TRACE", "", "what ever\x1b[0m"])
def test_a_method_that_is_named_but_not_taken_is_refused(
    client: FlaskClient, answer: Answer, data: bytes, named: str
) -> None:
    response = ask(client, "PATCH", answer, data, X_HTTP_Method_Override=named, Upload_Offset="0")

    assert response.status_code == 405
    assert stored(answer) == b""


def test_nowhere_else_does_a_header_say_the_method(client: FlaskClient, ada: User) -> None:
    """Asked by a method that the address does not take, the header does not make it one that it
    takes.
    """
    sign_in(client, ada)
    for place, method in {(param.values[0], param.values[2]) for param in RULES_AND_METHODS}:
        path = (
            place.replace("<int:position>", "1")
            .replace("<slug>", "a")
            .replace("<path:filename>", "a")
        )
        path = re.sub("<uuid:[^>]+>", lambda _: str(uuid.uuid4()), path)
        if not path.startswith(CREATED):
            response = client.open(path, method="BREW", headers={"X-HTTP-Method-Override": method})
            assert response.status_code == 405, place
